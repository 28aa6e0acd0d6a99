//! The bus between processes: Redis pub/sub through fred.
//!
//! Local listeners are served at once and never wait for Redis; a copy goes out through a
//! bounded outbox with the sender's origin in it, and everybody drops the echo of their own.
//! A process proves to itself every few seconds that the whole way works: it publishes a
//! beat and must hear it come back. Whatever may have been lost on the way is made good by
//! telling listeners that they lag.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::events::Event;
use fred::{
    clients::Client,
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::config::{Config, Options, Server},
};
use futures::future::{BoxFuture, FutureExt, join_all};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc,
    },
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Bus, EventsError, Patience, Subscription, local::Local};
use crate::redis;

/// Events on their way to Redis. When it is full they are dropped and others are told so.
const OUTBOX: usize = 1024;
/// Events in one message.
const BATCH: usize = 64;
/// How long the last words of a process may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What goes through Redis. Without events it is a beat.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    origin: u64,
    /// The sender had to drop events since its last message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    lost: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<Arc<Event>>,
}

/// What the two tasks and the handle share.
struct Shared {
    local: Local,
    origin: u64,
    channel: String,
    patience: Patience,
    /// Something meant for others was dropped and they do not know yet.
    dropped: AtomicBool,
    /// When our own beat last came back.
    heard_self: Mutex<Option<Instant>>,
    stop: CancellationToken,
}

impl Shared {
    fn heard_self(&self) -> Option<Instant> {
        *self
            .heard_self
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_heard_self(&self, when: Option<Instant>) {
        *self
            .heard_self
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = when;
    }
}

pub(super) struct RedisBus {
    shared: Arc<Shared>,
    outbox: mpsc::Sender<Arc<Event>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl RedisBus {
    pub(super) fn start(url: &str, patience: Patience) -> Result<Self, EventsError> {
        let config = redis::config(url).ok_or(EventsError::Url)?;
        let shared = Arc::new(Shared {
            local: Local::new(),
            origin: rand::random(),
            // Pub/sub knows no database numbers; two houses on one Redis stay apart so.
            channel: format!("kadr:{}:events", config.database.unwrap_or(0)),
            patience,
            dropped: AtomicBool::new(false),
            heard_self: Mutex::new(None),
            stop: CancellationToken::new(),
        });
        let (outbox, waiting) = mpsc::channel(OUTBOX);
        let tasks = vec![
            tokio::spawn(listen(Arc::clone(&shared), config.clone())),
            tokio::spawn(send(Arc::clone(&shared), config, waiting)),
        ];
        Ok(Self {
            shared,
            outbox,
            tasks: Mutex::new(tasks),
        })
    }
}

impl Bus for RedisBus {
    fn publish(&self, event: Event) {
        let event = Arc::new(event);
        self.shared.local.deliver(Arc::clone(&event));
        if self.outbox.try_send(event).is_err() {
            self.shared.dropped.store(true, Ordering::Release);
        }
    }

    fn subscribe(&self) -> Subscription {
        self.shared.local.subscribe()
    }

    fn health(&self) -> Result<(), EventsError> {
        match self.shared.heard_self() {
            Some(when) if when.elapsed() < self.shared.patience.silence => Ok(()),
            _ => Err(EventsError::Away),
        }
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            self.shared.stop.cancel();
            let tasks =
                std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
            let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
            if timeout(LAST_WORDS * 3 / 2, join_all(tasks)).await.is_err() {
                for task in aborts {
                    task.abort();
                }
            }
        }
        .boxed()
    }
}

impl Drop for RedisBus {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

fn client(config: &Config, patience: &Patience) -> Result<Client, fred::error::Error> {
    let patience = redis::Patience {
        answer: patience.send,
        silence: patience.silence,
        beat: patience.beat,
        reconnect: patience.reconnect,
    };
    redis::client(config, &patience)
}

/// A connection and its news, listened to from before there is one.
struct Link {
    client: Client,
    connections: broadcast::Receiver<Server>,
    messages: broadcast::Receiver<fred::types::Message>,
}

/// Keeps one connection for as long as the bus lives and gives it to `work`, again and again
/// should fred give up on it.
async fn connected<W, F>(shared: &Shared, config: &Config, mut work: W)
where
    W: FnMut(Link) -> F,
    F: Future<Output = ()>,
{
    while !shared.stop.is_cancelled() {
        let client = match client(config, &shared.patience) {
            Ok(client) => client,
            Err(error) => {
                tracing::error!(%error, "no client for Redis; events stay inside this process");
                return;
            }
        };
        let work = work(Link {
            client: client.clone(),
            connections: client.reconnect_rx(),
            messages: client.message_rx(),
        });
        let connection = client.connect();
        tokio::select! {
            () = work => {
                let _ = timeout(LAST_WORDS / 2, client.quit()).await;
                return;
            }
            ended = connection => {
                if let Ok(Err(error)) = ended {
                    tracing::warn!(%error, "Redis refuses events; trying again");
                }
            }
        }
        shared.set_heard_self(None);
        tokio::select! {
            () = sleep(shared.patience.reconnect) => {}
            () = shared.stop.cancelled() => {}
        }
    }
}

/// Hears the others.
async fn listen(shared: Arc<Shared>, config: Config) {
    connected(&shared, &config, |link| hear(&shared, link)).await;
}

async fn hear(shared: &Shared, link: Link) {
    let Link {
        client,
        mut connections,
        mut messages,
    } = link;
    let mut watchdog = interval(shared.patience.beat);
    watchdog.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // `None` while there is no subscription.
    let mut subscribed: Option<Instant> = None;
    let mut pending = false;
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            connection = connections.recv() => {
                if matches!(connection, Err(RecvError::Closed)) {
                    return shared.stop.cancelled().await;
                }
                pending = true;
            }
            message = messages.recv() => match message {
                Ok(message) => match message.value.as_bytes() {
                    Some(bytes) => receive(shared, bytes),
                    None => tracing::debug!("a message without bytes on the events channel"),
                },
                Err(RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "too many events at once; listeners start over");
                    shared.local.lost();
                }
                Err(RecvError::Closed) => return shared.stop.cancelled().await,
            },
            _ = watchdog.tick() => {
                let last = subscribed.max(shared.heard_self());
                if subscribed.is_some() && last.is_some_and(|l| l.elapsed() > shared.patience.silence) {
                    tracing::warn!("our own beat does not come back through Redis; connecting anew");
                    subscribed = None;
                    tokio::select! {
                        () = shared.stop.cancelled() => return,
                        _ = timeout(shared.patience.send, client.force_reconnection()) => {}
                    }
                }
            }
        }
        if pending {
            let answer = tokio::select! {
                () = shared.stop.cancelled() => return,
                answer = timeout(
                    shared.patience.send,
                    client.subscribe(shared.channel.as_str()),
                ) => answer,
            };
            match answer {
                Ok(Ok(())) => {
                    pending = false;
                    subscribed = Some(Instant::now());
                    tracing::debug!(channel = shared.channel, "listening to events in Redis");
                    // What others said while there was no connection, nobody can tell.
                    shared.local.lost();
                }
                // The connection went again, or is stuck: the watchdog's next tick, or the
                // next connection, leads back here.
                Ok(Err(error)) => tracing::debug!(%error, "not subscribed yet"),
                Err(_) => tracing::debug!("not subscribed yet: no answer"),
            }
        }
    }
}

