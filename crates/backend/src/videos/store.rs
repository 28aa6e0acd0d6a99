//! The table of videos.

use domain::{
    ids::{AssetId, UserId, VideoId},
    videos::{Description, Details, Tags, Title, VideoStatus, Visibility},
};
use sqlx::{AnyExecutor, AssertSqlSafe, Row, any::AnyRow};

use super::{New, Original, Video, stage};
use crate::{
    assets::{Asset, AssetState},
    db::{Db, DbError, Filter, Tx},
    rows::{maybe, maybe_bytes, parsed, unreadable},
};

const VIDEO: &str = "SELECT videos.id, videos.owner, title, description, tags, visibility,
     videos.status, videos.playable, videos.error, videos.warnings, videos.asset, views,
     videos.created_at, videos.updated_at, assets.state, assets.stage,
     assets.warnings AS asset_warnings, flows.id AS flow, file_name, bytes_total
     FROM videos LEFT JOIN assets ON assets.id = videos.asset
     LEFT JOIN flows ON flows.video = videos.id AND flows.role = 'source'";

fn video(row: &AnyRow) -> Result<Video, DbError> {
    let title: String = row.try_get("title")?;
    let description: String = row.try_get("description")?;
    let tags: Tags = json(row, "tags")?;
    let status: VideoStatus = parsed(row, "status")?;
    let state: Option<AssetState> = maybe(row, "state")?;
    let asset = state.zip(maybe(row, "stage")?);
    let mut warnings: Vec<String> = json(row, "warnings")?;
    if asset.is_some() {
        warnings.extend(json::<Vec<String>>(row, "asset_warnings")?);
    }
    let original = match maybe(row, "flow")? {
        None => None,
        Some(flow) => Some(Original {
            flow,
            name: row.try_get("file_name")?,
            size: maybe_bytes(row, "bytes_total")?,
        }),
    };
    Ok(Video {
        id: parsed(row, "id")?,
        owner: parsed(row, "owner")?,
        title: Title::try_from(title).map_err(|_| unreadable("title"))?,
        description: Description::try_from(description).map_err(|_| unreadable("description"))?,
        tags,
        visibility: parsed::<Visibility>(row, "visibility")?,
        status,
        stage: stage(status, asset),
        playable: row.try_get::<i64, _>("playable")? == 1,
        error: row.try_get("error")?,
        warnings,
        asset: maybe(row, "asset")?,
        original,
        views: row.try_get("views")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn json<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &'static str) -> Result<T, DbError> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|_| unreadable(column))
}

pub(super) async fn find<'e>(
    executor: impl AnyExecutor<'e>,
    id: VideoId,
) -> Result<Option<Video>, DbError> {
    let row = sqlx::query(AssertSqlSafe(format!("{VIDEO} WHERE videos.id = $1")))
        .bind(id.to_string())
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(video).transpose()
}

pub(super) async fn of_asset<'e>(
    executor: impl AnyExecutor<'e>,
    asset: AssetId,
) -> Result<Vec<Video>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{VIDEO} WHERE videos.asset = $1 ORDER BY videos.created_at, videos.id"
    )))
    .bind(asset.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(video).collect()
}

