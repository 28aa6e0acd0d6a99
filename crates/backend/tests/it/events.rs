//! One suite for both ways events travel, then what only Redis can do wrong.

use std::time::Duration;

use backend::events::{Events, EventsError, Heard, Patience, Subscription};
use domain::{
    events::{Event, JobChanged},
    ids::JobId,
    jobs::JobState,
};
use fred::{
    clients::Client,
    interfaces::ClientLike,
    types::{ClusterHash, CustomCommand},
};
use testkit::RedisServer;
use tokio::time::{Instant, sleep, timeout};

const HURRY: Patience = Patience {
    beat: Duration::from_millis(100),
    silence: Duration::from_millis(800),
    send: Duration::from_millis(400),
    reconnect: Duration::from_millis(200),
};

fn over(redis: &RedisServer) -> Events {
    Events::redis_with(&redis.url(), HURRY).unwrap()
}

async fn connected(redis: &RedisServer) -> Events {
    let events = over(redis);
    healthy(&events).await;
    events
}

async fn healthy(events: &Events) {
    let start = Instant::now();
    while events.health().is_err() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "never became healthy"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

async fn unhealthy(events: &Events) {
    let start = Instant::now();
    while events.health().is_ok() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "never noticed that Redis is gone"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

fn progress(progress: f64) -> Event {
    Event::Job(JobChanged {
        id: JobId::generate(),
        state: JobState::Running,
        waiting_for: None,
        progress,
        error: None,
        video: None,
    })
}

async fn next(subscription: &mut Subscription) -> Heard {
    timeout(Duration::from_secs(10), subscription.next())
        .await
        .expect("silence")
        .expect("the bus is gone")
}

/// The next event, over any number of `Lagged`.
async fn event(subscription: &mut Subscription) -> Event {
    loop {
        if let Heard::Event(event) = next(subscription).await {
            return (*event).clone();
        }
    }
}

async fn lagged(subscription: &mut Subscription) {
    while !matches!(next(subscription).await, Heard::Lagged) {}
}

async fn silent(subscription: &mut Subscription) {
    let heard = timeout(Duration::from_millis(300), subscription.next()).await;
    assert!(heard.is_err(), "heard {heard:?}");
}

/// What every bus does, whatever it is made of.
async fn suite(events: Events) {
    // Nobody listens: fine.
    events.publish(progress(0.0));

    let mut one = events.subscribe();
    let mut two = events.clone().subscribe();
    silent(&mut one).await;

    let sent: Vec<Event> = (0..100).map(|n| progress(f64::from(n) / 100.0)).collect();
    for event in &sent {
        events.publish(event.clone());
    }
    for expected in &sent {
        assert_eq!(event(&mut one).await, *expected);
        assert_eq!(event(&mut two).await, *expected);
    }
    // No echo.
    silent(&mut one).await;
    silent(&mut two).await;

    // One that does not listen holds up nobody, costs no memory without bound, and is told.
    let (reader, heard) = (&mut two, 5000);
    for n in 0..heard {
        let sent = progress(f64::from(n));
        events.publish(sent.clone());
        assert_eq!(event(reader).await, sent);
    }
    assert!(matches!(next(&mut one).await, Heard::Lagged));
    // What was in the ring is older than the snapshot it takes now.
    silent(&mut one).await;
    let after = progress(1.0);
    events.publish(after.clone());
    assert_eq!(event(&mut one).await, after);

    assert_eq!(events.health(), Ok(()));
    timeout(Duration::from_secs(5), events.close())
        .await
        .expect("closing hangs");
}

#[tokio::test]
async fn in_process() {
    suite(Events::in_process()).await;
}

#[tokio::test]
async fn through_redis() {
    let redis = RedisServer::start().await;
    suite(connected(&redis).await).await;
}

#[tokio::test]
async fn what_one_process_says_the_other_hears_once() {
    let redis = RedisServer::start().await;
    let (here, there) = (connected(&redis).await, connected(&redis).await);
    let (mut ours, mut theirs) = (here.subscribe(), there.subscribe());
    let sent: Vec<Event> = (0..200).map(|n| progress(f64::from(n))).collect();
    for event in &sent {
        here.publish(event.clone());
    }
    for expected in &sent {
        assert_eq!(event(&mut ours).await, *expected);
        assert_eq!(event(&mut theirs).await, *expected);
    }
    silent(&mut ours).await;
    silent(&mut theirs).await;
    // The last words of a process arrive.
    let last = progress(1.0);
    here.publish(last.clone());
    here.close().await;
    assert_eq!(event(&mut theirs).await, last);
}

#[tokio::test]
async fn databases_of_one_redis_are_apart() {
    let redis = RedisServer::start().await;
    let zero = connected(&redis).await;
    let five = Events::redis_with(&format!("{}/5", redis.url()), HURRY).unwrap();
    healthy(&five).await;
    let mut theirs = five.subscribe();
    zero.publish(progress(0.5));
    silent(&mut theirs).await;
}

#[tokio::test]
async fn local_delivery_does_not_depend_on_redis() {
    let mut redis = RedisServer::absent();
    let events = over(&redis);
    assert_eq!(events.health(), Err(EventsError::Away));
    let mut ours = events.subscribe();
    // More than the outbox holds: the surplus is dropped for others, never for us.
    for n in 0..3000 {
        let sent = progress(f64::from(n));
        let start = std::time::Instant::now();
        events.publish(sent.clone());
        assert!(
            start.elapsed() < Duration::from_millis(100),
            "publishing waited"
        );
        assert_eq!(event(&mut ours).await, sent);
    }
    // It comes later, and all goes on.
    redis.resume().await;
    healthy(&events).await;
    let other = connected(&redis).await;
    let mut theirs = other.subscribe();
    let sent = progress(1.0);
    events.publish(sent.clone());
    assert_eq!(event(&mut theirs).await, sent);
}

#[tokio::test]
async fn a_redis_that_comes_back_empty_makes_listeners_start_over() {
    let mut redis = RedisServer::start().await;
    let (here, there) = (connected(&redis).await, connected(&redis).await);
    let (mut ours, mut theirs) = (here.subscribe(), there.subscribe());
    redis.stop();
    unhealthy(&here).await;
    unhealthy(&there).await;
    let sent = progress(0.1);
    here.publish(sent.clone());
    assert_eq!(event(&mut ours).await, sent);
    redis.resume().await;
    lagged(&mut ours).await;
    lagged(&mut theirs).await;
    healthy(&here).await;
    healthy(&there).await;
    let sent = progress(0.2);
    here.publish(sent.clone());
    assert_eq!(event(&mut theirs).await, sent);
    assert_eq!(event(&mut ours).await, sent);
}

#[tokio::test]
async fn flushall_harms_nothing() {
    let redis = RedisServer::start().await;
    let (here, there) = (connected(&redis).await, connected(&redis).await);
    let mut theirs = there.subscribe();
    redis.flush_all().await;
    let sent = progress(0.2);
    here.publish(sent.clone());
    assert_eq!(event(&mut theirs).await, sent);
    silent(&mut theirs).await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_noticed_and_left() {
    let redis = RedisServer::start().await;
    let (here, there) = (connected(&redis).await, connected(&redis).await);
    let (mut ours, mut theirs) = (here.subscribe(), there.subscribe());
    redis.freeze();
    unhealthy(&here).await;
    let sent = progress(0.3);
    here.publish(sent.clone());
    assert_eq!(event(&mut ours).await, sent);
    // Long enough that the connections are given up, and with them what was on its way.
    sleep(Duration::from_secs(2)).await;
    redis.thaw();
    healthy(&here).await;
    healthy(&there).await;
    lagged(&mut theirs).await;
    let sent = progress(0.4);
    here.publish(sent.clone());
    assert_eq!(event(&mut theirs).await, sent);
}

#[tokio::test]
async fn closing_does_not_wait_for_a_redis_that_is_away() {
    let redis = RedisServer::absent();
    let events = over(&redis);
    events.publish(progress(0.5));
    timeout(Duration::from_secs(3), events.close())
        .await
        .expect("closing hangs");
}

/// Redis asks newcomers for this password from now on.
async fn require(client: &Client, password: &str) {
    let command = CustomCommand::new_static("CONFIG", ClusterHash::FirstKey, false);
    client
        .custom::<(), _>(command, vec!["SET", "requirepass", password])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_ill_health_and_heals() {
    let redis = RedisServer::start().await;
    let admin = redis.client().await;
    require(&admin, "secret").await;
    let events = over(&redis);
    let mut ours = events.subscribe();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(events.health(), Err(EventsError::Away));
    let sent = progress(0.5);
    events.publish(sent.clone());
    assert_eq!(event(&mut ours).await, sent);
    require(&admin, "").await;
    healthy(&events).await;
}

#[tokio::test]
async fn an_address_that_is_none_is_said_so_without_its_password() {
    for url in [
        "",
        "nonsense",
        "http://:hunter2@host",
        "redis//:hunter2@host",
    ] {
        let error = Events::redis(url).expect_err(url);
        assert_eq!(error, EventsError::Url, "{url}");
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(error.code(), "redis_url_invalid");
    }
}
