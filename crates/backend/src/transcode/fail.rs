//! What goes wrong with a step: how it is told, how often it is tried, and what is given up.

use domain::{jobs::WaitingFor, media::line::code};

use super::{
    Transcode, admission,
    pool::Failure,
    step::StepState,
    store::{self, Ended},
    work::Work,
};
use crate::{
    assets::AssetState,
    db::{DbError, now_ms},
    jobs::JobError,
};

/// So often a step is tried that fails and might not.
pub(super) const TRIES: i64 = 3;

/// A failure as it is told: to the job, and to the owner of the video.
pub(super) struct Told {
    pub(super) error: JobError,
    pub(super) code: String,
    pub(super) reason: String,
}

impl Told {
    /// Trying again cannot help.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.error, JobError::Permanent { .. })
    }

    /// It has not failed: something is not there yet.
    pub(super) fn waits(&self) -> bool {
        matches!(self.error, JobError::Wait { .. })
    }

    /// The last try has failed.
    pub(super) fn for_good(self) -> JobError {
        JobError::permanent(self.reason)
    }
}

pub(super) fn told(failure: &Failure) -> Told {
    let again = |code: &str, reason: &str| Told {
        error: JobError::retry(reason),
        code: code.to_owned(),
        reason: reason.to_owned(),
    };
    match failure {
        Failure::Fault(fault) => Told {
            error: if fault.code == code::SPACE {
                admission::full()
            } else if fault.client_fault {
                JobError::permanent(fault.reason.clone())
            } else {
                JobError::retry(fault.reason.clone())
            },
            code: fault.code.clone(),
            reason: fault.reason.clone(),
        },
        Failure::Start(error) => {
            tracing::warn!(%error, "the media engine does not start");
            // That is not the film's fault: no try of it is lost.
            let reason = "The media engine of this server does not start.";
            Told {
                error: JobError::wait(WaitingFor::Engine, reason),
                code: "engine_missing".to_owned(),
                reason: reason.to_owned(),
            }
        }
        Failure::Crash(how) => {
            tracing::warn!(how, "the media engine broke off");
            again(
                "engine_crashed",
                "The media engine breaks off at this file.",
            )
        }
        Failure::Silence => again(
            "engine_silent",
            "The media engine stood still at this file and was stopped.",
        ),
        Failure::Stopped => again("stopped", "It was stopped."),
    }
}

impl Transcode {
    /// Writes down why a step came to no good end, and gives up if that was its last chance.
    pub(super) async fn failed(
        &self,
        work: Work<'_>,
        failure: &Failure,
        log: &str,
    ) -> Result<(), JobError> {
        let told = told(failure);
        if matches!(failure, Failure::Stopped) || told.waits() {
            return Err(told.error);
        }
        let ended = Ended {
            code: &told.code,
            reason: &told.reason,
            log,
        };
        let mut tx = self.0.db.write().await?;
        let failed = store::fail_once(&mut tx, work.asset, work.step, &ended).await?;
        tx.commit().await?;
        if !told.is_final() && failed < TRIES {
            return Err(told.error);
        }
        self.give_up(work, &ended).await?;
        Err(told.for_good())
    }

    /// A step has failed for good: so has the video, or it does without.
    pub(super) async fn give_up(&self, work: Work<'_>, ended: &Ended<'_>) -> Result<(), DbError> {
        let asset = work.asset;
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        if held.is_none_or(|asset| asset.state == AssetState::Removing) {
            return Ok(());
        }
        match store::fail(&mut tx, asset, work.step, ended, now).await? {
            Some(StepState::Failed) => {
                let code = Some(ended.code);
                self.0
                    .assets
                    .step(&mut tx, asset, AssetState::Failed, code, now)
                    .await?;
                self.tell_videos(&mut tx, asset).await?;
            }
            Some(_) => {
                store::raise(&mut tx, asset, now).await?;
                self.next(&mut tx, asset, work.plan, work.whom).await?;
            }
            None => {}
        }
        tx.commit().await
    }
}
