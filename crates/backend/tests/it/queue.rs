//! One suite for both queues, then what only Redis can do wrong.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use backend::queue::{self, Queue, QueueError};
use domain::jobs::Lane;
use fred::{interfaces::StreamsInterface, types::Value};
use testkit::RedisServer;
use tokio::time::{sleep, timeout};

const SOON: Duration = Duration::from_secs(8);
const A_WHILE: Duration = Duration::from_millis(400);

/// Two processes' ends of one queue, as far as the kind of queue has two.
struct Ends {
    here: Arc<dyn Queue>,
    there: Arc<dyn Queue>,
    _redis: Option<RedisServer>,
}

async fn in_process() -> Ends {
    let queue = queue::in_process();
    Ends {
        here: Arc::clone(&queue),
        there: queue,
        _redis: None,
    }
}

async fn redis() -> Ends {
    testkit::log();
    let server = RedisServer::start().await;
    // Whoever comes first to a new Redis takes that for a ticket: it may have been wiped.
    let first = queue::redis(&server.url()).unwrap();
    for lane in Lane::ALL {
        assert!(hears(&first, lane).await);
    }
    first.close().await;
    let here = queue::redis(&server.url()).unwrap();
    // What cannot be said at once is forgotten.
    until("connecting", async || here.reaches_everybody()).await;
    Ends {
        here,
        there: queue::redis(&server.url()).unwrap(),
        _redis: Some(server),
    }
}

async fn hears(queue: &Arc<dyn Queue>, lane: Lane) -> bool {
    timeout(SOON, queue.take(lane)).await.is_ok()
}

async fn silent(queue: &Arc<dyn Queue>, lane: Lane) -> bool {
    timeout(A_WHILE, queue.take(lane)).await.is_err()
}

