//! The crew: what becomes of a job, whatever its handler does.

use std::time::{Duration, Instant};

use backend::{
    Backend,
    events::Heard,
    jobs::{Job, JobView},
};
use domain::{
    events::Event,
    ids::JobId,
    jobs::{JobState, WaitingFor},
};
use testkit::{TestBackend, TestDb, both_engines, sqlx};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::kinds::{Act, Deed, Film, notes, open, registry};

const SOON: Duration = Duration::from_secs(10);

/// Services with a crew at work, and mostly a scheduler.
struct House {
    backend: Backend,
    shutdown: CancellationToken,
    work: Option<JoinHandle<()>>,
}

impl House {
    async fn over(test: &TestDb) -> Self {
        Self::of(TestBackend::over(test).open(test).await)
    }

    fn of(backend: Backend) -> Self {
        Self::with(backend, true)
    }

    /// Without a scheduler: what is lost, the test itself finds, and nobody before it.
    fn without_scheduler(backend: Backend) -> Self {
        Self::with(backend, false)
    }

    fn with(backend: Backend, schedules: bool) -> Self {
        let shutdown = CancellationToken::new();
        let work = server::worker::run_with(
            backend.clone(),
            registry(),
            true,
            schedules,
            shutdown.clone(),
        );
        Self {
            backend,
            shutdown,
            work: Some(tokio::spawn(work)),
        }
    }

    async fn submit(&self, job: &impl Job) -> JobId {
        self.backend.jobs.submit(job).await.unwrap()
    }

    async fn act(&self, key: &str, deed: Deed) -> JobId {
        self.submit(&Act {
            key: key.to_owned(),
            deed,
        })
        .await
    }

    async fn film(&self, key: &str, deed: Deed) -> JobId {
        self.submit(&Film {
            key: key.to_owned(),
            deed,
        })
        .await
    }

    async fn view(&self, id: JobId) -> JobView {
        self.backend.jobs.get(id).await.unwrap().unwrap()
    }

