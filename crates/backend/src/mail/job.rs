//! The job that sends a mail.

use std::{io, time::Duration};

use domain::jobs::{Priority, WaitingFor};
use serde::{Deserialize, Serialize};

use super::{Letter, MailError, Recipient};
use crate::jobs::{Context, Job, JobError};

/// Enqueue it in the transaction of what the mail is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMail {
    pub to: Recipient,
    #[serde(flatten)]
    pub letter: Letter,
}

impl Job for SendMail {
    const KIND: &'static str = "send_mail";
    /// Somebody waits for a code.
    const PRIORITY: Priority = Priority::Urgent;
    /// About three quarters of an hour: mail servers make strangers wait before they take a mail.
    const MAX_TRIES: u32 = 18;
    const TIMEOUT: Duration = Duration::from_secs(60);

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        let mail = &ctx.backend().mail;
        mail.send(ctx.id(), &self.to, &self.letter)
            .await
            .map(drop)
            .map_err(|error| {
                // Whoever may see the job is not told folders, recipients or the server's words.
                tracing::warn!(job = %ctx.id(), %error, code = error.code(), "a mail did not leave");
                reason(&error)
            })
    }
}

/// What the page of the job says, and whether trying again can help.
pub(super) fn reason(error: &MailError) -> JobError {
    let sentence = match error {
        MailError::Url => "The address of the mail server is wrong; see SMTP_URL.",
        MailError::From => "The sender of mails is not an address; see KADR_MAIL_FROM.",
        MailError::Address => "This is not a mail address.",
        MailError::Refused(_) => "The mail server does not accept this mail for this address.",
        MailError::Login(_) => "The mail server does not accept our user and password.",
        MailError::Tls(_) => "There is no encrypted connection to the mail server.",
        MailError::Timeout => "The mail server did not answer in time.",
        MailError::Server(_) => "The mail server can not take the mail now.",
        MailError::Compose(_) => "The mail could not be put together.",
        MailError::Outbox { .. } => "The mail could not be written to its folder.",
    };
    match error {
        MailError::Outbox { source, .. }
            if matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ) =>
        {
            JobError::wait(WaitingFor::Space, "There is no space left on the disk.")
        }
        error if error.is_client_fault() => JobError::permanent(sentence),
        _ => JobError::retry(sentence),
    }
}
