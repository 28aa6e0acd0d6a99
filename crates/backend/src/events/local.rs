//! The bus inside one process: a bounded ring that every listener reads at its own pace.

use std::sync::Arc;

use domain::events::Event;
use futures::future::{BoxFuture, FutureExt};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Bus, EventsError, Heard};

/// How far a listener may fall behind before it is told to start over. The ring is shared:
/// a slow listener costs nothing more than this, once.
const CAPACITY: usize = 1024;

#[derive(Debug, Clone)]
enum Signal {
    Event(Arc<Event>),
    /// Nobody knows what was missed, for example while Redis was away.
    Lost,
}

/// In-process delivery; also the last stretch of the Redis bus.
#[derive(Debug, Clone)]
pub(super) struct Local {
    ring: broadcast::Sender<Signal>,
}

impl Local {
    pub(super) fn new() -> Self {
        Self {
            ring: broadcast::Sender::new(CAPACITY),
        }
    }

    pub(super) fn deliver(&self, event: Arc<Event>) {
        // An error means that nobody listens, which is fine.
        let _ = self.ring.send(Signal::Event(event));
    }

    /// Tells every listener that it may have missed something.
    pub(super) fn lost(&self) {
        let _ = self.ring.send(Signal::Lost);
    }
}

impl Bus for Local {
    fn publish(&self, event: Event) {
        self.deliver(Arc::new(event));
    }

    fn subscribe(&self) -> Subscription {
        Subscription {
            ring: self.ring.subscribe(),
        }
    }

    fn health(&self) -> Result<(), EventsError> {
        Ok(())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }
}

/// One listener.
#[derive(Debug)]
pub struct Subscription {
    ring: broadcast::Receiver<Signal>,
}

impl Subscription {
    /// The next thing to know; `None` once the bus is gone. Safe to drop while waiting.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.ring.recv().await {
            Ok(Signal::Event(event)) => Some(Heard::Event(event)),
            Ok(Signal::Lost) | Err(RecvError::Lagged(_)) => {
                // What is still in the ring is older than the snapshot that the listener
                // will now take: hearing it afterwards would turn time back.
                self.ring = self.ring.resubscribe();
                Some(Heard::Lagged)
            }
            Err(RecvError::Closed) => None,
        }
    }
}
