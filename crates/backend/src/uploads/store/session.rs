//! The session of an upload: what is on the disk, and who has the say.

use domain::ids::FlowId;
use sqlx::Row as _;

use crate::{
    db::{Db, DbError, Tx},
    rows::number,
};

/// A place in the file to go on from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::uploads) struct Point {
    pub(in crate::uploads) length: u64,
    pub(in crate::uploads) checkpoint: String,
}

pub(in crate::uploads) async fn begin_session(
    tx: &mut Tx,
    flow: FlowId,
    now: i64,
    expires_at: i64,
) -> Result<(), DbError> {
    sqlx::query("INSERT INTO upload_sessions (flow, received_at, expires_at) VALUES ($1, $2, $3)")
        .bind(flow.to_string())
        .bind(now)
        .bind(expires_at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Says what is on the disk. Answers whether this writer still has the say.
pub(in crate::uploads) async fn checkpoint(
    tx: &mut Tx,
    flow: FlowId,
    epoch: i64,
    point: &Point,
    now: i64,
    expires_at: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE upload_sessions SET received = $3, checkpoint = $4, received_at = $5,
             expires_at = $6
         WHERE flow = $1 AND epoch = $2",
    )
    .bind(flow.to_string())
    .bind(epoch)
    .bind(number(point.length))
    .bind(point.checkpoint.as_str())
    .bind(now)
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("UPDATE flows SET bytes_received = $2, updated_at = $3 WHERE id = $1")
        .bind(flow.to_string())
        .bind(number(point.length))
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(true)
}

/// The epoch of a session, if it is still there.
pub(in crate::uploads) async fn epoch(db: &Db, flow: FlowId) -> Result<Option<i64>, DbError> {
    let row = sqlx::query("SELECT epoch FROM upload_sessions WHERE flow = $1")
        .bind(flow.to_string())
        .fetch_optional(db.read())
        .await?;
    Ok(row.map(|row| row.try_get("epoch")).transpose()?)
}

/// Takes the say from whoever has it. Answers the new epoch.
pub(in crate::uploads) async fn raise(
    tx: &mut Tx,
    flow: FlowId,
    seen: i64,
) -> Result<Option<i64>, DbError> {
    let row = sqlx::query(
        "UPDATE upload_sessions SET epoch = epoch + 1 WHERE flow = $1 AND epoch = $2
         RETURNING epoch",
    )
    .bind(flow.to_string())
    .bind(seen)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| row.try_get("epoch")).transpose()?)
}

/// Says that a writer lives, which takes the say when there is no other way to have it alone.
/// Answers its epoch, unless it has lost the say.
pub(in crate::uploads) async fn hear(
    tx: &mut Tx,
    flow: FlowId,
    epoch: i64,
    takes: bool,
    now: i64,
) -> Result<Option<i64>, DbError> {
    let row = sqlx::query(
        "UPDATE upload_sessions SET epoch = epoch + $3, received_at = $4
         WHERE flow = $1 AND epoch = $2 RETURNING epoch",
    )
    .bind(flow.to_string())
    .bind(epoch)
    .bind(i64::from(takes))
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| row.try_get("epoch")).transpose()?)
}

/// Ends a session, of this epoch or of any. Answers whether there was one.
pub(in crate::uploads) async fn end_session(
    tx: &mut Tx,
    flow: FlowId,
    epoch: Option<i64>,
) -> Result<bool, DbError> {
    let done = match epoch {
        Some(epoch) => sqlx::query("DELETE FROM upload_sessions WHERE flow = $1 AND epoch = $2")
            .bind(flow.to_string())
            .bind(epoch),
        None => sqlx::query("DELETE FROM upload_sessions WHERE flow = $1").bind(flow.to_string()),
    }
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a session that nothing has come to until `now`.
pub(in crate::uploads) async fn end_expired(
    tx: &mut Tx,
    flow: FlowId,
    now: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM upload_sessions WHERE flow = $1 AND expires_at <= $2")
        .bind(flow.to_string())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
