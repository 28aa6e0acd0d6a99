//! The SQL of the services: adding, looking, asking again, cancelling.

use std::time::Duration;

use domain::{
    ids::{JobId, UserId, VideoId},
    jobs::{JobState, Lane, Subject, WaitingFor},
};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use super::Job;
use crate::db::{Db, DbError, Engine, Filter, Tx};

pub(super) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A value in a column that we wrote and cannot read: the row of another version.
pub(super) fn unreadable(column: &'static str) -> DbError {
    DbError::Other(sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: "not a value this program knows".into(),
    })
}

pub(super) fn id_of(row: &AnyRow) -> Result<JobId, DbError> {
    let text: &str = row.try_get("id")?;
    text.parse().map_err(|_| unreadable("id"))
}

pub(super) fn subject_of(row: &AnyRow) -> Result<Option<Subject>, DbError> {
    let text: Option<String> = row.try_get("subject")?;
    // A subject of a later version is no reason to refuse the row.
    Ok(text.and_then(|text| text.parse().ok()))
}

pub(super) fn lane_of(row: &AnyRow) -> Result<Lane, DbError> {
    let text: &str = row.try_get("lane")?;
    Lane::parse(text).ok_or_else(|| unreadable("lane"))
}

pub(super) fn state_of(row: &AnyRow) -> Result<JobState, DbError> {
    let text: &str = row.try_get("state")?;
    JobState::parse(text).ok_or_else(|| unreadable("state"))
}

pub(super) fn video(subject: Option<Subject>) -> Option<VideoId> {
    match subject {
        Some(Subject::Video(id)) => Some(id),
        _ => None,
    }
}

/// A job before it is in the table.
pub(super) struct New {
    kind: &'static str,
    lane: Lane,
    subject: Option<Subject>,
    owner: Option<UserId>,
    payload: String,
    dedup: Option<String>,
    priority: i64,
    max_tries: i64,
    delay: i64,
}

impl New {
    pub(super) fn of<J: Job>(job: &J, delay: Duration) -> Result<Self, DbError> {
        let payload = serde_json::to_string(job)
            .map_err(|error| DbError::Other(sqlx::Error::Encode(Box::new(error))))?;
        Ok(Self {
            kind: J::KIND,
            lane: J::LANE,
            subject: job.subject(),
            owner: job.owner(),
            payload,
            dedup: job.dedup(),
            priority: J::PRIORITY.number(),
            max_tries: i64::from(J::MAX_TRIES.max(1)),
            delay: ms(delay),
        })
    }

    pub(super) fn video(&self) -> Option<VideoId> {
        video(self.subject)
    }
}

/// Answers the id and whether a row was added; if not, it is the one with the same key.
pub(super) async fn insert(
    tx: &mut Tx,
    engine: Engine,
    new: &New,
) -> Result<(JobId, bool), DbError> {
    let now = engine.now_sql();
    let insert = format!(
        "INSERT INTO jobs (id, kind, lane, subject, owner, payload, dedup, priority, turn,
             state, max_tries, not_before, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
             (SELECT CAST(COALESCE(MAX(turn), 0) AS BIGINT) FROM (
                 SELECT MAX(turn) + 1 AS turn FROM jobs
                 WHERE owner = $5 AND lane = $3 AND priority = $8
                   AND state IN ('queued', 'running')
                 UNION ALL
                 SELECT MIN(turn) AS turn FROM jobs
                 WHERE lane = $3 AND priority = $8 AND state = 'queued' AND not_before <= {now}
             ) AS turns),
             'queued', $9, {now} + $10, {now})
         ON CONFLICT DO NOTHING
         RETURNING id"
    );
    // The one with the same key may end between the two statements: then ours goes in.
    for _ in 0..3 {
        let id = JobId::generate();
        let row = sqlx::query(AssertSqlSafe(insert.as_str()))
            .bind(id.to_string())
            .bind(new.kind)
            .bind(new.lane.code())
            .bind(new.subject.map(|subject| subject.to_string()))
            .bind(new.owner.map(|owner| owner.to_string()))
            .bind(new.payload.as_str())
            .bind(new.dedup.as_deref())
            .bind(new.priority)
            .bind(new.max_tries)
            .bind(new.delay)
            .fetch_optional(&mut **tx)
            .await?;
        if row.is_some() {
            return Ok((id, true));
        }
        let twin =
            sqlx::query("SELECT id FROM jobs WHERE dedup = $1 AND state IN ('queued', 'running')")
                .bind(new.dedup.as_deref())
                .fetch_optional(&mut **tx)
                .await?;
        if let Some(twin) = twin {
            return Ok((id_of(&twin)?, false));
        }
    }
    Err(DbError::Busy)
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    pub id: JobId,
    pub kind: String,
    pub lane: Lane,
    pub subject: Option<Subject>,
    pub owner: Option<UserId>,
    pub state: JobState,
    pub waiting_for: Option<WaitingFor>,
    /// Running, but somebody wants it stopped.
    pub cancelling: bool,
    pub tries: i64,
    pub max_tries: i64,
    /// Not run before this time (ms UTC).
    pub not_before: i64,
    /// 0 to 1, as last saved.
    pub progress: f64,
    /// Why it failed, or why its last try did: a sentence for a person.
    pub error: Option<String>,
    pub created_at: i64,
    /// When its last try began.
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
}

