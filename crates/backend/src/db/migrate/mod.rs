//! Migrations: embedded, applied under a lock, with a copy of the SQLite file made first.

#[cfg(test)]
mod tests;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    AnyConnection, AssertSqlSafe, Connection, Row,
    migrate::{Migrate, MigrateError, Migrator},
};
use tokio::time::Instant;

use super::{Db, DbError, Engine, OpenError, address::Address, open::refused};

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// How long another process may take with its migrations.
const PATIENCE: Duration = Duration::from_secs(120);
/// Copies of the SQLite file that are kept.
const COPIES: usize = 3;

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    pub version: i64,
    pub name: String,
}

/// What has been applied and what has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub applied: Vec<Migration>,
    pub pending: Vec<Migration>,
    /// Applied by a newer program.
    pub unknown: Vec<i64>,
}

/// A name for the embedded migrations: two programs with the same one want the same schema.
#[must_use]
pub fn fingerprint() -> String {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for byte in MIGRATOR.iter().flat_map(|step| step.checksum.iter()) {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{sum:016x}")
}

impl Status {
    /// The newest step this database has.
    #[must_use]
    pub fn version(&self) -> i64 {
        let known = self.applied.last().map_or(0, |step| step.version);
        self.unknown.iter().copied().fold(known, i64::max)
    }
}

impl Db {
    /// What has been applied and what has not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn status(&self) -> Result<Status, OpenError> {
        self.status_of(&MIGRATOR).await
    }

    async fn status_of(&self, steps: &Migrator) -> Result<Status, OpenError> {
        let applied = applied(self)
            .await
            .map_err(|error| OpenError::Other(error.to_string()))?;
        let mut status = Status::default();
        for step in steps.iter() {
            let migration = Migration {
                version: step.version,
                name: step.description.to_string(),
            };
            if applied.contains(&step.version) {
                status.applied.push(migration);
            } else {
                status.pending.push(migration);
            }
        }
        status.unknown = applied
            .into_iter()
            .filter(|version| !steps.version_exists(*version))
            .collect();
        Ok(status)
    }

    pub(super) async fn migrate(&self, address: &Address, data: &Path) -> Result<(), OpenError> {
        self.migrate_with(&MIGRATOR, address, data).await
    }

    async fn migrate_with(
        &self,
        steps: &Migrator,
        address: &Address,
        data: &Path,
    ) -> Result<(), OpenError> {
        // Almost every start finds nothing to do, and needs no lock to see that.
        let status = self.status_of(steps).await?;
        refuse_newer(steps, &status)?;
        if status.pending.is_empty() {
            return Ok(());
        }
        match address {
            Address::Sqlite(path) => {
                let lock = file_lock(data).await?;
                let status = self.status_of(steps).await?;
                refuse_newer(steps, &status)?;
                if !status.pending.is_empty() {
                    if status.version() > 0 {
                        self.copy(path, status.version()).await?;
                    }
                    run(steps, address, &status).await?;
                }
                drop(lock);
            }
            // sqlx holds an advisory lock of the database while it migrates.
            Address::Postgres(_) => run(steps, address, &status).await?,
        }
        Ok(())
    }

    /// Copies the SQLite file as it is before `version` is left behind.
    async fn copy(&self, path: &Path, version: i64) -> Result<(), OpenError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let target = path.with_file_name(format!("{name}.before-{version}"));
        let unfinished = path.with_file_name(format!("{name}.before-{version}.part"));
        let fail = |cause: std::io::Error| match cause.kind() {
            std::io::ErrorKind::StorageFull => OpenError::Full {
                path: target.clone(),
            },
            _ => OpenError::Folder {
                path: target.clone(),
                cause,
            },
        };
        remove_if_there(&unfinished).map_err(fail)?;
        let literal = unfinished.to_string_lossy().replace('\'', "''");
        // VACUUM INTO takes no parameter everywhere; the path is ours and quoted.
        sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{literal}'")))
            .execute(&self.0.writer)
            .await
            .map_err(|error| refused(&Address::Sqlite(target.clone()), &error))?;
        File::open(&unfinished)
            .and_then(|file| file.sync_all())
            .map_err(fail)?;
        std::fs::rename(&unfinished, &target).map_err(fail)?;
        tracing::info!(copy = %target.display(), "the database was copied before migrating");
        forget_old_copies(path, &name);
        Ok(())
    }
}

