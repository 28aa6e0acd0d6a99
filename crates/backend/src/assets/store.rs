//! The table of assets.

use domain::{
    ids::{AssetId, UserId, VideoId},
    uploads::ContentHash,
};
use sqlx::{Row, any::AnyRow};

use super::{Asset, AssetState};
use crate::{
    db::{Db, DbError, Filter, Tx},
    rows::{bytes, number, parsed},
};

fn asset(row: &AnyRow) -> Result<Asset, DbError> {
    Ok(Asset {
        id: parsed(row, "id")?,
        hash: parsed(row, "hash")?,
        size: bytes(row, "size")?,
        state: parsed(row, "state")?,
        error: row.try_get("error")?,
        playable: row.try_get::<i64, _>("playable")? == 1,
    })
}

pub(super) async fn find(db: &Db, id: AssetId) -> Result<Option<Asset>, DbError> {
    let row =
        sqlx::query("SELECT id, hash, size, state, error, playable FROM assets WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(db.read())
            .await?;
    row.as_ref().map(asset).transpose()
}

/// Adds an asset, unless its bytes are one already.
pub(super) async fn insert(
    tx: &mut Tx,
    id: AssetId,
    hash: ContentHash,
    size: u64,
    now: i64,
) -> Result<Option<Asset>, DbError> {
    let row = sqlx::query(
        "INSERT INTO assets (id, hash, size, state, created_at, updated_at)
         VALUES ($1, $2, $3, 'queued', $4, $4)
         ON CONFLICT DO NOTHING RETURNING id, hash, size, state, error, playable",
    )
    .bind(id.to_string())
    .bind(hash.to_string())
    .bind(number(size))
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(asset).transpose()
}

/// The asset that has these bytes, held until the end of the transaction: it cannot be marked
/// for removal meanwhile.
pub(super) async fn hold(tx: &mut Tx, hash: ContentHash) -> Result<Option<Asset>, DbError> {
    let row = sqlx::query(
        "UPDATE assets SET hash = hash WHERE hash = $1 AND state <> 'removing'
         RETURNING id, hash, size, state, error, playable",
    )
    .bind(hash.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(asset).transpose()
}

/// The same by its id, in whatever state.
pub(super) async fn hold_id(tx: &mut Tx, id: AssetId) -> Result<Option<Asset>, DbError> {
    let row = sqlx::query(
        "UPDATE assets SET hash = hash WHERE id = $1
         RETURNING id, hash, size, state, error, playable",
    )
    .bind(id.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(asset).transpose()
}

pub(super) async fn step(
    tx: &mut Tx,
    id: AssetId,
    from: AssetState,
    to: AssetState,
    error: Option<&str>,
    now: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE assets SET state = $3, error = $4, updated_at = $5 WHERE id = $1 AND state = $2",
    )
    .bind(id.to_string())
    .bind(from.code())
    .bind(to.code())
    .bind(error)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks it if no video has it. It must be held.
pub(super) async fn mark(tx: &mut Tx, id: AssetId, now: i64) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE assets SET state = 'removing', updated_at = $2
         WHERE id = $1 AND state <> 'removing'
           AND NOT EXISTS (SELECT 1 FROM videos WHERE asset = $1)",
    )
    .bind(id.to_string())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn delete(tx: &mut Tx, id: AssetId) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM assets WHERE id = $1 AND state = 'removing'")
        .bind(id.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A video of this person with exactly these bytes.
pub(super) async fn owned(
    db: &Db,
    owner: UserId,
    hash: ContentHash,
) -> Result<Option<(VideoId, u64)>, DbError> {
    let row = sqlx::query(
        "SELECT videos.id, size FROM videos JOIN assets ON assets.id = videos.asset
         WHERE owner = $1 AND hash = $2 AND assets.state <> 'removing'
         ORDER BY videos.created_at, videos.id LIMIT 1",
    )
    .bind(owner.to_string())
    .bind(hash.to_string())
    .fetch_optional(db.read())
    .await?;
    row.map(|row| Ok((parsed(&row, "id")?, bytes(&row, "size")?)))
        .transpose()
}

/// The same inside a transaction, of an asset that is held.
pub(super) async fn owned_in(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
) -> Result<Option<VideoId>, DbError> {
    let row = sqlx::query(
        "SELECT id FROM videos WHERE owner = $1 AND asset = $2 ORDER BY created_at, id LIMIT 1",
    )
    .bind(owner.to_string())
    .bind(asset.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| parsed(&row, "id")).transpose()
}

/// Of which of these sizes this person has something.
pub(super) async fn owned_sizes(
    db: &Db,
    owner: UserId,
    sizes: &[u64],
) -> Result<Vec<u64>, DbError> {
    let rows =
        Filter::new("SELECT DISTINCT size FROM videos JOIN assets ON assets.id = videos.asset")
            .and("owner = {}", owner.to_string())
            .and("assets.state <> {}", "removing")
            .and_in("size", sizes.iter().copied().map(number))
            .query()
            .fetch_all(db.read())
            .await?;
    rows.iter().map(|row| bytes(row, "size")).collect()
}

/// Assets no video has, that nobody marked; and marked ones, older than `before`.
pub(super) async fn left(db: &Db, before: i64) -> Result<Vec<AssetId>, DbError> {
    let rows = sqlx::query(
        "SELECT id FROM assets WHERE updated_at < $1 AND (state = 'removing'
             OR NOT EXISTS (SELECT 1 FROM videos WHERE videos.asset = assets.id))
         ORDER BY updated_at LIMIT 500",
    )
    .bind(before)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Which of these are assets.
pub(super) async fn existing(db: &Db, ids: &[AssetId]) -> Result<Vec<AssetId>, DbError> {
    let rows = Filter::new("SELECT id FROM assets")
        .and_in("id", ids.iter().map(ToString::to_string))
        .query()
        .fetch_all(db.read())
        .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}
