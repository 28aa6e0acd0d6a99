//! The writers of this process: one at a time for each flow.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::ids::FlowId;
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};
use tokio_util::sync::CancellationToken;

type Map = HashMap<FlowId, Arc<Running>>;

#[derive(Debug, Clone, Default)]
pub(super) struct Registry(Arc<Mutex<Map>>);

/// A writer at work, as others see it.
#[derive(Debug)]
pub(super) struct Running {
    begun: Instant,
    /// Its client is gone; it only writes down what had come.
    leaves: AtomicBool,
    /// Milliseconds after `begun` when it last heard from its client.
    heard: AtomicU64,
    /// Bytes that have come and count, and those of them that are durable.
    pub(super) received: AtomicU64,
    pub(super) durable: watch::Sender<u64>,
    /// Somebody would like to know how far it is.
    pub(super) ask: Notify,
    pub(super) stop: CancellationToken,
    pub(super) server_stops: AtomicBool,
    ended: CancellationToken,
    task: OnceLock<AbortHandle>,
}

impl Running {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
            leaves: AtomicBool::new(false),
            heard: AtomicU64::new(0),
            received: AtomicU64::new(0),
            durable: watch::Sender::new(0),
            ask: Notify::new(),
            stop: CancellationToken::new(),
            server_stops: AtomicBool::new(false),
            ended: CancellationToken::new(),
            task: OnceLock::new(),
        }
    }

    pub(super) fn hear(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(now, Ordering::Relaxed);
    }

    pub(super) fn leave(&self) {
        self.leaves.store(true, Ordering::Release);
    }

    /// Whether a newer request must not take its place.
    pub(super) fn is_alive(&self, silence: Duration) -> bool {
        !self.leaves.load(Ordering::Acquire) && self.silent_for() < silence
    }

    pub(super) fn silent_for(&self) -> Duration {
        let heard = Duration::from_millis(self.heard.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(heard)
    }

    pub(super) fn is_done_by(&self, task: AbortHandle) {
        let _ = self.task.set(task);
    }

    /// Waits, for a bounded time, until what has come by now is durable.
    pub(super) async fn checkpoint(&self, patience: Duration) {
        let wanted = self.received.load(Ordering::Acquire);
        let mut durable = self.durable.subscribe();
        if *durable.borrow_and_update() >= wanted {
            return;
        }
        self.ask.notify_one();
        tokio::select! {
            _ = durable.wait_for(|durable| *durable >= wanted) => {}
            () = self.ended.cancelled() => {}
            () = tokio::time::sleep(patience) => {}
        }
    }

    /// Asks it to keep what it has and to end; answers whether it did in time.
    pub(super) async fn take_over(&self, patience: Duration) -> bool {
        self.stop.cancel();
        tokio::time::timeout(patience, self.ended.cancelled())
            .await
            .is_ok()
    }
}

/// The place of the one writer of a flow. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    registry: Registry,
    flow: FlowId,
    pub(super) running: Arc<Running>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.map().remove(&self.flow);
        self.running.ended.cancel();
    }
}

impl Registry {
    fn map(&self) -> MutexGuard<'_, Map> {
        // Nothing is half done under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place, or who has it.
    pub(super) fn enter(&self, flow: FlowId) -> Result<Place, Arc<Running>> {
        let mut map = self.map();
        if let Some(there) = map.get(&flow) {
            return Err(Arc::clone(there));
        }
        let running = Arc::new(Running::new());
        map.insert(flow, Arc::clone(&running));
        Ok(Place {
            registry: self.clone(),
            flow,
            running,
        })
    }

    pub(super) fn get(&self, flow: FlowId) -> Option<Arc<Running>> {
        self.map().get(&flow).cloned()
    }

    pub(super) fn count(&self) -> usize {
        self.map().len()
    }

    pub(super) async fn stop_all(&self) {
        let all: Vec<_> = self.map().values().cloned().collect();
        for running in &all {
            running.server_stops.store(true, Ordering::Release);
            running.stop.cancel();
        }
        for running in all {
            running.ended.cancelled().await;
        }
    }

    pub(super) async fn kill_all(&self) {
        let all: Vec<_> = self.map().values().cloned().collect();
        for running in &all {
            if let Some(task) = running.task.get() {
                task.abort();
            }
        }
        for running in all {
            running.ended.cancelled().await;
        }
    }
}
