//! The table of API tokens.

use domain::ids::{TokenId, UserId};
use sqlx::Row as _;

use super::{
    super::{rows::parsed, users::store as users},
    Found, Token,
};
use crate::db::{Db, DbError, Tx};

pub(super) struct Row<'a> {
    pub(super) id: TokenId,
    pub(super) hash: &'a str,
    pub(super) user: UserId,
    pub(super) name: &'a str,
    pub(super) scopes: &'a str,
    pub(super) hint: &'a str,
    pub(super) now: i64,
    pub(super) expires_at: Option<i64>,
}

/// Adds one, unless there are enough.
pub(super) async fn insert(tx: &mut Tx, row: &Row<'_>, max: u32) -> Result<bool, DbError> {
    let done = sqlx::query(
        "INSERT INTO tokens (id, hash, user_id, name, scopes, hint, created_at, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, CAST($7 AS BIGINT), CAST($8 AS BIGINT)
         WHERE (SELECT COUNT(*) FROM tokens WHERE user_id = $3) < $9",
    )
    .bind(row.id.to_string())
    .bind(row.hash)
    .bind(row.user.to_string())
    .bind(row.name)
    .bind(row.scopes)
    .bind(row.hint)
    .bind(row.now)
    .bind(row.expires_at)
    .bind(i64::from(max))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find(db: &Db, hash: &str, now: i64) -> Result<Option<Found>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT tokens.id AS token_id, tokens.scopes, tokens.used_at, ",
        users::columns!(),
        " FROM tokens JOIN users ON users.id = tokens.user_id
         WHERE tokens.hash = $1 AND (tokens.expires_at IS NULL OR tokens.expires_at > $2)
           AND users.leaves_at IS NULL"
    ))
    .bind(hash)
    .bind(now)
    .fetch_optional(db.read())
    .await?;
    row.map(|row| {
        Ok(Found {
            id: parsed(&row, "token_id")?,
            scopes: parsed(&row, "scopes")?,
            used_at: row.try_get("used_at")?,
            user: users::user(&row)?,
        })
    })
    .transpose()
}

pub(super) async fn touch(tx: &mut Tx, id: TokenId, now: i64, before: i64) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE tokens SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at <= $3)",
    )
    .bind(id.to_string())
    .bind(now)
    .bind(before)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn list(db: &Db, user: UserId) -> Result<Vec<Token>, DbError> {
    let rows = sqlx::query(
        "SELECT id, name, scopes, hint, created_at, used_at, expires_at FROM tokens
         WHERE user_id = $1 ORDER BY created_at DESC, id DESC",
    )
    .bind(user.to_string())
    .fetch_all(db.read())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Token {
                id: parsed(row, "id")?,
                name: row.try_get("name")?,
                scopes: parsed(row, "scopes")?,
                hint: row.try_get("hint")?,
                created_at: row.try_get("created_at")?,
                used_at: row.try_get("used_at")?,
                expires_at: row.try_get("expires_at")?,
            })
        })
        .collect()
}

pub(super) async fn delete(tx: &mut Tx, user: UserId, id: TokenId) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM tokens WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
