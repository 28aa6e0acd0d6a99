//! What the services need to know. The server reads it from flags and the environment.

use std::{fmt, num::NonZeroUsize, path::PathBuf};

use crate::{accounts::Options, jobs::Timing};

#[derive(Clone)]
pub struct Settings {
    /// `KADR_DATA`: database, media, mail outbox, locks.
    pub data: PathBuf,
    /// `DATABASE_URL`: `sqlite://…` or `postgres://…`.
    pub database_url: String,
    /// `REDIS_URL`: without it tickets and events stay inside the process.
    pub redis_url: Option<String>,
    /// `SMTP_URL`: without it mails are files in `{data}/mail`.
    pub smtp_url: Option<String>,
    /// Who our mails are from.
    pub mail_from: String,
    /// `KADR_PUBLIC_URL`: for links, without a slash at the end.
    pub public_url: String,
    /// `KADR_WORKERS`: media jobs at once in this process.
    pub workers: usize,
    /// Registration, tokens, the first admin, and what signs.
    pub accounts: Options,
    /// Limits of uploads, and their patience.
    pub uploads: crate::uploads::Options,
    /// The media engine, and what it may take.
    pub transcode: crate::transcode::Options,
    /// How patient the jobs are. Only tests are in a hurry.
    pub timing: Timing,
}

impl Settings {
    /// The defaults of the documentation, for the given data folder.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        Self {
            database_url: crate::db::sqlite_url(&data.join("kadr.db")),
            data,
            redis_url: None,
            smtp_url: None,
            mail_from: "Kadr <kadr@localhost>".to_owned(),
            public_url: "http://127.0.0.1:3000".to_owned(),
            workers: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            accounts: Options::default(),
            uploads: crate::uploads::Options::default(),
            transcode: crate::transcode::Options::default(),
            timing: Timing::default(),
        }
    }
}

/// Without passwords: of addresses only the scheme is said.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = |url: &str| url.split_once(':').map(|(scheme, _)| scheme.to_owned());
        f.debug_struct("Settings")
            .field("data", &self.data)
            .field("database", &scheme(&self.database_url))
            .field("redis", &self.redis_url.as_deref().map(scheme))
            .field("smtp", &self.smtp_url.as_deref().map(scheme))
            .field("mail_from", &self.mail_from)
            .field("public_url", &self.public_url)
            .field("workers", &self.workers)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn debug_hides_passwords() {
        let data = tempfile::tempdir().unwrap();
        let secrets = Settings {
            database_url: "postgres://kadr:hunter2@db/kadr".to_owned(),
            redis_url: Some("redis://:hunter2@127.0.0.1:1".to_owned()),
            smtp_url: Some("smtp://kadr:hunter2@mail.example".to_owned()),
            ..Settings::new(data.path())
        };
        let shown = format!("{secrets:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(
            shown.contains("postgres") && shown.contains("workers"),
            "{shown}"
        );
        let db = crate::db::Db::open(&Settings::new(data.path()).database_url, data.path())
            .await
            .unwrap();
        let shown = format!("{:?}", crate::Backend::over(db, secrets).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[tokio::test]
    async fn any_name_of_a_data_folder_will_do() {
        let data = tempfile::tempdir().unwrap();
        let odd = data.path().join("50% off? #1 к");
        std::fs::create_dir(&odd).unwrap();
        let backend = crate::Backend::open(Settings::new(&odd)).await.unwrap();
        backend.close().await;
        assert!(odd.join("kadr.db").is_file());
    }
}
