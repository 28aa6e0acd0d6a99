//! A database of its own for each test: a copy of one that is migrated already.

mod postgres;
mod sqlite;

use std::{path::Path, time::Duration};

use backend::db::{Db, Options};

pub use self::postgres::PostgresServer;

/// A database that is gone with the test, and the folder beside it.
#[derive(Debug)]
pub struct TestDb {
    pub db: Db,
    pub url: String,
    options: Options,
    // Fields drop in this order: the database must be gone before its folder.
    _postgres: Option<postgres::Database>,
    folder: tempfile::TempDir,
}

impl TestDb {
    /// On SQLite, without waiting for the disk.
    pub async fn sqlite() -> Self {
        Self::sqlite_with(false).await
    }

    /// On SQLite, for tests about crashes: what is committed is on the disk.
    pub async fn sqlite_durable() -> Self {
        Self::sqlite_with(true).await
    }

    async fn sqlite_with(synchronous: bool) -> Self {
        crate::log();
        let folder = folder();
        let url = sqlite::copy(folder.path()).await;
        Self::over(url, folder, None, options(synchronous)).await
    }

    /// On the Postgres that `KADR_TEST_POSTGRES` names.
    pub async fn postgres() -> Self {
        crate::log();
        let database = PostgresServer::of_environment().database().await;
        let url = database.url().to_owned();
        Self::over(url, folder(), Some(database), options(false)).await
    }

    async fn over(
        url: String,
        folder: tempfile::TempDir,
        postgres: Option<postgres::Database>,
        options: Options,
    ) -> Self {
        let db = Db::open_with(&url, folder.path(), options).await.unwrap();
        Self {
            db,
            url,
            options,
            _postgres: postgres,
            folder,
        }
    }

    /// The data folder that belongs to it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A second handle with connections of its own, as another process would have.
    pub async fn again(&self) -> Db {
        Db::open_with(&self.url, self.folder(), self.options)
            .await
            .unwrap()
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("kadr-test-")
        .tempdir()
        .unwrap()
}

fn options(synchronous: bool) -> Options {
    Options {
        synchronous,
        migrate: false,
        patience: Duration::from_secs(5),
        connections: 8,
    }
}
