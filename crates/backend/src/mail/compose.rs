//! From a letter to the bytes of a mail.

use std::time::{Duration, SystemTime};

use domain::ids::JobId;
use lettre::{
    Message,
    message::{Mailbox, MultiPart, header},
};

use super::{
    MailError,
    letter::{Letter, Recipient, Site},
    render,
};

/// Names longer than this are cut: some mail servers refuse long header lines.
const NAME: usize = 100;

pub(super) struct Composed {
    pub(super) message: Message,
    /// What the reader is asked to open.
    pub(super) link: Option<String>,
}

pub(super) fn compose(
    id: JobId,
    from: &Mailbox,
    to: &Recipient,
    letter: &Letter,
    site: &Site,
) -> Result<Composed, MailError> {
    let address = to.address.trim().parse().map_err(|_| MailError::Address)?;
    let to = Recipient {
        name: to.name.as_deref().map(one_line),
        ..to.clone()
    };
    let content = letter.content(&to, site);
    let name = to.name.clone().filter(|name| !name.is_empty());
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(one_line(&content.subject))
        .date(created(id))
        .message_id(Some(format!("<{id}@{}>", site.host)))
        // Nobody's holiday notice should answer a machine.
        .raw_header(automatic("Auto-Submitted", "auto-generated"))
        .raw_header(automatic("X-Auto-Response-Suppress", "All"))
        .raw_header(automatic("Content-Language", to.language.code()))
        .multipart(MultiPart::alternative_plain_html(
            render::text(&content),
            render::html(&content, to.language),
        ))?;
    Ok(Composed {
        message,
        link: content.link.map(|link| link.url),
    })
}

fn automatic(name: &'static str, value: &str) -> header::HeaderValue {
    header::HeaderValue::new(
        header::HeaderName::new_from_ascii_str(name),
        value.to_owned(),
    )
}

/// One line for a header, whatever a person has put into their name: a line break there
/// would begin a header of their own.
pub(super) fn one_line(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| {
            if c.is_control() || c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = clean.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(NAME).collect()
}

/// When the mail was asked for, which its id tells.
pub(super) fn created(id: JobId) -> SystemTime {
    id.as_uuid()
        .get_timestamp()
        .map_or(SystemTime::UNIX_EPOCH, |time| {
            let (seconds, nanos) = time.to_unix();
            SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
        })
}
