//! The jobs of one asset: a kind for each sort of work, so that one sees what is being done.

use std::time::Duration;

use domain::{
    ids::{AssetId, UserId, VideoId},
    jobs::{Lane, Priority, Subject},
};
use serde::{Deserialize, Serialize};

use super::{For, Transcode, step::Step};
use crate::{
    db::{DbError, Tx},
    jobs::{Context, Job, JobError},
};

/// However long a video is: the watchdog ends what hangs, and the limit of CPU time what does
/// not come to an end.
const LONG: Duration = Duration::from_secs(48 * 60 * 60);

/// A worker that dies is not the fault of the file, which only children touch; how often a step
/// itself may fail is counted with the step. This bounds what takes its worker down each time.
pub(crate) const LOST: u32 = 50;

macro_rules! step_jobs {
    ($($(#[$doc:meta])* $name:ident = $kind:literal $priority:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct $name {
            pub asset: AssetId,
            /// The video that brought it, whose page shows the job.
            pub video: VideoId,
            pub owner: UserId,
            /// As `encode:3`.
            pub step: String,
        }

        impl Job for $name {
            const KIND: &'static str = $kind;
            const LANE: Lane = Lane::Media;
            const PRIORITY: Priority = Priority::$priority;
            const MAX_TRIES: u32 = LOST;
            const TIMEOUT: Duration = LONG;

            fn subject(&self) -> Option<Subject> {
                Some(Subject::Video(self.video))
            }

            fn owner(&self) -> Option<UserId> {
                Some(self.owner)
            }

            fn dedup(&self) -> Option<String> {
                Some(format!("media:{}:{}", self.asset, self.step))
            }

            async fn run(&self, ctx: &Context) -> Result<(), JobError> {
                let Ok(step) = self.step.parse() else {
                    return Err(JobError::permanent(
                        "The job was written by another version of the server.",
                    ));
                };
                let whom = For { video: self.video, owner: self.owner };
                ctx.backend().transcode.work(ctx, self.asset, step, whom).await
            }
        }
    )+};
}

step_jobs! {
    /// What somebody waits for to see the first picture.
    FirstPart = "first_part" Urgent,
    RepackagePart = "repackage_part" Normal,
    EncodePart = "encode_part" Normal,
    Audio = "audio" Urgent,
    Poster = "poster" Normal,
    Waveform = "waveform" Normal,
    Subtitles = "subtitles" Normal,
    Storyboard = "storyboard" Normal,
}

/// Writes the last manifests; then the video is complete. Needs no media engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finish {
    pub asset: AssetId,
    pub video: VideoId,
    pub owner: UserId,
}

impl Job for Finish {
    const KIND: &'static str = "finish";
    const PRIORITY: Priority = Priority::Urgent;
    const MAX_TRIES: u32 = LOST;

    fn subject(&self) -> Option<Subject> {
        Some(Subject::Video(self.video))
    }

    fn owner(&self) -> Option<UserId> {
        Some(self.owner)
    }

    fn dedup(&self) -> Option<String> {
        Some(finish_key(self.asset))
    }

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        ctx.backend().transcode.finish(self.asset).await
    }
}

pub(super) fn finish_key(asset: AssetId) -> String {
    format!("media:{asset}:finish")
}

impl Transcode {
    /// Adds the job of a step, unless there is one.
    pub(super) async fn enqueue(
        &self,
        tx: &mut Tx,
        asset: AssetId,
        step: Step,
        first: bool,
        whom: For,
    ) -> Result<(), DbError> {
        let For { video, owner } = whom;
        let name = step.to_string();
        let jobs = &self.0.jobs;
        macro_rules! add {
            ($kind:ident) => {
                jobs.enqueue(
                    tx,
                    &$kind {
                        asset,
                        video,
                        owner,
                        step: name,
                    },
                )
                .await?
            };
        }
        match step {
            Step::Copy(_) | Step::Encode(_) if first => add!(FirstPart),
            Step::Copy(_) => add!(RepackagePart),
            Step::Encode(_) => add!(EncodePart),
            Step::Audio(_) => add!(Audio),
            Step::Poster => add!(Poster),
            Step::Waveform => add!(Waveform),
            Step::Subtitles(_) => add!(Subtitles),
            Step::Storyboard => add!(Storyboard),
        };
        Ok(())
    }

    pub(super) async fn enqueue_finish(
        &self,
        tx: &mut Tx,
        asset: AssetId,
        whom: For,
    ) -> Result<(), DbError> {
        let For { video, owner } = whom;
        self.0
            .jobs
            .enqueue(
                tx,
                &Finish {
                    asset,
                    video,
                    owner,
                },
            )
            .await?;
        Ok(())
    }
}
