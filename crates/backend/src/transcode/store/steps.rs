//! The table of steps.

use domain::{ids::AssetId, jobs::JobState, media::line::Cost};
use sqlx::{AnyExecutor, Row};

use super::{
    super::step::{Step, StepState},
    written,
};
use crate::{
    db::{Db, DbError, Tx},
    rows::{bytes, maybe, parsed, unreadable},
};

/// How far a step is.
#[derive(Debug, Clone)]
pub(in super::super) struct StepRow {
    pub(in super::super) step: Step,
    pub(in super::super) state: StepState,
    /// Of its job, if that runs: 0 to 1, saved now and then.
    pub(in super::super) progress: Option<f64>,
    pub(in super::super) code: Option<String>,
}

pub(in super::super) async fn steps<'e>(
    executor: impl AnyExecutor<'e>,
    asset: AssetId,
) -> Result<Vec<StepRow>, DbError> {
    let rows = sqlx::query(
        "SELECT steps.name, steps.state, code,
             CASE WHEN jobs.state = 'running' THEN progress END AS progress FROM steps
         LEFT JOIN jobs ON jobs.dedup = 'media:' || steps.asset || ':' || steps.name
             AND jobs.state IN ('queued', 'running')
         WHERE asset = $1 ORDER BY position",
    )
    .bind(asset.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StepRow {
                step: parsed(row, "name")?,
                state: parsed(row, "state")?,
                progress: row.try_get("progress")?,
                code: row.try_get("code")?,
            })
        })
        .collect()
}

/// How far one is, and how often it has failed.
pub(in super::super) async fn state<'e>(
    executor: impl AnyExecutor<'e>,
    asset: AssetId,
    step: Step,
) -> Result<Option<(StepState, u64)>, DbError> {
    let row = sqlx::query("SELECT state, tries FROM steps WHERE asset = $1 AND name = $2")
        .bind(asset.to_string())
        .bind(step.to_string())
        .fetch_optional(executor)
        .await?;
    row.map(|row| Ok((parsed(&row, "state")?, bytes(&row, "tries")?)))
        .transpose()
}

