//! Uploads over HTTP: tus 1.0.0 to the letter, bad input, several connections and processes,
//! and what a plain form does. What the service itself promises is tested in `backend`.

mod bad_input;
mod crash;
mod form;
mod page;
mod protocol;
mod room;
mod shared;
mod silent;
mod stopping;

use std::{net::SocketAddr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{accounts::Role, ids::VideoId};
use http::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    accounts::{PASSWORD, person},
    harness::{Answer, Case, TestApp},
};

pub(crate) const BYTES: &str = "application/offset+octet-stream";

/// Uploads in a hurry, on a disk that nobody else fills.
fn hurry(options: &mut backend::uploads::Options) {
    options.flush_bytes = 1 << 20;
    options.flush_after = Duration::from_millis(100);
    options.silence = Duration::from_millis(400);
    options.reserve = 0;
}

async fn start() -> TestApp {
    TestApp::builder().uploads(hurry).start().await
}

/// Bytes that are the same for the same seed, and look like nothing.
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

pub(crate) fn metadata(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)))
        .collect();
    pairs.join(",")
}

/// An access token for somebody with an account.
async fn token(addr: SocketAddr, login: &str, password: &str) -> String {
    let body = json!({"user": login, "password": password});
    let case = Case::post("/api/v1/auth/token")
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes());
    let pair = case.send(addr).await.expect(200).json();
    pair["access_token"].as_str().unwrap().to_owned()
}

/// A program that speaks tus, in somebody's name.
#[derive(Clone)]
pub(crate) struct Tus {
    addr: SocketAddr,
    pub(crate) token: String,
}

impl Tus {
    /// For a new person.
    pub(crate) async fn of(app: &TestApp, nick: &str) -> Self {
        person(app, nick, Role::User).await;
        Self {
            addr: app.addr,
            token: token(app.addr, nick, PASSWORD).await,
        }
    }

    /// The same person at another process.
    fn at(&self, addr: SocketAddr) -> Self {
        let token = self.token.clone();
        Self { addr, token }
    }

    pub(crate) fn case(&self, method: Method, path: &str) -> Case {
        Case::new(method, path)
            .header("tus-resumable", "1.0.0")
            .header("authorization", &format!("Bearer {}", self.token))
    }

    pub(crate) async fn send(&self, case: Case) -> Answer {
        let answer = case.send(self.addr).await;
        assert_eq!(answer.header("tus-resumable"), "1.0.0", "{answer:?}");
        answer
    }

    async fn create(&self, headers: &[(&str, &str)]) -> Answer {
        let mut case = self.case(Method::POST, "/uploads");
        for (name, value) in headers {
            case = case.header(name, value);
        }
        self.send(case).await
    }

    /// Begins an upload; answers its address.
    pub(crate) async fn begin(&self, length: usize) -> String {
        let answer = self.create(&[("upload-length", &length.to_string())]).await;
        answer.expect(201).header("location").to_owned()
    }

    async fn head(&self, upload: &str) -> Answer {
        self.send(self.case(Method::HEAD, upload)).await
    }

    async fn offset(&self, upload: &str) -> usize {
        let answer = self.head(upload).await.expect(200);
        answer.header("upload-offset").parse().unwrap()
    }

    fn patching(&self, upload: &str, offset: usize) -> Case {
        self.case(Method::PATCH, upload)
            .header("content-type", BYTES)
            .header("upload-offset", &offset.to_string())
    }

    pub(crate) async fn patch(&self, upload: &str, offset: usize, bytes: &[u8]) -> Answer {
        self.send(self.patching(upload, offset).body(bytes.to_vec()))
            .await
    }

    pub(crate) async fn delete(&self, upload: &str) -> Answer {
        self.send(self.case(Method::DELETE, upload)).await
    }

    /// A PATCH that announces `length` bytes, to be sent by hand.
    async fn open(&self, upload: &str, offset: usize, length: usize) -> TcpStream {
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\
             authorization: Bearer {}\r\ncontent-type: {BYTES}\r\nupload-offset: {offset}\r\n\
             content-length: {length}\r\n\r\n",
            self.token
        );
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }
}

/// What is said on a connection until it is closed, or falls silent after an answer.
async fn hear(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut piece = vec![0; 4096];
    loop {
        let wait = if text.is_empty() { 20_000 } else { 300 };
        let read = tokio::time::timeout(Duration::from_millis(wait), stream.read(&mut piece));
        match read.await {
            Ok(Ok(read)) if read > 0 => text.extend_from_slice(&piece[..read]),
            _ => return String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

/// Waits until something holds.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not come about");
}

/// The bytes that became of an upload.
async fn stored(app: &TestApp, video: &str) -> Vec<u8> {
    let video: VideoId = video.parse().unwrap();
    let backend = &app.state.backend;
    let asset = backend
        .videos
        .get(video)
        .await
        .unwrap()
        .unwrap()
        .asset
        .unwrap();
    let key = backend::assets::original(asset);
    std::fs::read(backend.uploads.storage().place(&key)).unwrap()
}
