//! Mails through a mail server.

use std::{fmt, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    transport::smtp::{Error, PoolConfig},
};
use tokio::time::timeout;
use url::Url;

use super::MailError;

/// Connections to the mail server at once; more make spam filters suspicious.
const CONNECTIONS: u32 = 4;
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    address: String,
    within: Duration,
}

impl fmt::Debug for Smtp {
    /// Without the transport, which holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What lettre shall do, from what the owner wrote. Encryption is used where it is offered
/// unless the owner says otherwise.
fn parse(text: &str) -> Result<(Url, u16), MailError> {
    let mut url = Url::parse(text.trim()).map_err(|_| MailError::Url)?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(MailError::Url);
    }
    let mut tls = None;
    for (key, value) in url.query_pairs() {
        if key != "tls" {
            return Err(MailError::Url);
        }
        tls = Some(value.into_owned());
    }
    let login = url.password().is_some();
    let (tls, usual) = match (url.scheme(), tls.as_deref()) {
        ("smtps", None | Some("required")) => (None, 465),
        ("smtp", Some("required")) => (Some("required"), 587),
        ("smtp", None | Some("opportunistic")) => {
            (Some("opportunistic"), if login { 587 } else { 25 })
        }
        ("smtp", Some("none")) => (None, if login { 587 } else { 25 }),
        _ => return Err(MailError::Url),
    };
    url.set_query(tls.map(|tls| format!("tls={tls}")).as_deref());
    let port = url.port().unwrap_or(usual);
    Ok((url, port))
}

impl Smtp {
    pub(super) fn new(url: &str, within: Duration) -> Result<Self, MailError> {
        let (url, port) = parse(url)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| MailError::Url)?
            .port(port)
            // One command; the bound around everything is ours.
            .timeout(Some(within / 2))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE))
            .build();
        Ok(Self {
            transport,
            address: format!("{}:{port}", url.host_str().unwrap_or_default()),
            within,
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Connects, says EHLO, logs in; sends nothing.
    pub(super) async fn check(&self) -> Result<(), MailError> {
        timeout(self.within, self.reach())
            .await
            .unwrap_or(Err(MailError::Timeout))
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), MailError> {
        let sending = async {
            let sent = self
                .transport
                .send_raw(message.envelope(), &message.formatted())
                .await;
            match sent {
                Ok(_) => Ok(()),
                // A final no: to this mail, or to us? Who talks to us without a mail means
                // the mail.
                Err(error) if error.is_permanent() && !refuses_login(&error) => {
                    self.reach().await?;
                    Err(MailError::Refused(said(&error)))
                }
                Err(error) => Err(trouble(&error)),
            }
        };
        timeout(self.within, sending)
            .await
            .unwrap_or(Err(MailError::Timeout))
    }

    async fn reach(&self) -> Result<(), MailError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::Server("it hung up".to_owned())),
            Err(error) => Err(trouble(&error)),
        }
    }
}

/// What is wrong with the server or the way to it.
fn trouble(error: &Error) -> MailError {
    if error.is_timeout() {
        MailError::Timeout
    } else if error.is_tls() {
        MailError::Tls(said(error))
    } else if refuses_login(error) {
        MailError::Login(said(error))
    } else {
        MailError::Server(said(error))
    }
}

/// RFC 4954: 530 login needed, 534 too weak, 535 wrong, 538 encryption needed for it.
fn refuses_login(error: &Error) -> bool {
    matches!(error.status().map(u16::from), Some(530 | 534 | 535 | 538))
}

/// The server's own words after its code, or what stood in the way of hearing any; one line.
fn said(error: &Error) -> String {
    let mut cause = std::error::Error::source(error);
    let mut text = match (error.status(), cause) {
        (Some(code), Some(words)) => {
            cause = None;
            format!("{code} {words}")
        }
        _ => error.to_string(),
    };
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    super::compose::one_line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_of_mail_servers() {
        for (text, port, query) in [
            ("smtp://mail.example", 25, Some("tls=opportunistic")),
            ("smtp://me:pw@mail.example", 587, Some("tls=opportunistic")),
            (
                "smtp://me:pw@mail.example?tls=required",
                587,
                Some("tls=required"),
            ),
            ("smtp://mail.example:1025?tls=none", 1025, None),
            ("smtps://me:p%40w@mail.example", 465, None),
            ("smtps://mail.example:2465/?tls=required", 2465, None),
        ] {
            let (url, got) = parse(text).expect(text);
            assert_eq!((got, url.query()), (port, query), "{text}");
            assert!(Smtp::new(text, IDLE).is_ok(), "{text}");
        }
        for text in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://mail.example?tls=maybe",
            "smtp://mail.example?ssl=1",
            "smtps://mail.example?tls=none",
            "smtp://mail.example:99999",
        ] {
            let error = Smtp::new(text, IDLE).expect_err(text);
            assert_eq!(error.code(), "smtp_url_invalid", "{text}");
        }
    }

    #[tokio::test]
    async fn debug_hides_the_password() {
        let smtp = Smtp::new("smtp://me:hunter2@mail.example", IDLE).unwrap();
        assert!(!format!("{smtp:?}").contains("hunter2"));
    }
}
