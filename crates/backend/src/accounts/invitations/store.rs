//! The table of invitations.

use domain::ids::{InvitationId, UserId};
use sqlx::Row as _;

use super::{
    super::rows::{count, maybe, parsed},
    Invitation,
};
use crate::db::{Db, DbError, Tx};

pub(super) struct Row<'a> {
    pub(super) id: InvitationId,
    pub(super) hash: &'a str,
    pub(super) by: Option<UserId>,
    pub(super) email: Option<&'a str>,
    pub(super) email_key: Option<&'a str>,
    pub(super) max_uses: u32,
    pub(super) now: i64,
    pub(super) expires_at: i64,
}

/// Adds one, unless whoever gives it has enough that still work.
pub(super) async fn insert(tx: &mut Tx, row: &Row<'_>, max: u32) -> Result<bool, DbError> {
    let done = sqlx::query(
        "INSERT INTO invitations (id, hash, created_by, email, max_uses, created_at, expires_at,
                                  email_key)
         SELECT $1, $2, $3, $4, CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), $9
         WHERE (SELECT COUNT(*) FROM invitations
                WHERE created_by = $3 AND expires_at > $6 AND uses < max_uses) < $8",
    )
    .bind(row.id.to_string())
    .bind(row.hash)
    .bind(row.by.map(|user| user.to_string()))
    .bind(row.email)
    .bind(i64::from(row.max_uses))
    .bind(row.now)
    .bind(row.expires_at)
    .bind(i64::from(max))
    .bind(row.email_key)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether one still lets somebody in.
pub(in crate::accounts) async fn works(db: &Db, hash: &str, now: i64) -> Result<bool, DbError> {
    let row = sqlx::query(
        "SELECT id FROM invitations WHERE hash = $1 AND expires_at > $2 AND uses < max_uses",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(db.read())
    .await?;
    Ok(row.is_some())
}

/// Lets one more in, if one more may.
pub(in crate::accounts) async fn take(tx: &mut Tx, hash: &str, now: i64) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE invitations SET uses = uses + 1
         WHERE hash = $1 AND expires_at > $2 AND uses < max_uses",
    )
    .bind(hash)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn list(db: &Db, by: Option<UserId>) -> Result<Vec<Invitation>, DbError> {
    let rows = sqlx::query(
        "SELECT id, created_by, email, uses, max_uses, created_at, expires_at FROM invitations
         WHERE CAST($1 AS TEXT) IS NULL OR created_by = $1
         ORDER BY id DESC LIMIT 500",
    )
    .bind(by.map(|user| user.to_string()))
    .fetch_all(db.read())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Invitation {
                id: parsed(row, "id")?,
                by: maybe(row, "created_by")?,
                email: row.try_get("email")?,
                uses: count(row, "uses")?,
                max_uses: count(row, "max_uses")?,
                created_at: row.try_get("created_at")?,
                expires_at: row.try_get("expires_at")?,
            })
        })
        .collect()
}

pub(super) async fn delete(
    tx: &mut Tx,
    by: Option<UserId>,
    id: InvitationId,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "DELETE FROM invitations
         WHERE id = $1 AND (CAST($2 AS TEXT) IS NULL OR created_by = $2)",
    )
    .bind(id.to_string())
    .bind(by.map(|user| user.to_string()))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// That somebody was invited at this address. What they gave themselves goes with their row.
pub(in crate::accounts) async fn forget(tx: &mut Tx, email_key: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE invitations SET email = NULL, email_key = NULL WHERE email_key = $1")
        .bind(email_key)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::accounts) async fn tidy(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    let gone = sqlx::query("DELETE FROM invitations WHERE expires_at <= $1")
        .bind(before)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}
