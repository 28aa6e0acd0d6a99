//! Uploads: how bytes come in, however often the way breaks off.
//!
//! # How it is called
//! Pages, the tus endpoint, the multipart form and the API all use [`Uploads`]; it belongs to
//! [`crate::Backend::uploads`]. Whoever asks says for whom; what is another person's is
//! [`UploadsError::Unknown`].
//!
//! - [`Uploads::create`]`(user, New { length, metadata, part, concat })` answers [`Created`]. It
//!   is complete at once when its length is 0, or when [`Created::duplicate_of`] says that the
//!   sender has these bytes already; the limits are checked here and nowhere else.
//! - [`Uploads::open`]`(user, flow, Request { offset, length, body, verify })` answers a
//!   [`Writer`]. `length` is `Upload-Length` on a PATCH (deferred length, repeated is fine),
//!   `body` the `Content-Length`. Errors are those of the table of tus: [`UploadsError::Offset`]
//!   409, [`UploadsError::Busy`] 423 with `Retry-After: 1`, [`UploadsError::Gone`] 410,
//!   [`UploadsError::Finished`] 403, and so on as `error.rs` says at each.
//! - [`Writer::write`]`(bytes)` as they come; it waits when the disk is slower than the network.
//!   An error means that the request is over.
//! - [`Writer::finish`]`(trailer)` after the last byte of the request: what came is durable when
//!   it returns. **Dropping** the writer, because the connection broke, keeps what came as well,
//!   in the background (unless a checksum was to be verified: then nothing of the request).
//! - [`Uploads::status`]`(user, flow)` for HEAD: never locks, never takes over; asks a running
//!   writer of this process to write down what it has. Answers also for a finished upload.
//! - [`Uploads::terminate`]`(user, flow)` for DELETE; [`UploadsError::Finished`] is 403.
//! - [`Uploads::unfinished`]`(user)`: what could go on. [`Uploads::limits`] for `OPTIONS` and the
//!   page. [`crate::assets::Assets::owned_sizes`] and [`crate::assets::Assets::owned`] tell whether
//!   hashing before sending is worth it. Title and the rest are edited with
//!   [`crate::videos::Videos::edit`] from the first moment on.
//! - [`Uploads::stop`] makes every writer write down what it has; [`crate::Backend::close`] calls
//!   it. It should be called before connections are cut.
//!
//! # How it holds
//! A flow has a session while, and only while, it is `uploading`. A writer holds a lock on its
//! file, and an epoch: every commit says `WHERE epoch = mine`. Beside the receiving a flusher
//! syncs what is there and commits offset and hash every 16 MiB or 2 s ([`writer`]). The commit
//! of the last byte ends the session, finds or makes the asset and enqueues its probe.

mod checksum;
mod concat;
mod create;
mod error;
mod finish;
mod hash;
mod list;
mod new;
mod open;
mod options;
mod running;
mod status;
mod store;
mod terminate;
mod tidy;
mod writer;

use std::{sync::Arc, time::Duration};

use domain::{
    events::{Event, UploadChanged},
    ids::{FlowId, UserId},
    uploads::{FlowRole, FlowStatus},
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::terminate::abandon_of;
pub use self::{
    checksum::{Algorithm, Checksum, UnknownAlgorithm, Verify},
    concat::JoinPieces,
    error::UploadsError,
    new::{Created, Metadata, New, Part, Status, Unfinished, Written},
    open::Request,
    options::Options,
    tidy::TidyUploads,
    writer::Writer,
};
use self::{running::Registry, store::Flow};
use crate::{
    accounts::{Accounts, Clock},
    assets::{self, Assets},
    db::{Db, DbError, Tx},
    events::Events,
    jobs::Jobs,
    storage::Storage,
    videos::Videos,
};

/// What the service stands on.
#[derive(Debug)]
pub struct Parts {
    pub db: Db,
    pub jobs: Jobs,
    pub events: Events,
    pub storage: Storage,
    pub accounts: Accounts,
    pub assets: Assets,
    pub videos: Videos,
    pub options: Options,
}

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Uploads(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    running: Registry,
    turns: writer::Turns,
    stopping: CancellationToken,
}

/// What may be uploaded, for who tells people before they try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub max_size: u64,
    pub quota: Option<u64>,
    pub parallel: u32,
}

