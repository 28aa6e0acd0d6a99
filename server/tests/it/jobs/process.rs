//! Worker processes: this test program, started again to do nothing but run jobs.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use backend::{
    Backend, Settings,
    db::{Db, Options},
    jobs::Timing,
};
use tokio_util::sync::CancellationToken;

use super::{kinds::registry, witness};

const DATABASE: &str = "KADR_PROOF_DATABASE";
const DATA: &str = "KADR_PROOF_DATA";
const REDIS: &str = "KADR_PROOF_REDIS";

/// Leases long enough for a machine that is busy with other tests.
pub(super) fn timing() -> Timing {
    Timing {
        lease: Duration::from_secs(4),
        renew: Duration::from_millis(700),
        grace: Duration::from_secs(2),
        ..testkit::hurry()
    }
}

/// Not a test: the life of a worker process, which ends with its standard input.
#[test]
#[ignore = "started by the proofs as a process of its own"]
fn worker_process() {
    let (Ok(url), Ok(data)) = (std::env::var(DATABASE), std::env::var(DATA)) else {
        return;
    };
    testkit::log();
    let shutdown = CancellationToken::new();
    let parent_gone = shutdown.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        parent_gone.cancel();
    });
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let options = Options {
                migrate: false,
                connections: 6,
                ..Options::default()
            };
            let mut settings = Settings::new(&data);
            settings.database_url = url;
            settings.redis_url = std::env::var(REDIS).ok();
            settings.timing = timing();
            settings.workers = 2;
            let db = Db::open_with(&settings.database_url, Path::new(&data), options)
                .await
                .unwrap();
            let backend = Backend::over(db, settings).unwrap();
            server::worker::run_with(backend.clone(), registry(), true, true, shutdown).await;
            backend.close().await;
        });
}

/// A worker process; it does not outlive its test.
pub(super) struct WorkerProcess(Child);

impl WorkerProcess {
    pub(super) fn start(url: &str, data: &Path, redis: Option<&str>) -> Self {
        // On Linux also when the file was replaced by a newer build meanwhile.
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe().unwrap()
        };
        let mut command = Command::new(program);
        command
            .args([
                "--ignored",
                "--exact",
                "jobs::process::worker_process",
                "--nocapture",
            ])
            .env(DATABASE, url)
            .env(DATA, data)
            .env_remove(REDIS)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        if std::env::var_os("RUST_LOG").is_none() {
            command.stderr(Stdio::null());
        }
        if let Some(redis) = redis {
            command.env(REDIS, redis);
        }
        Self(command.spawn().unwrap())
    }

    /// `kill -9`, written into the book.
    pub(super) fn kill(mut self, book: &Path) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        witness::killed(book, self.0.id());
    }

    /// Asks it to stop and waits for it.
    pub(super) fn stop(mut self) {
        drop(self.0.stdin.take());
        assert!(
            self.0.wait().unwrap().success(),
            "the worker did not end well"
        );
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // After `kill` and `stop` it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