pub(super) async fn set_playable(tx: &mut Tx, asset: AssetId) -> Result<(), DbError> {
    sqlx::query("UPDATE videos SET playable = 1 WHERE asset = $1")
        .bind(asset.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn audible(
    db: &Db,
    listener: Option<UserId>,
    ids: &[VideoId],
) -> Result<Vec<VideoId>, DbError> {
    let own = listener.map(|id| id.to_string()).unwrap_or_default();
    let rows = Filter::new("SELECT id FROM videos")
        .and_in("id", ids.iter().map(ToString::to_string))
        .and("(visibility <> 'private' OR owner = {})", own)
        .query()
        .fetch_all(db.read())
        .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

pub(super) async fn list(
    db: &Db,
    owner: UserId,
    before: Option<&Video>,
    limit: u32,
) -> Result<Vec<Video>, DbError> {
    let mut filter = Filter::new(VIDEO).and("videos.owner = {}", owner.to_string());
    if let Some(last) = before {
        filter = filter.and_pair(
            "(videos.created_at, videos.id) < ({}, {})",
            last.created_at,
            last.id.to_string(),
        );
    }
    let rows = filter
        .push("ORDER BY videos.created_at DESC, videos.id DESC")
        .push_with("LIMIT {}", i64::from(limit.clamp(1, 200)))
        .query()
        .fetch_all(db.read())
        .await?;
    rows.iter().map(video).collect()
}

pub(super) async fn insert(tx: &mut Tx, new: &New) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO videos (id, owner, title, visibility, status, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 'pending', $5, $5)",
    )
    .bind(new.id.to_string())
    .bind(new.owner.to_string())
    .bind(new.title.as_str())
    .bind(new.visibility.code())
    .bind(new.now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn edit(
    tx: &mut Tx,
    owner: UserId,
    id: VideoId,
    details: &Details,
    now: i64,
) -> Result<bool, DbError> {
    let tags = details
        .tags
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|error| DbError::Other(sqlx::Error::Encode(Box::new(error))))?;
    let done = sqlx::query(
        "UPDATE videos SET title = COALESCE($3, title), description = COALESCE($4, description),
             tags = COALESCE($5, tags), visibility = COALESCE($6, visibility), updated_at = $7
         WHERE id = $1 AND owner = $2",
    )
    .bind(id.to_string())
    .bind(owner.to_string())
    .bind(details.title.as_ref().map(Title::as_str))
    .bind(details.description.as_ref().map(Description::as_str))
    .bind(tags)
    .bind(details.visibility.map(Visibility::code))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn attach(
    tx: &mut Tx,
    id: VideoId,
    asset: &Asset,
    now: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE videos SET asset = $2, status = $3, error = $4, playable = $5, updated_at = $6
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(asset.id.to_string())
    .bind(asset.state.video().code())
    .bind(asset.error.as_deref())
    .bind(i64::from(asset.playable))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Of a video that has no asset yet.
pub(super) async fn set_status(
    tx: &mut Tx,
    id: VideoId,
    status: VideoStatus,
    error: Option<&str>,
    now: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE videos SET status = $2, error = $3, updated_at = $4
         WHERE id = $1 AND asset IS NULL",
    )
    .bind(id.to_string())
    .bind(status.code())
    .bind(error)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn follow(
    tx: &mut Tx,
    asset: AssetId,
    status: VideoStatus,
    error: Option<&str>,
    now: i64,
) -> Result<(), DbError> {
    sqlx::query("UPDATE videos SET status = $2, error = $3, updated_at = $4 WHERE asset = $1")
        .bind(asset.to_string())
        .bind(status.code())
        .bind(error)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Answers the asset it had.
pub(super) async fn delete(
    tx: &mut Tx,
    owner: UserId,
    id: VideoId,
) -> Result<Option<Option<AssetId>>, DbError> {
    let row = sqlx::query("DELETE FROM videos WHERE id = $1 AND owner = $2 RETURNING asset")
        .bind(id.to_string())
        .bind(owner.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|row| maybe(&row, "asset")).transpose()
}

pub(super) async fn delete_without_asset(tx: &mut Tx, id: VideoId) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM videos WHERE id = $1 AND asset IS NULL")
        .bind(id.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Videos that wait for bytes nobody will send, and those that got none or wrong ones.
pub(super) async fn delete_forgotten(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    let done = sqlx::query(
        "DELETE FROM videos WHERE id IN (
             SELECT id FROM videos
             WHERE status IN ('pending', 'failed') AND asset IS NULL AND updated_at <= $1
             AND NOT EXISTS (
                 SELECT 1 FROM flows WHERE flows.video = videos.id
                 AND flows.status IN ('uploading', 'uploaded'))
             LIMIT 500)",
    )
    .bind(before)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