/// Writes down what is to be done, and for which renditions. What is there stays as it is.
pub(in super::super) async fn prepare(
    tx: &mut Tx,
    asset: AssetId,
    steps: &[(Step, bool)],
    folders: &[&str],
) -> Result<(), DbError> {
    for (position, (step, required)) in (0_i64..).zip(steps) {
        sqlx::query(
            "INSERT INTO steps (asset, name, position, state, required)
             VALUES ($1, $2, $3, 'waiting', $4) ON CONFLICT DO NOTHING",
        )
        .bind(asset.to_string())
        .bind(step.to_string())
        .bind(position)
        .bind(i64::from(*required))
        .execute(&mut **tx)
        .await?;
    }
    for (position, folder) in (0_i64..).zip(folders) {
        sqlx::query(
            "INSERT INTO renditions (asset, folder, position) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
        )
        .bind(asset.to_string())
        .bind(*folder)
        .bind(position)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Everything that failed waits again.
pub(in super::super) async fn reset(tx: &mut Tx, asset: AssetId) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE steps SET state = 'waiting', tries = 0, code = NULL, reason = NULL,
             finished_at = NULL
         WHERE asset = $1 AND state IN ('failed', 'left_out')",
    )
    .bind(asset.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// These steps were never done, and their renditions never begun. Its master names nothing of
/// them until they are: who watches keeps what has been read.
pub(in super::super) async fn forget(
    tx: &mut Tx,
    asset: AssetId,
    steps: &[String],
    folders: &[&str],
) -> Result<(), DbError> {
    for step in steps {
        sqlx::query(
            "UPDATE steps SET state = 'waiting', tries = 0, code = NULL, reason = NULL,
                 finished_at = NULL
             WHERE asset = $1 AND name = $2",
        )
        .bind(asset.to_string())
        .bind(step.as_str())
        .execute(&mut **tx)
        .await?;
    }
    for folder in folders {
        sqlx::query("DELETE FROM parts WHERE asset = $1 AND folder = $2")
            .bind(asset.to_string())
            .bind(*folder)
            .execute(&mut **tx)
            .await?;
        sqlx::query(
            "UPDATE renditions SET codec = NULL, timescale = NULL, init_bytes = NULL,
                 digest = NULL, bandwidth = NULL, average_bandwidth = NULL
             WHERE asset = $1 AND folder = $2",
        )
        .bind(asset.to_string())
        .bind(*folder)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Answers whether it was not done before.
pub(in super::super) async fn finish(
    tx: &mut Tx,
    asset: AssetId,
    step: Step,
    cost: &Cost,
    log: &str,
    now: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE steps SET state = 'done', made = made + 1, code = NULL, reason = NULL, cost = $3,
             log = $4, finished_at = $5
         WHERE asset = $1 AND name = $2 AND state <> 'done'",
    )
    .bind(asset.to_string())
    .bind(step.to_string())
    .bind(written(cost)?)
    .bind(Some(log).filter(|log| !log.is_empty()))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// It went wrong once more. Answers how often it has by now.
pub(in super::super) async fn fail_once(
    tx: &mut Tx,
    asset: AssetId,
    step: Step,
    ended: &Ended<'_>,
) -> Result<i64, DbError> {
    let row = sqlx::query(
        "UPDATE steps SET tries = tries + 1, code = $3, reason = $4, log = COALESCE($5, log)
         WHERE asset = $1 AND name = $2 AND state <> 'done' RETURNING tries",
    )
    .bind(asset.to_string())
    .bind(step.to_string())
    .bind(ended.code)
    .bind(ended.reason)
    .bind(Some(ended.log).filter(|log| !log.is_empty()))
    .fetch_optional(&mut **tx)
    .await?;
    row.map_or(Ok(0), |row| Ok(row.try_get("tries")?))
}

/// Why a step came to no good end.
#[derive(Debug, Clone)]
pub(in super::super) struct Ended<'a> {
    pub(in super::super) code: &'a str,
    pub(in super::super) reason: &'a str,
    pub(in super::super) log: &'a str,
}

/// One that is required has failed; without any other the video does. Answers which, unless it
/// was over already.
pub(in super::super) async fn fail(
    tx: &mut Tx,
    asset: AssetId,
    step: Step,
    ended: &Ended<'_>,
    now: i64,
) -> Result<Option<StepState>, DbError> {
    let row = sqlx::query(
        "UPDATE steps SET state = CASE WHEN required = 1 THEN 'failed' ELSE 'left_out' END,
             code = $3, reason = $4, log = COALESCE($5, log), finished_at = $6
         WHERE asset = $1 AND name = $2 AND state <> 'done' RETURNING state",
    )
    .bind(asset.to_string())
    .bind(step.to_string())
    .bind(ended.code)
    .bind(ended.reason)
    .bind(Some(ended.log).filter(|log| !log.is_empty()))
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| parsed(&row, "state")).transpose()
}

/// What is not over yet, in the order of the plan.
pub(in super::super) async fn left(
    tx: &mut Tx,
    asset: AssetId,
) -> Result<Vec<(Step, StepState)>, DbError> {
    let rows = sqlx::query(
        "SELECT name, state FROM steps WHERE asset = $1 AND state IN ('waiting', 'failed')
         ORDER BY position",
    )
    .bind(asset.to_string())
    .fetch_all(&mut **tx)
    .await?;
    rows.iter()
        .map(|row| Ok((parsed(row, "name")?, parsed(row, "state")?)))
        .collect()
}

/// The newest job with that key, and why it failed, if it did.
pub(in super::super) async fn job_of(
    db: &Db,
    key: &str,
) -> Result<Option<(JobState, Option<String>)>, DbError> {
    let row = sqlx::query(
        "SELECT state, error FROM jobs WHERE dedup = $1 ORDER BY created_at DESC, id DESC LIMIT 1",
    )
    .bind(key)
    .fetch_optional(db.read())
    .await?;
    row.map(|row| {
        let state: &str = row.try_get("state")?;
        let state = JobState::parse(state).ok_or_else(|| unreadable("state"))?;
        Ok((state, maybe(&row, "error")?))
    })
    .transpose()
}
