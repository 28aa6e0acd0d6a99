//! Opening the database: what can be wrong with it is said before anything is served.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Once},
    time::Duration,
};

use sqlx::{AnyConnection, Connection, any::AnyPoolOptions};
use tokio::time::Instant;

use super::{Db, Engine, Inner, address::Address};

/// Why the database cannot be had. Each is a sentence that says what and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "DATABASE_URL is not understood: {why}; write sqlite:///path/to/kadr.db or \
         postgres://user:password@host/database"
    )]
    Url { why: &'static str },
    #[error("the folder {path} is not writable ({cause}); give it to this user or set KADR_DATA")]
    Folder {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("no space is left in {path}; free some and start again")]
    Full { path: PathBuf },
    #[error("{path} is not a database of SQLite or is damaged; put a backup in its place")]
    NotADatabase { path: PathBuf },
    #[error(
        "the database was made by a newer Kadr (version {found}, this program knows {known}); \
         start the newer program, or restore the copy made before its migration"
    )]
    Newer { found: i64, known: i64 },
    #[error(
        "migration {version} was changed after it had been applied; start the program that \
         applied it"
    )]
    Changed { version: i64 },
    #[error("migration {version} failed, nothing of it was kept: {cause}")]
    Migration { version: i64, cause: String },
    #[error("another process has been migrating this database for {seconds} s; is it stuck?")]
    Locked { seconds: u64 },
    #[error("Postgres at {address} does not answer ({cause}); start it or correct DATABASE_URL")]
    Unreachable { address: String, cause: String },
    #[error("Postgres at {address} refuses us ({cause}); correct DATABASE_URL")]
    Refused { address: String, cause: String },
    #[error("the database cannot be opened: {0}")]
    Other(String),
}

impl OpenError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "database_url_invalid",
            Self::Folder { .. } => "folder_not_writable",
            Self::Full { .. } => "disk_full",
            Self::NotADatabase { .. } => "database_damaged",
            Self::Newer { .. } => "database_newer",
            Self::Changed { .. } => "migration_changed",
            Self::Migration { .. } => "migration_failed",
            Self::Locked { .. } => "migration_locked",
            Self::Unreachable { .. } => "database_unreachable",
            Self::Refused { .. } => "database_refused",
            Self::Other(_) => "database_error",
        }
    }
}

/// What can be chosen about opening. The defaults are right for a server.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Every commit is on the disk before it is acknowledged. Off only in tests that are
    /// not about crashes.
    pub synchronous: bool,
    /// Apply what is missing. `doctor` only looks.
    pub migrate: bool,
    /// How long a database that does not answer yet is waited for.
    pub patience: Duration,
    /// Connections for reading (SQLite) or altogether (Postgres).
    pub connections: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: true,
            migrate: true,
            patience: Duration::from_secs(15),
            connections: 16,
        }
    }
}

impl Db {
    /// Opens and migrates. `data` is where the lock for migrating lives.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(url: &str, data: &Path) -> Result<Self, OpenError> {
        Self::open_with(url, data, Options::default()).await
    }

    /// As [`Db::open`], with a choice.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_with(url: &str, data: &Path, options: Options) -> Result<Self, OpenError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);

        let address = Address::parse(url)?;
        if let Address::Sqlite(path) = &address {
            writable(data)?;
            writable(path.parent().unwrap_or(data))?;
        }
        let db = Self(Arc::new(connect(&address, options).await?));
        if options.migrate {
            db.migrate(&address, data).await?;
        }
        Ok(db)
    }
}

async fn connect(address: &Address, options: Options) -> Result<Inner, OpenError> {
    // One connection by hand first: a pool hides the cause behind "timed out".
    let probe = first_connection(address, options.patience).await?;
    probe.close().await.ok();

    let url = address.url();
    let inner = match address.engine() {
        Engine::Sqlite => Inner {
            engine: Engine::Sqlite,
            // Writers queue here, in turn. Others (workers beside us) are waited for by
            // busy_timeout.
            writer: sqlite_pool(true, options.synchronous)
                .max_connections(1)
                .connect_lazy(&url)
                .map_err(|error| refused(address, &error))?,
            reader: sqlite_pool(false, options.synchronous)
                // Each is a thread with a cache: as many as can read at once, and only
                // while there is something to read.
                .max_connections(options.connections.min(readers()))
                .idle_timeout(Duration::from_secs(60))
                .connect_lazy(&url)
                .map_err(|error| refused(address, &error))?,
        },
        Engine::Postgres => {
            let pool = AnyPoolOptions::new()
                .max_connections(options.connections)
                .acquire_timeout(Duration::from_secs(10))
                .connect_lazy(&url)
                .map_err(|error| refused(address, &error))?;
            Inner {
                engine: Engine::Postgres,
                writer: pool.clone(),
                reader: pool,
            }
        }
    };
    Ok(inner)
}

