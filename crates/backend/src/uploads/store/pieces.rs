//! Parts of concatenations: held, linked, joined.

use domain::{
    ids::{FlowId, UserId},
    uploads::ContentHash,
};
use sqlx::{AnyExecutor, AssertSqlSafe};

use super::{FLOW, Flow, flow};
use crate::{
    db::{DbError, Tx},
    rows::maybe_bytes,
};

/// Holds a finished part that waits to be joined. Answers whether it is one.
pub(in crate::uploads) async fn is_unused(tx: &mut Tx, piece: FlowId) -> Result<bool, DbError> {
    let held = sqlx::query(
        "UPDATE flows SET role = role
         WHERE id = $1 AND role = 'piece' AND status = 'uploaded' RETURNING id",
    )
    .bind(piece.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(held.is_some() && !is_linked(tx, piece).await?)
}

async fn is_linked(tx: &mut Tx, piece: FlowId) -> Result<bool, DbError> {
    let row = sqlx::query("SELECT piece FROM upload_pieces WHERE piece = $1 LIMIT 1")
        .bind(piece.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

/// The same for one of this person, with its size.
pub(in crate::uploads) async fn hold_piece(
    tx: &mut Tx,
    owner: UserId,
    piece: FlowId,
) -> Result<Option<u64>, DbError> {
    let row = sqlx::query(
        "UPDATE flows SET role = role
         WHERE id = $1 AND owner = $2 AND role = 'piece' AND status = 'uploaded'
         RETURNING bytes_total",
    )
    .bind(piece.to_string())
    .bind(owner.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    match row {
        Some(row) if !is_linked(tx, piece).await? => maybe_bytes(&row, "bytes_total"),
        _ => Ok(None),
    }
}

/// Notes what a flow is joined from.
pub(in crate::uploads) async fn link(
    tx: &mut Tx,
    flow: FlowId,
    pieces: &[FlowId],
) -> Result<(), DbError> {
    for (position, piece) in pieces.iter().enumerate() {
        sqlx::query("INSERT INTO upload_pieces (flow, position, piece) VALUES ($1, $2, $3)")
            .bind(flow.to_string())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(piece.to_string())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// What a flow is joined from, in order.
pub(in crate::uploads) async fn pieces<'e>(
    executor: impl AnyExecutor<'e>,
    id: FlowId,
) -> Result<Vec<Flow>, DbError> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{FLOW} JOIN upload_pieces ON upload_pieces.piece = flows.id
         WHERE upload_pieces.flow = $1 ORDER BY position"
    )))
    .bind(id.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter().map(flow).collect()
}

/// The parts are joined: once, and only while somebody still wants them.
pub(in crate::uploads) async fn settle(
    tx: &mut Tx,
    id: FlowId,
    hash: ContentHash,
    now: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE flows SET hash = $2, updated_at = $3
         WHERE id = $1 AND status = 'uploaded' AND hash IS NULL AND video IS NOT NULL",
    )
    .bind(id.to_string())
    .bind(hash.to_string())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
