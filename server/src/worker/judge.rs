//! What becomes of a job after a try.

use backend::jobs::{Claimed, JobError, Outcome, Timing};
use domain::jobs::WaitingFor;

/// Done, failed for good, or another time. Logged here, once, with the id of the job.
pub(super) fn judge(job: &Claimed, result: Result<(), JobError>, timing: &Timing) -> Outcome {
    let outcome = match result {
        Ok(()) => return Outcome::Done,
        Err(JobError::Permanent { reason }) => Outcome::Failed { reason },
        Err(JobError::Retry { reason }) if job.tries >= job.max_tries => Outcome::Failed { reason },
        Err(JobError::Retry { reason }) => Outcome::Later {
            waiting_for: WaitingFor::Retry,
            reason,
            after: timing.backoff(u32::try_from(job.tries).unwrap_or(u32::MAX)),
        },
        Err(JobError::Wait {
            waiting_for,
            reason,
        }) => Outcome::Later {
            waiting_for,
            reason,
            after: timing.wait,
        },
    };
    match &outcome {
        Outcome::Failed { reason } => tracing::warn!(
            job = %job.id, kind = job.kind, tries = job.tries, reason, "a job has failed"
        ),
        Outcome::Later { reason, after, .. } => tracing::info!(
            job = %job.id, kind = job.kind, tries = job.tries, reason,
            pause_ms = after.as_millis(), "a job will be tried again"
        ),
        _ => {}
    }
    outcome
}
