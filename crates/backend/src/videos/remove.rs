//! Removing a video, whatever it is doing.

use domain::{
    events::VideoChanged,
    ids::{UserId, VideoId},
};

use super::{Videos, VideosError, store};
use crate::db::now_ms;

/// Removed between two looks at the list.
const SOME: u32 = 100;

impl Videos {
    /// Removes all that somebody has. May be repeated.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_all(&self, owner: UserId) -> Result<(), VideosError> {
        loop {
            let some = self.list(owner, None, SOME).await?;
            if some.is_empty() {
                return Ok(());
            }
            for video in some {
                match self.remove(owner, video.id).await {
                    Ok(()) | Err(VideosError::Unknown) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Removes one of somebody's own videos. An upload that still runs finds its session gone
    /// and ends; bytes that no other video has are removed by a job.
    ///
    /// # Errors
    /// [`VideosError::Unknown`] when it is not theirs.
    pub async fn remove(&self, owner: UserId, id: VideoId) -> Result<(), VideosError> {
        let now = now_ms();
        let mut tx = self.db.write().await?;
        let ours = store::find(&mut *tx, id).await?;
        if ours.is_none_or(|video| video.owner != owner) {
            return Err(VideosError::Unknown);
        }
        // Sessions first: whoever is just finishing holds its session too, and is through
        // before or finds it gone.
        let dropped = crate::uploads::abandon_of(&mut tx, id, now).await?;
        let Some(asset) = store::delete(&mut tx, owner, id).await? else {
            return Err(VideosError::Unknown);
        };
        if let Some(asset) = asset {
            self.assets.release(&mut tx, asset, now).await?;
        }
        self.tell_after(&mut tx, VideoChanged::removed(id, owner));
        tx.commit().await?;
        for key in dropped {
            // What cannot be removed now is found by the hourly search for lost bytes.
            if let Err(error) = self.storage.delete(&key).await {
                tracing::warn!(%error, video = %id, "bytes of a removed video stay for now");
            }
        }
        Ok(())
    }
}
