//! E-mail addresses: what a mail server of today takes, no more.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Fault;

/// RFC 5321 allows 254 characters for the whole address and 64 before the `@`.
pub const MAX_LENGTH: usize = 254;
const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;

/// An address that mail can be sent to, as it was typed, without the spaces around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Fault::Required);
        }
        if text.len() > MAX_LENGTH {
            return Err(Fault::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(Fault::NotAnEmail)?;
        if is_local(local) && is_domain(domain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::NotAnEmail)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A dot-atom. Quoted local parts exist on paper; no mailbox of this century has one.
fn is_local(text: &str) -> bool {
    text.len() <= MAX_LOCAL
        && text.split('.').all(|atom| {
            !atom.is_empty()
                && atom.chars().all(|c| {
                    c.is_ascii_alphanumeric()
                        || "!#$%&'*+/=?^_`{|}~-".contains(c)
                        || (!c.is_ascii() && c.is_alphanumeric())
                })
        })
}

/// Labels with a dot between them; the last one has a letter, so that `a@127.0.0.1` is a typo.
fn is_domain(text: &str) -> bool {
    let mut labels = 0;
    let mut last = "";
    for label in text.split('.') {
        let fits = !label.is_empty()
            && label.len() <= MAX_LABEL
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| {
                c == '-' || c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric())
            });
        if !fits {
            return false;
        }
        labels += 1;
        last = label;
    }
    labels >= 2 && last.chars().any(char::is_alphabetic) && last.chars().count() >= 2
}

impl FromStr for Email {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(Fault::code)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_mail_servers_take() {
        for text in [
            "ada@example.org",
            " ada@example.org\n",
            "a.b+c_d-e@sub.example.co.uk",
            "o'neil@example.org",
            "пошта@приклад.укр",
            "x@xn--e1afmkfd.xn--p1ai",
        ] {
            assert_eq!(
                Email::parse(text).map(|e| e.as_str().to_owned()),
                Ok(text.trim().to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let long = format!("{}@example.org", "a".repeat(MAX_LENGTH));
        let long_local = format!("{}@example.org", "a".repeat(MAX_LOCAL + 1));
        for (text, fault) in [
            ("", Fault::Required),
            ("   ", Fault::Required),
            ("ada", Fault::NotAnEmail),
            ("@example.org", Fault::NotAnEmail),
            ("ada@", Fault::NotAnEmail),
            ("ada@example", Fault::NotAnEmail),
            ("ada@@example.org", Fault::NotAnEmail),
            ("a da@example.org", Fault::NotAnEmail),
            (".ada@example.org", Fault::NotAnEmail),
            ("ada.@example.org", Fault::NotAnEmail),
            ("a..da@example.org", Fault::NotAnEmail),
            ("ada@-example.org", Fault::NotAnEmail),
            ("ada@example..org", Fault::NotAnEmail),
            ("ada@example.org.", Fault::NotAnEmail),
            ("ada@127.0.0.1", Fault::NotAnEmail),
            ("ada@example.o", Fault::NotAnEmail),
            ("ada@exa\u{0}mple.org", Fault::NotAnEmail),
            ("a\r\nBcc: b@example.org", Fault::NotAnEmail),
            (long.as_str(), Fault::TooLong),
            (long_local.as_str(), Fault::NotAnEmail),
        ] {
            assert_eq!(Email::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn does_not_come_in_by_the_back_door() {
        assert!(serde_json::from_str::<Email>("\"nobody\"").is_err());
        let email: Email = serde_json::from_str("\"ada@example.org\"").unwrap();
        assert_eq!(
            serde_json::to_string(&email).unwrap(),
            "\"ada@example.org\""
        );
    }
}
