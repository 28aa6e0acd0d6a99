//! What a person is called on the page: any script, one line, nothing invisible.

use serde::{Deserialize, Serialize};

use super::Fault;

pub const MIN_LENGTH: usize = 2;
pub const MAX_LENGTH: usize = 64;

/// A display name: inner runs of space are one space.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

impl DisplayName {
    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut name = String::with_capacity(text.len().min(MAX_LENGTH * 4));
        let (mut length, mut seen) = (0, 0);
        for word in text.split_whitespace() {
            if length > 0 {
                name.push(' ');
                length += 1;
            }
            for c in word.chars() {
                if c.is_control() || is_invisible(c) {
                    return Err(Fault::Unprintable);
                }
                name.push(c);
                length += 1;
                seen += usize::from(!is_silent(c));
                if length > MAX_LENGTH {
                    return Err(Fault::TooLong);
                }
            }
        }
        match seen {
            0 => Err(Fault::Required),
            n if n < MIN_LENGTH => Err(Fault::TooShort),
            _ => Ok(Self(name)),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What shows nothing by itself: joiners, accents, variants of the sign before. A name is not
/// made of them alone.
const fn is_silent(c: char) -> bool {
    matches!(
        c,
        '\u{0300}'..='\u{036F}' | '\u{200C}' | '\u{200D}' | '\u{20D0}'..='\u{20FF}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}'
    )
}

/// Characters that hide or turn the text around them. Joiners stay: some scripts need them.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

impl TryFrom<String> for DisplayName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(Fault::code)
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_script_and_tidies_space() {
        for (text, name) in [
            ("Ada", "Ada"),
            ("  Ada   Lovelace ", "Ada Lovelace"),
            ("Леся Українка", "Леся Українка"),
            ("黒澤 明", "黒澤 明"),
            ("👩‍🎤 Ziggy", "👩‍🎤 Ziggy"),
            ("a\u{00A0}b", "a b"),
        ] {
            assert_eq!(
                DisplayName::parse(text).map(String::from),
                Ok(name.to_owned())
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let long = "ы".repeat(MAX_LENGTH + 1);
        for (text, fault) in [
            ("", Fault::Required),
            (" \t\n ", Fault::Required),
            ("A", Fault::TooShort),
            // Nothing to be seen, or next to nothing.
            ("\u{200D}\u{200D}", Fault::Required),
            ("A\u{200D}", Fault::TooShort),
            ("\u{301}\u{301} \u{FE0F}", Fault::Required),
            ("\u{2800}\u{2800}", Fault::Unprintable),
            ("A\u{0}da", Fault::Unprintable),
            ("ad\u{202E}min", Fault::Unprintable),
            ("ad\u{200B}min", Fault::Unprintable),
            (long.as_str(), Fault::TooLong),
        ] {
            assert_eq!(DisplayName::parse(text), Err(fault), "{text:?}");
        }
        assert!(DisplayName::parse(&"ы".repeat(MAX_LENGTH)).is_ok());
    }
}
