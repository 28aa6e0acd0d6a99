//! Clearing away: uploads nobody came back to, parts nobody joined, videos that never got data,
//! bytes that belong to nothing. Once an hour, by the scheduler.

use std::time::Duration;

use domain::{ids::AssetId, jobs::Priority};
use serde::{Deserialize, Serialize};

use super::{JoinPieces, Uploads, UploadsError, ms, store};
use crate::{
    assets,
    jobs::{Context, Job, JobError},
    videos,
};

/// Bytes younger than this may belong to something that is just beginning.
const YOUNG: Duration = Duration::from_secs(60 * 60);

/// How long an upload that is gone answers that it is gone, and not that there is none.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Bytes nobody ever heard of are only put aside: the database may be an older copy.
const ASIDE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// To be enqueued once an hour by the scheduler.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TidyUploads {}

impl Job for TidyUploads {
    const KIND: &'static str = "tidy_uploads";
    const PRIORITY: Priority = Priority::Bulk;
    const TIMEOUT: Duration = Duration::from_secs(30 * 60);

    fn dedup(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        match ctx.backend().uploads.tidy().await {
            Ok(tidied) => {
                if tidied > 0 {
                    tracing::info!(tidied, "uploads that were over are gone");
                }
                Ok(())
            }
            Err(UploadsError::Database(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "tidying up uploads failed");
                Err(JobError::retry(
                    "Files of old uploads could not be removed.",
                ))
            }
        }
    }
}

impl Uploads {
    /// Removes what is over. Answers how much it was. May be repeated and interrupted.
    ///
    /// # Errors
    /// When files or database refuse.
    pub async fn tidy(&self) -> Result<u64, UploadsError> {
        self.0.parts.storage.is_ours().await?;
        let now = self.now();
        let mut tidied = 0;
        for flow in store::full(self.db()).await? {
            if self.0.running.get(flow.id).is_none()
                && let Some(session) = &flow.session
            {
                self.complete_late(flow.owner, flow.id, session.received)
                    .await;
            }
        }
        for flow in store::expired(self.db(), now).await? {
            // One that is being sent to says so with each checkpoint.
            let sent_to = self.0.running.get(flow.id).is_some();
            tidied += u64::from(!sent_to && self.abandon(&flow, Some(now)).await?);
        }
        for flow in store::unused(self.db(), now - ms(self.options().keep)).await? {
            tidied += u64::from(self.abandon(&flow, None).await?);
        }
        let hour_ago = now - ms(YOUNG);
        for flow in store::unjoined(self.db(), hour_ago).await? {
            // While the job for it is there, its key keeps a second one away.
            if let Some(video) = flow.video {
                let (flow, owner) = (flow.id, flow.owner);
                let job = JoinPieces { flow, video, owner };
                self.0.parts.jobs.submit(&job).await?;
            }
        }
        let mut tx = self.db().write().await?;
        tidied += videos::discard_forgotten(&mut tx, now - ms(self.options().keep)).await?;
        tidied += store::forget(&mut tx, now - ms(REMEMBERED)).await?;
        tx.commit().await?;
        tidied += self.0.parts.assets.tidy(hour_ago).await?;
        tidied += self.drop_lost(YOUNG).await?;
        let aside = self.0.parts.storage.clear_aside(now - ms(ASIDE)).await?;
        Ok(tidied + aside)
    }

    /// Removes bytes that belong to no upload and no asset any more and were not touched for
    /// `age`, and puts those aside of which nothing is known at all. Whoever begins to write has
    /// its row first. Answers how many files.
    ///
    /// # Errors
    /// When files or database refuse.
    pub async fn drop_lost(&self, age: Duration) -> Result<u64, UploadsError> {
        let storage = &self.0.parts.storage;
        let mut dropped = 0;
        for (top, key) in [
            ("originals", assets::original as fn(AssetId) -> String),
            ("pieces", assets::piece),
        ] {
            let names = storage.old_names(top, age).await?;
            // What does not have our kind of name is not ours to remove.
            let names: Vec<AssetId> = names.iter().filter_map(|name| name.parse().ok()).collect();
            for some in names.chunks(200) {
                let mut known = store::wanted(self.db(), some).await?;
                known.extend(self.0.parts.assets.existing(some).await?);
                let over = store::mentioned(self.db(), some).await?;
                for lost in some.iter().filter(|name| !known.contains(name)) {
                    let key = key(*lost);
                    if over.contains(lost) {
                        tracing::info!(key, "bytes that belong to nothing are removed");
                        storage.delete(&key).await?;
                    } else {
                        tracing::warn!(key, "bytes nobody knows are put aside for a week");
                        storage.put_aside(&key, self.now()).await?;
                    }
                    dropped += 1;
                }
            }
        }
        Ok(dropped)
    }
}