const VIEW: &str = "SELECT id, kind, lane, subject, owner, state, waiting_for, cancel, tries, \
     max_tries, not_before, progress, error, created_at, started_at, finished_at FROM jobs";

fn view(row: &AnyRow) -> Result<JobView, DbError> {
    let owner: Option<String> = row.try_get("owner")?;
    let waiting_for: Option<String> = row.try_get("waiting_for")?;
    Ok(JobView {
        id: id_of(row)?,
        kind: row.try_get("kind")?,
        lane: lane_of(row)?,
        subject: subject_of(row)?,
        owner: owner.and_then(|owner| owner.parse().ok()),
        state: state_of(row)?,
        waiting_for: waiting_for.as_deref().and_then(WaitingFor::parse),
        cancelling: row.try_get::<i64, _>("cancel")? == 1,
        tries: row.try_get("tries")?,
        max_tries: row.try_get("max_tries")?,
        not_before: row.try_get("not_before")?,
        progress: row.try_get("progress")?,
        error: row.try_get("error")?,
        created_at: row.try_get("created_at")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}

pub(super) async fn get(db: &Db, id: JobId) -> Result<Option<JobView>, DbError> {
    let row = Filter::new(VIEW)
        .and("id = {}", id.to_string())
        .query()
        .fetch_optional(db.read())
        .await?;
    row.as_ref().map(view).transpose()
}

pub(super) async fn list(
    db: &Db,
    state: Option<JobState>,
    before: Option<&JobView>,
    limit: u32,
) -> Result<Vec<JobView>, DbError> {
    let mut filter = Filter::new(VIEW).and_if("state = {}", state.map(JobState::code));
    if let Some(last) = before {
        filter = filter.and_pair(
            "(created_at, id) < ({}, {})",
            last.created_at,
            last.id.to_string(),
        );
    }
    let rows = filter
        .push("ORDER BY created_at DESC, id DESC")
        .push_with("LIMIT {}", i64::from(limit.clamp(1, 200)))
        .query()
        .fetch_all(db.read())
        .await?;
    rows.iter().map(view).collect()
}

/// How much there is to do in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    pub lane: Lane,
    pub state: JobState,
    pub jobs: i64,
}

pub(super) async fn load(db: &Db) -> Result<Vec<Load>, DbError> {
    let rows = sqlx::query(
        "SELECT lane, state, CAST(COUNT(*) AS BIGINT) AS jobs FROM jobs
         WHERE state IN ('queued', 'running') GROUP BY lane, state",
    )
    .fetch_all(db.read())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Load {
                lane: lane_of(row)?,
                state: state_of(row)?,
                jobs: row.try_get("jobs")?,
            })
        })
        .collect()
}

