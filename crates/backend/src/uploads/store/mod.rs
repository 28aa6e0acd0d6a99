//! The tables of flows, sessions and pieces.

mod over;
mod pieces;
mod session;

use domain::{
    ids::{AssetId, FlowId, UserId, VideoId},
    uploads::{ContentHash, FileName, FlowRole, FlowStatus},
    videos::{Description, Title, Visibility},
};
use sqlx::{AnyExecutor, AssertSqlSafe, Row, any::AnyRow};

pub(super) use self::{
    over::{expired, forget, full, loose, mentioned, unjoined, unused, wanted},
    pieces::{hold_piece, is_unused, link, pieces, settle},
    session::{Point, begin_session, checkpoint, end_expired, end_session, epoch, hear, raise},
};
use super::Unfinished;
use crate::{
    db::{Db, DbError, Tx},
    rows::{bytes, maybe, maybe_bytes, number, parsed, unreadable},
};

/// A flow, with its session while it has one.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) id: FlowId,
    pub(super) owner: UserId,
    pub(super) video: Option<VideoId>,
    pub(super) role: FlowRole,
    pub(super) asset: AssetId,
    pub(super) file_name: String,
    pub(super) metadata: Option<String>,
    pub(super) concat: Option<String>,
    pub(super) claim: Option<ContentHash>,
    pub(super) hash: Option<ContentHash>,
    pub(super) total: Option<u64>,
    pub(super) status: FlowStatus,
    pub(super) session: Option<Session>,
}

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) received: u64,
    pub(super) epoch: i64,
    pub(super) checkpoint: String,
    pub(super) received_at: i64,
    pub(super) expires_at: i64,
}

const FLOW: &str = "SELECT flows.id, owner, video, role, asset, file_name, metadata, concat, claim,
     hash, bytes_total, flows.status, received, epoch, checkpoint, received_at, expires_at
     FROM flows LEFT JOIN upload_sessions ON upload_sessions.flow = flows.id ";

fn flow(row: &AnyRow) -> Result<Flow, DbError> {
    let session = match maybe_bytes(row, "received")? {
        None => None,
        Some(received) => Some(Session {
            received,
            epoch: row.try_get("epoch")?,
            checkpoint: row.try_get("checkpoint")?,
            received_at: row.try_get("received_at")?,
            expires_at: row.try_get("expires_at")?,
        }),
    };
    Ok(Flow {
        id: parsed(row, "id")?,
        owner: parsed(row, "owner")?,
        video: maybe(row, "video")?,
        role: parsed(row, "role")?,
        asset: parsed(row, "asset")?,
        file_name: row.try_get("file_name")?,
        metadata: row.try_get("metadata")?,
        concat: row.try_get("concat")?,
        claim: maybe(row, "claim")?,
        hash: maybe(row, "hash")?,
        total: maybe_bytes(row, "bytes_total")?,
        status: parsed(row, "status")?,
        session,
    })
}

pub(super) async fn find<'e>(
    executor: impl AnyExecutor<'e>,
    id: FlowId,
) -> Result<Option<Flow>, DbError> {
    let row = sqlx::query(AssertSqlSafe(format!("{FLOW} WHERE flows.id = $1")))
        .bind(id.to_string())
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(flow).transpose()
}

/// A row to be.
pub(super) struct New<'a> {
    pub(super) id: FlowId,
    pub(super) owner: UserId,
    pub(super) video: Option<VideoId>,
    pub(super) role: FlowRole,
    pub(super) asset: AssetId,
    pub(super) file_name: &'a FileName,
    pub(super) metadata: &'a super::Metadata,
    pub(super) concat: Option<&'a str>,
    pub(super) hash: Option<ContentHash>,
    pub(super) received: u64,
    pub(super) total: Option<u64>,
    pub(super) status: FlowStatus,
    pub(super) now: i64,
}

