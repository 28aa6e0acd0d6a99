//! What a worker and the table say to each other.

use std::time::Duration;

use domain::{
    ids::{JobId, VideoId},
    jobs::{Lane, WaitingFor},
};
use sqlx::{Row, any::AnyRow};

use super::store::{id_of, lane_of, subject_of, video};
use crate::db::DbError;

/// A job that is ours until the lease ends.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: JobId,
    pub kind: String,
    pub lane: Lane,
    pub payload: String,
    /// The fence: only who knows the current one can finish.
    pub attempt: i64,
    /// This one included.
    pub tries: i64,
    pub max_tries: i64,
    pub(super) video: Option<VideoId>,
    /// Priority, turn and age.
    pub(super) order: (i64, i64, i64),
}

impl Claimed {
    pub(super) fn of(row: &AnyRow) -> Result<Self, DbError> {
        Ok(Self {
            id: id_of(row)?,
            kind: row.try_get("kind")?,
            lane: lane_of(row)?,
            payload: row.try_get("payload")?,
            attempt: row.try_get("attempt")?,
            tries: row.try_get("tries")?,
            max_tries: row.try_get("max_tries")?,
            video: video(subject_of(row)?),
            order: (
                row.try_get("priority")?,
                row.try_get("turn")?,
                row.try_get("created_at")?,
            ),
        })
    }

    /// The video it works for, if any.
    #[must_use]
    pub fn video(&self) -> Option<VideoId> {
        self.video
    }
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done,
    /// For good: what we were given is to blame, or the tries are used up.
    Failed {
        reason: String,
    },
    /// Another time. What it waits for does not count as a try unless it is a pause after
    /// a failed one.
    Later {
        waiting_for: WaitingFor,
        reason: String,
        after: Duration,
    },
    /// Given back because the worker leaves: as if it had never been claimed.
    HandedBack,
    /// Its handler was stopped because somebody asked for it.
    Cancelled,
}

/// What is to be written about a try that ended.
#[derive(Debug, Clone)]
pub struct Finish {
    pub id: JobId,
    pub attempt: i64,
    pub video: Option<VideoId>,
    pub outcome: Outcome,
}

/// Free hands in a lane.
#[derive(Debug, Clone)]
pub struct Want {
    pub lane: Lane,
    pub slots: usize,
    /// Only kinds we can run.
    pub kinds: Vec<&'static str>,
}

/// What a worker says of itself now and then.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    pub host: String,
    pub version: String,
}

/// A job whose lease was renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub id: JobId,
    pub attempt: i64,
    /// Somebody wants it stopped.
    pub cancel: bool,
}
