//! The crew: claims jobs, keeps their leases, writes how they ended.
//!
//! One task does all the writing, in turns: a turn writes what has ended since the last one
//! and claims as much as there are free hands, in one commit. While it waits for the disk
//! the next endings pile up, so load makes batches by itself and no job waits for a timer.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use backend::{
    Backend,
    db::DbError,
    events::Heard,
    jobs::{Claimed, Finish, Heartbeat, Outcome, Progress, Registry, Shift, Timing},
};
use domain::{
    events::Event,
    ids::JobId,
    jobs::{JobState, Lane},
};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    handler::{End, Ended, Task},
    judge::judge,
    lane::Hands,
};

/// How long one turn or renewal may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(15);
/// As [`PATIENCE`], once we are leaving: whoever stops us does not wait long.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The pause after a turn that failed; doubles up to the second.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Renewals because of an event come no closer than this.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

struct Running {
    job: Arc<Claimed>,
    stop: CancellationToken,
    progress: Arc<Progress>,
    /// It was stopped because somebody asked for it.
    cancelled: bool,
    /// The same job, claimed anew while this attempt still runs: its lease had ended without
    /// our noticing (the machine slept, or the database's clock was set).
    next: Option<Next>,
}

/// Claimed, and not begun.
struct Next {
    job: Arc<Claimed>,
    lease: Instant,
}

struct Crew {
    backend: Backend,
    registry: Registry,
    shift: Shift,
    me: Heartbeat,
    timing: Timing,
    hands: Vec<Hands>,
    running: HashMap<JobId, Running>,
    /// Ended, and not written yet.
    ended: Vec<Finish>,
    reports: mpsc::UnboundedSender<Ended>,
    renewed: watch::Sender<Instant>,
    /// Nothing new is begun.
    leaving: bool,
    /// The database failed: no turn before then.
    pause: Duration,
    not_before: Instant,
}

