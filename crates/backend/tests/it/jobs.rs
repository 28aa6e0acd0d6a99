//! The table of jobs: who is served when, who may finish what, and that nothing gets stuck.

use std::{collections::HashSet, time::Duration};

use backend::{
    Backend,
    jobs::{
        Claimed, Context, Finish, Heartbeat, Job, JobError, JobsError, Outcome, Shift, Sweep, Want,
    },
};
use domain::{
    events::Event,
    ids::{JobId, UserId, VideoId, WorkerId},
    jobs::{JobState, Lane, Priority, Subject, WaitingFor},
};
use serde::{Deserialize, Serialize};
use testkit::{TestBackend, TestDb, both_engines, sqlx};
use tokio::time::sleep;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Note {
    text: String,
    owner: Option<UserId>,
    video: Option<VideoId>,
    key: Option<String>,
}

impl Job for Note {
    const KIND: &'static str = "note";
    const MAX_TRIES: u32 = 2;

    fn subject(&self) -> Option<Subject> {
        self.video.map(Subject::Video)
    }

    fn owner(&self) -> Option<UserId> {
        self.owner
    }

    fn dedup(&self) -> Option<String> {
        self.key.clone()
    }

    async fn run(&self, _: &Context) -> Result<(), JobError> {
        Ok(())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Urgent {}

impl Job for Urgent {
    const KIND: &'static str = "urgent";
    const PRIORITY: Priority = Priority::Urgent;

    async fn run(&self, _: &Context) -> Result<(), JobError> {
        Ok(())
    }
}

fn note(text: impl Into<String>) -> Note {
    Note {
        text: text.into(),
        ..Note::default()
    }
}

fn owned(text: impl Into<String>, owner: UserId) -> Note {
    Note {
        owner: Some(owner),
        ..note(text)
    }
}

fn keyed(key: &str) -> Note {
    Note {
        key: Some(key.to_owned()),
        ..note("keyed")
    }
}

fn want(slots: usize) -> Vec<Want> {
    vec![Want {
        lane: Lane::Light,
        slots,
        kinds: vec!["note", "urgent"],
    }]
}

async fn claim(shift: &Shift, slots: usize) -> Vec<Claimed> {
    shift.turn_over(&[], &want(slots)).await.unwrap()
}

async fn claim_one(shift: &Shift) -> Claimed {
    claim(shift, 1).await.pop().expect("nothing to claim")
}

async fn end(shift: &Shift, job: &Claimed, outcome: Outcome) {
    let finish = Finish {
        id: job.id,
        attempt: job.attempt,
        video: job.video(),
        outcome,
    };
    shift.turn_over(&[finish], &[]).await.unwrap();
}

fn text(job: &Claimed) -> String {
    serde_json::from_str::<Note>(&job.payload).unwrap().text
}

fn me() -> Heartbeat {
    Heartbeat {
        host: "here".to_owned(),
        version: "0".to_owned(),
    }
}

async fn state(backend: &Backend, id: JobId) -> JobState {
    backend.jobs.get(id).await.unwrap().unwrap().state
}

async fn open(test: &TestDb) -> Backend {
    TestBackend::over(test).open(test).await
}

/// With leases that end only when [`lease_ended`] says so.
async fn unhurried(test: &TestDb) -> Backend {
    TestBackend::over(test)
        .timing(|timing| timing.lease = Duration::from_secs(600))
        .open(test)
        .await
}

async fn sql(backend: &Backend, statement: &str) {
    let mut tx = backend.db.write().await.unwrap();
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    sqlx::query(statement).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// As if nobody had renewed for a while.
async fn lease_ended(backend: &Backend) {
    sql(
        backend,
        "UPDATE jobs SET lease_until = 0 WHERE state = 'running'",
    )
    .await;
}

/// As if what is queued for later had come to its time.
async fn its_time_comes(backend: &Backend) {
    sql(
        backend,
        "UPDATE jobs SET not_before = 0 WHERE state = 'queued'",
    )
    .await;
}

fn later(waiting_for: WaitingFor, after: Duration) -> Outcome {
    Outcome::Later {
        waiting_for,
        reason: "Not now.".to_owned(),
        after,
    }
}

both_engines! {
    async fn a_job_is_there_when_its_transaction_is(test: TestDb) {
        let backend = open(&test).await;
        let mut tx = backend.db.write().await.unwrap();
        let never = backend.jobs.enqueue(&mut tx, &note("never")).await.unwrap();
        drop(tx);
        let mut events = backend.events.subscribe();
        let mut tx = backend.db.write().await.unwrap();
        let id = backend.jobs.enqueue(&mut tx, &note("once")).await.unwrap();
        assert!(!backend.jobs.shift().has_work(&want(1)[0]).await.unwrap());
        tx.commit().await.unwrap();
        let heard = events.next().await.unwrap();
        assert!(matches!(heard, backend::events::Heard::Event(event)
            if matches!(&*event, Event::Job(job) if job.id == id && job.state == JobState::Queued)));
        // The queue was told by the commit itself.
        tokio::time::timeout(Duration::from_secs(1), backend.jobs.queue().take(Lane::Light))
            .await
            .unwrap();
        assert!(backend.jobs.get(never).await.unwrap().is_none());
        let job = backend.jobs.get(id).await.unwrap().unwrap();
        assert_eq!((job.kind.as_str(), job.state, job.tries), ("note", JobState::Queued, 0));
        assert_eq!((job.lane, job.max_tries, job.error), (Lane::Light, 2, None));
    }

    async fn what_a_job_was_told_goes_when_it_is_done(test: TestDb) {
        let backend = open(&test).await;
        let told = async |id: JobId| -> String {
            sqlx::query_scalar("SELECT payload FROM jobs WHERE id = $1")
                .bind(id.to_string())
                .fetch_one(backend.db.read())
                .await
                .unwrap()
        };
        let shift = backend.jobs.shift();
        let done = backend.jobs.submit(&note("a secret")).await.unwrap();
        end(&shift, &claim_one(&shift).await, Outcome::Done).await;
        assert_eq!(told(done).await, "");
        // One that failed may be asked to try again.
        let failed = backend.jobs.submit(&note("a secret")).await.unwrap();
        let reason = "It cannot be.".to_owned();
        end(&shift, &claim_one(&shift).await, Outcome::Failed { reason }).await;
        assert!(told(failed).await.contains("a secret"));
    }

    async fn one_of_many_workers_gets_each_job(test: TestDb) {
        let backend = open(&test).await;
        let mut tx = backend.db.write().await.unwrap();
        let mut all = HashSet::new();
        for i in 0..60 {
            all.insert(backend.jobs.enqueue(&mut tx, &note(i.to_string())).await.unwrap());
        }
        tx.commit().await.unwrap();
        let mut workers = Vec::new();
        for _ in 0..4 {
            let shift = backend.jobs.shift();
            workers.push(tokio::spawn(async move {
                let mut got = Vec::new();
                loop {
                    let some = claim(&shift, 7).await;
                    if some.is_empty() {
                        return got;
                    }
                    got.extend(some.iter().map(|job| job.id));
                }
            }));
        }
        let mut got = Vec::new();
        for worker in workers {
            got.extend(worker.await.unwrap());
        }
        assert_eq!(got.len(), 60, "some were claimed twice or never");
        assert_eq!(got.into_iter().collect::<HashSet<_>>(), all);
    }

    async fn the_urgent_come_first_then_owners_alternate(test: TestDb) {
        let backend = open(&test).await;
        let (a, b) = (UserId::generate(), UserId::generate());
        let jobs = &backend.jobs;
        for i in 0..100 {
            jobs.submit(&owned(format!("a{i}"), a)).await.unwrap();
        }
        jobs.submit(&owned("b0", b)).await.unwrap();
        jobs.submit(&note("nobody's")).await.unwrap();
        let urgent = jobs.submit(&Urgent {}).await.unwrap();
        let shift = jobs.shift();
        assert_eq!(claim_one(&shift).await.id, urgent);
        let mut served = Vec::new();
        for _ in 0..4 {
            served.push(text(&claim_one(&shift).await));
        }
        assert_eq!(served, ["a0", "b0", "nobody's", "a1"]);
        // Who comes back waits for the others' turn, not behind a hundred.
        jobs.submit(&owned("b1", b)).await.unwrap();
        jobs.submit(&owned("b2", b)).await.unwrap();
        let served: Vec<_> = claim(&shift, 5).await.iter().map(text).collect();
        assert_eq!(served, ["a2", "b1", "a3", "b2", "a4"]);
    }

    async fn of_two_in_one_millisecond_the_one_made_first_comes_first(test: TestDb) {
        let backend = open(&test).await;
        let jobs = &backend.jobs;
        let first = jobs.submit(&owned("older", UserId::generate())).await.unwrap();
        let second = jobs.submit(&owned("newer", UserId::generate())).await.unwrap();
        // Written down in the other order than they were made in, as by two connections.
        for change in [
            format!("id = '-' WHERE id = '{first}'"),
            format!("id = '{first}' WHERE id = '{second}'"),
            format!("id = '{second}' WHERE id = '-'"),
            // Postgres puts what was changed last behind the others.
            format!("created_at = 0 WHERE id = '{second}'"),
            format!("created_at = 0 WHERE id = '{first}'"),
        ] {
            sql(&backend, &format!("UPDATE jobs SET {change}")).await;
        }
        let shift = jobs.shift();
        let served = [claim_one(&shift).await, claim_one(&shift).await];
        assert_eq!(served.each_ref().map(|job| job.id), [first, second]);
    }

    async fn who_was_away_gets_no_credit_and_who_was_busy_no_debt(test: TestDb) {
        let backend = open(&test).await;
        let (a, b) = (UserId::generate(), UserId::generate());
        let shift = backend.jobs.shift();
        for i in 0..30 {
            backend.jobs.submit(&owned(format!("a{i}"), a)).await.unwrap();
            let job = claim_one(&shift).await;
            end(&shift, &job, Outcome::Done).await;
        }
        for i in 0..3 {
            backend.jobs.submit(&owned(format!("b{i}"), b)).await.unwrap();
        }
        backend.jobs.submit(&owned("a-new", a)).await.unwrap();
        let served: Vec<_> = claim(&shift, 9).await.iter().map(text).collect();
        assert_eq!(served, ["b0", "a-new", "b1", "b2"]);
    }

    async fn only_kinds_that_are_known_are_claimed(test: TestDb) {
        let backend = open(&test).await;
        backend.jobs.submit(&Sweep::default()).await.unwrap();
        let shift = backend.jobs.shift();
        assert!(claim(&shift, 9).await.is_empty());
        let sweeps = Want { lane: Lane::Light, slots: 9, kinds: vec!["sweep"] };
        assert!(shift.has_work(&sweeps).await.unwrap());
        assert!(!shift.has_work(&want(1)[0]).await.unwrap());
        assert_eq!(shift.turn_over(&[], &[sweeps]).await.unwrap().len(), 1);
    }

    async fn ended_and_begun_share_a_commit(test: TestDb) {
        let backend = open(&test).await;
        let shift = backend.jobs.shift();
        for i in 0..6 {
            backend.jobs.submit(&note(i.to_string())).await.unwrap();
        }
        let first = claim(&shift, 3).await;
        let ended: Vec<_> = first
            .iter()
            .map(|job| Finish {
                id: job.id,
                attempt: job.attempt,
                video: None,
                outcome: Outcome::Done,
            })
            .collect();
        let second = shift.turn_over(&ended, &want(9)).await.unwrap();
        assert_eq!(second.len(), 3);
        for job in &first {
            let job = backend.jobs.get(job.id).await.unwrap().unwrap();
            assert_eq!(job.state, JobState::Done);
            assert!((job.progress - 1.0).abs() < f64::EPSILON);
            assert!(job.finished_at.unwrap() >= job.started_at.unwrap());
        }
    }

    async fn who_lost_the_lease_cannot_finish(test: TestDb) {
        let backend = unhurried(&test).await;
        let id = backend.jobs.submit(&note("slow")).await.unwrap();
        let (slow, quick) = (backend.jobs.shift(), backend.jobs.shift());
        let before = claim_one(&slow).await;
        assert_eq!(backend.jobs.recover().await.unwrap().requeued, 0, "the lease still runs");
        lease_ended(&backend).await;
        assert_eq!(backend.jobs.recover().await.unwrap().requeued, 1);
        let after = claim_one(&quick).await;
        assert_eq!((before.attempt, after.attempt), (1, 2));
        end(&slow, &before, Outcome::Done).await;
        slow.save_progress(&[(id, before.attempt, 0.9)]).await.unwrap();
        assert_eq!(state(&backend, id).await, JobState::Running, "the late one finished it");
        quick.save_progress(&[(id, after.attempt, 0.4)]).await.unwrap();
        assert!((backend.jobs.get(id).await.unwrap().unwrap().progress - 0.4).abs() < 1e-9);
        end(&quick, &after, Outcome::Done).await;
        assert_eq!(state(&backend, id).await, JobState::Done);
    }

    async fn renewing_keeps_the_lease_and_tells_what_is_held(test: TestDb) {
        let backend = unhurried(&test).await;
        let id = backend.jobs.submit(&note("long")).await.unwrap();
        let shift = backend.jobs.shift();
        let job = claim_one(&shift).await;
        for _ in 0..4 {
            lease_ended(&backend).await;
            let held = shift.renew(&me()).await.unwrap();
            assert_eq!(held.len(), 1);
            assert_eq!((held[0].id, held[0].attempt, held[0].cancel), (id, job.attempt, false));
            assert_eq!(backend.jobs.recover().await.unwrap().requeued, 0);
        }
        assert!(backend.jobs.shift().renew(&me()).await.unwrap().is_empty(), "not another's");
        end(&shift, &job, Outcome::Done).await;
        assert!(shift.renew(&me()).await.unwrap().is_empty());
    }

    async fn a_job_that_kills_its_workers_fails_with_a_reason(test: TestDb) {
        let backend = unhurried(&test).await;
        let id = backend.jobs.submit(&note("poison")).await.unwrap();
        for expected in [(1, 0), (0, 1)] {
            claim_one(&backend.jobs.shift()).await;
            lease_ended(&backend).await;
            let found = backend.jobs.recover().await.unwrap();
            assert_eq!((found.requeued, found.failed), expected);
        }
        let job = backend.jobs.get(id).await.unwrap().unwrap();
        assert_eq!(job.state, JobState::Failed);
        assert!(job.error.unwrap().contains("again and again"));
        assert!(job.finished_at.is_some());
    }

    async fn what_waits_says_for_what_and_loses_no_try(test: TestDb) {
        let backend = open(&test).await;
        let id = backend.jobs.submit(&note("big")).await.unwrap();
        let shift = backend.jobs.shift();
        for _ in 0..5 {
            let job = claim_one(&shift).await;
            assert_eq!(job.tries, 1);
            end(&shift, &job, later(WaitingFor::Space, Duration::from_secs(600))).await;
            let job = backend.jobs.get(id).await.unwrap().unwrap();
            assert_eq!((job.state, job.waiting_for), (JobState::Queued, Some(WaitingFor::Space)));
            assert_eq!(job.error.as_deref(), Some("Not now."));
            assert!(claim(&shift, 1).await.is_empty(), "claimed before its time");
            its_time_comes(&backend).await;
        }
        let job = claim_one(&shift).await;
        end(&shift, &job, later(WaitingFor::Retry, Duration::ZERO)).await;
        assert_eq!(claim_one(&shift).await.tries, 2, "a failed try counts");
    }

    async fn a_delayed_job_is_not_claimed_early(test: TestDb) {
        let backend = open(&test).await;
        let mut tx = backend.db.write().await.unwrap();
        let delay = Duration::from_secs(600);
        backend.jobs.enqueue_later(&mut tx, &note("later"), delay).await.unwrap();
        tx.commit().await.unwrap();
        let shift = backend.jobs.shift();
        assert!(claim(&shift, 1).await.is_empty());
        assert!(!shift.has_work(&want(1)[0]).await.unwrap());
        assert_eq!(backend.jobs.recover().await.unwrap().announced, 0);
        its_time_comes(&backend).await;
        assert!(shift.has_work(&want(1)[0]).await.unwrap());
        assert_eq!(backend.jobs.recover().await.unwrap().announced, 1);
        claim_one(&shift).await;
    }

    async fn a_worker_that_leaves_gives_back_what_it_has(test: TestDb) {
        let backend = open(&test).await;
        let id = backend.jobs.submit(&note("half")).await.unwrap();
        let shift = backend.jobs.shift();
        shift.renew(&me()).await.unwrap();
        claim_one(&shift).await;
        shift.leave().await.unwrap();
        let job = backend.jobs.get(id).await.unwrap().unwrap();
        assert_eq!((job.state, job.tries), (JobState::Queued, 0), "leaving is no failed try");
        assert_eq!(claim_one(&backend.jobs.shift()).await.tries, 1);
    }

    async fn the_same_work_is_queued_once(test: TestDb) {
        let backend = open(&test).await;
        let first = backend.jobs.submit(&keyed("k")).await.unwrap();
        let other = backend.jobs.submit(&keyed("other")).await.unwrap();
        assert_ne!(first, other);
        assert_eq!(backend.jobs.submit(&keyed("k")).await.unwrap(), first);
        let shift = backend.jobs.shift();
        let job = claim_one(&shift).await;
        assert_eq!(backend.jobs.submit(&keyed("k")).await.unwrap(), first, "while it runs too");
        end(&shift, &job, Outcome::Failed { reason: "No.".to_owned() }).await;
        let second = backend.jobs.submit(&keyed("k")).await.unwrap();
        assert_ne!(second, first);
        let error = backend.jobs.retry(first).await.unwrap_err();
        assert!(matches!(error, JobsError::Duplicate), "{error}");
    }

    async fn many_at_once_want_the_same_work(test: TestDb) {
        let backend = open(&test).await;
        let mut callers = Vec::new();
        for _ in 0..16 {
            let jobs = backend.jobs.clone();
            callers.push(tokio::spawn(async move { jobs.submit(&keyed("k")).await.unwrap() }));
        }
        let mut ids = HashSet::new();
        for caller in callers {
            ids.insert(caller.await.unwrap());
        }
        assert_eq!(ids.len(), 1);
        assert_eq!(claim(&backend.jobs.shift(), 99).await.len(), 1);
    }

    async fn the_button_tries_again(test: TestDb) {
        let backend = open(&test).await;
        let id = backend.jobs.submit(&note("again")).await.unwrap();
        let shift = backend.jobs.shift();
        let error = backend.jobs.retry(id).await.unwrap_err();
        assert!(matches!(error, JobsError::State(JobState::Queued)), "{error}");
        let job = claim_one(&shift).await;
        let error = backend.jobs.retry(id).await.unwrap_err();
        assert!(matches!(error, JobsError::State(JobState::Running)), "{error}");
        end(&shift, &job, Outcome::Failed { reason: "Bad file.".to_owned() }).await;
        assert_eq!(
            backend.jobs.get(id).await.unwrap().unwrap().error.as_deref(),
            Some("Bad file.")
        );
        backend.jobs.retry(id).await.unwrap();
        let job = claim_one(&shift).await;
        assert_eq!((job.id, job.tries, job.attempt), (id, 1, 2));
        // One that pauses goes on at once.
        end(&shift, &job, later(WaitingFor::Retry, Duration::from_secs(600))).await;
        assert!(claim(&shift, 1).await.is_empty());
        backend.jobs.retry(id).await.unwrap();
        let job = claim_one(&shift).await;
        assert_eq!(job.tries, 2);
        end(&shift, &job, Outcome::Done).await;
        let error = backend.jobs.retry(id).await.unwrap_err();
        assert!(matches!(error, JobsError::State(JobState::Done)), "{error}");
        let error = backend.jobs.retry(JobId::generate()).await.unwrap_err();
        assert!(matches!(error, JobsError::Unknown), "{error}");
        assert!(error.is_client_fault());
    }

    async fn a_cancelled_job_stops_before_it_counts_as_stopped(test: TestDb) {
        let backend = unhurried(&test).await;
        let shift = backend.jobs.shift();
        let queued = backend.jobs.submit(&note("queued")).await.unwrap();
        backend.jobs.cancel(queued).await.unwrap();
        assert_eq!(state(&backend, queued).await, JobState::Cancelled);
        let error = backend.jobs.cancel(queued).await.unwrap_err();
        assert!(matches!(error, JobsError::State(JobState::Cancelled)), "{error}");
        assert!(claim(&shift, 1).await.is_empty());

        let running = backend.jobs.submit(&note("running")).await.unwrap();
        let job = claim_one(&shift).await;
        backend.jobs.cancel(running).await.unwrap();
        let view = backend.jobs.get(running).await.unwrap().unwrap();
        assert_eq!((view.state, view.cancelling), (JobState::Running, true));
        assert!(backend.jobs.retry(running).await.is_err(), "it could overlap");
        assert!(shift.renew(&me()).await.unwrap()[0].cancel);
        // A handler that fails instead of stopping is not queued again.
        end(&shift, &job, later(WaitingFor::Retry, Duration::ZERO)).await;
        let view = backend.jobs.get(running).await.unwrap().unwrap();
        assert_eq!((view.state, view.waiting_for), (JobState::Cancelled, None));
        assert!(view.finished_at.is_some());

        // One whose worker is gone ends too.
        backend.jobs.retry(running).await.unwrap();
        claim_one(&shift).await;
        backend.jobs.cancel(running).await.unwrap();
        lease_ended(&backend).await;
        assert_eq!(backend.jobs.recover().await.unwrap().cancelled, 1);
        assert_eq!(state(&backend, running).await, JobState::Cancelled);
    }

    async fn one_scheduler_at_a_time(test: TestDb) {
        let backend = open(&test).await;
        let (one, two) = (WorkerId::generate(), WorkerId::generate());
        let time = Duration::from_secs(600);
        assert!(backend.jobs.hold("x", one, time).await.unwrap());
        assert!(!backend.jobs.hold("x", two, time).await.unwrap());
        assert!(backend.jobs.hold("y", two, time).await.unwrap(), "another name");
        assert!(backend.jobs.hold("x", one, time).await.unwrap(), "its own again");
        sql(&backend, "UPDATE leases SET held_until = 0 WHERE name = 'x'").await;
        assert!(backend.jobs.hold("x", two, time).await.unwrap(), "the first is gone");
        assert!(!backend.jobs.hold("x", one, time).await.unwrap());
        backend.jobs.release("x", one).await.unwrap();
        assert!(!backend.jobs.hold("x", one, time).await.unwrap(), "not its to release");
        backend.jobs.release("x", two).await.unwrap();
        assert!(backend.jobs.hold("x", one, time).await.unwrap());
    }

    async fn what_is_over_is_forgotten_in_its_time(test: TestDb) {
        let backend = TestBackend::over(&test)
            .timing(|timing| {
                timing.keep_done = Duration::from_millis(1);
                timing.keep_failed = Duration::from_secs(3600);
                timing.lease = Duration::from_millis(1);
            })
            .open(&test)
            .await;
        let shift = backend.jobs.shift();
        shift.renew(&me()).await.unwrap();
        let mut ids = Vec::new();
        for text in ["done", "failed", "queued"] {
            ids.push(backend.jobs.submit(&note(text)).await.unwrap());
        }
        let [done, failed] = &claim(&shift, 2).await[..] else { panic!("not two") };
        end(&shift, done, Outcome::Done).await;
        end(&shift, failed, Outcome::Failed { reason: "No.".to_owned() }).await;
        sleep(Duration::from_millis(30)).await;
        assert_eq!(backend.jobs.tidy().await.unwrap(), 1);
        let mut left = Vec::new();
        for id in &ids {
            left.push(backend.jobs.get(*id).await.unwrap().map(|job| job.state));
        }
        assert_eq!(left, [None, Some(JobState::Failed), Some(JobState::Queued)]);
        let workers = sqlx::query("SELECT id FROM workers").fetch_all(test.db.read()).await.unwrap();
        assert!(workers.is_empty(), "a silent worker is still listed");
    }

    async fn jobs_are_listed_page_by_page(test: TestDb) {
        let backend = open(&test).await;
        let video = VideoId::generate();
        let mut ids = Vec::new();
        for i in 0..25 {
            let note = Note { video: Some(video), ..note(i.to_string()) };
            ids.push(backend.jobs.submit(&note).await.unwrap());
        }
        backend.jobs.cancel(ids[3]).await.unwrap();
        let mut seen = Vec::new();
        let mut last = None;
        loop {
            let page = backend.jobs.list(None, last.as_ref(), 10).await.unwrap();
            seen.extend(page.iter().map(|job| job.id));
            match page.last() {
                Some(job) => last = Some(job.clone()),
                None => break,
            }
        }
        assert_eq!(seen.len(), 25);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 25);
        let cancelled = backend.jobs.list(Some(JobState::Cancelled), None, 10).await.unwrap();
        assert_eq!(cancelled.len(), 1);
        assert_eq!(cancelled[0].subject, Some(Subject::Video(video)));
        let load = backend.jobs.load().await.unwrap();
        assert_eq!(load.len(), 1);
        assert_eq!((load[0].lane, load[0].state, load[0].jobs), (Lane::Light, JobState::Queued, 24));
    }
}
