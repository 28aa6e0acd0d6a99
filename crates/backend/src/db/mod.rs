//! The database: the only place that knows which engine it is.
//!
//! SQLite is the embedded default, Postgres the engine of a fleet; features write one SQL
//! for both (`$1` placeholders, `TEXT`, `BIGINT`, `DOUBLE PRECISION`). Reads go through
//! [`Db::read`], writes through [`Db::write`]: on SQLite that is one connection and
//! `BEGIN IMMEDIATE`, so that writers queue fairly and never deadlock.

mod address;
mod error;
mod filter;
mod migrate;
mod open;
mod tx;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sqlx::AnyPool;

pub use self::{
    address::Engine,
    error::DbError,
    filter::{Filter, Value},
    migrate::{Migration, Status, fingerprint},
    open::{OpenError, Options},
    tx::Tx,
};

/// How long a health check waits for an answer.
const PING: Duration = Duration::from_secs(2);

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    engine: Engine,
    reader: AnyPool,
    writer: AnyPool,
}

/// The address of an SQLite file, whatever its name.
pub(crate) fn sqlite_url(path: &std::path::Path) -> String {
    address::Address::Sqlite(path.to_owned()).url()
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("engine", &self.0.engine)
            .finish()
    }
}

impl Db {
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// For reading. On SQLite these connections refuse to write.
    #[must_use]
    pub fn read(&self) -> &AnyPool {
        &self.0.reader
    }

    /// Begins a transaction that may write. Dropping it rolls back.
    ///
    /// # Errors
    /// When the database is away or stays busy for too long.
    pub async fn write(&self) -> Result<Tx, DbError> {
        let inner = match self.0.engine {
            Engine::Sqlite => self.0.writer.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => self.0.writer.begin().await?,
        };
        Ok(Tx::new(inner))
    }

    /// Whether the database answers, in bounded time.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        let question = sqlx::query("SELECT 1").execute(&self.0.reader);
        match tokio::time::timeout(PING, question).await {
            Ok(answer) => Ok(answer.map(drop)?),
            Err(_) => Err(DbError::Away("it did not answer in time".to_owned())),
        }
    }

    /// Waits for open transactions, then closes every connection.
    pub async fn close(&self) {
        self.0.writer.close().await;
        self.0.reader.close().await;
    }
}

/// The time as the tables hold it: milliseconds since 1970, UTC.
#[must_use]
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}
