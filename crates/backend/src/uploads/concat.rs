//! Concatenation: parts become one file. The video is there at once; putting the bytes together
//! and hashing them is a job.

use domain::{
    ids::{FlowId, UserId, VideoId},
    jobs::{Lane, Subject, WaitingFor},
    uploads::{FlowRole, FlowStatus, MAX_PIECES},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::{
    Created, New, Uploads, UploadsError,
    create::Begun,
    hash::TreeHash,
    store::{self, Flow},
};
use crate::{
    db::{DbError, Tx},
    jobs::{Context, Job, JobError},
    storage::{Spool, SpoolError},
    videos,
};

/// Bytes that are joined between two looks at whether to stop.
const STRETCH: u64 = 64 << 20;

/// Puts the parts of a concatenation together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JoinPieces {
    pub flow: FlowId,
    pub video: VideoId,
    pub owner: UserId,
}

impl Job for JoinPieces {
    const KIND: &'static str = "join_pieces";
    const LANE: Lane = Lane::Media;
    /// A disk may take hours for what a fast line brought.
    const TIMEOUT: Duration = Duration::from_secs(12 * 60 * 60);

    fn subject(&self) -> Option<Subject> {
        Some(Subject::Video(self.video))
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.owner)
    }

    fn dedup(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.flow))
    }

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        let uploads = &ctx.backend().uploads;
        match uploads.join(self.flow, |done| ctx.progress(done)).await {
            Ok(()) => Ok(()),
            Err(UploadsError::NoRoom) => Err(JobError::wait(
                WaitingFor::Space,
                "There is no space left on the disk.",
            )),
            Err(UploadsError::Database(error)) => Err(error.into()),
            Err(UploadsError::FalseClaim) => Err(JobError::permanent(
                "The file that arrived is not the one that was announced.",
            )),
            Err(UploadsError::Gone) => {
                // One of the parts is not what it was. There is nothing to join.
                uploads
                    .fail(self.flow, "join_failed")
                    .await
                    .map_err(|error| {
                        tracing::warn!(%error, flow = %self.flow, "a failure could not be written");
                        JobError::retry("The parts of the file are not to be had at the moment.")
                    })?;
                Err(JobError::permanent("A part of the file is missing."))
            }
            Err(error) => {
                tracing::warn!(%error, flow = %self.flow, "parts could not be joined");
                Err(JobError::retry(
                    "The parts of the file could not be joined.",
                ))
            }
        }
    }
}

impl Uploads {
    /// The parts are checked and held; the video is there, and the job that joins them.
    pub(super) async fn concatenate(
        &self,
        user: UserId,
        new: &New,
        pieces: &[FlowId],
    ) -> Result<Created, UploadsError> {
        if pieces.is_empty() || pieces.len() > MAX_PIECES {
            return Err(UploadsError::PieceCount { limit: MAX_PIECES });
        }
        let free = self.0.parts.storage.free().await?;
        let mut tx = self.db().write().await?;
        let begun = self.introduce(&mut tx, user, new, FlowRole::Source).await?;
        let mut total = 0_u64;
        for (position, piece) in pieces.iter().enumerate() {
            // Twice in one list, or in two lists: its bytes go when they are joined.
            let size = match pieces[..position].contains(piece) {
                true => None,
                false => store::hold_piece(&mut tx, user, *piece).await?,
            };
            let size = size.ok_or(UploadsError::Piece { piece: *piece })?;
            total = total.saturating_add(size);
        }
        let limit = self.options().max_size;
        if total > limit {
            return Err(UploadsError::TooLarge { limit });
        }
        let known = self.known_already(&mut tx, &begun, Some(total)).await?;
        if let Some(created) = known {
            // The parts are nobody's now and go when their time comes.
            tx.commit().await?;
            return Ok(created);
        }
        // The parts were counted when they began, and are counted as this file from now on.
        self.check_quota(&mut tx, user, 0).await?;
        self.check_room(&mut tx, total, free).await?;
        let Begun { flow, now, .. } = begun;
        let status = if total == 0 {
            FlowStatus::Failed
        } else {
            FlowStatus::Uploaded
        };
        let state = (total, Some(total));
        self.insert(&mut tx, &begun, FlowRole::Source, state, None, status)
            .await?;
        store::link(&mut tx, flow, pieces).await?;
        if let Some(video) = begun.video {
            if total == 0 {
                videos::fail(&mut tx, video, "empty_file", now).await?;
            } else {
                videos::begin_processing(&mut tx, video, now).await?;
                let job = JoinPieces {
                    flow,
                    video,
                    owner: user,
                };
                self.0.parts.jobs.enqueue(&mut tx, &job).await?;
            }
        }
        tx.commit().await?;
        Ok(Created {
            flow,
            video: begun.video,
            offset: total,
            length: Some(total),
            duplicate_of: None,
            expires_at: None,
        })
    }

