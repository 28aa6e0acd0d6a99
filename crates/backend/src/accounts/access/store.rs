//! The tables of refresh tokens.

use domain::ids::{FamilyId, UserId};

use sqlx::Row as _;

use super::{
    super::{Client, User, rows::parsed, users::store as users},
    Program,
};
use crate::db::{Db, DbError, Tx};

pub(super) async fn insert_family(
    tx: &mut Tx,
    id: FamilyId,
    user: UserId,
    client: &Client,
    now: i64,
    expires_at: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO refresh_families (id, user_id, address, agent, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id.to_string())
    .bind(user.to_string())
    .bind(client.address())
    .bind(client.agent())
    .bind(now)
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_token(
    tx: &mut Tx,
    hash: &str,
    family: FamilyId,
    now: i64,
    expires_at: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO refresh_tokens (hash, family_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(hash)
    .bind(family.to_string())
    .bind(now)
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses a token up: of two at the same moment one gets its family.
pub(super) async fn spend(tx: &mut Tx, hash: &str, now: i64) -> Result<Option<FamilyId>, DbError> {
    let row = sqlx::query(
        "UPDATE refresh_tokens SET spent_at = $2
         WHERE hash = $1 AND spent_at IS NULL AND expires_at > $2 RETURNING family_id",
    )
    .bind(hash)
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| parsed(&row, "family_id")).transpose()
}

pub(super) async fn spent_family(tx: &mut Tx, hash: &str) -> Result<Option<FamilyId>, DbError> {
    let row = sqlx::query(
        "SELECT family_id FROM refresh_tokens WHERE hash = $1 AND spent_at IS NOT NULL",
    )
    .bind(hash)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| parsed(&row, "family_id")).transpose()
}

pub(super) async fn revoke(tx: &mut Tx, family: FamilyId, now: i64) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE refresh_families SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
    )
    .bind(family.to_string())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The same, if it is that person's and is not over.
pub(super) async fn revoke_of(
    tx: &mut Tx,
    user: UserId,
    family: FamilyId,
    now: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE refresh_families SET revoked_at = $3
         WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3",
    )
    .bind(family.to_string())
    .bind(user.to_string())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A family ends `lasts` after its last use.
pub(super) async fn list(
    db: &Db,
    user: UserId,
    now: i64,
    lasts: i64,
) -> Result<Vec<Program>, DbError> {
    let rows = sqlx::query(
        "SELECT id, address, agent, created_at, expires_at FROM refresh_families
         WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
         ORDER BY expires_at DESC, id DESC",
    )
    .bind(user.to_string())
    .bind(now)
    .fetch_all(db.read())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Program {
                id: parsed(row, "id")?,
                address: row.try_get("address")?,
                agent: row.try_get("agent")?,
                created_at: row.try_get("created_at")?,
                used_at: row.try_get::<i64, _>("expires_at")? - lasts,
            })
        })
        .collect()
}

pub(super) async fn revoke_by_token(tx: &mut Tx, hash: &str, now: i64) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE refresh_families SET revoked_at = $2 WHERE revoked_at IS NULL
         AND id = (SELECT family_id FROM refresh_tokens WHERE hash = $1)",
    )
    .bind(hash)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn revoke_all(
    tx: &mut Tx,
    user: UserId,
    now: i64,
) -> Result<u64, DbError> {
    let done = sqlx::query(
        "UPDATE refresh_families SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
    )
    .bind(user.to_string())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

pub(super) async fn extend(tx: &mut Tx, family: FamilyId, until: i64) -> Result<(), DbError> {
    sqlx::query("UPDATE refresh_families SET expires_at = $2 WHERE id = $1")
        .bind(family.to_string())
        .bind(until)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whose log-in that is, if it is still good.
pub(super) async fn owner(
    tx: &mut Tx,
    family: FamilyId,
    now: i64,
) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        users::columns!(),
        " FROM refresh_families JOIN users ON users.id = refresh_families.user_id
         WHERE refresh_families.id = $1 AND refresh_families.revoked_at IS NULL
           AND refresh_families.expires_at > $2 AND users.leaves_at IS NULL"
    ))
    .bind(family.to_string())
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(users::user).transpose()
}

/// The same, for a token that says who it is.
pub(super) async fn bearer(
    db: &Db,
    family: FamilyId,
    user: UserId,
    now: i64,
) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        users::columns!(),
        " FROM refresh_families JOIN users ON users.id = refresh_families.user_id
         WHERE refresh_families.id = $1 AND refresh_families.revoked_at IS NULL
           AND refresh_families.expires_at > $2 AND users.leaves_at IS NULL AND users.id = $3"
    ))
    .bind(family.to_string())
    .bind(now)
    .bind(user.to_string())
    .fetch_optional(db.read())
    .await?;
    row.as_ref().map(users::user).transpose()
}

/// Families end a day after their last token, so that an access token never outlives them.
pub(in crate::accounts) async fn tidy(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    sqlx::query("DELETE FROM refresh_tokens WHERE expires_at <= $1")
        .bind(before)
        .execute(&mut **tx)
        .await?;
    let gone =
        sqlx::query("DELETE FROM refresh_families WHERE expires_at <= $1 OR revoked_at <= $1")
            .bind(before)
            .execute(&mut **tx)
            .await?;
    Ok(gone.rows_affected())
}
