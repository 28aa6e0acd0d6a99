//! The table of sessions.

use domain::ids::{SessionId, UserId};
use sqlx::Row as _;

use super::{
    super::{Client, rows::parsed, users::store as users},
    Found, Session,
};
use crate::db::{Db, DbError, Tx};

pub(super) struct Row<'a> {
    pub(super) id: SessionId,
    pub(super) hash: &'a str,
    pub(super) user: UserId,
    pub(super) remember: bool,
    pub(super) client: &'a Client,
    pub(super) now: i64,
    pub(super) lasts: i64,
}

pub(super) async fn insert(tx: &mut Tx, row: &Row<'_>) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO sessions (id, hash, user_id, remember, address, agent, created_at, used_at,
                               expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(row.id.to_string())
    .bind(row.hash)
    .bind(row.user.to_string())
    .bind(i64::from(row.remember))
    .bind(row.client.address())
    .bind(row.client.agent())
    .bind(row.now)
    .bind(row.now + row.lasts)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn find(db: &Db, hash: &str, now: i64) -> Result<Option<Found>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT sessions.id AS session_id, sessions.remember, sessions.used_at, ",
        users::columns!(),
        " FROM sessions JOIN users ON users.id = sessions.user_id
         WHERE sessions.hash = $1 AND sessions.expires_at > $2"
    ))
    .bind(hash)
    .bind(now)
    .fetch_optional(db.read())
    .await?;
    row.map(|row| {
        Ok(Found {
            id: parsed(&row, "session_id")?,
            remember: row.try_get::<i64, _>("remember")? != 0,
            used_at: row.try_get("used_at")?,
            user: users::user(&row)?,
        })
    })
    .transpose()
}

pub(super) async fn touch(
    tx: &mut Tx,
    id: SessionId,
    client: &Client,
    now: i64,
    before: i64,
    expires_at: i64,
) -> Result<(), DbError> {
    // Of several requests at once one writes.
    sqlx::query(
        "UPDATE sessions SET used_at = $2, expires_at = $3, address = $4, agent = $5
         WHERE id = $1 AND used_at <= $6",
    )
    .bind(id.to_string())
    .bind(now)
    .bind(expires_at)
    .bind(client.address())
    .bind(client.agent())
    .bind(before)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn list(db: &Db, user: UserId, now: i64) -> Result<Vec<Session>, DbError> {
    let rows = sqlx::query(
        "SELECT id, address, agent, remember, created_at, used_at FROM sessions
         WHERE user_id = $1 AND expires_at > $2 ORDER BY used_at DESC, id DESC",
    )
    .bind(user.to_string())
    .bind(now)
    .fetch_all(db.read())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Session {
                id: parsed(row, "id")?,
                address: row.try_get("address")?,
                agent: row.try_get("agent")?,
                remember: row.try_get::<i64, _>("remember")? != 0,
                created_at: row.try_get("created_at")?,
                used_at: row.try_get("used_at")?,
            })
        })
        .collect()
}

pub(super) async fn delete(tx: &mut Tx, user: UserId, id: SessionId) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM sessions WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn delete_hash(tx: &mut Tx, hash: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM sessions WHERE hash = $1")
        .bind(hash)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::accounts) async fn delete_all(
    tx: &mut Tx,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<u64, DbError> {
    let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
        .bind(user.to_string())
        .bind(keep.map(|id| id.to_string()).unwrap_or_default())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

pub(in crate::accounts) async fn tidy(tx: &mut Tx, now: i64) -> Result<u64, DbError> {
    let gone = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}