    /// Puts the parts together, hashes them, and makes them the video's asset. May be repeated.
    ///
    /// # Errors
    /// [`UploadsError::NoRoom`]; [`UploadsError::Gone`] when a part is not there any more;
    /// [`UploadsError::FalseClaim`]; and when files or database refuse.
    pub async fn join(
        &self,
        id: FlowId,
        progress: impl Fn(f64) + Send + Sync,
    ) -> Result<(), UploadsError> {
        let Some((flow, video)) = self.to_join(id).await? else {
            return Ok(());
        };
        let mut spool = self.0.parts.storage.spool(&flow.key(), true).await?;
        // Only who has the file may say what has not been done: it may be an original by now.
        if self.to_join(id).await?.is_none() {
            drop(spool);
            return self.drop_unless_asset(&flow).await;
        }
        let total = flow.total.unwrap_or_default().max(1);
        let pieces = store::pieces(self.db().read(), id).await?;
        spool.resume(0)?;
        let mut hash = TreeHash::new();
        for piece in &pieces {
            let (path, size) = (self.0.parts.storage.place(&piece.key()), piece.total);
            let size = size.unwrap_or_default();
            let mut at = 0;
            while at < size {
                let some = STRETCH.min(size - at);
                let stretch = (path.clone(), at, some);
                (spool, hash) = append(spool, hash, stretch).await?;
                at += some;
                #[allow(clippy::cast_precision_loss, reason = "a share of a bar")]
                progress(hash.length() as f64 / total as f64);
            }
        }
        let (size, hash) = (hash.length(), hash.finish());
        let syncer = spool.syncer();
        tokio::task::spawn_blocking(move || syncer.sync())
            .await
            .map_err(|_| UploadsError::Internal("a sync broke off"))??;
        self.joined(&flow, video, (hash, size)).await
    }

    /// A flow whose parts are to be joined, and the video it is for.
    async fn to_join(&self, id: FlowId) -> Result<Option<(Flow, VideoId)>, UploadsError> {
        let flow = store::find(self.db().read(), id).await?;
        let waits = |flow: &Flow| flow.status == FlowStatus::Uploaded && flow.hash.is_none();
        Ok(flow
            .filter(waits)
            .and_then(|flow| flow.video.map(|video| (flow, video))))
    }

    async fn drop_unless_asset(&self, flow: &Flow) -> Result<(), UploadsError> {
        if self.0.parts.assets.get(flow.asset).await?.is_none() {
            self.drop_bytes(&flow.key()).await;
        }
        Ok(())
    }

    async fn joined(
        &self,
        flow: &Flow,
        video: VideoId,
        (hash, size): (domain::uploads::ContentHash, u64),
    ) -> Result<(), UploadsError> {
        let now = self.now();
        let mut tx = self.db().write().await?;
        if !store::settle(&mut tx, flow.id, hash, now).await? {
            // Removed meanwhile, with its video.
            tx.rollback().await?;
            return self.drop_unless_asset(flow).await;
        }
        let right = flow.claim.is_none_or(|claim| claim == hash);
        let mut kept = false;
        if right {
            let asset = self
                .become_video(&mut tx, flow, video, (hash, size), now)
                .await?;
            kept = asset.id == flow.asset;
        } else {
            self.refuse(&mut tx, flow, video, now).await?;
        }
        let dropped = drop_pieces(&mut tx, flow, now).await?;
        tx.commit().await?;
        if !kept {
            self.drop_bytes(&flow.key()).await;
        }
        for key in dropped {
            self.drop_bytes(&key).await;
        }
        if right {
            Ok(())
        } else {
            Err(UploadsError::FalseClaim)
        }
    }

    /// Nothing will become of this flow; unless all files are away, and come back.
    async fn fail(&self, id: FlowId, code: &'static str) -> Result<(), UploadsError> {
        self.0.parts.storage.is_ours().await?;
        let now = self.now();
        let mut tx = self.db().write().await?;
        let Some(flow) = store::find(&mut *tx, id).await? else {
            return Ok(());
        };
        if !store::give_up_joining(&mut tx, id, now).await? {
            return Ok(());
        }
        if let Some(video) = flow.video {
            videos::fail(&mut tx, video, code, now).await?;
        }
        let mut dropped = drop_pieces(&mut tx, &flow, now).await?;
        dropped.push(flow.key());
        self.tell_after(&mut tx, flow.changed(FlowStatus::Abandoned, 0, false));
        tx.commit().await?;
        for key in dropped {
            self.drop_bytes(&key).await;
        }
        Ok(())
    }
}

/// The parts of a flow are of no use any more. Answers the keys of their bytes, to be removed
/// after the commit.
pub(super) async fn drop_pieces(
    tx: &mut Tx,
    flow: &Flow,
    now: i64,
) -> Result<Vec<String>, DbError> {
    let mut keys = Vec::new();
    for piece in store::pieces(&mut **tx, flow.id).await? {
        if store::step(tx, piece.id, FlowStatus::Abandoned, now).await? {
            keys.push(piece.key());
        }
    }
    Ok(keys)
}

/// Copies a stretch of a part to the end and hashes it while it is still in memory.
async fn append(
    mut spool: Spool,
    mut hash: TreeHash,
    (path, from, size): (std::path::PathBuf, u64, u64),
) -> Result<(Spool, TreeHash), UploadsError> {
    tokio::task::spawn_blocking(move || {
        let begin = spool.length();
        spool.append(&path, from, size)?;
        spool.read(begin, begin + size, |bytes| hash.update(bytes))?;
        Ok::<_, SpoolError>((spool, hash))
    })
    .await
    .map_err(|_| UploadsError::Internal("joining broke off"))?
    .map_err(UploadsError::from)
}