async fn run(steps: &Migrator, address: &Address, status: &Status) -> Result<(), OpenError> {
    let url = address.url();
    let mut connection = AnyConnection::connect(&url)
        .await
        .map_err(|error| refused(address, &error))?;
    let names: Vec<String> = status
        .pending
        .iter()
        .map(|s| s.version.to_string())
        .collect();
    tracing::info!(pending = names.join(", "), "migrating the database");
    // On its own connection: closing it frees the advisory lock whatever happened.
    let result = match lock(&mut connection, PATIENCE).await {
        // sqlx takes the lock again, which this connection has already. The steps themselves
        // may take as long as they need.
        Some(Ok(())) => steps.run_direct(None, &mut connection, false).await,
        Some(Err(error)) => Err(error),
        None => {
            return Err(OpenError::Locked {
                seconds: PATIENCE.as_secs(),
            });
        }
    };
    connection.close().await.ok();
    result.map_err(|error| failed(steps, address, error))
}

/// Waits until nobody else migrates (on Postgres; sqlx has no lock for SQLite), or `None` when
/// that takes too long.
async fn lock(
    connection: &mut AnyConnection,
    patience: Duration,
) -> Option<Result<(), MigrateError>> {
    tokio::time::timeout(patience, connection.lock()).await.ok()
}

fn failed(steps: &Migrator, address: &Address, error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) => OpenError::Newer {
            found,
            known: known(steps),
        },
        MigrateError::VersionMismatch(version) => OpenError::Changed { version },
        MigrateError::ExecuteMigration(error, version) => match refused(address, &error) {
            OpenError::Full { path } => OpenError::Full { path },
            _ => OpenError::Migration {
                version,
                cause: error.to_string(),
            },
        },
        MigrateError::Dirty(version) => OpenError::Migration {
            version,
            cause: "an earlier attempt was interrupted".to_owned(),
        },
        MigrateError::Execute(error) => refused(address, &error),
        other => OpenError::Other(other.to_string()),
    }
}

fn known(steps: &Migrator) -> i64 {
    steps.iter().map(|step| step.version).max().unwrap_or(0)
}

fn refuse_newer(steps: &Migrator, status: &Status) -> Result<(), OpenError> {
    match status.unknown.last() {
        Some(&found) => Err(OpenError::Newer {
            found,
            known: known(steps),
        }),
        None => Ok(()),
    }
}

/// Versions in rising order; none in a database that is new.
async fn applied(db: &Db) -> Result<Vec<i64>, DbError> {
    let there = match db.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'",
        Engine::Postgres => {
            "SELECT CAST(tablename AS TEXT) FROM pg_tables \
             WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'"
        }
    };
    if sqlx::query(there)
        .fetch_optional(db.read())
        .await?
        .is_none()
    {
        return Ok(Vec::new());
    }
    let rows = sqlx::query("SELECT version FROM _sqlx_migrations ORDER BY version")
        .fetch_all(db.read())
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get("version"))
        .collect::<Result<_, _>>()?)
}

/// sqlx does not lock SQLite: two starts would race.
async fn file_lock(data: &Path) -> Result<File, OpenError> {
    let path = data.join("migrate.lock");
    let fail = |cause| OpenError::Folder {
        path: path.clone(),
        cause,
    };
    let file = File::create(&path).map_err(fail)?;
    let end = Instant::now() + PATIENCE;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(cause)) => return Err(fail(cause)),
            Err(TryLockError::WouldBlock) if Instant::now() > end => {
                return Err(OpenError::Locked {
                    seconds: PATIENCE.as_secs(),
                });
            }
            Err(TryLockError::WouldBlock) => {
                if !said {
                    tracing::info!("another process is migrating the database; waiting for it");
                    said = true;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Keeps the newest copies. Failing to tidy up is not worth failing to start.
fn forget_old_copies(path: &Path, name: &str) {
    let prefix = format!("{name}.before-");
    let Some(Ok(entries)) = path.parent().map(std::fs::read_dir) else {
        return;
    };
    let mut copies: Vec<(i64, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let file = entry.file_name();
            let version = file.to_str()?.strip_prefix(&prefix)?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    copies.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
    for (_, old) in copies.drain(COPIES.min(copies.len())..) {
        if let Err(error) = std::fs::remove_file(&old) {
            tracing::warn!(%error, copy = %old.display(), "an old copy could not be removed");
        }
    }
}
