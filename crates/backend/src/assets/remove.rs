//! Removing what no video has any more: files first, the row last.

use domain::{ids::AssetId, jobs::Priority};
use serde::{Deserialize, Serialize};

use super::{Assets, media, original, store};
use crate::{
    db::now_ms,
    jobs::{Context, Job, JobError},
    uploads::UploadsError,
};

/// Enqueued in the transaction that marks the asset.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoveAsset {
    pub asset: AssetId,
}

impl Job for RemoveAsset {
    const KIND: &'static str = "remove_asset";
    const PRIORITY: Priority = Priority::Bulk;
    const MAX_TRIES: u32 = 20;

    fn dedup(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.asset))
    }

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        // Whoever works on it would go on writing.
        if !ctx.backend().transcode.stop(self.asset).await? {
            return Err(JobError::retry("Work on these files did not stop in time."));
        }
        match ctx.backend().assets.remove(self.asset).await {
            Ok(()) => Ok(()),
            Err(UploadsError::Database(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, asset = %self.asset, "an asset could not be removed");
                Err(JobError::retry("The files could not be removed."))
            }
        }
    }
}

impl Assets {
    /// Removes an asset that is marked. May be repeated.
    ///
    /// # Errors
    /// When files or database refuse.
    pub async fn remove(&self, id: AssetId) -> Result<(), UploadsError> {
        let marked = store::find(&self.db, id)
            .await?
            .is_some_and(|asset| asset.state == super::AssetState::Removing);
        if !marked {
            return Ok(());
        }
        self.storage.delete(&original(id)).await?;
        self.storage.delete_below(&media(id)).await?;
        let mut tx = self.db.write().await?;
        store::delete(&mut tx, id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Begins again what was forgotten: assets without videos, and marked ones whose removal
    /// did not come to its end. Answers how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy(&self, before: i64) -> Result<u64, UploadsError> {
        let mut found = 0;
        for asset in store::left(&self.db, before).await? {
            let mut tx = self.db.write().await?;
            if !self.release(&mut tx, asset, now_ms()).await? {
                // Marked already. One job for it is enough; it has a key.
                self.jobs.enqueue(&mut tx, &RemoveAsset { asset }).await?;
            }
            tx.commit().await?;
            found += 1;
        }
        Ok(found)
    }
}
