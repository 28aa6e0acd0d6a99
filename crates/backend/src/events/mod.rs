//! Events: what has just changed, told to whoever has a page open about it.
//!
//! Events are hints. The database is the truth, so an event may be lost (Redis away, a
//! listener too slow) as long as the listener is told that something was lost: it then
//! hears [`Heard::Lagged`] and reads the truth again. Publishing therefore never waits and
//! never fails. Uses tokio and fred; knows nothing of HTTP.

mod local;
mod redis;

use std::{fmt, sync::Arc, time::Duration};

use domain::events::Event;
use futures::future::BoxFuture;

pub use self::local::Subscription;
use self::{local::Local, redis::RedisBus};

/// What a listener hears.
#[derive(Debug, Clone)]
pub enum Heard {
    Event(Arc<Event>),
    /// Something may have been missed: read the database, then go on listening. What is
    /// heard after this was published after this.
    Lagged,
}

/// What can be wrong with the bus. Publishing has no errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventsError {
    #[error("REDIS_URL is not the address of a Redis; it looks like redis://host:6379")]
    Url,
    #[error("Redis does not answer: pages in other processes hear of changes only when it is back")]
    Away,
}

impl EventsError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url => "redis_url_invalid",
            Self::Away => "redis_away",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        false
    }
}

/// A way for events to travel. Two exist: inside the process, and through Redis.
trait Bus: Send + Sync {
    fn publish(&self, event: Event);
    fn subscribe(&self) -> Subscription;
    fn health(&self) -> Result<(), EventsError>;
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// How patient the Redis bus is. The defaults are for production; tests are in a hurry.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often a process sends itself a sign of life through Redis.
    pub beat: Duration,
    /// After how much silence the way through Redis counts as broken and is built anew.
    pub silence: Duration,
    /// How long one message may take to be accepted.
    pub send: Duration,
    /// The longest pause between two attempts to connect.
    pub reconnect: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(3),
            silence: Duration::from_secs(10),
            send: Duration::from_secs(5),
            reconnect: Duration::from_secs(3),
        }
    }
}

/// The handle everybody holds. Cheap to clone.
#[derive(Clone)]
pub struct Events(Arc<dyn Bus>);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("health", &self.health())
            .finish()
    }
}

impl Events {
    /// For one process: nothing else to run.
    #[must_use]
    pub fn in_process() -> Self {
        Self(Arc::new(Local::new()))
    }

    /// For several processes. Returns at once; Redis may come later, or go and come back.
    ///
    /// # Errors
    /// Only when `url` is not an address.
    pub fn redis(url: &str) -> Result<Self, EventsError> {
        Self::redis_with(url, Patience::default())
    }

    /// As [`Events::redis`], with other times.
    ///
    /// # Errors
    /// Only when `url` is not an address.
    pub fn redis_with(url: &str, patience: Patience) -> Result<Self, EventsError> {
        Ok(Self(Arc::new(RedisBus::start(url, patience)?)))
    }

    /// Tells everybody. Returns at once, whatever the state of the world.
    pub fn publish(&self, event: Event) {
        self.0.publish(event);
    }

    /// Hears everything published from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.0.subscribe()
    }

    /// Whether events reach other processes; proven every few seconds by a message that
    /// went to Redis and came back.
    ///
    /// # Errors
    /// When they do not.
    pub fn health(&self) -> Result<(), EventsError> {
        self.0.health()
    }

    /// Sends what is still on its way (for at most a second) and hangs up.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
