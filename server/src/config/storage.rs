//! Where what must not be lost is kept.

use std::{fmt, path::PathBuf, str::FromStr};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::redacted::{Secret, without_password};

/// What a folder's name may contain and a URL's path may not.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#');

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Data")]
pub struct Data {
    /// The folder for the database, media, outgoing mails, logs and the generated secret
    #[arg(
        long = "data",
        env = "KADR_DATA",
        value_name = "FOLDER",
        default_value = "./data",
        value_parser = absolute
    )]
    pub folder: PathBuf,

    /// The database: sqlite://… or postgres://… [default: sqlite://{data}/kadr.db]
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,

    /// Redis for tickets and events between several processes: redis://… or rediss://…
    /// [default: none, they stay inside this process]
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<RedisUrl>,

    /// What tokens and signed addresses are signed with, at least 32 characters
    /// [default: generated once into {data}/secret]
    #[arg(long, env = "KADR_SECRET", value_name = "TEXT", hide_env_values = true, value_parser = secret)]
    pub secret: Option<Secret>,
}

impl Data {
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database_url.as_ref().map_or_else(
            || {
                let file = self.folder.join("kadr.db").to_string_lossy().into_owned();
                format!("sqlite://{}", utf8_percent_encode(&file, NOT_IN_A_PATH))
            },
            |url| url.0.clone(),
        )
    }

    /// Postgres is shared by several machines, which then need the same secret.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.database_url
            .as_ref()
            .is_some_and(|url| !url.0.starts_with("sqlite:"))
    }
}

/// The folder stays the same wherever the process goes, and messages name it whole.
fn absolute(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|_| "the name of a folder".to_owned())
}

fn secret(text: &str) -> Result<Secret, String> {
    if text.chars().count() >= 32 {
        Ok(Secret::new(text.to_owned()))
    } else {
        Err(
            "a random text of at least 32 characters, like the output of `openssl rand -hex 32`"
                .to_owned(),
        )
    }
}

/// The address of a database of one of the two engines.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let known = text
            .strip_prefix("sqlite:")
            .is_some_and(|path| !path.trim_start_matches('/').is_empty())
            || (["postgres://", "postgresql://"]
                .iter()
                .any(|p| text.starts_with(p))
                && Url::parse(text).is_ok());
        if known {
            Ok(Self(text.to_owned()))
        } else {
            Err("sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE".to_owned())
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with("sqlite:") {
            f.write_str(&self.0)
        } else {
            f.write_str(&without_password(&self.0))
        }
    }
}

/// The address of a Redis server.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(String);

impl RedisUrl {
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let known = Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host());
        if known {
            Ok(Self(text.to_owned()))
        } else {
            Err("redis://HOST:PORT or rediss://HOST:PORT".to_owned())
        }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls_name_an_engine_we_know() {
        for good in [
            "sqlite:///var/lib/kadr/kadr.db",
            "sqlite://data/kadr.db",
            "postgres://kadr@db/kadr",
            "postgresql://kadr:pw@db:5432/kadr?sslmode=require",
        ] {
            assert!(good.parse::<DatabaseUrl>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "kadr.db",
            "mysql://db/kadr",
            "sqlite://",
            "postgres://a:b:c",
        ] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_hides_passwords() {
        let url: DatabaseUrl = "postgres://kadr:hunter2@db/kadr".parse().unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
        let url: RedisUrl = "redis://:hunter2@cache".parse().unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(secret("short").is_err());
        assert!(secret("0123456789abcdef0123456789abcdef").is_ok());
    }
}
