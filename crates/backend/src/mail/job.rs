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
    /// More than half an hour: mail servers make strangers wait before they take a mail.
    const MAX_TRIES: u32 = 14;
    const TIMEOUT: Duration = Duration::from_secs(60);

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        let mail = &ctx.backend().mail;
        mail.send(ctx.id(), &self.to, &self.letter)
            .await
            .map(drop)
            .map_err(|error| reason(&error))
    }
}

/// What the page of the job says, and whether trying again can help.
pub(super) fn reason(error: &MailError) -> JobError {
    let mut sentence = error.to_string();
    if let Some(first) = sentence.get(..1) {
        sentence = format!("{}{}.", first.to_uppercase(), &sentence[1..]);
    }
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