macro_rules! suite {
    ($($name:ident: $ends:expr;)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn a_ticket_wakes_who_waits() {
                let ends = $ends.await;
                let there = Arc::clone(&ends.there);
                let waiting = tokio::spawn(async move { hears(&there, Lane::Light).await });
                sleep(A_WHILE).await;
                ends.here.announce(Lane::Light);
                assert!(waiting.await.unwrap());
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_ticket_waits_for_who_comes_later() {
                let ends = $ends.await;
                ends.here.announce(Lane::Media);
                sleep(A_WHILE).await;
                assert!(hears(&ends.there, Lane::Media).await);
                assert!(silent(&ends.there, Lane::Media).await, "heard twice");
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn lanes_do_not_hear_each_other() {
                let ends = $ends.await;
                ends.here.announce(Lane::Media);
                assert!(silent(&ends.there, Lane::Light).await);
                assert!(hears(&ends.there, Lane::Media).await);
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_ticket_wakes_one_of_two() {
                let ends = $ends.await;
                let waits = [&ends.here, &ends.there].map(|end| {
                    let end = Arc::clone(end);
                    tokio::spawn(async move { timeout(SOON, end.take(Lane::Light)).await.is_ok() })
                });
                sleep(A_WHILE).await;
                ends.here.announce(Lane::Light);
                let mut woken = 0;
                for wait in waits {
                    woken += usize::from(wait.await.unwrap());
                }
                assert_eq!(woken, 1);
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn a_thousand_announcements_cost_nothing_and_are_few_tickets() {
                let ends = $ends.await;
                let begun = Instant::now();
                for _ in 0..1000 {
                    ends.here.announce(Lane::Light);
                }
                assert!(begun.elapsed() < Duration::from_secs(2), "announcing waits");
                sleep(A_WHILE).await;
                assert!(hears(&ends.there, Lane::Light).await);
                assert!(silent(&ends.there, Lane::Light).await);
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn it_is_well_and_closes() {
                let ends = $ends.await;
                ends.here.health().await.unwrap();
                timeout(SOON, ends.here.close()).await.unwrap();
            }
        }
    )+};
}

suite! {
    inside_the_process: in_process();
    through_redis: redis();
}

#[tokio::test(flavor = "multi_thread")]
async fn last_tickets_are_sent_before_closing() {
    let ends = redis().await;
    ends.here.announce(Lane::Light);
    ends.here.close().await;
    assert!(hears(&ends.there, Lane::Light).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_late_is_used_then() {
    testkit::log();
    let mut server = RedisServer::absent();
    let queue = queue::redis(&server.url()).unwrap();
    queue.announce(Lane::Light);
    let begun = Instant::now();
    assert_eq!(queue.health().await, Err(QueueError::Away));
    assert!(begun.elapsed() < Duration::from_secs(3), "health waited");
    assert!(!queue.reaches_everybody());
    server.resume().await;
    until("health", async || queue.health().await.is_ok()).await;
    until("reach", async || queue.reaches_everybody()).await;
    while !silent(&queue, Lane::Light).await {}
    queue.announce(Lane::Light);
    assert!(hears(&queue, Lane::Light).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_redis_is_furnished_again() {
    let ends = redis().await;
    let server = ends._redis.as_ref().unwrap();
    for _ in 0..3 {
        server.flush_all().await;
        ends.here.announce(Lane::Light);
        assert!(hears(&ends.there, Lane::Light).await);
        // Also when it happens while somebody waits.
        let there = Arc::clone(&ends.there);
        let waiting = tokio::spawn(async move {
            for _ in 0..2 {
                assert!(hears(&there, Lane::Media).await);
            }
        });
        sleep(Duration::from_millis(100)).await;
        server.flush_all().await;
        sleep(Duration::from_millis(100)).await;
        ends.here.announce(Lane::Media);
        sleep(Duration::from_millis(500)).await;
        ends.here.announce(Lane::Media);
        waiting.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_restarts_empty_is_used_again() {
    let mut ends = redis().await;
    let server = ends._redis.as_mut().unwrap();
    server.stop();
    until("noticing", async || !ends.here.reaches_everybody()).await;
    let begun = Instant::now();
    ends.here.announce(Lane::Light);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "announcing waited for Redis"
    );
    server.resume().await;
    until("coming back", async || ends.here.reaches_everybody()).await;
    while !silent(&ends.there, Lane::Light).await {}
    ends.here.announce(Lane::Light);
    assert!(hears(&ends.there, Lane::Light).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_is_noticed() {
    let ends = redis().await;
    let server = ends._redis.as_ref().unwrap();
    server.freeze();
    until("noticing", async || !ends.here.reaches_everybody()).await;
    assert_eq!(
        timeout(SOON, ends.here.health()).await.unwrap(),
        Err(QueueError::Away)
    );
    server.thaw();
    until("coming back", async || ends.here.reaches_everybody()).await;
    ends.here.announce(Lane::Light);
    assert!(hears(&ends.there, Lane::Light).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_stay_short() {
    let ends = redis().await;
    let server = ends._redis.as_ref().unwrap();
    let client = server.client().await;
    let stream = "kadr:tickets:light";
    // Announcements close together are one ticket: as many as it takes until enough were sent.
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        for _ in 0..200 {
            ends.here.announce(Lane::Light);
            sleep(Duration::from_micros(200)).await;
        }
        let info: HashMap<String, Value> = client.xinfo_stream(stream, false, None).await.unwrap();
        let sent = info["entries-added"].as_u64().unwrap();
        if sent > 1500 {
            break;
        }
        assert!(Instant::now() < end, "only {sent} tickets were sent");
    }
    let length: i64 = client.xlen(stream).await.unwrap();
    assert!(length <= 1200, "{length} tickets lie there");
}

#[test]
fn what_is_no_address_of_redis_is_said() {
    for url in ["", "localhost:6379", "http://localhost", "redis://:port"] {
        assert_eq!(queue::redis(url).err(), Some(QueueError::Url), "{url}");
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let end = Instant::now() + Duration::from_secs(12);
    while !holds().await {
        assert!(Instant::now() < end, "{what} took too long");
        sleep(Duration::from_millis(20)).await;
    }
}
