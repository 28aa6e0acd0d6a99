//! What a job is: a value that can be written down, and what to do with it.

use std::time::Duration;

use domain::{
    ids::UserId,
    jobs::{Lane, Priority, Subject, WaitingFor},
};
use serde::{Serialize, de::DeserializeOwned};

use super::Context;
use crate::db::DbError;

/// A kind of background work. One file each, beside the service that enqueues it.
///
/// A job may run more than once (a worker can die after the last line and before we hear
/// of it), so `run` must come to the same end when repeated. It never runs twice at once.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the table. Never changes, or what is queued gets lost.
    const KIND: &'static str;
    const LANE: Lane = Lane::Light;
    const PRIORITY: Priority = Priority::Normal;
    /// After so many failed tries it has failed for good.
    const MAX_TRIES: u32 = 5;
    /// A try that takes longer is ended and counts as failed.
    const TIMEOUT: Duration = Duration::from_secs(300);

    /// What it works for: whose page shows it.
    fn subject(&self) -> Option<Subject> {
        None
    }

    /// Whose turn it takes. Owners are served in turn, however much each has queued.
    fn owner(&self) -> Option<UserId> {
        None
    }

    /// While a job with this key is queued or running, another one is not added.
    fn dedup(&self) -> Option<String> {
        None
    }

    /// Does the work. Dropped at any `await` when the job is cancelled, takes too long or
    /// its lease is lost.
    fn run(&self, ctx: &Context) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// Why a try did not succeed. Reasons are sentences for a person: no internals in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// May go better another time. Counts as a try.
    #[error("{reason}")]
    Retry { reason: String },
    /// Trying again cannot help: what we were given is to blame.
    #[error("{reason}")]
    Permanent { reason: String },
    /// Something is not there yet. No try is lost.
    #[error("{reason}")]
    Wait {
        waiting_for: WaitingFor,
        reason: String,
    },
}

impl JobError {
    #[must_use]
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry {
            reason: reason.into(),
        }
    }

    #[must_use]
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent {
            reason: reason.into(),
        }
    }

    #[must_use]
    pub fn wait(waiting_for: WaitingFor, reason: impl Into<String>) -> Self {
        Self::Wait {
            waiting_for,
            reason: reason.into(),
        }
    }

    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "job_try_failed",
            Self::Permanent { .. } => "job_impossible",
            Self::Wait { .. } => "job_waits",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        matches!(self, Self::Permanent { .. })
    }
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        if matches!(error, DbError::Full) {
            return Self::wait(WaitingFor::Space, "There is no space left on the disk.");
        }
        // What exactly is for the log, not for the page of the job.
        tracing::warn!(%error, code = error.code(), "a job could not use the database");
        Self::retry("The server could not use its database.")
    }
}
