//! The queue: tickets that say *there is work in this lane*, and nothing more.
//!
//! A ticket makes a worker look at the table sooner; losing one costs a few seconds,
//! doubling one costs a glance. So nothing here can lose or double work, and Redis can be
//! wiped or away at any moment. Two implementations: inside the process, and Redis Streams.

mod local;
mod redis;

use std::sync::Arc;

use domain::jobs::Lane;
use futures::future::BoxFuture;

/// What can be wrong with the queue. Telling it something has no errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    #[error("REDIS_URL is not the address of a Redis; it looks like redis://host:6379")]
    Url,
    #[error("Redis does not answer: work goes on, asking the database once a second")]
    Away,
}

impl QueueError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url => "redis_url_invalid",
            Self::Away => "redis_away",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        false
    }
}

/// A way for tickets to travel.
pub trait Queue: Send + Sync {
    /// Says that there is work in `lane`. Returns at once, whatever the state of the world.
    fn announce(&self, lane: Lane);

    /// Waits until somebody said so. All tickets of the lane that lie there are taken as
    /// one: who finds more work than it has hands announces again. May be dropped.
    fn take(&self, lane: Lane) -> BoxFuture<'_, ()>;

    /// Whether tickets of other processes arrive here.
    fn health(&self) -> BoxFuture<'_, Result<(), QueueError>>;

    /// Whether tickets are known to come from all processes right now; else the table has
    /// to be asked more often.
    fn reaches_everybody(&self) -> bool;

    /// Sends what is still on its way (for at most a second) and hangs up.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// For one process: nothing else to run.
#[must_use]
pub fn in_process() -> Arc<dyn Queue> {
    Arc::new(local::Local::new())
}

/// For several processes. Returns at once; Redis may come later, or go and come back.
///
/// # Errors
/// Only when `url` is not an address.
pub fn redis(url: &str) -> Result<Arc<dyn Queue>, QueueError> {
    Ok(Arc::new(redis::RedisQueue::start(url)?))
}
