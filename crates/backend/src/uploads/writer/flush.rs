//! Making durable what was written: the file first, then what we say about it.

use std::sync::Arc;

use domain::ids::FlowId;

use super::super::{
    Uploads, UploadsError,
    store::{self, Point},
};
use crate::storage::Syncer;

/// Why a flush did not succeed.
#[derive(Debug)]
pub(super) enum Unflushed {
    /// What was written since the last success is in doubt.
    Sync(UploadsError),
    /// The bytes are safe, but nobody could be told.
    Commit(UploadsError),
}

impl From<Unflushed> for UploadsError {
    fn from(unflushed: Unflushed) -> Self {
        match unflushed {
            Unflushed::Sync(error) | Unflushed::Commit(error) => error,
        }
    }
}

pub(super) async fn sync(uploads: &Uploads, syncer: Syncer) -> Result<(), Unflushed> {
    let turn = Arc::clone(&uploads.0.turns.syncs).acquire_owned().await;
    let synced = tokio::task::spawn_blocking(move || {
        let synced = syncer.sync();
        drop(turn);
        synced
    })
    .await;
    match synced {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Unflushed::Sync(error.into())),
        Err(_) => Err(Unflushed::Sync(UploadsError::Internal("a sync broke off"))),
    }
}

pub(super) async fn commit(
    uploads: &Uploads,
    flow: FlowId,
    epoch: i64,
    point: &Point,
) -> Result<(), Unflushed> {
    let now = uploads.now();
    let say = async {
        let mut tx = uploads.db().write().await?;
        let expires_at = uploads.expiry(now);
        let heard = store::checkpoint(&mut tx, flow, epoch, point, now, expires_at).await?;
        tx.commit().await?;
        Ok::<_, UploadsError>(heard)
    };
    match say.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Unflushed::Commit(uploads.lost(flow).await)),
        Err(error) => Err(Unflushed::Commit(error)),
    }
}

/// Both. Without a point only the file.
pub(super) async fn flush(
    uploads: &Uploads,
    flow: FlowId,
    epoch: i64,
    syncer: Syncer,
    point: Option<&Point>,
) -> Result<(), Unflushed> {
    // The lock on the file ends with the last handle to it: not before the commit.
    let held = syncer.clone();
    sync(uploads, syncer).await?;
    if let Some(point) = point {
        commit(uploads, flow, epoch, point).await?;
    }
    drop(held);
    Ok(())
}
