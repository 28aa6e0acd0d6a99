//! People, on both databases: what can go wrong at the same moment, and what must be kept.

mod leaving;
mod links;
mod login;
mod people;
mod race;
mod registration;
mod tokens;

use std::{path::PathBuf, sync::Arc};

use backend::{
    Backend,
    accounts::{Client, Confirmed, Entry, Secret, User},
    jobs::{Context, Progress, Registry, Want},
};
use domain::{jobs::Lane, language::Language};
use sqlx::Row as _;
use testkit::{TestBackend, TestDb};
use tokio_util::sync::CancellationToken;

const PASSWORD: &str = "correct horse battery";

async fn open(test: &TestDb) -> Backend {
    TestBackend::over(test).open(test).await
}

fn client() -> Client {
    Client::new("192.0.2.7".parse().ok(), "Mozilla/5.0 (a test)")
}

/// The mails of one kind to an address that wait to be sent, the oldest first.
async fn letters(test: &TestDb, kind: &str, to: &str) -> Vec<serde_json::Value> {
    let rows =
        sqlx::query("SELECT payload FROM jobs WHERE kind = 'send_mail' ORDER BY created_at, id")
            .fetch_all(test.db.read())
            .await
            .unwrap();
    rows.iter()
        .map(|row| serde_json::from_str::<serde_json::Value>(row.get("payload")).unwrap())
        .filter(|mail| mail["letter"] == kind && mail["to"]["address"] == to)
        .collect()
}

/// The code that was mailed last.
async fn code(test: &TestDb, to: &str) -> String {
    let mails = letters(test, "code", to).await;
    mails.last().unwrap()["code"].as_str().unwrap().to_owned()
}

/// The key of the link that was mailed last.
async fn key(test: &TestDb, kind: &str, to: &str) -> Secret {
    let mails = letters(test, kind, to).await;
    let path = mails.last().unwrap()["path"].as_str().unwrap();
    Secret::parse(path.split_once('=').unwrap().1).unwrap()
}

/// A draft at its last step, with the code on its way.
async fn drafted(backend: &Backend, nick: &str) -> Secret {
    drafted_with(backend, nick, &format!("{nick}@mail.example"), &Entry::Open).await
}

async fn drafted_with(backend: &Backend, nick: &str, email: &str, entry: &Entry) -> Secret {
    let accounts = &backend.accounts;
    let (secret, _) = accounts
        .answer_email(None, entry, email, Language::Uk)
        .await
        .unwrap();
    accounts.answer_nick(&secret, nick, "").await.unwrap();
    accounts
        .answer_password(&secret, PASSWORD, &client())
        .await
        .unwrap();
    accounts.keep_avatar(&secret).await.unwrap();
    accounts.ensure_code(&secret, &client()).await.unwrap();
    secret
}

/// Somebody who registered, step by step.
async fn registered(test: &TestDb, backend: &Backend, nick: &str) -> Confirmed {
    let secret = drafted(backend, nick).await;
    let code = code(test, &format!("{nick}@mail.example")).await;
    backend
        .accounts
        .confirm(&secret, &code, &client())
        .await
        .unwrap()
}

async fn user(test: &TestDb, backend: &Backend, nick: &str) -> User {
    registered(test, backend, nick).await.user
}

async fn count(test: &TestDb, table: &'static str) -> i64 {
    let sql = match table {
        "users" => "SELECT COUNT(*) AS n FROM users",
        "registrations" => "SELECT COUNT(*) AS n FROM registrations",
        "sessions" => "SELECT COUNT(*) AS n FROM sessions",
        "links" => "SELECT COUNT(*) AS n FROM links",
        "tokens" => "SELECT COUNT(*) AS n FROM tokens",
        "refresh_families" => "SELECT COUNT(*) AS n FROM refresh_families",
        "refresh_tokens" => "SELECT COUNT(*) AS n FROM refresh_tokens",
        "throttles" => "SELECT COUNT(*) AS n FROM throttles",
        other => panic!("no query for {other}"),
    };
    sqlx::query(sql)
        .fetch_one(test.db.read())
        .await
        .unwrap()
        .get("n")
}

/// The files of all avatars.
fn files(test: &TestDb) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![test.folder().join("media").join("avatars")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// Everything that waits of these kinds is run, as a worker would.
async fn work_off(backend: &Backend, kinds: &[&'static str]) -> usize {
    let registry = Registry::product();
    let want = [Want {
        lane: Lane::Light,
        slots: 20,
        kinds: kinds.to_vec(),
    }];
    let claimed = backend.jobs.shift().turn_over(&[], &want).await.unwrap();
    let number = claimed.len();
    for job in claimed {
        let (kind, payload) = (registry.get(&job.kind).unwrap(), job.payload.clone());
        let context = Context::new(
            backend.clone(),
            Arc::new(job),
            CancellationToken::new(),
            Arc::new(Progress::default()),
        );
        kind.run(payload, context).await.unwrap();
    }
    number
}
