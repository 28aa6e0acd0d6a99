//! The task behind a writer: writes, hashes and flushes side by side until the request ends,
//! then brings it to its end.

mod end;

use std::{future::pending, mem, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::uploads::FlowStatus;
use futures::future::BoxFuture;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    super::{
        Checksum, Uploads, UploadsError, Verify, Written,
        checksum::Sum,
        hash::TreeHash,
        running::Place,
        store::{self, Flow, Point},
    },
    Input, Opened,
    flush::{self, Unflushed},
};
use crate::storage::{Spool, SpoolError};

/// Bytes all writers of a process collect together, and what one of them may.
const COLLECTED: usize = 4 << 20;
const BATCH: std::ops::RangeInclusive<usize> = (64 << 10)..=(1 << 20);

/// A read of the disk must not be awaited for ever by who only looks whether it was taken over.
const LOOK: Duration = Duration::from_secs(2);

/// What goes to the blocking thread and comes back.
struct State {
    spool: Spool,
    hash: Option<TreeHash>,
    sum: Option<Sum>,
}

impl State {
    fn write(&mut self, batch: Vec<Bytes>) -> Result<(), SpoolError> {
        let (hash, sum) = (&mut self.hash, &mut self.sum);
        self.spool.write(batch, |bytes| {
            if let Some(hash) = hash {
                hash.update(bytes);
            }
            if let Some(sum) = sum {
                sum.update(bytes);
            }
        })
    }

    fn point(&self) -> Point {
        Point {
            length: self.spool.length(),
            checkpoint: self
                .hash
                .as_ref()
                .map(TreeHash::checkpoint)
                .unwrap_or_default(),
        }
    }
}

type Writing = BoxFuture<'static, Option<(State, Result<(), SpoolError>)>>;
type Flushing = BoxFuture<'static, Result<Flushed, Unflushed>>;

/// What a flush came to.
struct Flushed {
    /// What is on the disk now.
    point: Point,
    /// Why nothing more should come.
    over: Option<UploadsError>,
}

/// How the receiving came to its end.
enum End {
    Finish(Option<Checksum>),
    Discard,
    /// The connection is gone.
    Dropped,
    /// Somebody else wants to write, or the server goes down.
    Stopped,
    Failed(UploadsError),
    /// What was written since the last flush is in doubt.
    Doubt(UploadsError),
}

struct Task {
    uploads: Uploads,
    flow: Flow,
    epoch: i64,
    verify: Verify,
    /// Away while a batch is written.
    state: Option<State>,
    /// Where this request began.
    start: u64,
    /// What the database says.
    durable: Point,
    /// What the disk has, whoever knows of it.
    synced: u64,
    told: Instant,
    flushed: Instant,
    /// Given back last, when the lock on the file is gone.
    place: Place,
}

pub(super) async fn run(
    uploads: Uploads,
    opened: Opened,
    verify: Verify,
    inbox: mpsc::Receiver<Input>,
) -> Result<Written, UploadsError> {
    let point = Point {
        length: opened.spool.length(),
        checkpoint: opened.checkpoint,
    };
    let sum = match &verify {
        Verify::Given(checksum) => Some(Sum::new(checksum.algorithm)),
        Verify::No | Verify::Trailer => None,
    };
    let now = Instant::now();
    let mut task = Task {
        uploads,
        flow: opened.flow,
        epoch: opened.epoch,
        verify,
        start: point.length,
        synced: point.length,
        durable: point,
        state: Some(State {
            spool: opened.spool,
            hash: opened.hash,
            sum,
        }),
        told: now.checked_sub(Duration::from_secs(60)).unwrap_or(now),
        flushed: now,
        place: opened.place,
    };
    let end = task.receive(inbox).await;
    let result = task.conclude(end).await;
    let at = result
        .as_ref()
        .map_or(task.durable.length, |written| written.offset);
    if !matches!(&result, Ok(written) if written.complete)
        && !matches!(&result, Err(UploadsError::Gone | UploadsError::FalseClaim))
    {
        task.tell(at, false);
    }
    result
}

async fn ended(writing: &mut Option<Writing>) -> Option<(State, Result<(), SpoolError>)> {
    match writing {
        Some(running) => {
            let result = running.await;
            *writing = None;
            result
        }
        None => pending().await,
    }
}

async fn flushed(flushing: &mut Option<Flushing>) -> Result<Flushed, Unflushed> {
    match flushing {
        Some(running) => {
            let result = running.await;
            *flushing = None;
            result
        }
        None => pending().await,
    }
}

