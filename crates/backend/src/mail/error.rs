//! Why a mail does not leave.

use std::{io, path::PathBuf};

/// The texts are for the person who runs the house; they name no password and no recipient.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error(
        "SMTP_URL is not the address of a mail server; it looks like \
         smtp://user:password@host:587?tls=required or smtps://user:password@host \
         (tls is required, opportunistic or none; special characters as %XX)"
    )]
    Url,
    #[error("KADR_MAIL_FROM is not an address; it looks like Kadr <kadr@videos.example>")]
    From,
    #[error("this is not a mail address")]
    Address,
    #[error("the mail server does not accept this mail for this address: {0}")]
    Refused(String),
    #[error("the mail server does not accept our user and password: {0}")]
    Login(String),
    #[error("no encrypted connection to the mail server (see ?tls= in SMTP_URL): {0}")]
    Tls(String),
    #[error("the mail server did not answer in time")]
    Timeout,
    #[error("the mail server can not take the mail now: {0}")]
    Server(String),
    #[error("the mail could not be put together: {0}")]
    Compose(#[from] lettre::error::Error),
    #[error("{path} can not be written: {source}")]
    Outbox { path: PathBuf, source: io::Error },
}

impl MailError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url => "smtp_url_invalid",
            Self::From => "mail_from_invalid",
            Self::Address => "mail_address_invalid",
            Self::Refused(_) => "mail_refused",
            Self::Login(_) => "smtp_login_refused",
            Self::Tls(_) => "smtp_tls_failed",
            Self::Timeout => "smtp_timeout",
            Self::Server(_) => "smtp_unavailable",
            Self::Compose(_) => "mail_not_composed",
            Self::Outbox { .. } => "mail_outbox_unwritable",
        }
    }

    /// The mail itself is to blame: trying it again can not help. Everything else may be
    /// better in a minute, or after the owner has looked at the settings.
    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        matches!(self, Self::Address | Self::Refused(_))
    }
}
