//! The time, and a way for tests to let it pass.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use crate::db::now_ms;

/// Milliseconds since 1970, UTC. Cheap to clone; clones go alike.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
    /// Where it was stopped; 0 while it runs.
    stopped: Arc<AtomicI64>,
}

impl Clock {
    #[must_use]
    pub fn now(&self) -> i64 {
        let now = match self.stopped.load(Ordering::Relaxed) {
            0 => now_ms(),
            stopped => stopped,
        };
        now + self.ahead.load(Ordering::Relaxed)
    }

    /// Lets no time pass but by [`Clock::advance`]: a slow machine must not change what a test
    /// sees.
    pub fn stop(&self) {
        self.stopped.store(now_ms(), Ordering::Relaxed);
    }

    /// Lets time pass. Nobody but tests is in such a hurry.
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(ms(by), Ordering::Relaxed);
    }
}

pub(super) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub(super) const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub(super) const fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

pub(super) const fn days(count: u64) -> Duration {
    hours(count * 24)
}