impl Task {
    /// Takes bytes until the request ends. When it returns nothing is being written or flushed.
    async fn receive(&mut self, mut inbox: mpsc::Receiver<Input>) -> End {
        let running = Arc::clone(&self.place.running);
        let mut batch: Vec<Bytes> = Vec::new();
        let mut collected = 0;
        let mut writing: Option<Writing> = None;
        let mut flushing: Option<Flushing> = None;
        let mut asked = false;
        // Whether bytes came since the last tick.
        let mut alive = false;
        let mut end: Option<End> = None;
        let mut tick = interval(self.uploads.options().flush_after);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tick.reset();
        loop {
            if matches!(end, Some(End::Failed(_) | End::Doubt(_) | End::Discard)) {
                batch.clear();
            }
            if writing.is_none()
                && !batch.is_empty()
                && let Some(state) = self.state.take()
            {
                writing = Some(write(&self.uploads, state, mem::take(&mut batch)));
                collected = 0;
            }
            if writing.is_none() && end.is_none() && flushing.is_none() && self.is_due(asked) {
                asked = false;
                flushing = self.flush();
            }
            if writing.is_none()
                && batch.is_empty()
                && flushing.is_none()
                && let Some(end) = end.take()
            {
                return end;
            }
            let most = (COLLECTED / self.uploads.0.running.count().max(1))
                .clamp(*BATCH.start(), *BATCH.end());
            tokio::select! {
                done = ended(&mut writing) => match done {
                    Some((state, result)) => {
                        self.state = Some(state);
                        if let Err(error) = result {
                            end = Some(End::Failed(error.into()));
                        }
                        self.tell_now_and_then();
                    }
                    None => {
                        end = Some(End::Doubt(UploadsError::Internal("a write broke off")));
                    }
                },
                done = flushed(&mut flushing) => {
                    match done {
                        Ok(Flushed { point, over }) => {
                            self.is_durable(point);
                            if let Some(error) = over {
                                end.get_or_insert(End::Failed(error));
                            }
                        }
                        Err(Unflushed::Commit(error)) if error.is_passing()
                            && !matches!(error, UploadsError::NoRoom) =>
                        {
                            // Another time: the bytes are safe, and there will be more.
                            tracing::debug!(%error, flow = %self.flow.id, "a checkpoint waits");
                        }
                        Err(Unflushed::Commit(error)) => { end.get_or_insert(End::Failed(error)); }
                        Err(Unflushed::Sync(error)) => end = Some(End::Doubt(error)),
                    }
                    self.flushed = Instant::now();
                }
                input = inbox.recv(), if end.is_none() && collected < most => match input {
                    Some(Input::Bytes(bytes)) => {
                        alive = true;
                        collected += bytes.len();
                        batch.push(bytes);
                    }
                    Some(Input::Finish(trailer)) => end = Some(End::Finish(trailer)),
                    Some(Input::Discard) => end = Some(End::Discard),
                    None => end = Some(End::Dropped),
                },
                () = running.stop.cancelled(), if end.is_none() => {
                    // What lies in the channel was taken from the client: it counts.
                    inbox.close();
                    while let Some(Input::Bytes(bytes)) = inbox.recv().await {
                        batch.push(bytes);
                    }
                    end = Some(End::Stopped);
                }
                () = running.ask.notified(), if end.is_none() => asked = true,
                _ = tick.tick(), if end.is_none() => {
                    let alive = mem::take(&mut alive);
                    // A checkpoint says the same.
                    if (!alive || self.verify != Verify::No)
                        && flushing.is_none()
                        && let Some(error) = self.displaced(alive).await
                    {
                        end = Some(End::Failed(error));
                    }
                }
            }
        }
    }

    /// Whether somebody took over: who commits nothing would not learn it. Who is alive says so,
    /// since other processes know it from the database only.
    async fn displaced(&self, alive: bool) -> Option<UploadsError> {
        let (id, epoch) = (self.flow.id, self.epoch);
        let look = async {
            if !alive {
                return store::epoch(self.uploads.db(), id).await;
            }
            let mut tx = self.uploads.db().write().await?;
            let heard = store::hear(&mut tx, id, epoch, false, self.uploads.now()).await?;
            tx.commit().await?;
            match heard {
                Some(epoch) => Ok(Some(epoch)),
                None => store::epoch(self.uploads.db(), id).await,
            }
        };
        match timeout(LOOK, look).await {
            Ok(Ok(Some(said))) if said == epoch => None,
            Ok(Ok(Some(_))) => Some(UploadsError::TakenOver),
            Ok(Ok(None)) => Some(UploadsError::Gone),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// Whether what is written should become durable now.
    fn is_due(&self, asked: bool) -> bool {
        let Some(state) = &self.state else {
            return false;
        };
        let options = self.uploads.options();
        let waiting = state.spool.length().saturating_sub(self.synced);
        waiting > 0
            && (asked
                || waiting >= options.flush_bytes
                || self.flushed.elapsed() >= options.flush_after)
    }

    fn flush(&self) -> Option<Flushing> {
        let state = self.state.as_ref()?;
        let point = state.point();
        // Unverified bytes are not acknowledged, and that all are here is said by the commit
        // that ends the session.
        let counts = self.verify == Verify::No && self.flow.total != Some(point.length);
        let (uploads, syncer) = (self.uploads.clone(), state.spool.syncer());
        let (flow, epoch) = (self.flow.id, self.epoch);
        // An announced length was checked when it was announced.
        let owner = self.flow.total.is_none().then_some(self.flow.owner);
        Some(Box::pin(async move {
            let said = counts.then_some(&point);
            flush::flush(&uploads, flow, epoch, syncer, said).await?;
            let over = uploads.over(owner).await;
            Ok(Flushed { point, over })
        }))
    }

    fn is_durable(&mut self, point: Point) {
        self.synced = self.synced.max(point.length);
        let counts = self.verify == Verify::No && self.flow.total != Some(point.length);
        if counts {
            self.place.running.durable.send_replace(point.length);
            self.durable = point;
        }
    }

    /// Open pages hear of bytes a few times a second.
    fn tell_now_and_then(&mut self) {
        if self.verify == Verify::No
            && self.told.elapsed() >= self.uploads.options().tell_every
            && let Some(state) = &self.state
        {
            self.told = Instant::now();
            self.tell(state.spool.length(), true);
        }
    }

    fn tell(&self, offset: u64, receiving: bool) {
        let changed = self.flow.changed(FlowStatus::Uploading, offset, receiving);
        self.uploads.tell(changed);
    }
}

/// Nothing when the thread broke off.
fn write(uploads: &Uploads, mut state: State, batch: Vec<Bytes>) -> Writing {
    let turns = Arc::clone(&uploads.0.turns.writes);
    Box::pin(async move {
        let turn = turns.acquire_owned().await.ok()?;
        let written = tokio::task::spawn_blocking(move || {
            let result = state.write(batch);
            drop(turn);
            (state, result)
        });
        written.await.ok()
    })
}
