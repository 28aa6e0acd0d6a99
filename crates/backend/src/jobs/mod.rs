//! Background work: the table that is the truth about it, and what can be done to a job.
//!
//! The `jobs` table holds everything; the queue carries only tickets ("there is work"). A
//! job is enqueued in the transaction of the state change it belongs to, claimed by one
//! conditional UPDATE, leased while it runs, and ends as done, failed (with a reason and a
//! button) or cancelled. How it is run is in `server::worker`.
//!
//! - *Turns.* Owners alternate. A new job gets the turn after its owner's last unfinished
//!   one, but none before the head of the queue: who has queued a hundred waits behind who
//!   queues one, and who was away gets no credit for it (start-time fair queueing).
//! - *Fences.* Every claim raises `attempt`; whoever finishes, renews or reports says which
//!   attempt it speaks for, and a late one speaks to nobody.
//! - *Clocks.* Leases and pauses are reckoned by the clock of the database alone.
//! - *Cancelling.* A running job stays `running` until its handler has really stopped, so
//!   that a retry cannot overlap with it.

mod context;
mod job;
mod outcome;
mod registry;
mod shift;
mod store;
mod sweep;
mod timing;

use std::{fmt, sync::Arc, time::Duration};

use domain::{
    events::{Event, JobChanged},
    ids::JobId,
    jobs::{JobState, Lane},
};

pub use self::{
    context::{Context, Progress},
    job::{Job, JobError},
    outcome::{Claimed, Finish, Heartbeat, Held, Outcome, Want},
    registry::{Kind, Registry},
    shift::Shift,
    store::{JobView, Load},
    sweep::{Recovered, Sweep},
    timing::Timing,
};
use crate::{
    db::{Db, DbError, Tx},
    events::Events,
    queue::Queue,
};

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    db: Db,
    queue: Arc<dyn Queue>,
    events: Events,
    timing: Timing,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("db", &self.db).finish()
    }
}

/// Why something cannot be done to a job.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    #[error("there is no such job")]
    Unknown,
    /// It is in a state in which that makes no sense.
    #[error("the job is {}", .0.code())]
    State(JobState),
    #[error("the same work is queued or running already")]
    Duplicate,
    #[error(transparent)]
    Database(#[from] DbError),
}

impl JobsError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "job_unknown",
            Self::State(_) => "job_state",
            Self::Duplicate => "job_duplicate",
            Self::Database(error) => error.code(),
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        !matches!(self, Self::Database(_))
    }
}

impl Jobs {
    #[must_use]
    pub fn new(db: Db, queue: Arc<dyn Queue>, events: Events, timing: Timing) -> Self {
        Self {
            db,
            queue,
            events,
            timing,
        }
    }

