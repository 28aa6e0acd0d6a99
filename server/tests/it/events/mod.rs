//! Event streams over real HTTP, on both buses.

mod private;

use std::time::Duration;

use backend::{
    events::{Events, Patience},
    mail::{Letter, Recipient, SendMail},
    uploads::New,
};
use domain::{
    accounts::Role,
    events::{Event, JobChanged},
    ids::{JobId, VideoId},
    jobs::JobState,
    language::Language,
};
use serde_json::Value;
use server::http::events::{Pace, Streams};
use testkit::RedisServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

use crate::{
    accounts::person,
    harness::{Case, TestApp},
};

/// Longer than Redis may need to be noticed as gone and come back.
const PATIENT: Duration = Duration::from_secs(20);

/// One message of a stream.
#[derive(Debug, PartialEq)]
struct Message {
    name: String,
    data: Value,
}

/// Where a reader's bytes come from.
enum Source {
    Http(reqwest::Response),
    Socket(TcpStream),
}

impl Source {
    async fn chunk(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Http(response) => response.chunk().await.unwrap().map(|chunk| chunk.to_vec()),
            Self::Socket(socket) => {
                let mut chunk = vec![0; 16 << 10];
                let size = socket.read(&mut chunk).await.unwrap();
                chunk.truncate(size);
                (size > 0).then_some(chunk)
            }
        }
    }
}

/// A reader of a stream, as a browser is one.
struct Reader {
    source: Source,
    text: String,
    comments: usize,
    retry: Option<u32>,
}

impl Reader {
    async fn open(app: &TestApp, query: &str) -> Self {
        Self::open_with(app, query, &[]).await
    }

    async fn open_with(app: &TestApp, query: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = reqwest::Client::new()
            .get(format!("http://{}/events{query}", app.addr))
            .header("accept", "text/event-stream")
            .header("accept-encoding", "gzip, br");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self {
            source: Source::Http(response),
            text: String::new(),
            comments: 0,
            retry: None,
        }
    }

    /// One whose system keeps next to nothing for it while it does not read; the usual
    /// buffers of this machine may hold many megabytes.
    async fn narrow(app: &TestApp, query: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut socket = socket.connect(app.addr).await.unwrap();
        // HTTP/1.0 knows no chunks: after the head comes the stream as it is.
        let request = format!("GET /events{query} HTTP/1.0\r\nhost: {}\r\n\r\n", app.addr);
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.0 200"), "{head:?}");
        Self {
            source: Source::Socket(socket),
            text: String::new(),
            comments: 0,
            retry: None,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let Source::Http(response) = &self.source else {
            return None;
        };
        Some(response.headers().get(name)?.to_str().unwrap())
    }

    /// The next message; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Message> {
        timeout(PATIENT, self.read()).await.expect("silence")
    }

    async fn read(&mut self) -> Option<Message> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(message) = self.parse(&block) {
                    return Some(message);
                }
            }
            let chunk = self.source.chunk().await?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    fn parse(&mut self, block: &str) -> Option<Message> {
        let (mut name, mut data) = ("message".to_owned(), None);
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap();
            let value = value.trim_start();
            match field {
                "" => self.comments += 1,
                "event" => value.clone_into(&mut name),
                "data" => data = Some(serde_json::from_str(value).unwrap()),
                "retry" => self.retry = Some(value.parse().unwrap()),
                other => panic!("{other} in {block}"),
            }
        }
        Some(Message { name, data: data? })
    }

    /// The next message that is not a beat.
    async fn news(&mut self) -> Message {
        loop {
            let message = self.next().await.expect("the stream ended");
            if message.name != "beat" {
                return message;
            }
        }
    }

    async fn snapshot(&mut self) -> Value {
        let message = self.news().await;
        assert_eq!(message.name, "snapshot", "{message:?}");
        message.data["jobs"].clone()
    }

    /// The next event, over snapshots.
    async fn event(&mut self) -> Value {
        loop {
            let message = self.news().await;
            if message.name == "message" {
                return message.data;
            }
        }
    }

    async fn is_silent(&mut self) {
        let heard = timeout(Duration::from_millis(400), self.read()).await;
        assert!(heard.is_err(), "{heard:?}");
    }

    /// What comes until the stream ends.
    async fn rest(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(message) = self.next().await {
            names.push(message.name);
        }
        names
    }
}

