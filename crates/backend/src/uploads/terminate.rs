//! Giving an upload up: by its owner, or because nobody came back.

use domain::{
    events::VideoChanged,
    ids::{FlowId, UserId, VideoId},
    uploads::{FlowRole, FlowStatus},
};

use super::{
    Uploads, UploadsError,
    concat::drop_pieces,
    ms,
    store::{self, Flow},
};
use crate::{
    db::{DbError, Tx},
    storage::SpoolError,
    videos,
};

impl Uploads {
    /// Gives up an unfinished upload: its bytes and its video go. A part of a concatenation
    /// may be given up also when it is finished, until it is used.
    ///
    /// # Errors
    /// [`UploadsError::Finished`]: a finished one is a video, which is removed as such.
    /// [`UploadsError::Busy`] while something comes.
    pub async fn terminate(&self, user: UserId, id: FlowId) -> Result<(), UploadsError> {
        let flow = self.own(user, id).await?;
        if flow.is_gone() {
            return Err(UploadsError::Gone);
        }
        let unused = flow.role == FlowRole::Piece && flow.status == FlowStatus::Uploaded;
        if flow.status != FlowStatus::Uploading && !unused {
            return Err(UploadsError::Finished);
        }
        // Whoever still writes ends first, unless it is alive.
        let place = self.place(id).await?;
        let options = self.options();
        if let Some(session) = &flow.session {
            // A writer of another process, which finds its session gone when it next looks.
            if self.now() - session.received_at < ms(options.alive())
                && matches!(
                    self.0.parts.storage.spool(&flow.key(), false).await,
                    Err(SpoolError::Held)
                )
            {
                return Err(UploadsError::Busy);
            }
        }
        let done = self.abandon(&flow, None).await?;
        drop(place);
        if done {
            return Ok(());
        }
        // It was finished or given up just now.
        match self.own(user, id).await? {
            flow if flow.is_gone() => Err(UploadsError::Gone),
            _ => Err(UploadsError::Finished),
        }
    }

    /// Gives up everything of somebody that is no video: parts, and what was begun.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn give_up_all(&self, user: UserId) -> Result<(), UploadsError> {
        for flow in store::loose(self.db(), user).await? {
            self.abandon(&flow, None).await?;
        }
        Ok(())
    }

    /// The session (if nothing came to it until `expired`), the flow and a video that never
    /// had anything else, in one transaction; then the bytes. Answers whether it was this call
    /// that did it.
    pub(super) async fn abandon(
        &self,
        flow: &Flow,
        expired: Option<i64>,
    ) -> Result<bool, UploadsError> {
        let now = self.now();
        let mut tx = self.db().write().await?;
        let ended = match expired {
            Some(expired) => store::end_expired(&mut tx, flow.id, expired).await?,
            None => store::end_session(&mut tx, flow.id, None).await?,
        };
        // A finished part has no session any more.
        let unused = flow.role == FlowRole::Piece
            && flow.session.is_none()
            && store::is_unused(&mut tx, flow.id).await?;
        if !ended && !unused {
            return Ok(false);
        }
        if !store::step(&mut tx, flow.id, FlowStatus::Abandoned, now).await? {
            return Ok(false);
        }
        if let Some(video) = flow.video
            && videos::discard(&mut tx, video).await?
        {
            let gone = VideoChanged::removed(video, flow.owner);
            self.0.parts.videos.tell_after(&mut tx, gone);
        }
        self.tell_after(&mut tx, flow.changed(FlowStatus::Abandoned, 0, false));
        tx.commit().await?;
        self.drop_bytes(&flow.key()).await;
        Ok(true)
    }
}

/// Gives up every flow of a video, in the caller's transaction. Answers the keys of bytes that
/// belong to no asset, to be removed after the commit.
pub(crate) async fn abandon_of(
    tx: &mut Tx,
    video: VideoId,
    now: i64,
) -> Result<Vec<String>, DbError> {
    let mut keys = Vec::new();
    for flow in store::of_video(tx, video).await? {
        let joining = flow.status == FlowStatus::Uploaded && flow.hash.is_none();
        if store::end_session(tx, flow.id, None).await? || joining {
            keys.push(flow.key());
        }
        store::step(tx, flow.id, FlowStatus::Abandoned, now).await?;
        keys.append(&mut drop_pieces(tx, &flow, now).await?);
    }
    Ok(keys)
}
