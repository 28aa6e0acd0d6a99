//! Uploads, on both databases: what arrives, what is kept, what is refused.

mod concat;
mod dedupe;
mod limits;
mod random;
mod receive;
mod take_over;
mod tidy;

use std::sync::Arc;

use backend::{
    Backend,
    jobs::{Context, JobError, Progress, Registry, Want},
    uploads::{Created, Metadata, New, Part, Request, UploadsError, Written},
};
use bytes::Bytes;
use domain::{
    ids::{FlowId, UserId, VideoId},
    jobs::Lane,
    uploads::ContentHash,
};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use sqlx::Row as _;
use testkit::{TestBackend, TestDb};
use tokio_util::sync::CancellationToken;

/// Services whose uploads are in a hurry.
async fn open(test: &TestDb) -> Backend {
    open_with(test, |_| {}).await
}

async fn open_with(
    test: &TestDb,
    change: impl FnOnce(&mut backend::uploads::Options) + Send,
) -> Backend {
    TestBackend::over(test)
        .settings(|settings| {
            hurry(&mut settings.uploads);
            change(&mut settings.uploads);
        })
        .open(test)
        .await
}

fn hurry(options: &mut backend::uploads::Options) {
    options.flush_bytes = 1 << 20;
    options.flush_after = std::time::Duration::from_millis(100);
    options.silence = std::time::Duration::from_millis(600);
    options.take_over = std::time::Duration::from_secs(5);
    options.reserve = 0;
}

/// Somebody with an account, without the long way to it.
pub(crate) async fn person(test: &TestDb, nick: &str) -> UserId {
    let id = UserId::generate();
    let mut tx = test.db.write().await.unwrap();
    sqlx::query(
        "INSERT INTO users (id, email, email_key, nick, nick_key, name, password, role, language,
             theme, video_visibility, created_at)
         VALUES ($1, $2, $2, $3, $3, $3, 'x', 'user', 'en', 'auto', 'unlisted', 0)",
    )
    .bind(id.to_string())
    .bind(format!("{nick}@mail.example"))
    .bind(nick)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// Bytes that are the same for the same seed.
pub(super) fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SmallRng::seed_from_u64(seed).fill(bytes.as_mut_slice());
    bytes
}

fn hash(bytes: &[u8]) -> ContentHash {
    ContentHash::new(*blake3::hash(bytes).as_bytes())
}

fn new(length: u64, name: &str) -> New {
    New {
        length: Some(length),
        metadata: Metadata {
            filename: Some(name.to_owned()),
            ..Metadata::default()
        },
        ..New::default()
    }
}

fn at(offset: u64) -> Request {
    Request {
        offset,
        ..Request::default()
    }
}

/// One request that sends these bytes, in frames as a connection gives them.
async fn send(
    backend: &Backend,
    user: UserId,
    flow: FlowId,
    offset: u64,
    bytes: &[u8],
) -> Result<Written, UploadsError> {
    let mut writer = backend.uploads.open(user, flow, at(offset)).await?;
    for frame in bytes.chunks(60_000) {
        writer.write(Bytes::copy_from_slice(frame)).await?;
    }
    writer.finish(None).await
}

/// A whole file, begun and sent.
pub(super) async fn upload(backend: &Backend, user: UserId, name: &str, bytes: &[u8]) -> Created {
    let created = backend
        .uploads
        .create(user, new(bytes.len() as u64, name))
        .await
        .unwrap();
    let written = send(backend, user, created.flow, 0, bytes).await.unwrap();
    assert!(written.complete);
    created
}

/// What is stored for a video.
async fn stored(backend: &Backend, created: &Created) -> Vec<u8> {
    let video = backend.videos.get(created.video.unwrap()).await.unwrap();
    let asset = video.unwrap().asset.unwrap();
    let place = backend
        .uploads
        .storage()
        .place(&backend::assets::original(asset));
    std::fs::read(place).unwrap()
}

/// The rule that must hold at every moment.
async fn sessions_fit(test: &TestDb) {
    let row = sqlx::query(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM flows
         LEFT JOIN upload_sessions ON upload_sessions.flow = flows.id
         WHERE (flows.status = 'uploading') <> (upload_sessions.flow IS NOT NULL)",
    )
    .fetch_one(test.db.read())
    .await
    .unwrap();
    assert_eq!(
        row.get::<i64, _>("n"),
        0,
        "a session without its flow, or the other way"
    );
}

pub(super) async fn count(test: &TestDb, sql: &'static str) -> i64 {
    sqlx::query(sql)
        .fetch_one(test.db.read())
        .await
        .unwrap()
        .get("n")
}

/// Files below a folder of the media.
pub(super) fn files(backend: &Backend, folder: &str) -> usize {
    let root = backend.uploads.storage().place(folder);
    let Ok(folders) = std::fs::read_dir(root) else {
        return 0;
    };
    folders
        .map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count())
        .sum()
}

/// Everything that waits of this kind is run, as a worker would. Answers how each ended.
async fn work_off(backend: &Backend, lane: Lane, kind: &'static str) -> Vec<Result<(), JobError>> {
    let want = [Want {
        lane,
        slots: 20,
        kinds: vec![kind],
    }];
    let claimed = backend.jobs.shift().turn_over(&[], &want).await.unwrap();
    let mut ends = Vec::new();
    for job in claimed {
        let kind = Registry::product().get(&job.kind).unwrap();
        let payload = job.payload.clone();
        let context = Context::new(
            backend.clone(),
            Arc::new(job),
            CancellationToken::new(),
            Arc::new(Progress::default()),
        );
        ends.push(kind.run(payload, context).await);
    }
    ends
}

async fn execute(test: &TestDb, sql: &'static str) {
    let mut tx = test.db.write().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// A part of a concatenation, whole.
async fn piece(backend: &Backend, user: UserId, bytes: &[u8]) -> FlowId {
    let new = New {
        length: Some(bytes.len() as u64),
        part: Part::Piece,
        concat: Some("partial".to_owned()),
        ..New::default()
    };
    let created = backend.uploads.create(user, new).await.unwrap();
    assert_eq!(created.video, None);
    let written = send(backend, user, created.flow, 0, bytes).await.unwrap();
    assert!(written.complete);
    created.flow
}

async fn video(backend: &Backend, id: Option<VideoId>) -> backend::videos::Video {
    backend.videos.get(id.unwrap()).await.unwrap().unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, UploadsError>) -> &'static str {
    result.unwrap_err().code()
}
