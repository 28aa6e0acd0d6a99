//! The table of tries, and of networks that are at home.

use sqlx::Row;

use super::super::rows::count as count_of;
use crate::db::{Db, DbError, Tx};

/// Counts one more, unless there is a pause. One statement, so that tries at the same moment
/// queue for the row and each sees the one before.
pub(super) async fn count(
    tx: &mut Tx,
    key: &str,
    now: i64,
    forget_at: i64,
) -> Result<Option<u32>, DbError> {
    let row = sqlx::query(
        "INSERT INTO throttles (key, count, free_at, forget_at) VALUES ($1, 1, 0, $3)
         ON CONFLICT (key) DO UPDATE SET
             count = CASE WHEN throttles.forget_at <= $2 THEN 1 ELSE throttles.count + 1 END,
             forget_at = excluded.forget_at
             WHERE throttles.free_at <= $2 OR throttles.forget_at <= $2
         RETURNING count",
    )
    .bind(key)
    .bind(now)
    .bind(forget_at)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| count_of(&row, "count")).transpose()
}

pub(super) async fn pause(tx: &mut Tx, key: &str, free_at: i64) -> Result<(), DbError> {
    sqlx::query("UPDATE throttles SET free_at = $2 WHERE key = $1")
        .bind(key)
        .bind(free_at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// When one more may be tried, if there is a pause.
pub(super) async fn free_at(db: &Db, key: &str, now: i64) -> Result<Option<i64>, DbError> {
    let row = sqlx::query("SELECT free_at FROM throttles WHERE key = $1 AND forget_at > $2")
        .bind(key)
        .bind(now)
        .fetch_optional(db.read())
        .await?;
    Ok(row.map(|row| row.try_get("free_at")).transpose()?)
}

/// A key that counts nothing: that it is there is what it says.
pub(super) async fn remember(tx: &mut Tx, key: &str, until: i64) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO throttles (key, count, free_at, forget_at) VALUES ($1, 0, 0, $2)
         ON CONFLICT (key) DO UPDATE SET forget_at = excluded.forget_at",
    )
    .bind(key)
    .bind(until)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn remembers(db: &Db, key: &str, now: i64) -> Result<bool, DbError> {
    let row = sqlx::query("SELECT key FROM throttles WHERE key = $1 AND forget_at > $2")
        .bind(key)
        .bind(now)
        .fetch_optional(db.read())
        .await?;
    Ok(row.is_some())
}

pub(super) async fn clear(tx: &mut Tx, key: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM throttles WHERE key = $1")
        .bind(key)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Counts one less, without the pause that came of it.
pub(super) async fn give_back(tx: &mut Tx, key: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE throttles SET count = count - 1, free_at = 0 WHERE key = $1 AND count > 0")
        .bind(key)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn tidy(tx: &mut Tx, now: i64) -> Result<u64, DbError> {
    let gone = sqlx::query("DELETE FROM throttles WHERE forget_at <= $1 AND free_at <= $1")
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}
