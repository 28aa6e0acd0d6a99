//! The tables of what becomes of an asset.

mod files;
mod steps;

use domain::{
    ids::AssetId,
    media::{facts::Facts, plan::Plan},
    videos::Stage,
};
use serde::de::DeserializeOwned;
use sqlx::{AnyExecutor, Row, any::AnyRow};

pub(super) use self::{
    files::{
        Extra, PartRow, RenditionRow, drop_extras, extras, measured, parts, renditions, save_extra,
        save_init, save_part,
    },
    steps::{
        Ended, StepRow, fail, fail_once, finish, forget, job_of, left, prepare, reset, state, steps,
    },
};
use crate::{
    assets::AssetState,
    db::{Db, DbError, Tx},
    rows::{bytes, parsed, unreadable},
};

/// An asset, as far as its making goes.
#[derive(Debug, Clone)]
pub(super) struct Media {
    pub(super) state: AssetState,
    pub(super) stage: Stage,
    pub(super) playable: bool,
    pub(super) plan: Option<Plan>,
    pub(super) warnings: Vec<String>,
    pub(super) revision: i64,
    /// How often looking at it has failed.
    pub(super) probes: u64,
}

fn json<T: DeserializeOwned>(row: &AnyRow, column: &'static str) -> Result<Option<T>, DbError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| unreadable(column)))
        .transpose()
}

fn written(value: &impl serde::Serialize) -> Result<String, DbError> {
    serde_json::to_string(value)
        .map_err(|error| DbError::Other(sqlx::Error::Encode(Box::new(error))))
}

pub(super) async fn media<'e>(
    executor: impl AnyExecutor<'e>,
    asset: AssetId,
) -> Result<Option<Media>, DbError> {
    let row = sqlx::query(
        "SELECT state, stage, playable, plan, warnings, revision, probes FROM assets WHERE id = $1",
    )
    .bind(asset.to_string())
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        Ok(Media {
            state: parsed(&row, "state")?,
            stage: parsed(&row, "stage")?,
            playable: row.try_get::<i64, _>("playable")? == 1,
            plan: json(&row, "plan")?,
            warnings: json(&row, "warnings")?.unwrap_or_default(),
            revision: row.try_get("revision")?,
            probes: bytes(&row, "probes")?,
        })
    })
    .transpose()
}

pub(super) async fn revision(db: &Db, asset: AssetId) -> Result<Option<i64>, DbError> {
    let row = sqlx::query("SELECT revision FROM assets WHERE id = $1")
        .bind(asset.to_string())
        .fetch_optional(db.read())
        .await?;
    row.map(|row| Ok(row.try_get("revision")?)).transpose()
}

pub(super) async fn save_plan(
    tx: &mut Tx,
    asset: AssetId,
    facts: &Facts,
    plan: &Plan,
    now: i64,
) -> Result<(), DbError> {
    let warnings: Vec<&str> = plan.warnings.iter().map(|warning| warning.code()).collect();
    sqlx::query(
        "UPDATE assets SET facts = $2, plan = $3, duration = $4, warnings = $5, updated_at = $6
         WHERE id = $1",
    )
    .bind(asset.to_string())
    .bind(written(facts)?)
    .bind(written(plan)?)
    .bind(plan.duration)
    .bind(written(&warnings)?)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Says what is being done. Answers whether that is news.
pub(super) async fn set_stage(
    tx: &mut Tx,
    asset: AssetId,
    stage: Stage,
    now: i64,
) -> Result<bool, DbError> {
    let done =
        sqlx::query("UPDATE assets SET stage = $2, updated_at = $3 WHERE id = $1 AND stage <> $2")
            .bind(asset.to_string())
            .bind(stage.code())
            .bind(now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_warnings(
    tx: &mut Tx,
    asset: AssetId,
    warnings: &[String],
) -> Result<(), DbError> {
    sqlx::query("UPDATE assets SET warnings = $2 WHERE id = $1")
        .bind(asset.to_string())
        .bind(written(&warnings)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Something that manifests show has changed.
pub(super) async fn raise(tx: &mut Tx, asset: AssetId, now: i64) -> Result<(), DbError> {
    sqlx::query("UPDATE assets SET revision = revision + 1, updated_at = $2 WHERE id = $1")
        .bind(asset.to_string())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Answers whether it was not before.
pub(super) async fn set_playable(tx: &mut Tx, asset: AssetId) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE assets SET playable = 1 WHERE id = $1 AND playable = 0")
        .bind(asset.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Assets that something should be done for and for which there is no job.
pub(super) async fn forgotten(db: &Db, before: i64) -> Result<Vec<AssetId>, DbError> {
    let rows = sqlx::query(
        "SELECT id FROM assets
         WHERE state IN ('queued', 'processing') AND updated_at < $1
           AND NOT EXISTS (
             SELECT 1 FROM jobs WHERE jobs.state IN ('queued', 'running')
               AND jobs.dedup IN ('probe:' || assets.id, 'media:' || assets.id || ':finish'))
           AND NOT EXISTS (
             SELECT 1 FROM steps JOIN jobs
                 ON jobs.dedup = 'media:' || steps.asset || ':' || steps.name
                 AND jobs.state IN ('queued', 'running')
             WHERE steps.asset = assets.id)
         ORDER BY updated_at LIMIT 100",
    )
    .bind(before)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Looking at it failed once more. Answers how often it has by now.
pub(super) async fn fail_probe(tx: &mut Tx, asset: AssetId) -> Result<i64, DbError> {
    let row = sqlx::query("UPDATE assets SET probes = probes + 1 WHERE id = $1 RETURNING probes")
        .bind(asset.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    row.map_or(Ok(0), |row| Ok(row.try_get("probes")?))
}

/// Somebody asks for it anew.
pub(super) async fn reset_probes(tx: &mut Tx, asset: AssetId) -> Result<(), DbError> {
    sqlx::query("UPDATE assets SET probes = 0 WHERE id = $1")
        .bind(asset.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn touch(tx: &mut Tx, asset: AssetId, now: i64) -> Result<(), DbError> {
    sqlx::query("UPDATE assets SET updated_at = $2 WHERE id = $1")
        .bind(asset.to_string())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