fn changed(id: JobId, state: JobState, progress: f64, video: Option<VideoId>) -> Event {
    Event::Job(JobChanged {
        id,
        state,
        waiting_for: None,
        progress,
        error: None,
        video,
    })
}

async fn a_job(app: &TestApp) -> JobId {
    let mail = SendMail {
        to: Recipient {
            address: "viewer@mail.example".to_owned(),
            name: None,
            language: Language::En,
        },
        letter: Letter::Test,
    };
    app.state.backend.jobs.submit(&mail).await.unwrap()
}

/// Somebody's public video, of which everybody may hear.
async fn a_video(app: &TestApp) -> VideoId {
    let owner = person(app, "ada", Role::User).await.id;
    let new = New {
        length: Some(10),
        ..New::default()
    };
    let uploads = &app.state.backend.uploads;
    uploads.create(owner, new).await.unwrap().video.unwrap()
}

async fn healthy(events: &Events) {
    let begun = Instant::now();
    while events.health().is_err() {
        assert!(begun.elapsed() < PATIENT, "Redis is not heard");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Events of this process only, or through a Redis.
struct Bus {
    app: TestApp,
    _redis: Option<RedisServer>,
}

impl Bus {
    async fn in_process() -> Self {
        Self {
            app: TestApp::start().await,
            _redis: None,
        }
    }

    async fn redis() -> Self {
        let redis = RedisServer::start().await;
        let app = TestApp::builder().redis(&redis.url()).start().await;
        healthy(&app.state.backend.events).await;
        // The subscription itself makes streams begin anew, once.
        sleep(Duration::from_millis(200)).await;
        Self {
            app,
            _redis: Some(redis),
        }
    }
}

macro_rules! on_both_buses {
    ($(async fn $name:ident($app:ident: &TestApp) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($app: &TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_process() {
                body(&Bus::in_process().await.app).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn redis() {
                body(&Bus::redis().await.app).await;
            }
        }
    )+};
}

on_both_buses! {
    async fn a_stream_begins_with_the_state_and_goes_on_with_what_changes(app: &TestApp) {
        let job = a_job(app).await;
        let mut reader = Reader::open(app, &format!("?jobs={job}")).await;
        assert_eq!(reader.header("content-type"), Some("text/event-stream"));
        assert_eq!(reader.header("cache-control"), Some("no-store"));
        assert_eq!(reader.header("x-accel-buffering"), Some("no"));
        assert_eq!(reader.header("content-encoding"), None);
        let jobs = reader.snapshot().await;
        assert_eq!(jobs.as_array().unwrap().len(), 1);
        assert_eq!((&jobs[0]["id"], &jobs[0]["state"]), (&job.to_string().into(), &"queued".into()));
        assert_eq!(reader.retry, Some(2000));

        let events = &app.state.backend.events;
        events.publish(changed(JobId::generate(), JobState::Done, 1.0, None));
        events.publish(changed(job, JobState::Running, 0.25, None));
        let heard = reader.event().await;
        assert_eq!((&heard["type"], &heard["id"]), (&"job".into(), &job.to_string().into()));
        assert_eq!((&heard["state"], &heard["progress"]), (&"running".into(), &0.25.into()));
        reader.is_silent().await;
    }

    async fn whoever_comes_back_gets_the_state_of_now(app: &TestApp) {
        let job = a_job(app).await;
        let query = format!("?jobs={job}");
        let mut reader = Reader::open(app, &query).await;
        assert_eq!(reader.snapshot().await[0]["state"], "queued");
        drop(reader);
        app.state.backend.jobs.cancel(job).await.unwrap();
        let mut reader = Reader::open(app, &query).await;
        assert_eq!(reader.snapshot().await[0]["state"], "cancelled");
        app.state.backend.jobs.retry(job).await.unwrap();
        assert_eq!(reader.event().await["state"], "queued");
    }

    async fn who_watches_a_video_hears_of_its_jobs(app: &TestApp) {
        let (mine, other) = (a_video(app).await, VideoId::generate());
        let mut reader = Reader::open(app, &format!("?videos={mine}")).await;
        assert_eq!(reader.snapshot().await, serde_json::json!([]));
        let job = JobId::generate();
        let events = &app.state.backend.events;
        events.publish(changed(JobId::generate(), JobState::Running, 0.1, Some(other)));
        events.publish(changed(job, JobState::Running, 0.2, Some(mine)));
        assert_eq!(reader.event().await["id"], job.to_string());
        reader.is_silent().await;
    }

    async fn one_that_does_not_read_holds_nobody_up(app: &TestApp) {
        let video = a_video(app).await;
        let query = format!("?videos={video}");
        let mut sleeper = Reader::narrow(app, &query).await;
        let mut reader = Reader::open(app, &query).await;
        sleeper.snapshot().await;
        reader.snapshot().await;
        // Some 20 MB: what the server's side of the sockets holds is a part of it.
        let (rounds, each) = (40, 500);
        let long = |id| {
            Event::Job(JobChanged {
                id,
                state: JobState::Failed,
                waiting_for: None,
                progress: 0.0,
                error: Some("x".repeat(1000)),
                video: Some(video),
            })
        };
        for n in 0..rounds {
            let begun = Instant::now();
            for _ in 1..each {
                app.state.backend.events.publish(long(JobId::generate()));
            }
            let last = JobId::generate();
            app.state.backend.events.publish(long(last));
            while reader.event().await["id"] != last.to_string() {}
            assert!(begun.elapsed() < Duration::from_secs(5), "held up in round {n}");
        }
        // When it reads again it is told that it missed something, and goes on from there.
        let (mut snapshots, mut received) = (0, 0);
        let last = JobId::generate();
        let mut told = false;
        loop {
            match timeout(Duration::from_secs(2), sleeper.read()).await {
                Ok(Some(message)) if message.name == "snapshot" => snapshots += 1,
                Ok(Some(message)) if message.data["id"] == last.to_string() => break,
                Ok(Some(message)) => received += usize::from(message.name == "message"),
                Ok(None) => panic!("the stream ended"),
                Err(_) => {
                    assert!(!told, "it never heard the last one");
                    app.state.backend.events.publish(long(last));
                    told = true;
                }
            }
        }
        assert!(received < rounds * each, "it missed nothing: this test shows nothing");
        assert!(snapshots > 0, "it heard {received} of {} and was not told", rounds * each);
    }
}

#[tokio::test]
async fn progress_comes_at_a_pace_a_page_can_show() {
    let app = TestApp::start().await;
    let job = JobId::generate();
    let mut reader = Reader::open(&app, &format!("?jobs={job}")).await;
    reader.snapshot().await;
    let begun = Instant::now();
    let events = app.state.backend.events.clone();
    let sending = tokio::spawn(async move {
        for n in 1..=1000 {
            events.publish(changed(job, JobState::Running, f64::from(n) / 1000.0, None));
            sleep(Duration::from_millis(1)).await;
        }
        events.publish(changed(job, JobState::Done, 1.0, None));
    });
    let (mut heard, mut before) = (0, 0.0);
    loop {
        let event = reader.event().await;
        let progress = event["progress"].as_f64().unwrap();
        assert!(progress >= before, "{progress} after {before}");
        before = progress;
        heard += 1;
        if event["state"] == "done" {
            break;
        }
    }
    sending.await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    assert!(heard >= 4, "{heard} in {seconds} s");
    assert!(
        f64::from(heard) <= seconds * 4.0 + 3.0,
        "{heard} in {seconds} s"
    );
}

#[tokio::test]
async fn a_quiet_stream_gives_signs_of_life() {
    let streams = Streams::new(Pace {
        beat: Duration::from_millis(100),
        ..Pace::default()
    });
    let app = TestApp::builder().streams(streams).start().await;
    let mut reader = Reader::open(&app, "").await;
    reader.snapshot().await;
    for n in 1..=5 {
        assert_eq!(reader.next().await.unwrap().name, "beat");
        assert_eq!(reader.comments, n);
    }
}

async fn open_streams(app: &TestApp) -> String {
    let metrics = app.get("/metrics").await.expect(200).text();
    let line = metrics
        .lines()
        .find(|line| line.starts_with("kadr_event_streams "));
    line.unwrap().split(' ').nth(1).unwrap().to_owned()
}

async fn until_open(app: &TestApp, count: &str) {
    let begun = Instant::now();
    while open_streams(app).await != count {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{} are open, not {count}",
            open_streams(app).await
        );
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_ninth_stream_closes_the_first_of_the_same_visitor_only() {
    let app = TestApp::builder().proxies("127.0.0.1").start().await;
    let from = |address| [("x-forwarded-for", address)];
    let (me, other) = (from("192.0.2.1"), from("192.0.2.2"));
    let marker = JobId::generate();
    let query = format!("?jobs={marker}");
    let mut theirs = Reader::open_with(&app, &query, &other).await;
    theirs.snapshot().await;
    let mut mine = Vec::new();
    for _ in 0..9 {
        let mut reader = Reader::open_with(&app, &query, &me).await;
        reader.snapshot().await;
        mine.push(reader);
    }
    assert_eq!(mine.remove(0).rest().await, ["bye"]);
    until_open(&app, "9").await;
    let events = &app.state.backend.events;
    events.publish(changed(marker, JobState::Running, 0.5, None));
    for reader in mine.iter_mut().chain([&mut theirs]) {
        // Nothing came before, and it still listens.
        assert_eq!(reader.event().await["id"], marker.to_string());
    }
    drop(mine);
    until_open(&app, "1").await;
    drop(theirs);
    until_open(&app, "0").await;
}

#[tokio::test]
async fn when_the_server_stops_streams_end_within_a_second() {
    let app = TestApp::start().await;
    let mut readers = Vec::new();
    for _ in 0..5 {
        let mut reader = Reader::open(&app, "").await;
        reader.snapshot().await;
        readers.push(reader);
    }
    let begun = Instant::now();
    app.state.stopping.cancel();
    for reader in &mut readers {
        assert_eq!(
            reader.rest().await,
            Vec::<String>::new(),
            "no bye: they shall come back"
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn what_is_no_id_is_refused_with_a_sentence() {
    let app = TestApp::start().await;
    let many: Vec<String> = (0..101).map(|_| VideoId::generate().to_string()).collect();
    for (query, code, word) in [
        ("videos=x".to_owned(), "invalid_id", "“x”"),
        (
            "jobs=0OIl0OIl0OIl0OIl0OIl0O".to_owned(),
            "invalid_id",
            "jobs=",
        ),
        (
            format!("videos={},%D0%B9", many[0]),
            "invalid_id",
            "videos=",
        ),
        (format!("videos={}", many.join(",")), "too_many_ids", "100"),
    ] {
        let answer = app
            .send(Case::get(&format!("/events?{query}")).header("accept", "text/event-stream"))
            .await
            .expect(400);
        assert_eq!(answer.problem(), code, "{query}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(word), "{detail}");
    }
    app.send(Case::post("/events").header("sec-fetch-site", "same-origin"))
        .await
        .expect(405);
    until_open(&app, "0").await;
}

#[tokio::test]
async fn a_head_request_takes_no_place() {
    let app = TestApp::start().await;
    let answer = app.send(Case::head("/events")).await.expect(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    until_open(&app, "0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_outlive_a_redis_that_is_emptied_stopped_and_comes_back_without_memory() {
    let mut redis = RedisServer::start().await;
    let app = TestApp::builder().redis(&redis.url()).start().await;
    let hurry = Patience {
        reconnect: Duration::from_millis(200),
        ..Patience::default()
    };
    // What another process says.
    let elsewhere = Events::redis_with(&redis.url(), hurry).unwrap();
    healthy(&app.state.backend.events).await;
    healthy(&elsewhere).await;
    let job = a_job(&app).await;
    let mut reader = Reader::open(&app, &format!("?jobs={job}")).await;
    assert_eq!(reader.snapshot().await[0]["state"], "queued");

    elsewhere.publish(changed(job, JobState::Running, 0.1, None));
    assert_eq!(reader.event().await["progress"], 0.1);

    redis.flush_all().await;
    elsewhere.publish(changed(job, JobState::Queued, 0.2, None));
    assert_eq!(reader.event().await["progress"], 0.2);

    redis.stop();
    // What happens in this process is heard all the same.
    app.state
        .backend
        .events
        .publish(changed(job, JobState::Running, 0.3, None));
    assert_eq!(reader.event().await["progress"], 0.3);
    // This one is lost on its way; the database knows.
    app.state.backend.jobs.cancel(job).await.unwrap();
    assert_eq!(reader.event().await["state"], "cancelled");
    sleep(Duration::from_secs(3)).await;
    redis.resume().await;
    assert_eq!(reader.snapshot().await[0]["state"], "cancelled");

    healthy(&app.state.backend.events).await;
    healthy(&elsewhere).await;
    elsewhere.publish(changed(job, JobState::Queued, 0.4, None));
    loop {
        if reader.event().await["progress"] == 0.4 {
            break;
        }
    }
    elsewhere.close().await;
}