pub(super) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO flows (id, owner, video, role, asset, file_name, file_type, fingerprint,
             metadata, concat, claim, hash, bytes_received, bytes_total, status, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)",
    )
    .bind(new.id.to_string())
    .bind(new.owner.to_string())
    .bind(new.video.map(|video| video.to_string()))
    .bind(new.role.code())
    .bind(new.asset.to_string())
    .bind(new.file_name.as_str())
    .bind(new.metadata.filetype.as_deref())
    .bind(new.metadata.fingerprint.as_deref())
    .bind(new.metadata.raw.as_deref())
    .bind(new.concat)
    .bind(new.metadata.blake3.map(|claim| claim.to_string()))
    .bind(new.hash.map(|hash| hash.to_string()))
    .bind(number(new.received))
    .bind(new.total.map(number))
    .bind(new.status.code())
    .bind(new.now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Steps to another status, from one that leads there.
pub(super) async fn step(
    tx: &mut Tx,
    flow: FlowId,
    to: FlowStatus,
    now: i64,
) -> Result<bool, DbError> {
    // The words are ours.
    let from: Vec<String> = to
        .sources()
        .iter()
        .map(|status| format!("'{}'", status.code()))
        .collect();
    // Nobody asks any more what was sent beside the bytes.
    let and = match to {
        FlowStatus::Abandoned | FlowStatus::Failed => ", metadata = NULL, fingerprint = NULL",
        FlowStatus::Uploading | FlowStatus::Uploaded | FlowStatus::Ready => "",
    };
    let sql = format!(
        "UPDATE flows SET status = $2, updated_at = $3{and} WHERE id = $1 AND status IN ({})",
        from.join(", ")
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(flow.to_string())
        .bind(to.code())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives up a flow that was to be joined and is not. Answers whether it was this call.
pub(super) async fn give_up_joining(tx: &mut Tx, flow: FlowId, now: i64) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE flows SET status = 'abandoned', updated_at = $2, metadata = NULL
         WHERE id = $1 AND status = 'uploaded' AND hash IS NULL",
    )
    .bind(flow.to_string())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down what a complete flow turned out to be.
pub(super) async fn measure(
    tx: &mut Tx,
    flow: FlowId,
    size: u64,
    hash: Option<ContentHash>,
) -> Result<(), DbError> {
    sqlx::query("UPDATE flows SET bytes_received = $2, bytes_total = $2, hash = $3 WHERE id = $1")
        .bind(flow.to_string())
        .bind(number(size))
        .bind(hash.map(|hash| hash.to_string()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Says how long an upload will be, unless that was said before.
pub(super) async fn set_total(tx: &mut Tx, flow: FlowId, total: u64) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE flows SET bytes_total = $2
         WHERE id = $1 AND bytes_total IS NULL AND status = 'uploading'",
    )
    .bind(flow.to_string())
    .bind(number(total))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What somebody has: bytes of all videos (each counts its own, shared or not) and of pieces
/// that belong to none yet, and unfinished uploads.
pub(super) async fn usage<'e>(
    executor: impl AnyExecutor<'e>,
    owner: UserId,
) -> Result<(u64, u64), DbError> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(COALESCE(bytes_total, bytes_received)), 0) AS BIGINT) AS used,
             CAST(COALESCE(SUM(CASE WHEN status = 'uploading' THEN 1 ELSE 0 END), 0) AS BIGINT)
                 AS running
         FROM flows
         WHERE owner = $1 AND status <> 'abandoned' AND (video IS NOT NULL
             OR (role = 'piece' AND status <> 'ready' AND NOT EXISTS (
                 SELECT 1 FROM upload_pieces WHERE piece = flows.id)))",
    )
    .bind(owner.to_string())
    .fetch_one(executor)
    .await?;
    Ok((bytes(&row, "used")?, bytes(&row, "running")?))
}

/// Bytes that were promised room and have not come yet: what uploads still lack that received
/// something `since` then, and files that are to be joined from their pieces. Who only announces
/// takes nobody's room for long.
pub(super) async fn promised<'e>(
    executor: impl AnyExecutor<'e>,
    since: i64,
) -> Result<u64, DbError> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS promised FROM (
             SELECT bytes_total - received AS bytes
             FROM upload_sessions JOIN flows ON flows.id = upload_sessions.flow
             WHERE bytes_total IS NOT NULL AND received_at >= $1
             UNION ALL
             SELECT bytes_total AS bytes FROM flows
             WHERE role = 'source' AND status = 'uploaded' AND hash IS NULL) AS promises",
    )
    .bind(since)
    .fetch_one(executor)
    .await?;
    bytes(&row, "promised")
}

/// Somebody's unfinished uploads, the newest first; without the parts of concatenations.
pub(super) async fn unfinished(db: &Db, owner: UserId) -> Result<Vec<Unfinished>, DbError> {
    let rows = sqlx::query(
        "SELECT flows.id, flows.video, videos.title, description, tags, visibility, file_name, file_type,
             fingerprint, received, bytes_total, flows.created_at, received_at, expires_at
         FROM upload_sessions
         JOIN flows ON flows.id = upload_sessions.flow
         LEFT JOIN videos ON videos.id = flows.video
         WHERE flows.owner = $1 AND role = 'source'
         ORDER BY flows.created_at DESC, flows.id DESC LIMIT 500",
    )
    .bind(owner.to_string())
    .fetch_all(db.read())
    .await?;
    rows.iter()
        .map(|row| {
            let title: Option<String> = row.try_get("title")?;
            let title = title.map(Title::try_from).transpose();
            let description: Option<String> = row.try_get("description")?;
            let description = description.map(Description::try_from).transpose();
            let tags: Option<String> = row.try_get("tags")?;
            let tags = tags.map(|tags| serde_json::from_str(&tags)).transpose();
            Ok(Unfinished {
                flow: parsed(row, "id")?,
                video: maybe(row, "video")?,
                title: title.map_err(|_| unreadable("title"))?,
                description: description.map_err(|_| unreadable("description"))?,
                tags: tags.map_err(|_| unreadable("tags"))?,
                visibility: maybe::<Visibility>(row, "visibility")?,
                file_name: row.try_get("file_name")?,
                file_type: row.try_get("file_type")?,
                fingerprint: row.try_get("fingerprint")?,
                offset: bytes(row, "received")?,
                length: maybe_bytes(row, "bytes_total")?,
                receiving: false,
                created_at: row.try_get("created_at")?,
                received_at: row.try_get("received_at")?,
                expires_at: row.try_get("expires_at")?,
            })
        })
        .collect()
}

/// The flows of a video.
pub(super) async fn of_video(tx: &mut Tx, video: VideoId) -> Result<Vec<Flow>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!("{FLOW} WHERE video = $1")))
        .bind(video.to_string())
        .fetch_all(&mut **tx)
        .await?;
    rows.iter().map(flow).collect()
}