    /// Adds a job in the caller's transaction; once that is committed the queue is told, by
    /// itself. Answers the id, or that of the unfinished job with the same dedup key.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enqueue<J: Job>(&self, tx: &mut Tx, job: &J) -> Result<JobId, DbError> {
        self.enqueue_later(tx, job, Duration::ZERO).await
    }

    /// As [`Jobs::enqueue`], to be run no sooner than after `delay`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enqueue_later<J: Job>(
        &self,
        tx: &mut Tx,
        job: &J,
        delay: Duration,
    ) -> Result<JobId, DbError> {
        let new = store::New::of(job, delay)?;
        let (id, added) = store::insert(tx, self.db.engine(), &new).await?;
        if added {
            let (queue, events) = (Arc::clone(&self.queue), self.events.clone());
            tx.after_commit(move || {
                queue.announce(J::LANE);
                events.publish(changed(id, JobState::Queued, new.video()));
            });
        }
        Ok(id)
    }

    /// Adds a job in a transaction of its own.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn submit<J: Job>(&self, job: &J) -> Result<JobId, DbError> {
        let mut tx = self.db.write().await?;
        let id = self.enqueue(&mut tx, job).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// What is known about a job.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn get(&self, id: JobId) -> Result<Option<JobView>, DbError> {
        store::get(&self.db, id).await
    }

    /// The newest jobs first, at most `limit` of them, of one state or of all; `before` is
    /// the last one of the page before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(
        &self,
        state: Option<JobState>,
        before: Option<&JobView>,
        limit: u32,
    ) -> Result<Vec<JobView>, DbError> {
        store::list(&self.db, state, before, limit).await
    }

    /// How things stand with these jobs and with those that work for these videos, for who
    /// listens to their events. Unknown ids are left out.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn snapshot(
        &self,
        jobs: &[JobId],
        videos: &[domain::ids::VideoId],
    ) -> Result<Vec<JobChanged>, DbError> {
        let found = store::snapshot(&self.db, jobs, videos).await?;
        Ok(found
            .into_iter()
            .map(|job| JobChanged {
                id: job.id,
                state: job.state,
                waiting_for: job.waiting_for,
                progress: if job.state == JobState::Done {
                    1.0
                } else {
                    job.progress
                },
                video: store::video(job.subject),
                error: job.error,
            })
            .collect())
    }

    /// How much waits and runs in each lane.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(&self) -> Result<Vec<Load>, DbError> {
        store::load(&self.db).await
    }

    /// The button: a failed or cancelled job begins anew with all its tries; one that
    /// pauses before its next try goes on now.
    ///
    /// # Errors
    /// When there is no such job, it runs or is done, or the same work is queued already.
    pub async fn retry(&self, id: JobId) -> Result<(), JobsError> {
        let mut tx = self.db.write().await?;
        let again = store::retry(&mut tx, id).await;
        match again {
            Ok(Some((lane, video))) => {
                tx.commit().await?;
                self.queue.announce(lane);
                self.events.publish(changed(id, JobState::Queued, video));
                Ok(())
            }
            Ok(None) => {
                tx.rollback().await?;
                self.refusal(id).await
            }
            Err(error) if error.is_unique("jobs_dedup_key") => Err(JobsError::Duplicate),
            Err(error) => Err(error.into()),
        }
    }

    /// Stops a job. A queued one is cancelled at once, a running one when its handler has
    /// been stopped: at once if its worker hears of it, else with its next renewal.
    ///
    /// # Errors
    /// When there is no such job, or it has ended already.
    pub async fn cancel(&self, id: JobId) -> Result<(), JobsError> {
        let mut tx = self.db.write().await?;
        match store::cancel(&mut tx, self.db.engine(), id).await? {
            Some(video) => {
                tx.commit().await?;
                // For a running one this is what makes its worker look.
                self.events.publish(changed(id, JobState::Cancelled, video));
                Ok(())
            }
            None => {
                tx.rollback().await?;
                self.refusal(id).await
            }
        }
    }

    /// Stops every unfinished job with one of these keys, as [`Jobs::cancel`] does. Answers how
    /// many of them still run.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn cancel_keys(&self, keys: &[String]) -> Result<usize, DbError> {
        let mut running = 0;
        for some in keys.chunks(200) {
            let mut tx = self.db.write().await?;
            let stopped = store::cancel_keys(&mut tx, self.db.engine(), some).await?;
            tx.commit().await?;
            for (id, state, video) in stopped {
                running += usize::from(state == JobState::Running);
                self.events.publish(changed(id, JobState::Cancelled, video));
            }
        }
        Ok(running)
    }

    async fn refusal(&self, id: JobId) -> Result<(), JobsError> {
        match self.get(id).await? {
            Some(job) => Err(JobsError::State(job.state)),
            None => Err(JobsError::Unknown),
        }
    }

    /// The queue, for workers and health checks.
    #[must_use]
    pub fn queue(&self) -> &Arc<dyn Queue> {
        &self.queue
    }

    #[must_use]
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Sends the last tickets and hangs up.
    pub async fn close(&self) {
        self.queue.close().await;
    }

    fn announce_all(&self, lanes: impl IntoIterator<Item = Lane>) {
        for lane in lanes {
            self.queue.announce(lane);
        }
    }
}

fn changed(id: JobId, state: JobState, video: Option<domain::ids::VideoId>) -> Event {
    Event::Job(JobChanged {
        id,
        state,
        waiting_for: None,
        progress: if state == JobState::Done { 1.0 } else { 0.0 },
        error: None,
        video,
    })
}