fn receive(shared: &Shared, bytes: &[u8]) {
    match serde_json::from_slice::<Message>(bytes) {
        Ok(message) if message.origin == shared.origin => {
            if shared.heard_self().is_none() {
                tracing::info!("events travel through Redis");
            }
            shared.set_heard_self(Some(Instant::now()));
        }
        Ok(message) => {
            if message.lost {
                shared.local.lost();
            }
            for event in message.events {
                shared.local.deliver(event);
            }
        }
        Err(error) => {
            // A newer version may speak of things we do not know: reading anew is always right.
            tracing::debug!(%error, "an event nobody here understands");
            shared.local.lost();
        }
    }
}

/// Tells the others.
async fn send(shared: Arc<Shared>, config: Config, waiting: mpsc::Receiver<Arc<Event>>) {
    let waiting = tokio::sync::Mutex::new(waiting);
    connected(&shared, &config, |link| tell(&shared, link, &waiting)).await;
}

async fn tell(
    shared: &Shared,
    link: Link,
    waiting: &tokio::sync::Mutex<mpsc::Receiver<Arc<Event>>>,
) {
    let Link {
        client,
        mut connections,
        ..
    } = link;
    let mut waiting = waiting.lock().await;
    let mut beat = interval(shared.patience.beat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => break,
            taken = waiting.recv_many(&mut batch, BATCH) => {
                if taken == 0 {
                    break;
                }
            }
            // A beat at once, so that health and `lost` need not wait for the next one.
            _ = connections.recv() => {}
            _ = beat.tick() => {}
        }
        tokio::select! {
            () = put(shared, &client, &mut batch) => {}
            // What is on its way may still arrive; Redis that hangs is not waited for.
            () = async { shared.stop.cancelled().await; sleep(LAST_WORDS / 2).await } => break,
        }
    }
    let last_words = async {
        waiting.close();
        while waiting.recv_many(&mut batch, BATCH).await > 0 {
            put(shared, &client, &mut batch).await;
        }
    };
    let _ = timeout(LAST_WORDS / 2, last_words).await;
}

/// One message, one attempt: an event that is late is worth less than a fresh snapshot.
async fn put(shared: &Shared, client: &Client, batch: &mut Vec<Arc<Event>>) {
    let events = std::mem::replace(batch, Vec::with_capacity(BATCH));
    let lost = shared.dropped.swap(false, Ordering::AcqRel);
    let carries = lost || !events.is_empty();
    let message = Message {
        origin: shared.origin,
        lost,
        events,
    };
    let sent = match serde_json::to_vec(&message) {
        Ok(bytes) => {
            let options = Options {
                fail_fast: true,
                max_attempts: Some(1),
                timeout: Some(shared.patience.send),
                ..Options::default()
            };
            client
                .with_options(&options)
                .publish::<i64, _, _>(shared.channel.as_str(), bytes.as_slice())
                .await
                .map(drop)
                .map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = sent
        && carries
    {
        tracing::debug!(error, "events did not reach Redis");
        shared.dropped.store(true, Ordering::Release);
    }
}
