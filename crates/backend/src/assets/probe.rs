//! The job that looks into an original: enqueued with the asset, claimed by workers that have
//! the media engine. One without it does not know the kind and leaves it in the queue.

use std::time::Duration;

use domain::{
    ids::{AssetId, UserId, VideoId},
    jobs::{Lane, Priority, Subject},
};
use serde::{Deserialize, Serialize};

use crate::jobs::{Context, Job, JobError};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Probe {
    pub asset: AssetId,
    /// The video that brought it, whose page shows the job.
    pub video: VideoId,
    pub owner: UserId,
}

impl Job for Probe {
    const KIND: &'static str = "probe";
    const LANE: Lane = Lane::Media;
    const PRIORITY: Priority = Priority::Urgent;
    const MAX_TRIES: u32 = crate::transcode::LOST;
    /// A file is read whole: hours of video from a slow disk take their time. What hangs is
    /// noticed long before.
    const TIMEOUT: Duration = Duration::from_secs(12 * 60 * 60);

    fn subject(&self) -> Option<Subject> {
        Some(Subject::Video(self.video))
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.owner)
    }

    fn dedup(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.asset))
    }

    /// Only a worker with the media engine has this kind in its registry.
    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        ctx.backend().transcode.probe(ctx, self).await
    }
}
