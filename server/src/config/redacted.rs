//! Texts that may be used but never shown.

use std::fmt;

/// A text that stays out of logs, messages and `Debug`, whoever prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for whoever needs to use it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The address with its password replaced, for messages and `Debug`.
#[must_use]
pub(super) fn without_password(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else {
        return "(unreadable)".to_owned();
    };
    // Passwords may also travel in the query (`?password=`), so nothing of it is shown.
    if url.query().is_some() {
        url.set_query(None);
    }
    if url.password().is_some() && url.set_password(Some("…")).is_err() {
        return "(unreadable)".to_owned();
    }
    url.to_string().replace("%E2%80%A6", "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (address, shown) in [
            (
                "postgres://kadr:hunter2@db/kadr",
                "postgres://kadr:…@db/kadr",
            ),
            ("redis://:hunter2@cache:6379", "redis://:…@cache:6379"),
            ("postgres://db/kadr?password=hunter2", "postgres://db/kadr"),
            ("smtp://mail.example:25", "smtp://mail.example:25"),
            ("no url with hunter2", "(unreadable)"),
        ] {
            assert_eq!(without_password(address), shown);
        }
        assert_eq!(format!("{:?}", Secret::new("hunter2".into())), "(secret)");
    }
}
