//! Tickets between processes: one Redis stream for each lane, read through a consumer group.
//!
//! A ticket goes to exactly one of those who wait. Tickets need no acknowledgement (the
//! sweep writes new ones from the table), so the group keeps no list of pending ones, and
//! all consumers can share one name: nothing of a dead worker is left behind in Redis.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::jobs::Lane;
use fred::{
    clients::Client,
    error::{Error, ErrorKind},
    interfaces::{ClientLike, StreamsInterface},
    types::{
        Value,
        config::Config,
        streams::{XCapKind, XCapTrim},
    },
};
use futures::future::{BoxFuture, FutureExt};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Queue, QueueError};
use crate::redis;

const GROUP: &str = "workers";
const CONSUMER: &str = "worker";
/// Streams are cut to about this length: old tickets say nothing that new ones do not.
const LENGTH: i64 = 1000;
/// How long one read waits inside Redis. Shorter than what counts as unresponsive.
const BLOCK: Duration = Duration::from_secs(2);
/// Everything that lies there is one ticket to us.
const TAKE: u64 = LENGTH as u64;
/// How often the connection is tried when nothing is sent.
const BEAT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(2);
const LAST_WORDS: Duration = Duration::from_secs(1);

struct Shared {
    config: Config,
    /// Lanes that were announced and not yet sent. Many announcements are one ticket.
    outbox: [AtomicBool; Lane::ALL.len()],
    wake: Notify,
    /// Whether the last thing said to Redis was answered.
    answers: AtomicBool,
    stop: CancellationToken,
}

/// One lane's tickets on their way in. Reading goes on in a task of its own, so that who
/// stops waiting loses no ticket; but it reads only when somebody waits, and holds at most
/// one, or a busy process would keep tickets from idle ones.
#[derive(Default)]
struct Inbox {
    waiting: AtomicUsize,
    wanted: Notify,
    bell: Notify,
    taken: Notify,
}

pub(super) struct RedisQueue {
    shared: Arc<Shared>,
    writer: Client,
    /// Made when somebody first waits: a process that only serves pages never does.
    inboxes: [OnceLock<Arc<Inbox>>; Lane::ALL.len()],
    tasks: TaskTracker,
}

impl RedisQueue {
    pub(super) fn start(url: &str) -> Result<Self, QueueError> {
        let config = redis::config(url).ok_or(QueueError::Url)?;
        let shared = Arc::new(Shared {
            config,
            outbox: Default::default(),
            wake: Notify::new(),
            answers: AtomicBool::new(false),
            stop: CancellationToken::new(),
        });
        let writer = client(&shared.config).map_err(|_| QueueError::Url)?;
        let tasks = TaskTracker::new();
        tasks.spawn(send(Arc::clone(&shared), writer.clone()));
        Ok(Self {
            shared,
            writer,
            inboxes: Default::default(),
            tasks,
        })
    }

    fn inbox(&self, lane: Lane) -> &Inbox {
        self.inboxes[index(lane)].get_or_init(|| {
            let inbox = Arc::<Inbox>::default();
            let reading = receive(Arc::clone(&self.shared), Arc::clone(&inbox), lane);
            self.tasks.spawn(reading);
            inbox
        })
    }
}

/// Counts who waits, for as long as they do.
struct Waiting<'a>(&'a Inbox);

