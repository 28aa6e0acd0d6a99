//! One job in a task of its own: with an end, whatever its handler does.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use backend::{
    Backend,
    jobs::{Claimed, Context, JobError, Kind, Progress},
};
use futures::FutureExt;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long a handler that was asked to stop may tidy up before it is dropped.
const TIDY_UP: Duration = Duration::from_secs(2);

/// How a handler ended.
#[derive(Debug)]
pub(super) enum End {
    Returned(Result<(), JobError>),
    /// It was asked to stop and did, or was dropped.
    Stopped,
    /// Its lease is about to end without renewal: somebody else may soon run it.
    Lost,
}

#[derive(Debug)]
pub(super) struct Ended {
    pub(super) job: Arc<Claimed>,
    pub(super) end: End,
}

/// What a handler runs with.
pub(super) struct Task {
    pub(super) backend: Backend,
    pub(super) kind: Arc<Kind>,
    pub(super) job: Arc<Claimed>,
    pub(super) stop: CancellationToken,
    pub(super) progress: Arc<Progress>,
    /// Until when the job is surely ours: as claimed, and as renewed for all since.
    pub(super) lease: Instant,
    pub(super) renewed: watch::Receiver<Instant>,
}

impl Task {
    /// Runs to its end and reports it.
    pub(super) async fn run(self, reports: mpsc::UnboundedSender<Ended>) {
        let job = Arc::clone(&self.job);
        let end = self.end().await;
        // Nobody to report to: the process is going down, and the lease will end.
        let _ = reports.send(Ended { job, end });
    }

    async fn end(mut self) -> End {
        let ctx = Context::new(
            self.backend.clone(),
            Arc::clone(&self.job),
            self.stop.clone(),
            Arc::clone(&self.progress),
        );
        let (kind, payload) = (Arc::clone(&self.kind), self.job.payload.clone());
        let work = AssertUnwindSafe(async move { kind.run(payload, ctx).await }).catch_unwind();
        tokio::pin!(work);
        let limit = sleep(self.kind.timeout);
        tokio::pin!(limit);
        let stop = self.stop.clone();
        let result = tokio::select! {
            biased;
            result = &mut work => result,
            () = stop.cancelled() => {
                // What it returns now no longer counts, except that it is through.
                return match tokio::time::timeout(TIDY_UP, work).await {
                    Ok(Ok(Ok(()))) => End::Returned(Ok(())),
                    _ => End::Stopped,
                };
            }
            () = self.lost() => return End::Lost,
            () = &mut limit => {
                let reason = format!("It took longer than {}.", words(self.kind.timeout));
                return End::Returned(Err(JobError::retry(reason)));
            }
        };
        End::Returned(result.unwrap_or_else(|panic| {
            tracing::error!(
                job = %self.job.id,
                kind = self.kind.name,
                panic = text(panic.as_ref()),
                "a handler panicked"
            );
            Err(JobError::retry(
                "The server made a mistake while doing this.",
            ))
        }))
    }

    /// Returns when the lease was not renewed in time.
    async fn lost(&mut self) {
        loop {
            let until = self.lease.max(*self.renewed.borrow_and_update());
            tokio::select! {
                () = sleep_until(until) => return,
                changed = self.renewed.changed() => if changed.is_err() {
                    sleep_until(until).await;
                    return;
                }
            }
        }
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}

fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=119 => format!("{} s", duration.as_secs_f32()),
        120..=7199 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}
