//! The scheduler: one in all processes, by a lease row. It looks for what is lost every few
//! seconds and starts what is due.

use std::time::Duration;

use backend::{Backend, accounts::TidyAccounts, db::DbError, jobs::Sweep, uploads::TidyUploads};
use domain::ids::WorkerId;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const LEASE: &str = "scheduler";

pub(super) async fn run(backend: &Backend, shutdown: &CancellationToken) {
    let me = WorkerId::generate();
    let timing = *backend.jobs.timing();
    let mut held_until = Instant::now();
    let mut tidy_at = held_until;
    loop {
        let round = async {
            // Renewed when a third of it is gone: the row is written rarely.
            let now = Instant::now();
            if held_until < now + timing.lease * 2 / 3 {
                let held = backend.jobs.hold(LEASE, me, timing.lease).await?;
                held_until = if held { now + timing.lease } else { now };
            }
            if held_until <= Instant::now() {
                return Ok(());
            }
            let found = backend.jobs.recover().await?;
            if found.requeued + found.failed + found.cancelled > 0 {
                tracing::info!(
                    requeued = found.requeued,
                    failed = found.failed,
                    cancelled = found.cancelled,
                    "took back jobs that had lost their worker"
                );
            }
            let taken_up = backend.transcode.recover().await?;
            if taken_up > 0 {
                tracing::info!(taken_up, "took up videos that nobody worked on");
            }
            if tidy_at <= Instant::now() {
                backend.jobs.submit(&Sweep::default()).await?;
                backend.jobs.submit(&TidyAccounts::default()).await?;
                backend.jobs.submit(&TidyUploads::default()).await?;
                tidy_at = Instant::now() + timing.tidy;
            }
            Ok::<(), DbError>(())
        };
        match timeout(timing.lease, round).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, code = error.code(), "the scheduler could not look around");
            }
            Err(_) => tracing::warn!("the database keeps the scheduler waiting"),
        }
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = sleep(timing.sweep) => {}
        }
    }
    if held_until > Instant::now() {
        let release = backend.jobs.release(LEASE, me);
        if timeout(Duration::from_secs(5), release).await.is_err() {
            tracing::debug!("the scheduler's lease will end by itself");
        }
    }
}