fn readers() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u32::try_from(cores * 2).unwrap_or(u32::MAX).clamp(4, 16)
}

fn sqlite_pool(writes: bool, synchronous: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                // journal_mode needs a moment alone with the file: wait for it first.
                let mut pragmas = vec!["PRAGMA busy_timeout = 10000", "PRAGMA foreign_keys = ON"];
                pragmas.push("PRAGMA journal_mode = WAL");
                pragmas.push(if synchronous {
                    "PRAGMA synchronous = FULL"
                } else {
                    "PRAGMA synchronous = OFF"
                });
                if !writes {
                    pragmas.push("PRAGMA query_only = ON");
                }
                for pragma in pragmas {
                    sqlx::query(pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
}

/// Connects once, waiting for a Postgres that is not up yet.
async fn first_connection(
    address: &Address,
    patience: Duration,
) -> Result<AnyConnection, OpenError> {
    let url = address.url();
    let end = Instant::now() + patience;
    let mut pause = Duration::from_millis(100);
    loop {
        let attempt = tokio::time::timeout(Duration::from_secs(5), AnyConnection::connect(&url));
        let error = match attempt.await {
            Ok(Ok(mut connection)) => match touch(&mut connection, address).await {
                Ok(()) => return Ok(connection),
                Err(error) => error,
            },
            Ok(Err(error)) => error,
            Err(_) => sqlx::Error::PoolTimedOut,
        };
        if !passing(&error) {
            return Err(refused(address, &error));
        }
        if Instant::now() + pause > end {
            return Err(OpenError::Unreachable {
                address: address.shown(),
                cause: brief(&error),
            });
        }
        tracing::warn!(
            database = address.shown(),
            cause = brief(&error),
            "the database does not answer yet; trying again"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// SQLite opens anything; only reading its first page tells whether it is a database.
async fn touch(connection: &mut AnyConnection, address: &Address) -> Result<(), sqlx::Error> {
    if address.engine() == Engine::Sqlite {
        sqlx::query("PRAGMA busy_timeout = 10000")
            .execute(&mut *connection)
            .await?;
        sqlx::query("PRAGMA schema_version")
            .execute(connection)
            .await?;
    }
    Ok(())
}

fn passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        // Starting up, shutting down, too many connections.
        sqlx::Error::Database(cause) => matches!(
            cause.code().as_deref(),
            Some("57P01" | "57P02" | "57P03" | "53300")
        ),
        _ => false,
    }
}

fn brief(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(cause) => cause.to_string(),
        sqlx::Error::PoolTimedOut => "no answer within 5 s".to_owned(),
        sqlx::Error::Database(cause) => cause.message().to_owned(),
        sqlx::Error::Configuration(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

pub(super) fn refused(address: &Address, error: &sqlx::Error) -> OpenError {
    let Address::Sqlite(path) = address else {
        return OpenError::Refused {
            address: address.shown(),
            cause: brief(error),
        };
    };
    let code = match error {
        sqlx::Error::Database(cause) => cause
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .map_or(0, |code| code & 0xff),
        _ => 0,
    };
    let path = path.clone();
    match code {
        // READONLY, IOERR, CANTOPEN.
        8 | 10 | 14 => OpenError::Folder {
            path,
            cause: std::io::Error::other(brief(error)),
        },
        13 => OpenError::Full { path },
        // CORRUPT, NOTADB.
        11 | 26 => OpenError::NotADatabase { path },
        _ => OpenError::Other(brief(error)),
    }
}

/// Creates the folder and tries to write into it.
fn writable(folder: &Path) -> Result<(), OpenError> {
    let fail = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::StorageFull => OpenError::Full {
            path: folder.to_owned(),
        },
        _ => OpenError::Folder {
            path: folder.to_owned(),
            cause,
        },
    };
    std::fs::create_dir_all(folder).map_err(fail)?;
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    std::fs::write(&probe, b"kadr").map_err(fail)?;
    match std::fs::remove_file(&probe) {
        // Another start in this process was quicker.
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(fail),
    }
}