/// Answers the lane, and the video, when there was something to be asked again.
pub(super) async fn retry(
    tx: &mut Tx,
    id: JobId,
) -> Result<Option<(Lane, Option<VideoId>)>, DbError> {
    let row = sqlx::query(
        "UPDATE jobs SET state = 'queued', waiting_for = NULL, not_before = 0, progress = 0,
             tries = CASE WHEN state = 'queued' THEN tries ELSE 0 END,
             error = NULL, finished_at = NULL, cancel = 0
         WHERE id = $1 AND (state IN ('failed', 'cancelled')
             OR (state = 'queued' AND waiting_for IS NOT NULL))
         RETURNING lane, subject",
    )
    .bind(id.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| Ok((lane_of(&row)?, video(subject_of(&row)?))))
        .transpose()
}

/// Answers the video when there was something to cancel.
pub(super) async fn cancel(
    tx: &mut Tx,
    engine: Engine,
    id: JobId,
) -> Result<Option<Option<VideoId>>, DbError> {
    let now = engine.now_sql();
    let row = sqlx::query(AssertSqlSafe(format!(
        "UPDATE jobs SET
             state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
             finished_at = CASE WHEN state = 'queued' THEN {now} ELSE NULL END,
             cancel = CASE WHEN state = 'queued' THEN 0 ELSE 1 END,
             waiting_for = NULL
         WHERE id = $1 AND state IN ('queued', 'running')
         RETURNING subject"
    )))
    .bind(id.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| Ok(video(subject_of(&row)?))).transpose()
}

/// The same for all jobs with one of these keys. Answers which, and those that still run.
pub(super) async fn cancel_keys(
    tx: &mut Tx,
    engine: Engine,
    keys: &[String],
) -> Result<Vec<(JobId, JobState, Option<VideoId>)>, DbError> {
    let now = engine.now_sql();
    let places: Vec<String> = (1..=keys.len()).map(|n| format!("${n}")).collect();
    let mut query = sqlx::query(AssertSqlSafe(format!(
        "UPDATE jobs SET
             state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
             finished_at = CASE WHEN state = 'queued' THEN {now} ELSE NULL END,
             cancel = CASE WHEN state = 'queued' THEN 0 ELSE 1 END,
             waiting_for = NULL
         WHERE dedup IN ({}) AND state IN ('queued', 'running')
         RETURNING id, state, subject",
        places.join(", ")
    )));
    for key in keys {
        query = query.bind(key.as_str());
    }
    let rows = query.fetch_all(&mut **tx).await?;
    rows.iter()
        .map(|row| Ok((id_of(row)?, state_of(row)?, video(subject_of(row)?))))
        .collect()
}

/// Jobs one snapshot shows about videos: live ones first, then the newest.
const IN_SNAPSHOT: i64 = 500;

/// These jobs, and those that work for these videos, each once.
pub(super) async fn snapshot(
    db: &Db,
    jobs: &[JobId],
    videos: &[VideoId],
) -> Result<Vec<JobView>, DbError> {
    let mut found: Vec<JobView> = Vec::new();
    if !jobs.is_empty() {
        let rows = Filter::new(VIEW)
            .and_in("id", jobs.iter().map(ToString::to_string))
            .query()
            .fetch_all(db.read())
            .await?;
        found = rows.iter().map(view).collect::<Result<_, _>>()?;
    }
    if !videos.is_empty() {
        let subjects = videos.iter().map(|id| Subject::Video(*id).to_string());
        let rows = Filter::new(VIEW)
            .and_in("subject", subjects)
            .push(
                "ORDER BY CASE WHEN state IN ('queued', 'running') THEN 0 ELSE 1 END,
                 created_at DESC, id DESC",
            )
            .push_with("LIMIT {}", IN_SNAPSHOT)
            .query()
            .fetch_all(db.read())
            .await?;
        for row in &rows {
            let job = view(row)?;
            if !jobs.contains(&job.id) {
                found.push(job);
            }
        }
    }
    Ok(found)
}
