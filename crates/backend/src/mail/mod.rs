//! Mails: what they say, in whose language, and how they leave the house.
//!
//! A mail is always a job ([`SendMail`]): the caller writes it in the transaction of what it
//! is about. Only `kadr doctor --mail` sends one while somebody waits. Uses lettre; the texts
//! are in `locales/{language}/mail.json`.

mod compose;
mod error;
mod job;
mod letter;
mod outbox;
mod render;
mod smtp;
#[cfg(test)]
mod tests;
mod texts;

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::ids::JobId;
use lettre::message::Mailbox;

use self::{compose::Composed, letter::Site, outbox::Outbox, smtp::Smtp};
pub use self::{
    error::MailError,
    job::SendMail,
    letter::{Letter, Recipient},
};
use crate::settings::Settings;

/// How long the mail server may take for one mail, everything included.
const WITHIN: Duration = Duration::from_secs(30);

/// Where mails go.
#[derive(Debug)]
enum Way {
    Smtp(Smtp),
    Outbox(Outbox),
}

/// What became of a mail, or where the next one will go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// A mail server, as `host:port`.
    Server(String),
    /// A file; for [`Mail::check`] the folder.
    File(PathBuf),
}

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    way: Way,
    from: Mailbox,
    site: Site,
}

impl Mail {
    /// Reads the settings; connects to nothing yet.
    ///
    /// # Errors
    /// When `SMTP_URL` or the sender is not one.
    pub fn open(settings: &Settings) -> Result<Self, MailError> {
        Self::open_within(settings, WITHIN)
    }

    fn open_within(settings: &Settings, within: Duration) -> Result<Self, MailError> {
        let way = match &settings.smtp_url {
            Some(url) => Way::Smtp(Smtp::new(url, within)?),
            None => Way::Outbox(Outbox::new(settings.data.join("mail"))),
        };
        Ok(Self(Arc::new(Inner {
            way,
            from: settings.mail_from.parse().map_err(|_| MailError::From)?,
            site: Site::new(&settings.public_url),
        })))
    }

    /// Sends one mail. The same `id` always makes the same mail: its Message-ID, its date and
    /// the name of its file, so that a second try after a crash is no second mail.
    ///
    /// # Errors
    /// See [`MailError`]; [`MailError::is_client_fault`] tells whether trying again can help.
    pub async fn send(
        &self,
        id: JobId,
        to: &Recipient,
        letter: &Letter,
    ) -> Result<Carrier, MailError> {
        let Inner { way, from, site } = &*self.0;
        let Composed { message, link } = compose::compose(id, from, to, letter, site)?;
        match way {
            Way::Smtp(smtp) => {
                smtp.send(&message).await?;
                tracing::debug!(mail = %id, "mail sent");
                Ok(Carrier::Server(smtp.address().to_owned()))
            }
            Way::Outbox(outbox) => {
                let file = outbox.write(id, message.formatted()).await?;
                tracing::info!(
                    file = %file.display(),
                    link,
                    "mail written to a file (no SMTP_URL is set); its link is {}",
                    link.as_deref().unwrap_or("none"),
                );
                Ok(Carrier::File(file))
            }
        }
    }

    /// Whether mails would leave: reaches the mail server and logs in without sending
    /// anything, or writes to the outbox.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn check(&self) -> Result<Carrier, MailError> {
        match &self.0.way {
            Way::Smtp(smtp) => {
                smtp.check().await?;
                Ok(Carrier::Server(smtp.address().to_owned()))
            }
            Way::Outbox(outbox) => {
                outbox.check().await?;
                Ok(Carrier::File(outbox.folder().to_owned()))
            }
        }
    }
}