    async fn until(&self, id: JobId, holds: impl Fn(&JobView) -> bool) -> JobView {
        let end = Instant::now() + SOON;
        loop {
            let view = self.view(id).await;
            if holds(&view) {
                return view;
            }
            assert!(Instant::now() < end, "it stays {view:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn ended(&self, id: JobId) -> JobView {
        self.until(id, |job| job.state.is_final()).await
    }

    async fn stop(&mut self) {
        self.shutdown.cancel();
        timeout(SOON, self.work.take().unwrap())
            .await
            .unwrap()
            .unwrap();
    }
}

/// Of this job alone: the house has work of its own beside it.
async fn lease_ended(test: &TestDb, id: JobId) {
    let mut tx = test.db.write().await.unwrap();
    sqlx::query("UPDATE jobs SET lease_until = 0 WHERE id = $1")
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn eventually(holds: impl Fn() -> bool) {
    let end = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < end, "it does not come");
        sleep(Duration::from_millis(10)).await;
    }
}

/// A key of its own for each test and engine: notes are shared by the process.
fn key(name: &str) -> String {
    format!("{name}-{}", JobId::generate())
}

both_engines! {
    async fn a_job_is_run_and_everybody_hears_of_it(test: TestDb) {
        let mut house = House::over(&test).await;
        let mut events = house.backend.events.subscribe();
        let key = key("run");
        let id = house.film(&key, Deed::Nothing).await;
        let job = house.ended(id).await;
        assert_eq!((job.state, job.tries, job.error), (JobState::Done, 1, None));
        assert_eq!(notes(&key), ["begun", "through"]);
        let mut states = Vec::new();
        while states.last() != Some(&JobState::Done) {
            let heard = timeout(SOON, events.next()).await.unwrap().unwrap();
            if let Heard::Event(event) = heard
                && let Event::Job(job) = &*event
                && job.id == id
            {
                states.push(job.state);
            }
        }
        states.sort_unstable_by_key(|state| state.code());
        assert_eq!(states, [JobState::Done, JobState::Queued, JobState::Running]);
        house.stop().await;
        let workers = sqlx::query("SELECT id FROM workers").fetch_all(test.db.read()).await.unwrap();
        assert!(workers.is_empty(), "it did not sign off");
    }

    async fn a_failed_try_is_tried_again_and_a_mistake_of_ours_too(test: TestDb) {
        let house = House::over(&test).await;
        let (again, panics) = (key("again"), key("panics"));
        let id = house.act(&again, Deed::FailFirst).await;
        let job = house.ended(id).await;
        assert_eq!((job.state, job.tries, job.error), (JobState::Done, 2, None));
        let id = house.act(&panics, Deed::Panic).await;
        let job = house.ended(id).await;
        assert_eq!((job.state, job.tries), (JobState::Failed, 2));
        assert_eq!(job.error.as_deref(), Some("The server made a mistake while doing this."));
        assert_eq!(notes(&panics), ["begun", "dropped", "begun", "dropped"]);
        // The crew is well.
        let id = house.act(&again, Deed::Nothing).await;
        assert_eq!(house.ended(id).await.state, JobState::Done);
    }

    async fn what_cannot_work_fails_at_once_and_the_button_tries_again(test: TestDb) {
        let house = House::over(&test).await;
        let key = key("refused");
        let id = house.film(&key, Deed::Refuse).await;
        for round in 1..=2 {
            let job = house.ended(id).await;
            assert_eq!((job.state, job.tries), (JobState::Failed, 1));
            assert_eq!(job.error.as_deref(), Some("This is no film."));
            assert_eq!(notes(&key).len(), 2 * round);
            if round == 1 {
                house.backend.jobs.retry(id).await.unwrap();
                let end = Instant::now() + SOON;
                while notes(&key).len() < 4 {
                    assert!(Instant::now() < end);
                    sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    async fn what_takes_too_long_is_ended(test: TestDb) {
        let house = House::over(&test).await;
        let key = key("slow");
        let id = house.film(&key, Deed::Sleep(60_000)).await;
        let job = house.ended(id).await;
        assert_eq!((job.state, job.tries), (JobState::Failed, 2));
        assert_eq!(job.error.as_deref(), Some("It took longer than 0.4 s."));
        assert_eq!(notes(&key), ["begun", "dropped", "begun", "dropped"]);
    }

    async fn what_waits_goes_on_by_itself(test: TestDb) {
        let house = House::over(&test).await;
        let key = key("waits");
        let id = house.act(&key, Deed::WaitOnce).await;
        let job = house
            .until(id, |job| job.waiting_for.is_some() || job.state.is_final())
            .await;
        assert_eq!((job.waiting_for, job.tries), (Some(WaitingFor::Memory), 0));
        let job = house.ended(id).await;
        assert_eq!((job.state, job.tries), (JobState::Done, 1));
    }

    async fn cancelling_reaches_a_running_handler(test: TestDb) {
        let house = House::of(
            TestBackend::over(&test)
                // Not by way of a renewal.
                .timing(|timing| {
                    timing.lease = Duration::from_secs(60);
                    timing.renew = Duration::from_secs(30);
                })
                .open(&test)
                .await,
        );
        let key = key("cancelled");
        let id = house.act(&key, Deed::Sleep(60_000)).await;
        house.until(id, |job| job.state == JobState::Running).await;
        // Long before the next renewal.
        house.backend.jobs.cancel(id).await.unwrap();
        let job = house.ended(id).await;
        assert_eq!((job.state, job.error), (JobState::Cancelled, None));
        assert_eq!(notes(&key), ["begun", "dropped"]);
    }

    async fn a_job_claimed_anew_while_it_runs_does_not_run_twice_at_once(test: TestDb) {
        let mut house = House::without_scheduler(
            TestBackend::over(&test)
                // No renewal saves or stops the old attempt: only the claim itself does.
                .timing(|timing| {
                    timing.lease = Duration::from_secs(60);
                    timing.renew = Duration::from_secs(30);
                    timing.grace = Duration::from_secs(60);
                })
                .open(&test)
                .await,
        );
        let key = key("anew");
        let id = house.act(&key, Deed::SleepFirst(60_000)).await;
        house.until(id, |job| job.state == JobState::Running).await;
        eventually(|| notes(&key).len() == 1).await;
        // As after a night in which the machine slept.
        lease_ended(&test, id).await;
        assert_eq!(house.backend.jobs.recover().await.unwrap().requeued, 1);
        let job = house.ended(id).await;
        assert_eq!((job.state, job.error), (JobState::Done, None));
        assert_eq!(notes(&key), ["begun", "dropped", "begun", "through"]);
        // Nothing is thought to run still, and the hands are free.
        house.stop().await;
    }

    async fn a_job_claimed_anew_is_handed_back_by_who_leaves(test: TestDb) {
        let mut house = House::without_scheduler(
            TestBackend::over(&test)
                .timing(|timing| {
                    timing.lease = Duration::from_secs(60);
                    timing.renew = Duration::from_secs(30);
                    timing.grace = SOON;
                })
                .open(&test)
                .await,
        );
        let key = key("anew and away");
        let id = house.act(&key, Deed::SleepFirst(60_000)).await;
        eventually(|| notes(&key).len() == 1).await;
        lease_ended(&test, id).await;
        assert_eq!(house.backend.jobs.recover().await.unwrap().requeued, 1);
        // The old attempt has two seconds to tidy up.
        house.until(id, |job| job.state == JobState::Running).await;
        house.stop().await;
        assert_eq!(notes(&key), ["begun", "dropped"]);
        assert_eq!(house.view(id).await.state, JobState::Queued);
    }

    async fn progress_is_told_and_saved(test: TestDb) {
        let house = House::over(&test).await;
        let key = key("progress");
        let id = house.act(&key, Deed::Progress).await;
        let job = house
            .until(id, |job| job.progress > 0.0 || job.state.is_final())
            .await;
        assert_eq!(job.state, JobState::Running);
        assert!((job.progress - 0.5).abs() < 1e-6, "{}", job.progress);
        open(&key);
        let job = house.ended(id).await;
        assert!((job.progress - 1.0).abs() < f64::EPSILON);
    }

    async fn a_crew_that_stops_finishes_what_it_can_and_hands_back_the_rest(test: TestDb) {
        let lease = Duration::from_secs(60);
        let mut house = House::of(
            TestBackend::over(&test)
                .timing(|timing| {
                    timing.lease = lease;
                    timing.grace = Duration::from_secs(2);
                })
                .open(&test)
                .await,
        );
        let (short, long) = (key("short"), key("long"));
        let quick = house.act(&short, Deed::Wait).await;
        let slow = house.act(&long, Deed::Sleep(60_000)).await;
        for id in [quick, slow] {
            house.until(id, |job| job.state == JobState::Running).await;
        }
        let begun = Instant::now();
        house.shutdown.cancel();
        open(&short);
        house.stop().await;
        assert_eq!(house.view(quick).await.state, JobState::Done);
        let job = house.view(slow).await;
        assert_eq!((job.state, job.tries), (JobState::Queued, 0), "no failed try");
        assert_eq!(notes(&long), ["begun", "dropped"]);
        // Another one takes it up at once, without waiting for a lease to end.
        let next = House::over(&test).await;
        next.until(slow, |job| job.state == JobState::Running).await;
        assert!(begun.elapsed() < lease / 2, "{:?}", begun.elapsed());
    }

    async fn lanes_have_their_hands_and_do_not_wait_for_each_other(test: TestDb) {
        let house = House::over(&test).await;
        let films = key("films");
        for _ in 0..6 {
            house.film(&films, Deed::Sleep(300)).await;
        }
        let light = house.act(&key("light"), Deed::Nothing).await;
        house.ended(light).await;
        sleep(Duration::from_millis(50)).await;
        let (mut at_once, mut most) = (0_i32, 0);
        let end = Instant::now() + SOON;
        while notes(&films).len() < 12 {
            assert!(Instant::now() < end, "{:?}", notes(&films));
            sleep(Duration::from_millis(10)).await;
        }
        for note in notes(&films) {
            at_once += if note == "begun" { 1 } else { -1 };
            most = most.max(at_once);
        }
        assert_eq!(most, 2, "as many as KADR_WORKERS says");
    }

    async fn a_thousand_jobs_are_done_once_each(test: TestDb) {
        let house = House::over(&test).await;
        let key = key("many");
        for _ in 0..10 {
            let mut tx = test.db.write().await.unwrap();
            for _ in 0..100 {
                let job = Act { key: key.clone(), deed: Deed::Nothing };
                house.backend.jobs.enqueue(&mut tx, &job).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        let end = Instant::now() + Duration::from_secs(30);
        while !house.backend.jobs.load().await.unwrap().is_empty() {
            assert!(Instant::now() < end);
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(notes(&key).iter().filter(|note| *note == "through").count(), 1000);
    }
}

/// While somebody else holds the database, nobody can renew: a handler must be gone before
/// its lease is.
#[tokio::test(flavor = "multi_thread")]
async fn a_handler_ends_before_its_lease_when_it_cannot_be_renewed() {
    let test = TestDb::sqlite().await;
    let house = House::over(&test).await;
    let key = key("cut off");
    let id = house.act(&key, Deed::Sleep(60_000)).await;
    house.until(id, |job| job.state == JobState::Running).await;
    let blocker = test.db.write().await.unwrap();
    let end = Instant::now() + SOON;
    let lease_until = async || {
        let row = sqlx::query("SELECT lease_until FROM jobs WHERE id = $1")
            .bind(id.to_string())
            .fetch_one(test.db.read())
            .await
            .unwrap();
        sqlx::Row::get::<i64, _>(&row, "lease_until")
    };
    while notes(&key).len() < 2 {
        assert!(Instant::now() < end, "it goes on without a lease");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(notes(&key), ["begun", "dropped"]);
    let left = lease_until().await - backend::db::now_ms();
    assert!(left > 0, "dropped {} ms after its lease", -left);
    // Once the database is free again, the job is taken up again; that was no failed try.
    drop(blocker);
    while notes(&key).len() < 3 {
        assert!(Instant::now() < end, "nobody takes it up again");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(house.view(id).await.tries, 1);
}

/// Queues jobs for a crew that is not there yet.
async fn queue(backend: &Backend, key: &str, jobs: usize) {
    let mut tx = backend.db.write().await.unwrap();
    for _ in 0..jobs {
        let job = Act {
            key: key.to_owned(),
            deed: Deed::Nothing,
        };
        backend.jobs.enqueue(&mut tx, &job).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn nothing_left(house: &House) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let load = house.backend.jobs.load().await.unwrap();
        if load.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "{load:?} is left");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_nothing_for_good() {
    let test = TestDb::sqlite().await;
    let backend = TestBackend::over(&test).open(&test).await;
    let key = key("full");
    queue(&backend, &key, 300).await;
    // The one connection that writes finds no room for another page.
    let limit = async |pragma: &'static str| {
        let mut tx = backend.db.write().await.unwrap();
        sqlx::query(pragma).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    limit("PRAGMA max_page_count = 1").await;
    let house = House::of(backend.clone());
    let much = Act {
        key: "x".repeat(1 << 20),
        deed: Deed::Nothing,
    };
    let refused = backend.jobs.submit(&much).await.unwrap_err();
    assert!(matches!(refused, backend::db::DbError::Full), "{refused:?}");
    sleep(Duration::from_millis(700)).await;
    limit("PRAGMA max_page_count = 1073741823").await;
    nothing_left(&house).await;
    let through = notes(&key).iter().filter(|note| *note == "through").count();
    assert!(through >= 300, "{through} of 300");
    let done = backend
        .jobs
        .list(Some(JobState::Done), None, 200)
        .await
        .unwrap();
    assert_eq!(done.len(), 200, "a whole page of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_lose_and_double_nothing() {
    let test = TestDb::postgres().await;
    let backend = TestBackend::over(&test).open(&test).await;
    let key = key("cut");
    queue(&backend, &key, 1500).await;
    let house = House::of(backend);
    for _ in 0..12 {
        let cut = sqlx::query(
            "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .execute(test.db.read())
        .await;
        assert!(cut.is_ok(), "{cut:?}");
        sleep(Duration::from_millis(40)).await;
    }
    nothing_left(&house).await;
    let rows = sqlx::query("SELECT id FROM jobs WHERE state = 'done' AND kind = 'test_act'")
        .fetch_all(test.db.read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1500);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheduler_sends_for_the_clean_up() {
    let test = TestDb::sqlite().await;
    let house = House::over(&test).await;
    let end = Instant::now() + SOON;
    loop {
        let done = house
            .backend
            .jobs
            .list(Some(JobState::Done), None, 10)
            .await
            .unwrap();
        if done.iter().any(|job| job.kind == "sweep") {
            return;
        }
        assert!(Instant::now() < end, "nobody swept");
        sleep(Duration::from_millis(20)).await;
    }
}
