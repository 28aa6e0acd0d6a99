//! A worker as small as can be: claims, runs side by side, writes how it ended.

use std::{collections::HashMap, sync::Arc, time::Duration};

use backend::{
    Backend,
    jobs::{
        Claimed, Context, Finish, Heartbeat, JobError, Outcome, Progress, Registry, Shift, Want,
    },
};
use domain::{
    ids::JobId,
    jobs::{Lane, WaitingFor},
};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

pub(super) struct Crew(JoinHandle<()>);

impl Crew {
    pub(super) fn start(backend: &Backend) -> Self {
        Self(tokio::spawn(run(backend.clone())))
    }

    /// As `kill -9` would: nothing is written, leases stay until they end.
    pub(super) async fn kill(mut self) {
        self.0.abort();
        let _ = (&mut self.0).await;
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn run(backend: Backend) {
    let shift = backend.jobs.shift();
    let registry = backend.transcode.registry(Registry::product());
    let wants: Vec<Want> = Lane::ALL
        .into_iter()
        .map(|lane| Want {
            lane,
            slots: 3,
            kinds: registry.names(lane),
        })
        .collect();
    let mut running: JoinSet<(Arc<Claimed>, Result<(), JobError>)> = JoinSet::new();
    let mut stops: HashMap<JobId, CancellationToken> = HashMap::new();
    let mut ended: Vec<Finish> = Vec::new();
    loop {
        let free = 3_usize.saturating_sub(running.len());
        let wants: Vec<Want> = wants
            .iter()
            .map(|want| Want {
                slots: free,
                ..want.clone()
            })
            .collect();
        let claimed = shift.turn_over(&ended, &wants).await.unwrap();
        ended.clear();
        for job in claimed {
            let stop = CancellationToken::new();
            stops.insert(job.id, stop.clone());
            running.spawn(one(backend.clone(), registry.clone(), job, stop));
        }
        if let Ok(Some(done)) = timeout(Duration::from_millis(20), running.join_next()).await {
            let (job, result) = done.unwrap();
            let stop = stops.remove(&job.id).unwrap();
            ended.push(Finish {
                id: job.id,
                attempt: job.attempt,
                video: job.video(),
                outcome: judge(&job, result, stop.is_cancelled()),
            });
        }
        heed(&shift, &stops).await;
    }
}

async fn heed(shift: &Shift, stops: &HashMap<JobId, CancellationToken>) {
    let me = Heartbeat {
        host: "here".to_owned(),
        version: "0".to_owned(),
    };
    for held in shift.renew(&me).await.unwrap() {
        if held.cancel
            && let Some(stop) = stops.get(&held.id)
        {
            stop.cancel();
        }
    }
}

async fn one(
    backend: Backend,
    registry: Registry,
    job: Claimed,
    stop: CancellationToken,
) -> (Arc<Claimed>, Result<(), JobError>) {
    let job = Arc::new(job);
    let kind = registry.get(&job.kind).unwrap();
    let context = Context::new(
        backend,
        Arc::clone(&job),
        stop,
        Arc::new(Progress::default()),
    );
    let payload = job.payload.clone();
    (job, kind.run(payload, context).await)
}

fn judge(job: &Claimed, result: Result<(), JobError>, cancelled: bool) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(_) if cancelled => Outcome::Cancelled,
        Err(JobError::Permanent { reason }) => Outcome::Failed { reason },
        Err(JobError::Retry { reason }) if job.tries >= job.max_tries => Outcome::Failed { reason },
        Err(JobError::Retry { reason }) => Outcome::Later {
            waiting_for: WaitingFor::Retry,
            reason,
            after: Duration::from_millis(30),
        },
        Err(JobError::Wait {
            waiting_for,
            reason,
        }) => Outcome::Later {
            waiting_for,
            reason,
            after: Duration::from_millis(100),
        },
    }
}

/// Waits until `is` says so; stops the test when that takes too long.
pub(super) async fn until<F: Future<Output = bool>>(what: &str, mut is: impl FnMut() -> F) {
    for _ in 0..6000 {
        if is().await {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}
