//! The children at work: started when there is something to do, watched while they do it,
//! reused for the same asset a moment later, gone otherwise.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    ids::AssetId,
    media::{
        MediaFault,
        line::{Finished, Line},
        spec::{Limits, Spec},
    },
};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::engine::{Child, Engine};

/// How patient the pool is. Only tests are in a hurry.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// So long a child may say nothing new before it counts as hanging.
    pub silence: Duration,
    /// A child that is older begins nothing new: libraries leak a little with every file.
    pub life: Duration,
    /// How long one that is done waits for more of the same asset.
    pub idle: Duration,
    /// How long work that finds no memory waits in its place. About as long as a piece takes:
    /// who makes way earlier is overtaken for ever, and who waits on holds a hand up.
    pub memory: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(60),
            life: Duration::from_secs(600),
            idle: Duration::from_secs(2),
            memory: Duration::from_secs(60),
        }
    }
}

/// Why a command came to no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The helper said so.
    #[error("{0}")]
    Fault(MediaFault),
    #[error("the media engine did not start: {0}")]
    Start(io::Error),
    /// It ended without a result, or said what makes no sense.
    #[error("the media engine broke off ({0})")]
    Crash(String),
    #[error("the media engine stood still")]
    Silence,
    #[error("stopped")]
    Stopped,
}

/// What came of a command, and what the child wrote to its log meanwhile.
pub(super) struct Ran {
    pub(super) end: Result<Finished, Failure>,
    pub(super) log: String,
}

/// What the way a child ended says.
fn ended(what: &str, how: &str) -> Failure {
    // Somebody stops the machine or the service; that is nobody's fault.
    let asked = ["signal: 2 ", "signal: 15 "]
        .iter()
        .any(|end| how.starts_with(end));
    // The loader: a library is missing, or everything is being replaced just now.
    let loader = ["exit status: 126", "exit status: 127"].contains(&how);
    match (asked, loader) {
        (true, _) => Failure::Stopped,
        (_, true) => Failure::Start(io::Error::other(how.to_owned())),
        _ => Failure::Crash(format!("{what}; {how}")),
    }
}

#[derive(Debug)]
struct Hired {
    child: Box<dyn Child>,
    born: Instant,
    /// What its first command allowed it: that stays.
    limits: Limits,
    /// Which stay in the pool this is: an old alarm does not end a new one.
    stay: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Arc<dyn Engine>,
    patience: Patience,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    children: HashMap<AssetId, Vec<Hired>>,
    stays: u64,
}

impl Pool {
    pub(super) fn new(engine: Arc<dyn Engine>, patience: Patience) -> Self {
        Self(Arc::new(Inner {
            engine,
            patience,
            idle: Mutex::default(),
        }))
    }

    /// Has one command done. `hear` is told everything but the result, at once.
    pub(super) async fn run(
        &self,
        asset: AssetId,
        spec: &Spec,
        stop: &CancellationToken,
        hear: &mut (dyn FnMut(Line) + Send),
    ) -> Ran {
        let mut hired = match self.hire(asset, spec.limits).await {
            Ok(hired) => hired,
            Err(error) => {
                return Ran {
                    end: Err(Failure::Start(error)),
                    log: String::new(),
                };
            }
        };
        let end = self.command(hired.child.as_mut(), spec, stop, hear).await;
        let log = hired.child.log();
        match end {
            // It said what is wrong with the file, and is itself all right.
            Ok(_) | Err(Failure::Fault(_)) => self.keep(asset, hired),
            Err(Failure::Crash(what)) => {
                let how = hired.child.end().await;
                let log = hired.child.log();
                return Ran {
                    end: Err(ended(&what, &how)),
                    log,
                };
            }
            Err(_) => {
                hired.child.end().await;
            }
        }
        Ran { end, log }
    }

    async fn command(
        &self,
        child: &mut dyn Child,
        spec: &Spec,
        stop: &CancellationToken,
        hear: &mut (dyn FnMut(Line) + Send),
    ) -> Result<Finished, Failure> {
        let line =
            serde_json::to_string(spec).map_err(|error| Failure::Crash(error.to_string()))?;
        let mut alive = Instant::now();
        let mut furthest = (-1.0, i64::MIN);
        let told = tokio::select! {
            told = child.tell(&line) => told,
            () = stop.cancelled() => return Err(Failure::Stopped),
            () = sleep(self.0.patience.silence) => return Err(Failure::Silence),
        };
        told.map_err(|error| Failure::Crash(error.to_string()))?;
        loop {
            let heard = tokio::select! {
                biased;
                () = stop.cancelled() => return Err(Failure::Stopped),
                heard = timeout_at(alive + self.0.patience.silence, child.hear()) => heard,
            };
            let line = match heard {
                Err(_) => return Err(Failure::Silence),
                Ok(Err(error)) => return Err(Failure::Crash(error.to_string())),
                Ok(Ok(None)) => return Err(Failure::Crash("it ended".to_owned())),
                Ok(Ok(Some(line))) => line,
            };
            let line: Line = serde_json::from_str(&line)
                .map_err(|error| Failure::Crash(format!("not a line of ours: {error}")))?;
            match line {
                Line::Result(finished) => return Ok(finished),
                Line::Error(fault) => return Err(Failure::Fault(fault)),
                // Saying again how far it is is no sign of life: it must get somewhere.
                Line::Progress(progress) => {
                    if progress.done > furthest.0 || progress.at > furthest.1 {
                        furthest = (furthest.0.max(progress.done), furthest.1.max(progress.at));
                        alive = Instant::now();
                    }
                    hear(Line::Progress(progress));
                }
                Line::Output(output) => {
                    alive = Instant::now();
                    hear(Line::Output(output));
                }
            }
        }
    }

    async fn hire(&self, asset: AssetId, limits: Limits) -> io::Result<Hired> {
        let fits = |hired: &Hired| {
            let has = &hired.limits;
            has.memory >= limits.memory && has.cpu >= limits.cpu && has.file >= limits.file
        };
        let idle = {
            let mut idle = self.idle();
            let waiting = idle.children.get_mut(&asset);
            waiting.and_then(|waiting| waiting.iter().position(fits).map(|n| waiting.remove(n)))
        };
        if let Some(hired) = idle {
            return Ok(hired);
        }
        Ok(Hired {
            child: self.0.engine.start().await?,
            born: Instant::now(),
            limits,
            stay: 0,
        })
    }

    /// Lets it wait for more, for a while.
    fn keep(&self, asset: AssetId, mut hired: Hired) {
        if hired.born.elapsed() >= self.0.patience.life || self.0.patience.idle.is_zero() {
            // Dropped, it is killed; it has nothing to lose.
            return;
        }
        let mut idle = self.idle();
        idle.stays += 1;
        hired.stay = idle.stays;
        let stay = hired.stay;
        idle.children.entry(asset).or_default().push(hired);
        drop(idle);
        let pool = self.clone();
        tokio::spawn(async move {
            sleep(pool.0.patience.idle).await;
            let mut idle = pool.idle();
            if let Some(children) = idle.children.get_mut(&asset) {
                children.retain(|hired| hired.stay != stay);
                if children.is_empty() {
                    idle.children.remove(&asset);
                }
            }
        });
    }

    /// Nothing waits any more for this asset.
    pub(super) fn dismiss(&self, asset: AssetId) {
        self.idle().children.remove(&asset);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
