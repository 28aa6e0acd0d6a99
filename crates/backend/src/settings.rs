//! What the services need to know. The server reads it from flags and the environment.

use std::{num::NonZeroUsize, path::PathBuf};

use crate::{accounts::Options, jobs::Timing};

#[derive(Debug, Clone)]
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
    /// How patient the jobs are. Only tests are in a hurry.
    pub timing: Timing,
}

impl Settings {
    /// The defaults of the documentation, for the given data folder.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        Self {
            database_url: format!("sqlite://{}/kadr.db", data.display()),
            data,
            redis_url: None,
            smtp_url: None,
            mail_from: "Kadr <kadr@localhost>".to_owned(),
            public_url: "http://127.0.0.1:3000".to_owned(),
            workers: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            accounts: Options::default(),
            timing: Timing::default(),
        }
    }
}
