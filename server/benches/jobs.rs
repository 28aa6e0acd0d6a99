//! How many jobs a second go through: `cargo bench -p server --bench jobs`.
//!
//! Jobs that do nothing, so that all there is to see is the house itself: written into the
//! table, announced, claimed, run, and written as done, with every commit on the disk. Runs
//! on SQLite alone and with Redis; with `KADR_BENCH_POSTGRES` set to the URL of a Postgres
//! where databases may be created, on that too. Needs `redis-server`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops where it fails and prints its table"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use backend::{
    Backend, Settings,
    db::{Db, Options},
    jobs::{Context, Job, JobError, Registry},
};
use serde::{Deserialize, Serialize};
use testkit::{PostgresServer, RedisServer, sqlx};
use tokio_util::sync::CancellationToken;

static DONE: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Serialize, Deserialize)]
struct Nothing {}

impl Job for Nothing {
    const KIND: &'static str = "bench_nothing";

    async fn run(&self, _: &Context) -> Result<(), JobError> {
        DONE.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

struct House {
    backend: Backend,
    shutdown: CancellationToken,
    work: tokio::task::JoinHandle<()>,
}

impl House {
    fn open(backend: Backend) -> Self {
        let shutdown = CancellationToken::new();
        let registry = Registry::product().with::<Nothing>();
        let work =
            server::worker::run_with(backend.clone(), registry, true, true, shutdown.clone());
        Self {
            backend,
            shutdown,
            work: tokio::spawn(work),
        }
    }

    /// Waits until the table has nothing to do.
    async fn idle(&self) {
        while !self.backend.jobs.load().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn close(self) {
        self.shutdown.cancel();
        self.work.await.unwrap();
    }
}

async fn enqueue(backend: &Backend, jobs: u64, in_one: u64) {
    for _ in 0..jobs / in_one {
        let mut tx = backend.db.write().await.unwrap();
        for _ in 0..in_one {
            backend.jobs.enqueue(&mut tx, &Nothing {}).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

fn rate(jobs: u64, took: Duration) -> f64 {
    jobs as f64 / took.as_secs_f64()
}

/// One row of the table.
async fn measure(name: &str, backend: Backend, jobs: u64) {
    // What waits in the table when a worker comes.
    enqueue(&backend, jobs, 500).await;
    let begun = Instant::now();
    let house = House::open(backend.clone());
    house.idle().await;
    let drained = rate(jobs, begun.elapsed());

    // Asked for while it works, by four callers, as many jobs to a transaction as a video
    // has parts.
    let begun = Instant::now();
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let backend = backend.clone();
            tokio::spawn(async move { enqueue(&backend, jobs / 4, 40).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    house.idle().await;
    let through = rate(jobs / 4 * 4, begun.elapsed());

    // One alone, from asking to done.
    let mut waits = Vec::new();
    for _ in 0..100 {
        let before = DONE.load(Ordering::Relaxed);
        let begun = Instant::now();
        backend.jobs.submit(&Nothing {}).await.unwrap();
        while DONE.load(Ordering::Relaxed) == before {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        waits.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    waits.sort_unstable();
    println!(
        "{name:<28} {drained:>10.0} {through:>12.0} {:>12.1} {:>12.1}",
        waits[50].as_secs_f64() * 1e3,
        waits[98].as_secs_f64() * 1e3,
    );
    house.close().await;
    backend.close().await;
}

/// The peer: what the disk gives at this moment, one small row to a commit.
async fn commits() {
    let (_folder, backend) = sqlite(None).await;
    let begun = Instant::now();
    for i in 0..300_i64 {
        let mut tx = backend.db.write().await.unwrap();
        sqlx::query("INSERT INTO leases (name, holder, held_until) VALUES ($1, 'x', $2)")
            .bind(i.to_string())
            .bind(i)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let rate = rate(300, begun.elapsed());
    println!("{:<28} {rate:>10.0}", "bare commits of SQLite");
    backend.close().await;
}

async fn sqlite(redis: Option<&RedisServer>) -> (tempfile::TempDir, Backend) {
    // On the disk of the build, not in a memory file system.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut settings = Settings::new(folder.path());
    settings.redis_url = redis.map(RedisServer::url);
    let backend = Backend::open(settings).await.unwrap();
    (folder, backend)
}

async fn postgres(url: &str, redis: &RedisServer) -> (tempfile::TempDir, Backend) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let name = format!("kadr_bench_{}", std::process::id());
    let url = PostgresServer::at(url).empty(&name).await;
    let mut settings = Settings::new(folder.path());
    settings.redis_url = Some(redis.url());
    let db = Db::open_with(&url, folder.path(), Options::default())
        .await
        .unwrap();
    (folder, Backend::over(db, settings).unwrap())
}

#[tokio::main]
async fn main() {
    // `cargo bench` passes `--bench`; a number is how many jobs.
    let jobs = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(20_000);
    println!("{jobs} jobs that do nothing, every commit on the disk\n");
    println!(
        "{:<28} {:>10} {:>12} {:>12} {:>12}",
        "", "waiting/s", "arriving/s", "alone ms", "p99 ms"
    );
    commits().await;
    let (_folder, backend) = sqlite(None).await;
    measure("SQLite, in the process", backend, jobs).await;
    let redis = Arc::new(RedisServer::start().await);
    let (_folder, backend) = sqlite(Some(&redis)).await;
    measure("SQLite, through Redis", backend, jobs).await;
    if let Ok(url) = std::env::var("KADR_BENCH_POSTGRES") {
        let (_folder, backend) = postgres(&url, &redis).await;
        measure("Postgres, through Redis", backend, jobs).await;
    } else {
        println!("Postgres: set KADR_BENCH_POSTGRES to measure it");
    }
    commits().await;
}