impl Uploads {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            running: Registry::default(),
            turns: writer::Turns::default(),
            stopping: CancellationToken::new(),
        }))
    }

    #[must_use]
    pub fn limits(&self) -> Limits {
        let options = self.options();
        Limits {
            max_size: options.max_size,
            quota: options.quota,
            parallel: options.parallel,
        }
    }

    /// The files, for tests that make room scarce.
    #[must_use]
    pub fn storage(&self) -> &Storage {
        &self.0.parts.storage
    }

    /// Makes every writer keep what it has and end, and takes no new ones. Returns when they
    /// have ended, which takes one sync and one commit.
    pub async fn stop(&self) {
        self.0.stopping.cancel();
        self.0.running.stop_all().await;
    }

    /// Whether a request of this process is sending to it.
    #[must_use]
    pub fn is_writing(&self, flow: FlowId) -> bool {
        self.0.running.get(flow).is_some()
    }

    /// As if the power had failed just now, for tests: every writer is gone without a word.
    #[doc(hidden)]
    pub async fn crash(&self) {
        self.0.stopping.cancel();
        self.0.running.kill_all().await;
    }

    fn options(&self) -> &Options {
        &self.0.parts.options
    }

    fn db(&self) -> &Db {
        &self.0.parts.db
    }

    fn clock(&self) -> &Clock {
        self.0.parts.accounts.clock()
    }

    fn now(&self) -> i64 {
        self.clock().now()
    }

    /// When a session that receives something now will be given up.
    fn expiry(&self, now: i64) -> i64 {
        now.saturating_add(ms(self.options().keep))
    }

    /// Somebody's own flow.
    async fn own(&self, user: UserId, id: FlowId) -> Result<Flow, UploadsError> {
        store::find(self.db().read(), id)
            .await?
            .filter(|flow| flow.owner == user)
            .ok_or(UploadsError::Unknown)
    }

    /// Why no more should come to an upload, though its file could take it: others need the rest
    /// of the disk, or its owner, whose uploads grow beside this one, has used up their quota.
    async fn over(&self, owner: Option<UserId>) -> Option<UploadsError> {
        let free = self.0.parts.storage.free().await;
        if free.is_ok_and(|free| free < self.options().reserve / 2) {
            return Some(UploadsError::NoRoom);
        }
        let (quota, owner) = (self.options().quota?, owner?);
        match store::usage(self.db().read(), owner).await {
            Ok((used, _)) if used > quota => Some(UploadsError::Quota { quota, used }),
            Ok(_) => None,
            Err(error) => {
                // The next checkpoint looks again.
                tracing::debug!(%error, "a quota could not be looked at");
                None
            }
        }
    }

    /// Why a writer no longer has the say.
    async fn lost(&self, id: FlowId) -> UploadsError {
        match store::epoch(self.db(), id).await {
            Ok(Some(_)) => UploadsError::TakenOver,
            Ok(None) => UploadsError::Gone,
            Err(error) => error.into(),
        }
    }

    fn tell(&self, changed: UploadChanged) {
        self.0.parts.events.publish(Event::Upload(changed));
    }

    /// Tells open pages once the transaction is committed.
    fn tell_after(&self, tx: &mut Tx, changed: UploadChanged) {
        let events = self.0.parts.events.clone();
        tx.after_commit(move || events.publish(Event::Upload(changed)));
    }

    /// Drops bytes nobody needs. What cannot be removed now is found by the hourly search.
    async fn drop_bytes(&self, key: &str) {
        if let Err(error) = self.0.parts.storage.delete(key).await {
            tracing::warn!(%error, key, "bytes that nobody needs stay for now");
        }
    }
}

impl Flow {
    /// Where its bytes lie.
    fn key(&self) -> String {
        match self.role {
            FlowRole::Source => assets::original(self.asset),
            FlowRole::Piece => assets::piece(self.asset),
        }
    }

    /// Whether what it was for is no longer there.
    fn is_gone(&self) -> bool {
        self.status == FlowStatus::Abandoned
            || (self.role == FlowRole::Source && self.video.is_none())
    }

    fn changed(&self, status: FlowStatus, offset: u64, receiving: bool) -> UploadChanged {
        UploadChanged {
            flow: self.id,
            user: self.owner,
            video: self.video,
            status,
            offset,
            length: self.total,
            receiving,
            name: self.file_name.clone(),
        }
    }
}

/// As the columns count it.
fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Bytes that were promised room on the disk and have not come yet.
pub(crate) async fn promised(db: &Db) -> Result<u64, DbError> {
    let since = crate::db::now_ms() - ms(Options::default().promise);
    store::promised(db.read(), since).await
}
