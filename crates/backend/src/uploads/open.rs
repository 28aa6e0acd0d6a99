//! Getting the say over an upload: one writer at a time, in this process and in all others.

use std::time::Instant;

use domain::{
    ids::{FlowId, UserId},
    uploads::{FlowRole, FlowStatus},
};

use super::{
    Uploads, UploadsError, Verify, Writer,
    hash::TreeHash,
    ms,
    running::Place,
    store::{self, Flow, Session},
    writer::{self, Limit, Opened},
};
use crate::storage::{Spool, SpoolError};

/// How long to wait before looking again whether an older writer has let go of the file.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(40);

/// What a request that sends bytes says of itself.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Where its bytes belong.
    pub offset: u64,
    /// The length of the whole upload, where it was not known before.
    pub length: Option<u64>,
    /// How many bytes it will send, if it says so.
    pub body: Option<u64>,
    pub verify: Verify,
}

impl Uploads {
    /// Gets the say over an upload, to write to it from `offset` on.
    ///
    /// # Errors
    /// [`UploadsError::Busy`] while another one is being sent to it; [`UploadsError::Offset`]
    /// when it stands elsewhere; [`UploadsError::Gone`], [`UploadsError::Finished`]; and what
    /// is wrong with the lengths.
    pub async fn open(
        &self,
        user: UserId,
        id: FlowId,
        request: Request,
    ) -> Result<Writer, UploadsError> {
        if self.0.stopping.is_cancelled() {
            return Err(UploadsError::Stopping);
        }
        self.receiving(user, id).await?;
        let place = self.place(id).await?;
        let (spool, mut flow, session) = self.file(user, id).await?;
        if session.received != request.offset {
            return Err(UploadsError::Offset {
                offset: session.received,
            });
        }
        if let Some(length) = request.length {
            self.say_length(&mut flow, session.received, length).await?;
        }
        let limit = self.limit(&flow, session.received).await?;
        if let Some(body) = request.body
            && session.received.saturating_add(body) > limit.bytes()
        {
            return Err(limit.error());
        }
        let (spool, hash) = self.rehash(spool, &flow, &session).await?;
        let opened = Opened {
            flow,
            epoch: session.epoch,
            checkpoint: session.checkpoint,
            spool,
            hash,
            place,
        };
        Ok(writer::start(self.clone(), opened, limit, request.verify))
    }

    /// Somebody's flow that can still receive.
    pub(super) async fn receiving(
        &self,
        user: UserId,
        id: FlowId,
    ) -> Result<(Flow, Session), UploadsError> {
        let mut flow = self.own(user, id).await?;
        if flow.is_gone() {
            return Err(UploadsError::Gone);
        }
        if flow.status != FlowStatus::Uploading {
            return Err(UploadsError::Finished);
        }
        match flow.session.take() {
            Some(session) if session.expires_at > self.now() => Ok((flow, session)),
            // Whoever ended it between two looks, or nobody cleared it away yet.
            _ => Err(UploadsError::Gone),
        }
    }

    /// The place of the one writer of this process.
    pub(super) async fn place(&self, id: FlowId) -> Result<Place, UploadsError> {
        let options = self.options();
        for _ in 0..3 {
            match self.0.running.enter(id) {
                Ok(place) => return Ok(place),
                Err(there) => {
                    if there.is_alive(options.silence) || !there.take_over(options.take_over).await
                    {
                        return Err(UploadsError::Busy);
                    }
                }
            }
        }
        Err(UploadsError::Busy)
    }

