//! What is over, as the hourly clean-up looks for it.

use domain::ids::{AssetId, UserId};
use sqlx::AssertSqlSafe;

use super::{FLOW, Flow, flow};
use crate::{
    db::{Db, DbError, Filter, Tx},
    rows::parsed,
};

/// Flows nothing came to for too long.
pub(in crate::uploads) async fn expired(db: &Db, now: i64) -> Result<Vec<Flow>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{FLOW} WHERE expires_at <= $1 ORDER BY expires_at LIMIT 500"
    )))
    .bind(now)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(flow).collect()
}

/// Finished parts that nobody joined.
pub(in crate::uploads) async fn unused(db: &Db, before: i64) -> Result<Vec<Flow>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{FLOW} WHERE role = 'piece' AND flows.status = 'uploaded' AND flows.updated_at <= $1
             AND NOT EXISTS (SELECT 1 FROM upload_pieces WHERE piece = flows.id)
         LIMIT 500"
    )))
    .bind(before)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(flow).collect()
}

/// Somebody's flows that are no video, or not yet.
pub(in crate::uploads) async fn loose(db: &Db, owner: UserId) -> Result<Vec<Flow>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{FLOW} WHERE owner = $1 AND (flows.status = 'uploading'
             OR (role = 'piece' AND flows.status = 'uploaded'))"
    )))
    .bind(owner.to_string())
    .fetch_all(db.read())
    .await?;
    rows.iter().map(flow).collect()
}

/// Flows that still wait to be joined after so long.
pub(in crate::uploads) async fn unjoined(db: &Db, before: i64) -> Result<Vec<Flow>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{FLOW} WHERE role = 'source' AND flows.status = 'uploaded' AND hash IS NULL
             AND video IS NOT NULL AND flows.updated_at <= $1 LIMIT 500"
    )))
    .bind(before)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(flow).collect()
}

/// Flows that have every byte and did not come to say so.
pub(in crate::uploads) async fn full(db: &Db) -> Result<Vec<Flow>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{FLOW} WHERE received = bytes_total LIMIT 500"
    )))
    .fetch_all(db.read())
    .await?;
    rows.iter().map(flow).collect()
}

/// Forgets flows that are long over and belong to nothing. Answers how many.
pub(in crate::uploads) async fn forget(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    let done = sqlx::query(
        "DELETE FROM flows WHERE id IN (
             SELECT id FROM flows
             WHERE updated_at <= $1 AND status <> 'uploading' AND video IS NULL
               AND (status = 'abandoned' OR role = 'source')
             LIMIT 500)",
    )
    .bind(before)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Which of these ids bytes still lie under for a reason.
pub(in crate::uploads) async fn wanted(
    db: &Db,
    names: &[AssetId],
) -> Result<Vec<AssetId>, DbError> {
    let ids = || names.iter().map(ToString::to_string);
    let flows = Filter::new("SELECT asset AS id FROM flows")
        .and_in("asset", ids())
        .push(
            "AND (status = 'uploading' OR (status = 'uploaded'
                 AND (role = 'piece' OR (hash IS NULL AND video IS NOT NULL))))",
        )
        .query()
        .fetch_all(db.read())
        .await?;
    flows.iter().map(|row| parsed(row, "id")).collect()
}

/// Of which of these ids a flow, however long over, knows something.
pub(in crate::uploads) async fn mentioned(
    db: &Db,
    names: &[AssetId],
) -> Result<Vec<AssetId>, DbError> {
    let flows = Filter::new("SELECT asset AS id FROM flows")
        .and_in("asset", names.iter().map(ToString::to_string))
        .query()
        .fetch_all(db.read())
        .await?;
    flows.iter().map(|row| parsed(row, "id")).collect()
}
