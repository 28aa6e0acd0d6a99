//! `DATABASE_URL`, read with care: what is wrong with it is said in a sentence.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::OpenError;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        }
    }

    /// The time now in ms by the database's own clock: leases are compared by one clock,
    /// whatever the clocks of the workers say.
    #[must_use]
    pub(crate) const fn now_sql(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(unixepoch('subsec') * 1000 AS BIGINT)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// After a column of ids in an ORDER BY: by their bytes, which is the order they were made
    /// in. A database's own language may sort capitals elsewhere.
    #[must_use]
    pub(crate) const fn bytewise_sql(self) -> &'static str {
        match self {
            Self::Sqlite => "COLLATE BINARY",
            Self::Postgres => "COLLATE \"C\"",
        }
    }

    /// At the end of a SELECT that claims rows: others pass by instead of queueing.
    /// SQLite has one writer at a time, so there is nobody to pass by.
    #[must_use]
    pub(crate) const fn skip_locked_sql(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Sqlite(PathBuf),
    Postgres(String),
}

/// What would end the path of a URL early.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'\\')
    .add(b'[')
    .add(b']')
    .add(b'{')
    .add(b'}')
    .add(b'^')
    .add(b'|');

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        let wrong = |why: &'static str| OpenError::Url { why };
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(wrong("it has no scheme"));
        };
        match scheme {
            "sqlite" => {
                let rest = rest.strip_prefix("//").unwrap_or(rest);
                let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
                if path.contains(":memory:") || query.contains("memory") {
                    return Err(wrong(
                        "a database in memory would lose what we promised to keep",
                    ));
                }
                if !matches!(query, "" | "mode=rwc" | "mode=rw") {
                    return Err(wrong("options after '?' are not for SQLite here"));
                }
                let path = percent_decode_str(path)
                    .decode_utf8()
                    .map_err(|_| wrong("its path is not UTF-8"))?;
                if path.is_empty() || path.ends_with('/') {
                    return Err(wrong("it names no file"));
                }
                let path = std::path::absolute(Path::new(path.as_ref()))
                    .map_err(|_| wrong("its path makes no sense"))?;
                Ok(Self::Sqlite(path))
            }
            "postgres" | "postgresql" => {
                let parsed = url::Url::parse(url).map_err(|_| wrong("it is not a URL"))?;
                if parsed.path().len() <= 1 {
                    return Err(wrong("it names no database"));
                }
                Ok(Self::Postgres(url.to_owned()))
            }
            _ => Err(wrong("only sqlite and postgres are spoken here")),
        }
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// As sqlx wants it.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => {
                let path = path.to_string_lossy();
                format!("sqlite://{}?mode=rwc", utf8_percent_encode(&path, PATH))
            }
            Self::Postgres(url) => url.clone(),
        }
    }

    /// For people and logs: without the password.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(url) => url::Url::parse(url).map_or_else(
                |_| "postgres".to_owned(),
                |url| {
                    format!(
                        "{}{}",
                        url.host_str().unwrap_or("localhost"),
                        url.port().map(|p| format!(":{p}")).unwrap_or_default()
                    )
                },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (url, path) in [
            ("sqlite:///var/kadr.db", "/var/kadr.db"),
            ("sqlite:/var/kadr.db?mode=rwc", "/var/kadr.db"),
            ("sqlite:///a%20b/%D0%BA.db", "/a b/к.db"),
        ] {
            assert_eq!(
                Address::parse(url).unwrap(),
                Address::Sqlite(path.into()),
                "{url}"
            );
        }
        let Address::Sqlite(relative) = Address::parse("sqlite://data/kadr.db").unwrap() else {
            panic!("not SQLite");
        };
        assert!(relative.is_absolute() && relative.ends_with("data/kadr.db"));
    }

    #[test]
    fn a_path_with_anything_in_it_survives_the_way_through_a_url() {
        let path = PathBuf::from("/tmp/a b?c#d%20/к[1].db");
        let url = Address::Sqlite(path.clone()).url();
        let back = Address::parse(url.strip_suffix("?mode=rwc").unwrap()).unwrap();
        assert_eq!(back, Address::Sqlite(path));
    }

    #[test]
    fn says_what_is_wrong() {
        for url in [
            "",
            "kadr.db",
            "mysql://h/db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite://",
            "sqlite:///dir/",
            "sqlite:///a.db?mode=ro",
            "sqlite:///%ff.db",
            "postgres://host",
            "postgres://host/",
            "postgres://h:port/db",
        ] {
            assert!(
                matches!(Address::parse(url), Err(OpenError::Url { .. })),
                "{url}"
            );
        }
    }

    #[test]
    fn shows_no_password() {
        let shown = Address::parse("postgres://kadr:secret@db:5433/kadr")
            .unwrap()
            .shown();
        assert_eq!(shown, "db:5433");
    }
}
