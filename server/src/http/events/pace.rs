//! How much of the news a page can use: a job's progress a few times a second, the latest
//! value; everything else at once.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    events::{Event, JobChanged},
    ids::JobId,
};
use tokio::time::Instant;

/// Jobs remembered on one stream. Beyond that the oldest news about progress is forgotten,
/// and their next event simply passes.
const REMEMBERED: usize = 256;

#[derive(Debug)]
pub(super) struct Coalescer {
    every: Duration,
    jobs: HashMap<JobId, Told>,
}

#[derive(Debug)]
struct Told {
    last: Arc<Event>,
    at: Instant,
    held_back: Option<Arc<Event>>,
}

impl Coalescer {
    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            jobs: HashMap::new(),
        }
    }

    /// What to send now because of this event: it, or nothing yet.
    pub(super) fn hear(&mut self, event: Arc<Event>, now: Instant) -> Option<Arc<Event>> {
        let Event::Job(job) = &*event else {
            return Some(event);
        };
        if job.state.is_final() {
            self.jobs.remove(&job.id);
            return Some(event);
        }
        if let Some(told) = self.jobs.get_mut(&job.id)
            && now < told.at + self.every
            && before(told).is_some_and(|before| job.is_progress_since(before))
        {
            told.held_back = Some(event);
            return None;
        }
        if self.jobs.len() >= REMEMBERED && !self.jobs.contains_key(&job.id) {
            self.jobs.retain(|_, told| told.held_back.is_some());
            if self.jobs.len() >= REMEMBERED {
                self.jobs.clear();
            }
        }
        self.jobs.insert(
            job.id,
            Told {
                last: Arc::clone(&event),
                at: now,
                held_back: None,
            },
        );
        Some(event)
    }

    /// When something held back wants to go.
    pub(super) fn due(&self) -> Option<Instant> {
        self.jobs
            .values()
            .filter(|told| told.held_back.is_some())
            .map(|told| told.at + self.every)
            .min()
    }

    /// What was held back long enough.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Arc<Event>> {
        let every = self.every;
        let due = |told: &Told| told.held_back.is_some() && told.at + every <= now;
        self.jobs
            .values_mut()
            .filter(|told| due(told))
            .filter_map(|told| {
                let event = told.held_back.take()?;
                told.last = Arc::clone(&event);
                told.at = now;
                Some(event)
            })
            .collect()
    }
}

fn before(told: &Told) -> Option<&JobChanged> {
    match &*told.last {
        Event::Job(job) => Some(job),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::jobs::JobState;

    use super::*;

    fn job(id: JobId, state: JobState, progress: f64) -> Arc<Event> {
        Arc::new(Event::Job(JobChanged {
            id,
            state,
            waiting_for: None,
            progress,
            error: None,
            video: None,
        }))
    }

    #[test]
    fn progress_at_four_a_second_the_latest_wins_states_at_once() {
        let every = Duration::from_millis(250);
        let mut pace = Coalescer::new(every);
        let id = JobId::generate();
        let start = Instant::now();
        let mut sent = Vec::new();
        // A second of one event each millisecond.
        for ms in 0..=1000_u32 {
            let now = start + Duration::from_millis(u64::from(ms));
            if pace.due().is_some_and(|due| due <= now) {
                sent.extend(pace.take_due(now));
            }
            sent.extend(pace.hear(job(id, JobState::Running, f64::from(ms)), now));
        }
        let heard: Vec<f64> = sent
            .iter()
            .filter_map(|event| match &**event {
                Event::Job(job) => Some(job.progress),
                _ => None,
            })
            .collect();
        assert_eq!(heard, [0.0, 249.0, 499.0, 749.0, 999.0]);
        let now = start + Duration::from_millis(1001);
        assert!(
            pace.hear(job(id, JobState::Queued, 0.0), now).is_some(),
            "a state"
        );
        assert!(
            pace.hear(job(id, JobState::Running, 0.0), now).is_some(),
            "a state"
        );
        assert!(pace.hear(job(id, JobState::Running, 0.5), now).is_none());
        let done = job(id, JobState::Done, 1.0);
        assert_eq!(pace.hear(Arc::clone(&done), now), Some(done));
        // What was held back is older than the end and never comes.
        assert_eq!(pace.due(), None);
        assert!(pace.take_due(now + every).is_empty());
    }

    #[test]
    fn memory_is_bounded_and_jobs_do_not_share_their_pace() {
        let mut pace = Coalescer::new(Duration::from_millis(250));
        let now = Instant::now();
        for _ in 0..10_000 {
            let id = JobId::generate();
            assert!(pace.hear(job(id, JobState::Running, 0.1), now).is_some());
            assert!(pace.hear(job(id, JobState::Running, 0.2), now).is_none());
            assert!(pace.jobs.len() <= REMEMBERED);
        }
    }
}
