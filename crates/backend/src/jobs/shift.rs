//! A worker's side of the table: claiming, renewing, finishing.
//!
//! Everything goes through one [`Shift`] of one process and in as few commits as possible:
//! a disk gives some two hundred durable ones a second, so what has ended and what begins
//! share a transaction.

use std::time::Duration;

use domain::{
    events::{Event, JobChanged},
    ids::{JobId, WorkerId},
    jobs::{JobState, Lane, WaitingFor},
};
use sqlx::{AssertSqlSafe, Row};

use super::{
    Claimed, Finish, Heartbeat, Held, Jobs, Outcome, Want,
    store::{id_of, lane_of, ms, state_of, subject_of, video},
};
use crate::db::{DbError, Filter, Tx};

/// One process's time at work: from registering to leaving.
#[derive(Debug, Clone)]
pub struct Shift {
    jobs: Jobs,
    worker: WorkerId,
}

impl Jobs {
    /// Begins a shift. Nothing is written before the first heartbeat.
    #[must_use]
    pub fn shift(&self) -> Shift {
        Shift {
            jobs: self.clone(),
            worker: WorkerId::generate(),
        }
    }
}

impl Shift {
    #[must_use]
    pub fn worker(&self) -> WorkerId {
        self.worker
    }

    /// Whether a lane has something to claim now. Only reads.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn has_work(&self, want: &Want) -> Result<bool, DbError> {
        let row = Filter::new("SELECT id FROM jobs")
            .and("lane = {} AND state = 'queued'", want.lane.code())
            .and_in("kind", want.kinds.iter().copied())
            .push("AND not_before <=")
            .push(self.jobs.db.engine().now_sql())
            .push("LIMIT 1")
            .query()
            .fetch_optional(self.jobs.db.read())
            .await?;
        Ok(row.is_some())
    }

    /// Writes what has ended and claims what there are hands for, in one commit. Claimed
    /// jobs come in the order of service.
    ///
    /// # Errors
    /// When the database refuses: then nothing was written, and the same call can be made
    /// again. (Should the commit have gone through unheard, what it claimed turns up in
    /// [`Shift::renew`] and what it finished is fenced off.)
    pub async fn turn_over(
        &self,
        ended: &[Finish],
        wants: &[Want],
    ) -> Result<Vec<Claimed>, DbError> {
        let mut tx = self.jobs.db.write().await?;
        let mut news = Vec::new();
        let done: Vec<&Finish> = ended
            .iter()
            .filter(|finish| finish.outcome == Outcome::Done)
            .collect();
        // A statement takes a bounded number of values.
        for some in done.chunks(256) {
            news.append(&mut self.write_done(&mut tx, some).await?);
        }
        for finish in ended {
            if finish.outcome != Outcome::Done {
                news.extend(self.write_other(&mut tx, finish).await?);
            }
        }
        let mut claimed = Vec::new();
        for want in wants {
            if want.slots > 0 && !want.kinds.is_empty() {
                claimed.append(&mut self.claim(&mut tx, want).await?);
            }
        }
        tx.commit().await?;
        for change in news {
            self.jobs.events.publish(Event::Job(change));
        }
        // That a mail is being sent nobody watches; that it was sent is told.
        for job in claimed
            .iter()
            .filter(|job| job.lane == Lane::Media || job.video.is_some())
        {
            self.jobs.events.publish(Event::Job(JobChanged {
                id: job.id,
                state: JobState::Running,
                waiting_for: None,
                progress: 0.0,
                error: None,
                video: job.video,
            }));
        }
        Ok(claimed)
    }

    /// Renews the lease of everything this worker runs and says that it lives.
    ///
    /// # Errors
    /// When the database refuses: the leases go on towards their end.
    pub async fn renew(&self, me: &Heartbeat) -> Result<Vec<Held>, DbError> {
        let now = self.jobs.db.engine().now_sql();
        let mut tx = self.jobs.db.write().await?;
        let rows = sqlx::query(AssertSqlSafe(format!(
            "UPDATE jobs SET lease_until = {now} + $1
             WHERE worker = $2 AND state = 'running'
             RETURNING id, attempt, cancel"
        )))
        .bind(ms(self.jobs.timing.lease))
        .bind(self.worker.to_string())
        .fetch_all(&mut *tx)
        .await?;
        let held: Vec<Held> = rows
            .iter()
            .map(|row| {
                Ok(Held {
                    id: id_of(row)?,
                    attempt: row.try_get("attempt")?,
                    cancel: row.try_get::<i64, _>("cancel")? == 1,
                })
            })
            .collect::<Result<_, DbError>>()?;
        sqlx::query(AssertSqlSafe(format!(
            "INSERT INTO workers (id, host, version, load, started_at, seen_at)
             VALUES ($1, $2, $3, $4, {now}, {now})
             ON CONFLICT (id) DO UPDATE SET load = excluded.load, seen_at = excluded.seen_at"
        )))
        .bind(self.worker.to_string())
        .bind(me.host.as_str())
        .bind(me.version.as_str())
        .bind(i64::try_from(held.len()).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(held)
    }

    /// Saves how far jobs are.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_progress(&self, values: &[(JobId, i64, f64)]) -> Result<(), DbError> {
        let mut tx = self.jobs.db.write().await?;
        for (id, attempt, progress) in values {
            sqlx::query(
                "UPDATE jobs SET progress = $1
                 WHERE id = $2 AND worker = $3 AND attempt = $4 AND state = 'running'",
            )
            .bind(*progress)
            .bind(id.to_string())
            .bind(self.worker.to_string())
            .bind(*attempt)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    /// Ends the shift: whatever is still ours goes back, and the worker is gone.
    ///
    /// # Errors
    /// When the database refuses; the leases then end by themselves.
    pub async fn leave(&self) -> Result<(), DbError> {
        let mut tx = self.jobs.db.write().await?;
        let rows = sqlx::query(
            "UPDATE jobs SET state = 'queued', worker = NULL, lease_until = NULL,
                 tries = tries - 1
             WHERE worker = $1 AND state = 'running' AND cancel = 0
             RETURNING lane",
        )
        .bind(self.worker.to_string())
        .fetch_all(&mut *tx)
        .await?;
        let lanes: Vec<Lane> = rows.iter().map(lane_of).collect::<Result<_, _>>()?;
        sqlx::query("DELETE FROM workers WHERE id = $1")
            .bind(self.worker.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.jobs.announce_all(lanes);
        Ok(())
    }

    async fn claim(&self, tx: &mut Tx, want: &Want) -> Result<Vec<Claimed>, DbError> {
        let engine = self.jobs.db.engine();
        let (now, skip_locked) = (engine.now_sql(), engine.skip_locked_sql());
        // Of two that were queued in the same millisecond, the one whose id was made first.
        let bytewise = engine.bytewise_sql();
        let kinds: Vec<String> = (0..want.kinds.len())
            .map(|i| format!("${}", i + 5))
            .collect();
        let sql = format!(
            "WITH next AS MATERIALIZED (
                 SELECT id FROM jobs
                 WHERE lane = $1 AND state = 'queued' AND not_before <= {now} AND kind IN ({})
                 ORDER BY priority, turn, created_at, id {bytewise} LIMIT $2 {skip_locked}
             )
             UPDATE jobs SET state = 'running', worker = $3, lease_until = {now} + $4,
                 tries = tries + 1, attempt = attempt + 1, waiting_for = NULL, error = NULL,
                 progress = 0, started_at = {now}
             WHERE id IN (SELECT id FROM next) AND state = 'queued'
             RETURNING id, kind, lane, payload, subject, attempt, tries, max_tries, priority,
                 turn, created_at",
            kinds.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .bind(want.lane.code())
            .bind(i64::try_from(want.slots).unwrap_or(i64::MAX))
            .bind(self.worker.to_string())
            .bind(ms(self.jobs.timing.lease));
        for kind in &want.kinds {
            query = query.bind(*kind);
        }
        let rows = query.fetch_all(&mut **tx).await?;
        let mut claimed: Vec<Claimed> = rows.iter().map(Claimed::of).collect::<Result<_, _>>()?;
        // RETURNING has no order.
        claimed.sort_unstable_by_key(|job| (job.order, job.id));
        Ok(claimed)
    }

    /// What is done is never asked again, so what it was told goes: mails hold codes and links.
    async fn write_done(&self, tx: &mut Tx, done: &[&Finish]) -> Result<Vec<JobChanged>, DbError> {
        let now = self.jobs.db.engine().now_sql();
        let pairs: Vec<String> = (0..done.len())
            .map(|i| format!("(${}, ${})", 2 * i + 2, 2 * i + 3))
            .collect();
        let sql = format!(
            "UPDATE jobs SET state = 'done', worker = NULL, lease_until = NULL, progress = 1,
                 cancel = 0, payload = '', finished_at = {now}
             WHERE worker = $1 AND state = 'running' AND (id, attempt) IN (VALUES {})
             RETURNING id, subject",
            pairs.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(self.worker.to_string());
        for finish in done {
            query = query.bind(finish.id.to_string()).bind(finish.attempt);
        }
        let rows = query.fetch_all(&mut **tx).await?;
        rows.iter()
            .map(|row| {
                Ok(JobChanged {
                    id: id_of(row)?,
                    state: JobState::Done,
                    waiting_for: None,
                    progress: 1.0,
                    error: None,
                    video: video(subject_of(row)?),
                })
            })
            .collect()
    }

    /// Everything but success: rare, so one statement each. Nothing when it is not ours.
    async fn write_other(
        &self,
        tx: &mut Tx,
        finish: &Finish,
    ) -> Result<Option<JobChanged>, DbError> {
        let now = self.jobs.db.engine().now_sql();
        let mut waiting = None;
        let mut reason = None;
        let mut after = Duration::ZERO;
        let mut uncounted = 0_i64;
        let state = match &finish.outcome {
            Outcome::Done => JobState::Done,
            Outcome::Failed { reason: why } => {
                reason = Some(why.as_str());
                JobState::Failed
            }
            Outcome::Later {
                waiting_for,
                reason: why,
                after: pause,
            } => {
                waiting = Some(*waiting_for);
                reason = Some(why.as_str());
                after = *pause;
                uncounted = i64::from(*waiting_for != WaitingFor::Retry);
                JobState::Queued
            }
            Outcome::HandedBack => {
                uncounted = 1;
                JobState::Queued
            }
            Outcome::Cancelled => JobState::Cancelled,
        };
        // Who was asked to stop is not queued again.
        let row = sqlx::query(AssertSqlSafe(format!(
            "UPDATE jobs SET
                 state = CASE WHEN cancel = 1 AND $1 = 'queued' THEN 'cancelled' ELSE $1 END,
                 finished_at = CASE WHEN cancel = 0 AND $1 = 'queued' THEN NULL ELSE {now} END,
                 waiting_for = CASE WHEN cancel = 1 THEN NULL ELSE $2 END,
                 error = $3, not_before = {now} + $4, tries = tries - $5, cancel = 0,
                 worker = NULL, lease_until = NULL
             WHERE id = $6 AND worker = $7 AND attempt = $8 AND state = 'running'
             RETURNING state, lane, progress"
        )))
        .bind(state.code())
        .bind(waiting.map(WaitingFor::code))
        .bind(reason)
        .bind(ms(after))
        .bind(uncounted)
        .bind(finish.id.to_string())
        .bind(self.worker.to_string())
        .bind(finish.attempt)
        .fetch_optional(&mut **tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let state = state_of(&row)?;
        if finish.outcome == Outcome::HandedBack {
            let (queue, lane) = (self.jobs.queue.clone(), lane_of(&row)?);
            tx.after_commit(move || queue.announce(lane));
        }
        Ok(Some(JobChanged {
            id: finish.id,
            state,
            waiting_for: waiting.filter(|_| state == JobState::Queued),
            progress: row.try_get("progress")?,
            error: reason.map(ToOwned::to_owned),
            video: finish.video,
        }))
    }
}
