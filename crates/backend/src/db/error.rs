//! What a query can answer besides rows. Constraint violations are values with one name on
//! both engines.

use sqlx::error::{DatabaseError, ErrorKind};

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The row exists already. The name is Postgres' default one on both engines:
    /// `{table}_{columns}_key`, or `{table}_pkey`.
    #[error("a row like this exists already ({0})")]
    Unique(String),
    /// A row that this one points to is missing, or one that points here is not.
    #[error("a row that this one belongs to is missing")]
    ForeignKey,
    /// A rule of the table; the name it has in the migration.
    #[error("the value breaks a rule of the table ({0})")]
    Check(String),
    #[error("the database does not answer: {0}")]
    Away(String),
    #[error("the database is busy with other writers")]
    Busy,
    #[error("no space is left for the database; free some, and work goes on by itself")]
    Full,
    #[error("the database: {0}")]
    Other(sqlx::Error),
}

impl DbError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unique(_) => "exists_already",
            Self::ForeignKey => "belongs_to_nothing",
            Self::Check(_) => "value_refused",
            Self::Away(_) => "database_away",
            Self::Busy => "database_busy",
            Self::Full => "database_full",
            Self::Other(_) => "database_error",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        matches!(self, Self::Unique(_))
    }

    /// Whether the same call may succeed in a while, with nobody doing anything to the code.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Busy | Self::Full)
    }

    /// Whether this is the violation of the unique constraint of that name.
    #[must_use]
    pub fn is_unique(&self, constraint: &str) -> bool {
        matches!(self, Self::Unique(name) if name == constraint)
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) => {
                of_database(cause.as_ref()).unwrap_or(Self::Other(error))
            }
            sqlx::Error::PoolTimedOut => Self::Away("all its connections are in use".to_owned()),
            sqlx::Error::PoolClosed => Self::Away("the server is stopping".to_owned()),
            sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::StorageFull => Self::Full,
            sqlx::Error::Io(cause) => Self::Away(cause.to_string()),
            sqlx::Error::WorkerCrashed => Self::Away("its thread has ended".to_owned()),
            _ => Self::Other(error),
        }
    }
}

fn of_database(cause: &dyn DatabaseError) -> Option<DbError> {
    let code = cause.code().unwrap_or_default();
    match cause.kind() {
        ErrorKind::UniqueViolation => return Some(DbError::Unique(unique_name(cause, &code))),
        ErrorKind::ForeignKeyViolation => return Some(DbError::ForeignKey),
        ErrorKind::CheckViolation => {
            let name = cause
                .constraint()
                .or_else(|| cause.message().rsplit(": ").next());
            return Some(DbError::Check(name.unwrap_or_default().to_owned()));
        }
        _ => {}
    }
    match code.as_ref() {
        // Postgres: disk full; shutting down, crash, not yet up; lock or statement timeout.
        "53100" => Some(DbError::Full),
        "57P01" | "57P02" | "57P03" | "53300" | "25006" | "08000" | "08003" | "08006" => {
            Some(DbError::Away(cause.message().to_owned()))
        }
        "40001" | "40P01" | "55P03" | "57014" => Some(DbError::Busy),
        postgres if postgres.len() == 5 => None,
        // SQLite has the primary code in the low byte: BUSY, LOCKED; FULL; what disks do.
        sqlite => match sqlite.parse::<u32>().ok()? & 0xff {
            5 | 6 => Some(DbError::Busy),
            13 => Some(DbError::Full),
            8 | 10 | 14 => Some(DbError::Away(cause.message().to_owned())),
            _ => None,
        },
    }
}

/// SQLite says `UNIQUE constraint failed: users.nick_key` where Postgres says the name of
/// the constraint: both become the latter.
fn unique_name(cause: &dyn DatabaseError, code: &str) -> String {
    const SQLITE_PRIMARY_KEY: &str = "1555";
    if let Some(name) = cause.constraint() {
        return name.to_owned();
    }
    let what = cause
        .message()
        .rsplit("failed: ")
        .next()
        .unwrap_or_default();
    if let Some(index) = what.strip_prefix("index ") {
        return index.trim_matches('\'').to_owned();
    }
    let table = what.split('.').next().unwrap_or_default();
    if code == SQLITE_PRIMARY_KEY {
        return format!("{table}_pkey");
    }
    let columns: Vec<&str> = what
        .split(", ")
        .filter_map(|column| column.split('.').nth(1))
        .collect();
    format!("{table}_{}_key", columns.join("_"))
}