    /// The file, for us alone, and what is known of it since nobody else can write to it.
    async fn file(&self, user: UserId, id: FlowId) -> Result<(Spool, Flow, Session), UploadsError> {
        let options = self.options();
        let until = Instant::now() + options.take_over;
        let mut raised = None;
        loop {
            let (flow, session) = self.receiving(user, id).await?;
            if raised.is_some_and(|epoch| epoch != session.epoch) {
                // A third one was faster.
                return Err(UploadsError::Busy);
            }
            let key = flow.key();
            let spool = self.0.parts.storage.spool(&key, session.received == 0);
            match spool.await {
                Ok(spool) => {
                    // Only now nobody moves it any more.
                    return match self.receiving(user, id).await {
                        Ok((flow, session)) => {
                            let session = self.arrive(&spool, &flow, session).await?;
                            Ok((spool, flow, session))
                        }
                        Err(error) => {
                            // It may be us who made the file again.
                            if matches!(error, UploadsError::Gone) {
                                self.drop_bytes(&flow.key()).await;
                            }
                            Err(error)
                        }
                    };
                }
                Err(SpoolError::Held) if raised.is_none() => {
                    // A writer of another process. It says every two seconds that it lives.
                    if self.now() - session.received_at < ms(options.alive()) {
                        return Err(UploadsError::Busy);
                    }
                    let mut tx = self.db().write().await?;
                    raised = store::raise(&mut tx, id, session.epoch).await?;
                    tx.commit().await?;
                    if raised.is_none() {
                        return Err(UploadsError::Busy);
                    }
                }
                Err(SpoolError::Held) if Instant::now() < until => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(SpoolError::Missing) => return Err(self.lose(&flow).await),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Other processes know from the database only that somebody is here. Where the file system
    /// has no locks, the epoch is all that keeps an older writer from being heard.
    async fn arrive(
        &self,
        spool: &Spool,
        flow: &Flow,
        mut session: Session,
    ) -> Result<Session, UploadsError> {
        let now = self.now();
        let rested = now - session.received_at >= ms(self.options().silence);
        if rested || !spool.is_locked() {
            let mut tx = self.db().write().await?;
            let takes = !spool.is_locked();
            let heard = store::hear(&mut tx, flow.id, session.epoch, takes, now).await?;
            tx.commit().await?;
            session.epoch = heard.ok_or(UploadsError::Busy)?;
            session.received_at = now;
        }
        Ok(session)
    }

    /// What the deferred length turns out to be.
    async fn say_length(
        &self,
        flow: &mut Flow,
        received: u64,
        length: u64,
    ) -> Result<(), UploadsError> {
        match flow.total {
            Some(total) if total == length => return Ok(()),
            Some(_) => return Err(UploadsError::LengthChanged),
            None => {}
        }
        if length < received {
            return Err(UploadsError::LengthTooShort);
        }
        let limit = self.options().max_size;
        if length > limit {
            return Err(UploadsError::TooLarge { limit });
        }
        let free = self.0.parts.storage.free().await?;
        let mut tx = self.db().write().await?;
        crate::accounts::hold(&mut tx, flow.owner).await?;
        // What has come already is counted.
        let more = length - received;
        self.check_limits(&mut tx, flow.owner, Some(more), free, false)
            .await?;
        if !store::set_total(&mut tx, flow.id, length).await? {
            return Err(UploadsError::LengthChanged);
        }
        tx.commit().await?;
        flow.total = Some(length);
        Ok(())
    }

    /// Where the bytes must end.
    async fn limit(&self, flow: &Flow, received: u64) -> Result<Limit, UploadsError> {
        if let Some(total) = flow.total {
            return Ok(Limit::Announced(total));
        }
        let most = self.options().max_size;
        let Some(quota) = self.options().quota else {
            return Ok(Limit::Size(most));
        };
        let (used, _) = store::usage(self.db().read(), flow.owner).await?;
        let bytes = received.saturating_add(quota.saturating_sub(used));
        Ok(if bytes < most {
            Limit::Quota { bytes, quota, used }
        } else {
            Limit::Size(most)
        })
    }

    /// Cuts off what was never acknowledged and takes up the hash where it was put down.
    async fn rehash(
        &self,
        mut spool: Spool,
        flow: &Flow,
        session: &Session,
    ) -> Result<(Spool, Option<TreeHash>), UploadsError> {
        let hashed = flow.role == FlowRole::Source;
        let (received, checkpoint) = (session.received, session.checkpoint.clone());
        let resumed = tokio::task::spawn_blocking(move || {
            spool.resume(received)?;
            if !hashed {
                return Ok((spool, None));
            }
            let Some((mut hash, from)) = TreeHash::resume(received, &checkpoint) else {
                return Err(SpoolError::Missing);
            };
            spool.read(from, received, |bytes| hash.update(bytes))?;
            Ok((spool, Some(hash)))
        })
        .await
        .map_err(|_| UploadsError::Internal("an upload could not be taken up"))?;
        match resumed {
            Err(SpoolError::Short { .. } | SpoolError::Missing) => Err(self.lose(flow).await),
            other => Ok(other?),
        }
    }

    /// The file is not what we made durable: somebody else was at it. Better to begin again
    /// than to make a broken video; unless all files are away, as with a disk that is not
    /// mounted: then they come back.
    async fn lose(&self, flow: &Flow) -> UploadsError {
        if let Err(error) = self.0.parts.storage.is_ours().await {
            return error.into();
        }
        tracing::error!(flow = %flow.id, "the file of an upload was changed by somebody else");
        match self.abandon(flow, None).await {
            Ok(_) => UploadsError::Gone,
            Err(error) => error,
        }
    }
}
