//! Finding what is lost, and throwing away what is over.
//!
//! Two rhythms. Every few seconds the scheduler looks ([`Jobs::recover`]): leases that ended
//! and work that nobody was told of. That is two reads when all is well, so it is no job:
//! a job each five seconds would be a durable write each five seconds on an idle machine.
//! Once an hour it enqueues [`Sweep`], the clean-up that does write.

use std::time::Duration;

use domain::{
    events::{Event, JobChanged},
    ids::WorkerId,
    jobs::{JobState, Lane},
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row};

use super::{
    Context, Job, JobError, Jobs,
    store::{id_of, lane_of, ms, state_of, subject_of, video},
};
use crate::db::{DbError, Filter};

/// Rows a clean-up removes in one transaction, so that nobody waits long behind it.
const BATCH: i64 = 500;

/// Removes finished jobs after their time and workers that are gone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "sweep";

    fn dedup(&self) -> Option<String> {
        Some("sweep".to_owned())
    }

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        let removed = ctx.backend().jobs.tidy().await?;
        if removed > 0 {
            tracing::info!(removed, "finished jobs were forgotten");
        }
        Ok(())
    }
}

/// What a look at the table found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Jobs that had lost their worker and wait again.
    pub requeued: usize,
    /// Jobs that lost their last worker and have failed.
    pub failed: usize,
    /// Jobs that somebody wanted stopped and whose worker is gone.
    pub cancelled: usize,
    /// Lanes that have work, of which the queue was told again.
    pub announced: usize,
}

impl Jobs {
    /// Takes or keeps a lease that one process at a time can hold (the scheduler's).
    /// Answers whether it is ours for the next `time`.
    ///
    /// # Errors
    /// When the database refuses: then it is not ours.
    pub async fn hold(
        &self,
        name: &'static str,
        holder: WorkerId,
        time: Duration,
    ) -> Result<bool, DbError> {
        let now = self.db.engine().now_sql();
        // Looking first keeps those who are not the scheduler from writing every tick.
        let taken = sqlx::query(AssertSqlSafe(format!(
            "SELECT holder FROM leases WHERE name = $1 AND holder <> $2 AND held_until >= {now}"
        )))
        .bind(name)
        .bind(holder.to_string())
        .fetch_optional(self.db.read())
        .await?;
        if taken.is_some() {
            return Ok(false);
        }
        let mut tx = self.db.write().await?;
        let row = sqlx::query(AssertSqlSafe(format!(
            "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, {now} + $3)
             ON CONFLICT (name) DO UPDATE
                 SET holder = excluded.holder, held_until = excluded.held_until
                 WHERE leases.holder = excluded.holder OR leases.held_until < {now}
             RETURNING holder"
        )))
        .bind(name)
        .bind(holder.to_string())
        .bind(ms(time))
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(row.is_some())
    }

    /// Gives a lease back, so that the next one need not wait for its end.
    ///
    /// # Errors
    /// When the database refuses; the lease then ends by itself.
    pub async fn release(&self, name: &'static str, holder: WorkerId) -> Result<(), DbError> {
        let mut tx = self.db.write().await?;
        sqlx::query("DELETE FROM leases WHERE name = $1 AND holder = $2")
            .bind(name)
            .bind(holder.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Requeues jobs that lost their worker, fails those that used up their tries, and
    /// announces work that waits. Only reads when nothing is lost.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn recover(&self) -> Result<Recovered, DbError> {
        let mut found = Recovered::default();
        let lost = Filter::new("SELECT id FROM jobs WHERE state = 'running' AND lease_until <")
            .push(self.db.engine().now_sql())
            .push("LIMIT 1")
            .query()
            .fetch_optional(self.db.read())
            .await?;
        if lost.is_some() {
            self.take_back(&mut found).await?;
        }
        for lane in Lane::ALL {
            let due = Filter::new("SELECT id FROM jobs")
                .and("lane = {} AND state = 'queued'", lane.code())
                .push("AND not_before <=")
                .push(self.db.engine().now_sql())
                .push("LIMIT 1")
                .query()
                .fetch_optional(self.db.read())
                .await?;
            if due.is_some() {
                found.announced += 1;
                self.queue.announce(lane);
            }
        }
        Ok(found)
    }

    async fn take_back(&self, found: &mut Recovered) -> Result<(), DbError> {
        let now = self.db.engine().now_sql();
        let mut tx = self.db.write().await?;
        let rows = sqlx::query(AssertSqlSafe(format!(
            "UPDATE jobs SET
                 state = CASE WHEN cancel = 1 THEN 'cancelled'
                     WHEN tries >= max_tries THEN 'failed' ELSE 'queued' END,
                 error = CASE WHEN cancel = 1 THEN NULL
                     WHEN tries >= max_tries THEN $1 ELSE NULL END,
                 finished_at = CASE WHEN cancel = 1 OR tries >= max_tries THEN {now}
                     ELSE NULL END,
                 waiting_for = NULL, cancel = 0, worker = NULL, lease_until = NULL
             WHERE state = 'running' AND lease_until < {now}
             RETURNING id, lane, state, subject, progress, error"
        )))
        .bind("The server stopped in the middle of this, again and again.")
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        for row in &rows {
            let (id, lane, state) = (id_of(row)?, lane_of(row)?, state_of(row)?);
            tracing::warn!(job = %id, state = state.code(), "a job had lost its worker");
            match state {
                JobState::Failed => found.failed += 1,
                JobState::Cancelled => found.cancelled += 1,
                _ => {
                    found.requeued += 1;
                    self.queue.announce(lane);
                }
            }
            self.events.publish(Event::Job(JobChanged {
                id,
                state,
                waiting_for: None,
                progress: row.try_get("progress")?,
                error: row.try_get("error")?,
                video: video(subject_of(row)?),
            }));
        }
        Ok(())
    }

    /// Removes what has been kept long enough. Answers how many jobs that were.
    ///
    /// # Errors
    /// When the database refuses; what was removed so far is removed.
    pub async fn tidy(&self) -> Result<u64, DbError> {
        let now = self.db.engine().now_sql();
        let mut removed = 0;
        for (state, keep) in [
            (JobState::Done, self.timing.keep_done),
            (JobState::Cancelled, self.timing.keep_done),
            (JobState::Failed, self.timing.keep_failed),
        ] {
            loop {
                let mut tx = self.db.write().await?;
                let some = sqlx::query(AssertSqlSafe(format!(
                    "DELETE FROM jobs WHERE id IN (
                         SELECT id FROM jobs
                         WHERE state = $1 AND finished_at IS NOT NULL AND finished_at < {now} - $2
                         LIMIT $3)"
                )))
                .bind(state.code())
                .bind(ms(keep))
                .bind(BATCH)
                .execute(&mut *tx)
                .await?
                .rows_affected();
                tx.commit().await?;
                removed += some;
                if some < BATCH.unsigned_abs() {
                    break;
                }
            }
        }
        // A worker speaks once in a renewal; silent for ten leases, it is gone.
        let mut tx = self.db.write().await?;
        sqlx::query(AssertSqlSafe(format!(
            "DELETE FROM workers WHERE seen_at < {now} - $1"
        )))
        .bind(ms(self.timing.lease.saturating_mul(10)))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(removed)
    }
}
