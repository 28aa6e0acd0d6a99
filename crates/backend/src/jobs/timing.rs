//! How patient the jobs are.

use std::time::Duration;

/// All the times of the jobs in one place. Only tests change them.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long a claimed job belongs to its worker without another sign of life.
    pub lease: Duration,
    /// How often a worker renews its leases and says that it lives.
    pub renew: Duration,
    /// How often the scheduler looks for what is lost.
    pub sweep: Duration,
    /// How often the heavier clean-up runs (the job `sweep`).
    pub tidy: Duration,
    /// How often a worker asks the table itself: with a queue that only speaks inside the
    /// process or is away, and with one that works.
    pub poll: Duration,
    pub poll_with_queue: Duration,
    /// How often progress is saved.
    pub progress: Duration,
    /// How long running jobs may go on once the worker is asked to stop.
    pub grace: Duration,
    /// Pauses between tries: the first, and the longest.
    pub backoff: Duration,
    pub backoff_max: Duration,
    /// How soon a job that waits for space or memory looks again.
    pub wait: Duration,
    /// How long finished jobs are kept: done or cancelled, and failed.
    pub keep_done: Duration,
    pub keep_failed: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Timing {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            renew: Duration::from_secs(10),
            sweep: Duration::from_secs(5),
            tidy: Duration::from_secs(60 * 60),
            poll: Duration::from_secs(1),
            poll_with_queue: Duration::from_secs(5),
            progress: Duration::from_secs(5),
            grace: Duration::from_secs(20),
            backoff: Duration::from_secs(2),
            backoff_max: Duration::from_secs(600),
            wait: Duration::from_secs(15),
            keep_done: DAY,
            keep_failed: 30 * DAY,
        }
    }
}

impl Timing {
    /// Full jitter: anywhere between nothing and twice the pause before, up to the bound.
    /// Jobs that failed together do not come back together.
    #[must_use]
    pub fn backoff(&self, tries: u32) -> Duration {
        let doubled = self
            .backoff
            .saturating_mul(1 << tries.saturating_sub(1).min(16));
        let most = doubled.min(self.backoff_max);
        most.mul_f64(rand::random::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backs_off_further_each_time_but_never_beyond_the_bound() {
        let timing = Timing::default();
        for tries in [1, 2, 5, 30, u32::MAX] {
            let longest = (0..200).map(|_| timing.backoff(tries)).max().unwrap();
            let bound = timing
                .backoff_max
                .min(timing.backoff * (1 << (tries - 1).min(16)));
            assert!(longest <= bound, "{tries}: {longest:?}");
            assert!(
                longest > bound / 2,
                "{tries}: no jitter up to the bound, {longest:?}"
            );
        }
    }
}
