//! How mails leave the house.

use std::{fmt, str::FromStr};

use url::Url;

use super::redacted::without_password;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Mail")]
pub struct Mail {
    /// The mail server: smtp://… (STARTTLS with ?tls=required) or smtps://…
    /// [default: none, mails are written to {data}/mail/*.eml]
    #[arg(long, env = "SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<SmtpUrl>,

    /// Who mails come from [default: Kadr <kadr@{host of the public URL}>]
    #[arg(long, env = "KADR_MAIL_FROM", value_name = "ADDRESS", value_parser = mailbox)]
    pub mail_from: Option<String>,
}

impl Mail {
    /// The sender: the setting, or one at the host people know.
    #[must_use]
    pub fn from(&self, public_url: &str) -> String {
        self.mail_from.clone().unwrap_or_else(|| {
            let host = Url::parse(public_url)
                .ok()
                .and_then(|url| url.domain().map(str::to_owned))
                .unwrap_or_else(|| "localhost".to_owned());
            format!("Kadr <kadr@{host}>")
        })
    }
}

/// Only the shape: whether the address exists, the mail server knows.
fn mailbox(text: &str) -> Result<String, String> {
    let text = text.trim();
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').unwrap_or_default(),
        None => text,
    };
    let good = address
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;".contains(c))
        && !text.contains(char::is_control);
    if good {
        Ok(text.to_owned())
    } else {
        Err("an address like kadr@videos.example or Kadr <kadr@videos.example>".to_owned())
    }
}

/// The address of a mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl(String);

impl SmtpUrl {
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for SmtpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let known = Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
        if known {
            Ok(Self(text.to_owned()))
        } else {
            Err("smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST".to_owned())
        }
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_look_like_addresses() {
        for good in ["kadr@videos.example", "Kadr <kadr@videos.example>"] {
            assert_eq!(mailbox(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "kadr",
            "@example",
            "kadr@",
            "a@b@c",
            "Kadr <kadr@example",
            "a b@c",
            "a@b\r\nBcc: x@y",
        ] {
            assert!(mailbox(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_sender_lives_at_the_public_host() {
        let mail = Mail {
            smtp_url: None,
            mail_from: None,
        };
        assert_eq!(
            mail.from("https://videos.example"),
            "Kadr <kadr@videos.example>"
        );
        assert_eq!(mail.from("http://127.0.0.1:3000"), "Kadr <kadr@localhost>");
    }

    #[test]
    fn debug_hides_the_password() {
        let url: SmtpUrl = "smtps://me:hunter2@mail.example".parse().unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
