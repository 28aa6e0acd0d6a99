//! The table of links.

use domain::ids::UserId;
use sqlx::Row as _;

use super::super::rows::maybe;
use crate::db::{Db, DbError, Tx};

pub(super) struct Row<'a> {
    pub(super) hash: &'a str,
    pub(super) kind: &'static str,
    pub(super) user: Option<UserId>,
    pub(super) email: Option<&'a str>,
    pub(super) now: i64,
    pub(super) expires_at: i64,
}

/// What stood behind a link.
pub(in crate::accounts) struct Link {
    pub(in crate::accounts) user: Option<UserId>,
    pub(in crate::accounts) email: Option<String>,
}

pub(super) async fn insert(tx: &mut Tx, row: &Row<'_>) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO links (hash, kind, user_id, email, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.hash)
    .bind(row.kind)
    .bind(row.user.map(|user| user.to_string()))
    .bind(row.email)
    .bind(row.now)
    .bind(row.expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether a link still works, and for what, without using it up.
pub(in crate::accounts) async fn find(
    db: &Db,
    kind: super::Kind,
    hash: &str,
    now: i64,
) -> Result<Option<Link>, DbError> {
    let row = sqlx::query(
        "SELECT user_id, email FROM links WHERE hash = $1 AND kind = $2 AND expires_at > $3",
    )
    .bind(hash)
    .bind(kind.code())
    .bind(now)
    .fetch_optional(db.read())
    .await?;
    row.as_ref().map(link).transpose()
}

/// Uses a link up: of two at the same moment one gets it.
pub(in crate::accounts) async fn take(
    tx: &mut Tx,
    kind: super::Kind,
    hash: &str,
    now: i64,
) -> Result<Option<Link>, DbError> {
    let row = sqlx::query(
        "DELETE FROM links WHERE hash = $1 AND kind = $2 AND expires_at > $3
         RETURNING user_id, email",
    )
    .bind(hash)
    .bind(kind.code())
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(link).transpose()
}

/// Uses up all links for a first admin, if this is one of them and there is no admin: of two at
/// the same moment one gets in.
pub(in crate::accounts) async fn take_first_admin(
    tx: &mut Tx,
    hash: &str,
    now: i64,
) -> Result<bool, DbError> {
    let rows = sqlx::query(
        "DELETE FROM links
         WHERE kind = $1 AND NOT EXISTS (SELECT id FROM users WHERE role = 'admin')
         RETURNING hash, expires_at",
    )
    .bind(super::Kind::Admin.code())
    .fetch_all(&mut **tx)
    .await?;
    for row in &rows {
        if row.try_get::<&str, _>("hash")? == hash {
            return Ok(row.try_get::<i64, _>("expires_at")? > now);
        }
    }
    Ok(false)
}

fn link(row: &sqlx::any::AnyRow) -> Result<Link, DbError> {
    Ok(Link {
        user: maybe(row, "user_id")?,
        email: row.try_get("email")?,
    })
}

pub(super) async fn delete_kind(
    tx: &mut Tx,
    kind: &'static str,
    user: Option<UserId>,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM links WHERE kind = $1 AND COALESCE(user_id, '') = $2")
        .bind(kind)
        .bind(user.map(|user| user.to_string()).unwrap_or_default())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Every link of somebody.
pub(in crate::accounts) async fn delete_of(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM links WHERE user_id = $1")
        .bind(user.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::accounts) async fn tidy(tx: &mut Tx, now: i64) -> Result<u64, DbError> {
    let gone = sqlx::query("DELETE FROM links WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}
