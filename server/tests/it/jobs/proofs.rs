//! The proofs: two worker processes, and somebody who wants them to lose or double work.
//!
//! Every job must end exactly once, none may be lost, none may run twice at the same time.
//! Handlers write down when they run, the database writes down every ending by a trigger.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use backend::{Backend, db::Engine};
use domain::jobs::JobState;
use testkit::{
    RedisServer, TestBackend, TestDb,
    sqlx::{self, Row},
};
use tokio::time::sleep;

use super::{
    process::{WorkerProcess, timing},
    witness::{Verdict, Witnessed, judge},
};

/// Seconds for which Redis is away; a shorter pause is for the daily loop.
const PAUSE: &str = "KADR_TEST_REDIS_PAUSE";
/// After this everything must have ended.
const PATIENCE: Duration = Duration::from_secs(120);
/// A little work, asked for while no ticket can come. On an idle machine it is a second or two.
const WITHOUT_REDIS: Duration = Duration::from_secs(30);

struct Scene {
    test: TestDb,
    redis: Option<RedisServer>,
    backend: Backend,
    book: PathBuf,
    workers: Vec<WorkerProcess>,
    asked: u32,
}

impl Scene {
    async fn new(test: TestDb, redis: Option<RedisServer>) -> Self {
        record_endings(&test).await;
        let mut backend = TestBackend::over(&test).timing(|all| *all = timing());
        if let Some(redis) = &redis {
            backend = backend.redis(redis);
        }
        let mut scene = Self {
            backend: backend.open(&test).await,
            book: test.folder().join("book"),
            test,
            redis,
            workers: Vec::new(),
            asked: 0,
        };
        for _ in 0..2 {
            scene.hire();
        }
        scene
    }

    fn hire(&mut self) {
        let redis = self.redis.as_ref().map(RedisServer::url);
        let worker = WorkerProcess::start(&self.test.url, self.test.folder(), redis.as_deref());
        self.workers.push(worker);
    }

    /// Asks for some work: most short, some long, some that fails at first.
    async fn ask(&mut self, jobs: u32) {
        let mut tx = self.backend.db.write().await.unwrap();
        for _ in 0..jobs {
            self.asked += 1;
            let name = self.asked;
            let job = Witnessed {
                book: self.book.clone(),
                name,
                work: Duration::from_millis(if name.is_multiple_of(17) {
                    1500
                } else {
                    u64::from(name % 40) * 5
                }),
                fails: name.is_multiple_of(7),
            };
            self.backend.jobs.enqueue(&mut tx, &job).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn ask_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.ask(5).await;
            sleep(Duration::from_millis(120)).await;
        }
    }

