//! Every setting of the server: a flag and an environment variable for each.
//!
//! One struct per concern, parsed once at the start; what has been parsed is valid. The rest
//! of the house takes these structs and never looks into the environment itself.
#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

mod log;
mod mail;
mod network;
pub mod parse;
mod people;
mod redacted;
mod roles;
mod storage;
mod uploads;
mod work;

use std::time::Duration;

pub use self::{
    log::{Log, LogFormat},
    mail::Mail,
    network::{ListenAddr, Network, Proxies, PublicUrl},
    people::People,
    redacted::Secret,
    roles::{Role, Roles},
    storage::{Data, DatabaseUrl, RedisUrl},
    uploads::Uploads,
    work::Work,
};

/// How long a stop may take before what is left is cut off. Work that cannot finish in this
/// time is handed back and goes on elsewhere.
pub const STOP_WITHIN: Duration = Duration::from_secs(20);

/// All settings, as one command line and one environment give them.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    #[command(flatten)]
    pub roles: Roles,
    #[command(flatten)]
    pub network: Network,
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    pub mail: Mail,
    #[command(flatten)]
    pub people: People,
    #[command(flatten)]
    pub uploads: Uploads,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub log: Log,
}

impl Settings {
    /// The part of the settings the services need.
    #[must_use]
    pub fn backend(&self, public_url: &str) -> backend::Settings {
        backend::Settings {
            data: self.data.folder.clone(),
            database_url: self.data.database_url(),
            redis_url: self
                .data
                .redis_url
                .as_ref()
                .map(|url| url.expose().to_owned()),
            smtp_url: self
                .mail
                .smtp_url
                .as_ref()
                .map(|url| url.expose().to_owned()),
            mail_from: self.mail.from(public_url),
            public_url: public_url.to_owned(),
            workers: self.work.workers(),
            accounts: self.people.options(),
            uploads: self.uploads.options(),
            transcode: self.work.options(),
            timing: backend::jobs::Timing::default(),
        }
    }
}
