//! The services over a test's database.

use std::time::Duration;

use backend::{Backend, Settings, jobs::Timing};

use crate::{RedisServer, TestDb};

/// What a test's services should be like.
#[derive(Debug)]
pub struct TestBackend {
    settings: Settings,
}

impl TestBackend {
    /// Over the given database, in a hurry, without Redis.
    #[must_use]
    pub fn over(test: &TestDb) -> Self {
        let mut settings = Settings::new(test.folder());
        settings.database_url = test.url.clone();
        settings.timing = hurry();
        settings.workers = 2;
        settings.accounts.secret = "a secret that only tests have, 32+".to_owned();
        Self { settings }
    }

    #[must_use]
    pub fn redis(mut self, redis: &RedisServer) -> Self {
        self.settings.redis_url = Some(redis.url());
        self
    }

    #[must_use]
    pub fn timing(mut self, change: impl FnOnce(&mut Timing)) -> Self {
        change(&mut self.settings.timing);
        self
    }

    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// With connections of its own, as another process would have.
    pub async fn open(self, test: &TestDb) -> Backend {
        Backend::open_with(test.again().await, self.settings)
            .await
            .unwrap()
    }
}

/// Times for tests: everything happens within a second or two.
#[must_use]
pub fn hurry() -> Timing {
    Timing {
        lease: Duration::from_millis(1800),
        renew: Duration::from_millis(400),
        sweep: Duration::from_millis(200),
        tidy: Duration::from_secs(3600),
        poll: Duration::from_millis(150),
        poll_with_queue: Duration::from_secs(5),
        progress: Duration::from_millis(200),
        grace: Duration::from_millis(500),
        backoff: Duration::from_millis(30),
        backoff_max: Duration::from_millis(200),
        wait: Duration::from_millis(150),
        ..Timing::default()
    }
}