    async fn all_ended(&self) {
        let end = Instant::now() + PATIENCE;
        loop {
            let load = self.backend.jobs.load().await.unwrap();
            if load.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "not all has ended: {load:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for the end and reads both books.
    async fn verdict(mut self) -> Verdict {
        self.all_ended().await;
        for worker in self.workers.drain(..) {
            worker.stop();
        }
        let rows =
            sqlx::query("SELECT job, CAST(COUNT(*) AS BIGINT) AS times FROM endings GROUP BY job")
                .fetch_all(self.test.db.read())
                .await
                .unwrap();
        let twice = rows
            .iter()
            .filter(|row| row.get::<i64, _>("times") != 1)
            .count();
        assert_eq!(twice, 0, "jobs that ended more than once");
        // The hourly clean-up is a job too.
        let done = sqlx::query("SELECT id FROM jobs WHERE state = $1 AND kind = 'test_witnessed'")
            .bind(JobState::Done.code())
            .fetch_all(self.test.db.read())
            .await
            .unwrap();
        assert_eq!(done.len(), self.asked as usize, "jobs were lost");
        let verdict = judge(&self.book);
        assert!(verdict.overlaps.is_empty(), "{:#?}", verdict.overlaps);
        assert_eq!(
            verdict.done, self.asked as usize,
            "done without having been run"
        );
        println!(
            "{} jobs, {} attempts failed, {} interrupted",
            self.asked, verdict.failed, verdict.interrupted
        );
        verdict
    }

    /// Kills a worker at random moments and hires another, for a while.
    async fn kill_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        let mut round = 0_u64;
        while Instant::now() < end {
            round += 1;
            self.ask(20).await;
            let moment = 150 + (u64::from(std::process::id()) * 7 + round * 379) % 900;
            sleep(Duration::from_millis(moment)).await;
            let victim = usize::try_from(round).unwrap() % self.workers.len();
            self.workers.swap_remove(victim).kill(&self.book);
            self.hire();
        }
    }
}

/// Every transition into a final state becomes a row.
async fn record_endings(test: &TestDb) {
    let ending = "OLD.state IN ('queued', 'running') \
                  AND NEW.state IN ('done', 'failed', 'cancelled')";
    let mut statements = vec!["CREATE TABLE endings (job TEXT NOT NULL)".to_owned()];
    match test.db.engine() {
        Engine::Sqlite => statements.push(format!(
            "CREATE TRIGGER jobs_endings AFTER UPDATE OF state ON jobs WHEN {ending}
             BEGIN INSERT INTO endings (job) VALUES (NEW.id); END"
        )),
        Engine::Postgres => {
            statements.push(
                "CREATE FUNCTION record_ending() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN INSERT INTO endings (job) VALUES (NEW.id); RETURN NEW; END $$"
                    .to_owned(),
            );
            statements.push(format!(
                "CREATE TRIGGER jobs_endings AFTER UPDATE OF state ON jobs
                 FOR EACH ROW WHEN ({ending}) EXECUTE FUNCTION record_ending()"
            ));
        }
    }
    let mut tx = test.db.write().await.unwrap();
    for statement in statements {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_race_on_sqlite_without_redis() {
    let mut scene = Scene::new(TestDb::sqlite_durable().await, None).await;
    scene.ask(200).await;
    scene.ask_for(Duration::from_secs(3)).await;
    let verdict = scene.verdict().await;
    assert!(verdict.failed > 0, "{verdict:?}: no second try was proven");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_race_on_postgres_with_redis() {
    let redis = RedisServer::start().await;
    let mut scene = Scene::new(TestDb::postgres().await, Some(redis)).await;
    scene.ask(300).await;
    scene.ask_for(Duration::from_secs(3)).await;
    let verdict = scene.verdict().await;
    assert!(verdict.failed > 0, "{verdict:?}: no second try was proven");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_killed_at_random_on_sqlite() {
    let mut scene = Scene::new(TestDb::sqlite_durable().await, None).await;
    scene.kill_for(Duration::from_secs(10)).await;
    let verdict = scene.verdict().await;
    assert!(
        verdict.interrupted > 0,
        "{verdict:?}: nobody was killed at work"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_killed_at_random_on_postgres_with_redis() {
    let redis = RedisServer::start().await;
    let mut scene = Scene::new(TestDb::postgres().await, Some(redis)).await;
    scene.kill_for(Duration::from_secs(10)).await;
    let verdict = scene.verdict().await;
    assert!(
        verdict.interrupted > 0,
        "{verdict:?}: nobody was killed at work"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_wiped_in_the_middle() {
    let redis = RedisServer::start().await;
    let mut scene = Scene::new(TestDb::postgres().await, Some(redis)).await;
    for _ in 0..4 {
        scene.ask_for(Duration::from_millis(700)).await;
        scene.redis.as_ref().unwrap().flush_all().await;
        scene.ask(20).await;
    }
    // Work asked for after the last wipe does not wait for anything slow.
    scene.all_ended().await;
    scene.redis.as_ref().unwrap().flush_all().await;
    let begun = Instant::now();
    scene.ask(3).await;
    scene.all_ended().await;
    assert!(begun.elapsed() < WITHOUT_REDIS, "{:?}", begun.elapsed());
    scene.verdict().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_away_for_a_while_and_comes_back_empty() {
    let pause = std::env::var(PAUSE)
        .ok()
        .map_or(20, |text| text.parse().unwrap());
    let redis = RedisServer::start().await;
    let mut scene = Scene::new(TestDb::postgres().await, Some(redis)).await;
    scene.ask_for(Duration::from_secs(1)).await;
    scene.redis.as_mut().unwrap().stop();
    let gone = Instant::now();
    // Work goes on, from the table.
    scene.ask(40).await;
    scene.all_ended().await;
    assert!(
        gone.elapsed() < WITHOUT_REDIS,
        "without Redis it took {:?}",
        gone.elapsed()
    );
    let away = Duration::from_secs(pause).saturating_sub(gone.elapsed());
    scene.ask_for(away).await;
    assert!(scene.backend.jobs.queue().health().await.is_err());
    scene.redis.as_mut().unwrap().resume().await;
    let end = Instant::now() + PATIENCE;
    while scene.backend.jobs.queue().health().await.is_err() {
        assert!(Instant::now() < end, "Redis is back and nobody noticed");
        sleep(Duration::from_millis(50)).await;
    }
    scene.ask_for(Duration::from_secs(1)).await;
    scene.verdict().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_away_from_the_start() {
    let mut scene = Scene::new(TestDb::postgres().await, Some(RedisServer::absent())).await;
    scene.ask(60).await;
    scene.all_ended().await;
    scene.redis.as_mut().unwrap().resume().await;
    scene.ask_for(Duration::from_secs(2)).await;
    scene.verdict().await;
}