/// Runs until `shutdown`, then ends in an orderly way.
pub(super) async fn run(backend: Backend, registry: Registry, shutdown: CancellationToken) {
    let (reports, mut reported) = mpsc::unbounded_channel();
    let workers = backend.settings().workers;
    let mut crew = Crew {
        shift: backend.jobs.shift(),
        me: Heartbeat {
            host: host(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        timing: *backend.jobs.timing(),
        hands: Lane::ALL
            .into_iter()
            .map(|lane| Hands::new(lane, workers, &registry))
            .collect(),
        registry,
        running: HashMap::new(),
        ended: Vec::new(),
        reports,
        renewed: watch::Sender::new(Instant::now()),
        leaving: false,
        pause: PAUSE,
        not_before: Instant::now(),
        backend,
    };
    tracing::info!(worker = %crew.shift.worker(), "at work");
    crew.work(&mut reported, &shutdown).await;
    crew.stop(&mut reported).await;
}

impl Crew {
    async fn work(
        &mut self,
        reported: &mut mpsc::UnboundedReceiver<Ended>,
        shutdown: &CancellationToken,
    ) {
        let mut tickets: FuturesUnordered<BoxFuture<'static, Lane>> = FuturesUnordered::new();
        let mut events = self.backend.events.subscribe();
        let mut deaf = false;
        let mut progress = interval(self.timing.progress);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renew_at = Instant::now();
        let mut last_renewal = renew_at;
        let mut poll_at = renew_at;
        loop {
            let queue = Arc::clone(self.backend.jobs.queue());
            for hands in &mut self.hands {
                tickets.extend(hands.wait(&queue));
            }
            let turn = self.has_turn().then_some(self.not_before);
            tokio::select! {
                () = shutdown.cancelled() => return,
                Some(ended) = reported.recv() => {
                    self.hear(ended);
                    while let Ok(more) = reported.try_recv() {
                        self.hear(more);
                    }
                }
                Some(lane) = tickets.next() => {
                    for hands in &mut self.hands {
                        if hands.lane == lane {
                            hands.ticket(&queue);
                        }
                    }
                }
                () = sleep_until(turn.unwrap_or(renew_at)), if turn.is_some() => {
                    self.turn().await;
                }
                () = sleep_until(renew_at) => {
                    last_renewal = Instant::now();
                    renew_at = last_renewal + match self.renew().await {
                        true => self.timing.renew,
                        false => (self.timing.renew / 5).min(Duration::from_secs(1)),
                    };
                }
                _ = progress.tick() => self.save_progress().await,
                () = sleep_until(poll_at) => {
                    self.poll().await;
                    poll_at = Instant::now() + if queue.reaches_everybody() {
                        self.timing.poll_with_queue
                    } else {
                        self.timing.poll
                    };
                }
                heard = events.next(), if !deaf => match heard {
                    Some(Heard::Event(event)) if !self.is_asked_to_stop(&event) => {}
                    Some(_) if self.running.is_empty() => {}
                    // The truth about it is in the table.
                    Some(_) => renew_at = renew_at.min(last_renewal + LOOK_AGAIN),
                    None => deaf = true,
                },
            }
        }
    }

    fn is_asked_to_stop(&self, event: &Event) -> bool {
        matches!(event, Event::Job(job)
            if job.state == JobState::Cancelled && self.running.contains_key(&job.id))
    }

    fn has_turn(&self) -> bool {
        !self.ended.is_empty() || self.hands.iter().any(|h| h.hungry && h.free() > 0)
    }

    /// Writes what has ended and claims what there are hands for.
    async fn turn(&mut self) {
        let wants: Vec<_> = self
            .hands
            .iter()
            .filter(|hands| hands.hungry)
            .map(Hands::want)
            .filter(|want| want.slots > 0)
            .collect();
        let begun = Instant::now();
        let claimed = match bounded(self.shift.turn_over(&self.ended, &wants)).await {
            Ok(claimed) => claimed,
            Err(error) => {
                self.failed(
                    &error,
                    "jobs could not be claimed or finished; trying again",
                );
                return;
            }
        };
        self.pause = PAUSE;
        self.ended.clear();
        let queue = Arc::clone(self.backend.jobs.queue());
        for want in &wants {
            let got = claimed.iter().filter(|job| job.lane == want.lane).count();
            for hands in &mut self.hands {
                if hands.lane == want.lane {
                    hands.claimed(got, want.slots, &queue);
                }
            }
        }
        for job in claimed {
            let next = Next {
                job: Arc::new(job),
                lease: begun + self.safe_lease(),
            };
            match self.running.get_mut(&next.job.id) {
                // The new attempt waits for the end of the old one. Handing it back would let
                // somebody else run it meanwhile.
                Some(running) => {
                    tracing::warn!(job = %next.job.id, "its lease had ended while it ran; starting over");
                    running.stop.cancel();
                    running.next = Some(next);
                }
                None => self.start(next),
            }
        }
    }

    fn start(&mut self, Next { job, lease }: Next) {
        let Some(kind) = self.registry.get(&job.kind) else {
            // Not reached: only kinds of the registry are claimed.
            self.ended.push(finish(&job, Outcome::HandedBack));
            return;
        };
        if let Some(hands) = self.hands.iter_mut().find(|hands| hands.lane == job.lane) {
            hands.take();
        }
        let running = Running {
            job: Arc::clone(&job),
            stop: CancellationToken::new(),
            progress: Arc::default(),
            cancelled: false,
            next: None,
        };
        let task = Task {
            backend: self.backend.clone(),
            kind,
            job: Arc::clone(&job),
            stop: running.stop.clone(),
            progress: Arc::clone(&running.progress),
            lease,
            renewed: self.renewed.subscribe(),
        };
        self.running.insert(job.id, running);
        tokio::spawn(task.run(self.reports.clone()));
    }

    /// For how long after asking a lease can be relied on: handlers stop a little earlier.
    fn safe_lease(&self) -> Duration {
        self.timing.lease - self.timing.lease / 6
    }

    fn hear(&mut self, ended: Ended) {
        let Ended { job, end } = ended;
        if let Some(hands) = self.hands.iter_mut().find(|hands| hands.lane == job.lane) {
            hands.put_down();
        }
        let Entry::Occupied(running) = self.running.entry(job.id) else {
            return;
        };
        if running.get().job.attempt != job.attempt {
            return;
        }
        let running = running.remove();
        if let Some(next) = running.next {
            // How the old attempt ended counts no more.
            if self.leaving {
                self.ended.push(finish(&next.job, Outcome::HandedBack));
            } else if next.lease.max(*self.renewed.borrow()) > Instant::now() {
                self.start(next);
            }
            // Else it is not surely ours any more: the next renewal hands it back.
            return;
        }
        let outcome = match end {
            End::Lost => {
                tracing::warn!(job = %job.id, kind = job.kind, "its lease could not be renewed");
                return;
            }
            End::Stopped if running.cancelled => Outcome::Cancelled,
            End::Stopped => Outcome::HandedBack,
            End::Returned(result) => judge(&job, result, &self.timing),
        };
        self.ended.push(finish(&job, outcome));
    }

    /// Renews every lease. What is not ours any more is stopped, what somebody wants
    /// stopped too, and what we hold without knowing of it goes back.
    async fn renew(&mut self) -> bool {
        let begun = Instant::now();
        let held = match bounded(self.shift.renew(&self.me)).await {
            Ok(held) => held,
            Err(error) => {
                tracing::warn!(%error, code = error.code(), "leases could not be renewed");
                return false;
            }
        };
        let mut mine: HashMap<JobId, (i64, bool)> = held
            .into_iter()
            .map(|held| (held.id, (held.attempt, held.cancel)))
            .collect();
        for (id, running) in &mut self.running {
            let held = mine.remove(id);
            let attempt = held.map(|(attempt, _)| attempt);
            running
                .next
                .take_if(|next| Some(next.job.attempt) != attempt);
            match held {
                Some((attempt, cancel)) if attempt == running.job.attempt => {
                    if cancel {
                        running.cancelled = true;
                        running.stop.cancel();
                    }
                }
                _ => running.stop.cancel(),
            }
        }
        self.renewed.send_replace(begun + self.safe_lease());
        for (id, (attempt, _)) in mine {
            if self
                .ended
                .iter()
                .any(|finish| finish.id == id && finish.attempt == attempt)
            {
                continue;
            }
            // Claimed by a commit we did not hear of.
            tracing::warn!(job = %id, "held without knowing; handing it back");
            self.ended.push(Finish {
                id,
                attempt,
                video: None,
                outcome: Outcome::HandedBack,
            });
        }
        true
    }

    async fn save_progress(&self) {
        let values: Vec<_> = self
            .running
            .values()
            .filter_map(|running| {
                let progress = running.progress.take_unsaved()?;
                Some((running.job.id, running.job.attempt, progress))
            })
            .collect();
        if values.is_empty() {
            return;
        }
        // Only a hint for who looks at the page later: the next one will do.
        if let Err(error) = bounded(self.shift.save_progress(&values)).await {
            tracing::debug!(%error, "progress was not saved");
        }
    }

    /// Asks the table: tickets can be lost, and some processes cannot send us any.
    async fn poll(&mut self) {
        for hands in &mut self.hands {
            if hands.hungry || hands.free() == 0 {
                continue;
            }
            match bounded(self.shift.has_work(&hands.want())).await {
                Ok(has_work) => hands.hungry = has_work,
                Err(error) => {
                    tracing::debug!(%error, "the table could not be asked");
                    return;
                }
            }
        }
    }

    fn failed(&mut self, error: &DbError, what: &str) {
        tracing::warn!(%error, code = error.code(), "{what}");
        self.not_before = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Takes nothing new, lets what runs go on for a while, hands the rest back.
    async fn stop(mut self, reported: &mut mpsc::UnboundedReceiver<Ended>) {
        if !self.running.is_empty() {
            tracing::info!(
                running = self.running.len(),
                "waiting for running jobs to end"
            );
        }
        for hands in &mut self.hands {
            hands.hungry = false;
        }
        self.leaving = true;
        let end = Instant::now() + self.timing.grace;
        let mut renew = interval(self.timing.renew);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.running.is_empty() {
            tokio::select! {
                Some(ended) = reported.recv() => {
                    self.hear(ended);
                    self.turn().await;
                }
                _ = renew.tick() => { self.renew().await; }
                () = sleep_until(end) => break,
            }
        }
        for running in self.running.values() {
            running.stop.cancel();
        }
        // Handlers get a moment to tidy up; then they are dropped, and report.
        let last = Instant::now() + Duration::from_secs(3);
        while !self.running.is_empty() {
            tokio::select! {
                Some(ended) = reported.recv() => self.hear(ended),
                () = sleep_until(last) => break,
            }
        }
        for _ in 0..3 {
            match within(LAST_WORDS, self.shift.turn_over(&self.ended, &[])).await {
                Ok(_) => {
                    self.ended.clear();
                    break;
                }
                Err(error) => self.failed(&error, "the last jobs could not be written"),
            }
            sleep_until(self.not_before).await;
        }
        // A handler that would not stop keeps its lease to the end: nobody else may run it
        // while it still does.
        if self.running.is_empty()
            && let Err(error) = within(LAST_WORDS, self.shift.leave()).await
        {
            tracing::warn!(%error, "could not sign off; the leases will end by themselves");
        }
        tracing::info!(worker = %self.shift.worker(), "off work");
    }
}

fn finish(job: &Claimed, outcome: Outcome) -> Finish {
    Finish {
        id: job.id,
        attempt: job.attempt,
        video: job.video(),
        outcome,
    }
}

/// A database that hangs must not hang the crew.
async fn bounded<T>(question: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    within(PATIENCE, question).await
}

async fn within<T>(
    time: Duration,
    question: impl Future<Output = Result<T, DbError>>,
) -> Result<T, DbError> {
    timeout(time, question)
        .await
        .unwrap_or_else(|_| Err(DbError::Away("it did not answer in time".to_owned())))
}

fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}