impl<'a> Waiting<'a> {
    fn at(inbox: &'a Inbox) -> Self {
        inbox.waiting.fetch_add(1, Ordering::AcqRel);
        inbox.wanted.notify_one();
        Self(inbox)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Reads tickets for one lane. A read that blocks would block everything else on its
/// connection, so it has one of its own.
async fn receive(shared: Arc<Shared>, inbox: Arc<Inbox>, lane: Lane) {
    let Ok(client) = client(&shared.config) else {
        return;
    };
    client.connect();
    let reading = async {
        loop {
            while inbox.waiting.load(Ordering::Acquire) == 0 {
                inbox.wanted.notified().await;
            }
            match read(&client, lane).await {
                Ok(false) => {}
                Ok(true) => {
                    inbox.bell.notify_one();
                    inbox.taken.notified().await;
                }
                Err(error) => {
                    shared.note(Some(&error));
                    sleep(Duration::from_millis(500)).await;
                }
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = shared.stop.cancelled() => {}
    }
    let _ = timeout(LAST_WORDS, client.quit()).await;
}

/// Whether there was a ticket.
async fn read(client: &Client, lane: Lane) -> Result<bool, Error> {
    client.wait_for_connect().await?;
    let block = u64::try_from(BLOCK.as_millis()).unwrap_or(u64::MAX);
    let read = client.xreadgroup::<Value, _, _, _, _>(
        GROUP,
        CONSUMER,
        Some(TAKE),
        Some(block),
        true,
        stream(lane),
        ">",
    );
    match timeout(BLOCK + PATIENCE, read).await {
        Ok(Ok(tickets)) => Ok(!tickets.is_null()),
        // New, or wiped: the group begins with what lies there already.
        Ok(Err(error)) if error.details().starts_with("NOGROUP") => {
            make_group(client, lane).await?;
            // Whatever was wiped may have been tickets.
            Ok(true)
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::new(ErrorKind::Timeout, "no answer")),
    }
}

async fn make_group(client: &Client, lane: Lane) -> Result<(), Error> {
    let made = client
        .xgroup_create::<(), _, _, _>(stream(lane), GROUP, "0", true)
        .await;
    match made {
        Err(error) if !error.details().starts_with("BUSYGROUP") => Err(error),
        _ => Ok(()),
    }
}

impl Queue for RedisQueue {
    fn announce(&self, lane: Lane) {
        self.shared.outbox[index(lane)].store(true, Ordering::Release);
        self.shared.wake.notify_one();
    }

    fn take(&self, lane: Lane) -> BoxFuture<'_, ()> {
        async move {
            let inbox = self.inbox(lane);
            let _waiting = Waiting::at(inbox);
            inbox.bell.notified().await;
            inbox.taken.notify_one();
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        async move {
            match timeout(PATIENCE, self.writer.ping::<Value>(None)).await {
                Ok(Ok(_)) => Ok(()),
                _ => Err(QueueError::Away),
            }
        }
        .boxed()
    }

    fn reaches_everybody(&self) -> bool {
        self.shared.answers.load(Ordering::Acquire)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            self.shared.stop.cancel();
            self.tasks.close();
            let _ = timeout(LAST_WORDS * 3 / 2, self.tasks.wait()).await;
        }
        .boxed()
    }
}

impl Drop for RedisQueue {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Shared {
    /// Notes whether Redis answered, and says so when that has changed.
    fn note(&self, trouble: Option<&Error>) {
        let before = self.answers.swap(trouble.is_none(), Ordering::AcqRel);
        match trouble {
            None if !before => tracing::info!("Redis answers; tickets travel through it"),
            Some(error) if before => tracing::warn!(
                %error,
                "Redis does not answer; the table is asked once a second meanwhile"
            ),
            _ => {}
        }
    }
}

/// Sends tickets, and asks for an answer now and then when there are none.
async fn send(shared: Arc<Shared>, writer: Client) {
    writer.connect();
    loop {
        tokio::select! {
            () = shared.wake.notified() => {}
            () = sleep(BEAT) => {}
            () = shared.stop.cancelled() => break,
        }
        let said = speak(&shared, &writer).await;
        shared.note(said.as_ref().err());
    }
    let _ = timeout(LAST_WORDS, speak(&shared, &writer)).await;
    let _ = timeout(LAST_WORDS, writer.quit()).await;
}

/// What could not be said is forgotten: while Redis is away everybody asks the table, and
/// the sweep announces again what still waits afterwards.
async fn speak(shared: &Shared, writer: &Client) -> Result<(), Error> {
    let mut spoke = false;
    for lane in Lane::ALL {
        if shared.outbox[index(lane)].swap(false, Ordering::AcqRel) {
            spoke = true;
            let add = writer.xadd::<Value, _, _, _, _>(
                stream(lane),
                false,
                (XCapKind::MaxLen, XCapTrim::AlmostExact, LENGTH, None),
                "*",
                ("w", 1),
            );
            bounded(add).await?;
        }
    }
    if !spoke {
        bounded(writer.ping::<Value>(None)).await?;
    }
    Ok(())
}

async fn bounded(said: impl Future<Output = Result<Value, Error>>) -> Result<(), Error> {
    match timeout(PATIENCE, said).await {
        Ok(answer) => answer.map(drop),
        Err(_) => Err(Error::new(ErrorKind::Timeout, "no answer")),
    }
}

fn index(lane: Lane) -> usize {
    match lane {
        Lane::Light => 0,
        Lane::Media => 1,
    }
}

fn stream(lane: Lane) -> String {
    format!("kadr:tickets:{}", lane.code())
}

/// A connection that comes back by itself, for ever.
fn client(config: &Config) -> Result<Client, Error> {
    let patience = redis::Patience {
        answer: PATIENCE,
        silence: BLOCK + PATIENCE * 2,
        beat: Duration::from_secs(1),
        reconnect: Duration::from_secs(2),
    };
    redis::client(config, &patience)
}
