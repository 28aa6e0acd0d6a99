//! The writer of one upload for the time of one request.
//!
//! What it is given goes through a short channel to a task ([`task`]) that outlives the request:
//! when a connection breaks, what has come is still written down. The task hands batches to
//! blocking threads, one at a time, and collects the next batch meanwhile; beside that it syncs
//! and commits what is written. Idle writers hold no thread, busy ones a bounded number of bytes.

mod flush;
mod task;

use std::{
    mem,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

use super::{
    Checksum, Uploads, UploadsError, Verify, Written,
    hash::TreeHash,
    running::{Place, Running},
    store::Flow,
};
use crate::storage::Spool;

/// An upload that one has the say over.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) flow: Flow,
    pub(super) epoch: i64,
    pub(super) checkpoint: String,
    pub(super) spool: Spool,
    /// None for parts of a concatenation, which are hashed when they are joined.
    pub(super) hash: Option<TreeHash>,
    pub(super) place: Place,
}

/// Where the bytes must end, and why.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    Announced(u64),
    Size(u64),
    Quota { bytes: u64, quota: u64, used: u64 },
}

impl Limit {
    pub(super) const fn bytes(self) -> u64 {
        match self {
            Self::Announced(bytes) | Self::Size(bytes) | Self::Quota { bytes, .. } => bytes,
        }
    }

    pub(super) const fn error(self) -> UploadsError {
        match self {
            Self::Announced(_) => UploadsError::TooLong,
            Self::Size(limit) => UploadsError::TooLarge { limit },
            Self::Quota { quota, used, .. } => UploadsError::Quota { quota, used },
        }
    }
}

/// What the task is told.
#[derive(Debug)]
enum Input {
    Bytes(Bytes),
    /// The request has ended well.
    Finish(Option<Checksum>),
    /// Nothing of this request is to be kept.
    Discard,
}

/// Messages on their way to the task: enough that it never waits for the next one.
const CHANNEL: usize = 2;

/// Whose turn it is on the disk. However many send at once, few threads write and sync: more
/// would not make the disk faster, and each of them costs memory.
#[derive(Debug)]
pub(super) struct Turns {
    writes: Arc<Semaphore>,
    syncs: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            writes: Arc::new(Semaphore::new(8)),
            syncs: Arc::new(Semaphore::new(16)),
        }
    }
}

/// Gives bytes to an upload. See [`Uploads::open`].
#[derive(Debug)]
pub struct Writer {
    input: mpsc::Sender<Input>,
    task: Option<JoinHandle<Result<Written, UploadsError>>>,
    running: Arc<Running>,
    at: u64,
    limit: Limit,
    /// Not before a checksum has shown that they are right.
    counts_at_once: bool,
}

pub(super) fn start(uploads: Uploads, opened: Opened, limit: Limit, verify: Verify) -> Writer {
    let (input, inbox) = mpsc::channel(CHANNEL);
    let running = Arc::clone(&opened.place.running);
    let at = opened.spool.length();
    running.hear();
    running.received.store(at, Ordering::Release);
    running.durable.send_replace(at);
    let counts_at_once = verify == Verify::No;
    let task = tokio::spawn(task::run(uploads, opened, verify, inbox));
    running.is_done_by(task.abort_handle());
    Writer {
        input,
        task: Some(task),
        running,
        at,
        limit,
        counts_at_once,
    }
}

impl Writer {
    /// Bytes that have come, not all of them durable.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// Takes the next bytes. Waits when the disk is slower than the network.
    ///
    /// # Errors
    /// The request is over: more came than was announced ([`UploadsError::TooLong`], nothing is
    /// kept after the last checkpoint), a newer one took over, the disk is full, the server
    /// stops. What had come is kept but for the first.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), UploadsError> {
        self.running.hear();
        if bytes.is_empty() {
            return Ok(());
        }
        let end = self.at.saturating_add(bytes.len() as u64);
        if end > self.limit.bytes() {
            // Should the task have ended by itself, that is the better answer.
            let _ = self.input.send(Input::Discard).await;
            return Err(match self.outcome().await {
                Ok(_) => self.limit.error(),
                Err(error) => error,
            });
        }
        if self.input.send(Input::Bytes(bytes)).await.is_err() {
            return Err(match self.outcome().await {
                Ok(_) => UploadsError::TakenOver,
                Err(error) => error,
            });
        }
        self.at = end;
        if self.counts_at_once {
            self.running.received.store(end, Ordering::Release);
        }
        Ok(())
    }

    /// The request has ended. What came is durable when this returns. `trailer` is the checksum
    /// that came after the bytes, where one was announced.
    ///
    /// # Errors
    /// [`UploadsError::Checksum`]: nothing of the request was kept. Otherwise as
    /// [`Writer::write`]; [`UploadsError::FalseClaim`] with the last byte of the upload.
    pub async fn finish(mut self, trailer: Option<Checksum>) -> Result<Written, UploadsError> {
        let _ = self.input.send(Input::Finish(trailer)).await;
        self.outcome().await
    }

    /// The request has ended and nothing of it counts, as when its head was wrong.
    ///
    /// # Errors
    /// When database or disk refuse.
    pub async fn discard(mut self) -> Result<Written, UploadsError> {
        let _ = self.input.send(Input::Discard).await;
        self.outcome().await
    }

    async fn outcome(&mut self) -> Result<Written, UploadsError> {
        match mem::take(&mut self.task) {
            Some(task) => task
                .await
                .map_err(|_| UploadsError::Internal("the writer of an upload broke off"))?,
            None => Err(UploadsError::Internal("the writer of an upload has ended")),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.running.leave();
    }
}
