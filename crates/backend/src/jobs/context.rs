//! What a running job can see and say.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    events::{Event, JobChanged},
    ids::JobId,
    jobs::JobState,
};
use tokio_util::sync::CancellationToken;

use super::Claimed;
use crate::Backend;

/// Progress is told to open pages at most this often.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Handed to [`super::Job::run`].
#[derive(Debug, Clone)]
pub struct Context {
    backend: Backend,
    claimed: Arc<Claimed>,
    stop: CancellationToken,
    progress: Arc<Progress>,
}

impl Context {
    #[must_use]
    pub fn new(
        backend: Backend,
        claimed: Arc<Claimed>,
        stop: CancellationToken,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            backend,
            claimed,
            stop,
            progress,
        }
    }

    /// Every service.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    #[must_use]
    pub fn id(&self) -> JobId {
        self.claimed.id
    }

    /// How often this job was taken up, this time included; rises without gaps.
    #[must_use]
    pub fn attempt(&self) -> i64 {
        self.claimed.attempt
    }

    /// Cancelled when the job should come to an end; soon after, `run` is dropped. Only
    /// who has something to tidy up needs to look.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Says how far it is, 0 to 1. Cheap: call it as often as you like.
    pub fn progress(&self, done: f64) {
        if self.progress.set(done) {
            self.backend.events.publish(Event::Job(JobChanged {
                id: self.claimed.id,
                state: JobState::Running,
                waiting_for: None,
                progress: self.progress.get(),
                error: None,
                video: self.claimed.video(),
            }));
        }
    }
}

/// How far a job is: written by the job, read by the worker that saves it now and then.
#[derive(Debug)]
pub struct Progress {
    bits: AtomicU64,
    unsaved: AtomicBool,
    begun: Instant,
    /// Milliseconds after `begun` when it was last told.
    told: AtomicU64,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            bits: AtomicU64::new(0.0_f64.to_bits()),
            unsaved: AtomicBool::new(false),
            begun: Instant::now(),
            told: AtomicU64::new(0),
        }
    }
}

impl Progress {
    /// Whether it is time to tell.
    fn set(&self, done: f64) -> bool {
        let done = if done.is_finite() {
            done.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.bits.store(done.to_bits(), Ordering::Relaxed);
        self.unsaved.store(true, Ordering::Release);
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let told = self.told.load(Ordering::Relaxed);
        let due = told == 0 || now.saturating_sub(told) >= TELL_EVERY.as_millis() as u64;
        due && self
            .told
            .compare_exchange(told, now.max(1), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.bits.load(Ordering::Relaxed))
    }

    /// The value, if it changed since it was last taken.
    #[must_use]
    pub fn take_unsaved(&self) -> Option<f64> {
        self.unsaved
            .swap(false, Ordering::Acquire)
            .then(|| self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_now_and_then_and_saves_the_last_value() {
        let progress = Progress::default();
        assert_eq!(progress.take_unsaved(), None);
        assert!(progress.set(0.1));
        assert!(!progress.set(0.2), "told again at once");
        assert_eq!(progress.take_unsaved(), Some(0.2));
        assert_eq!(progress.take_unsaved(), None);
        progress.set(7.0);
        assert_eq!(progress.take_unsaved(), Some(1.0));
        progress.set(f64::NAN);
        assert_eq!(progress.take_unsaved(), Some(0.0));
    }
}
