//! The six digits that a mail brings.

use crate::forms::Fault;

pub const DIGITS: usize = 6;
/// After so many wrong tries a new code must be asked for.
pub const TRIES: u32 = 5;
pub const MINUTES: u32 = 15;

/// A code as a person typed it; spaces and dashes between digits do no harm.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut digits = String::with_capacity(DIGITS);
        for c in text.chars() {
            match c {
                '0'..='9' if digits.len() < DIGITS => digits.push(c),
                '0'..='9' => return Err(Fault::TooLong),
                _ if c.is_whitespace() || c == '-' || c == '\u{2013}' => {}
                _ => return Err(Fault::Characters),
            }
        }
        match digits.len() {
            0 => Err(Fault::Required),
            DIGITS => Ok(Self(digits)),
            _ => Err(Fault::TooShort),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A log must not tell it.
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgives_how_it_is_copied_and_nothing_else() {
        for (text, code) in [
            ("012345", Ok("012345")),
            (" 012 345\n", Ok("012345")),
            ("012-345", Ok("012345")),
            ("", Err(Fault::Required)),
            (" ", Err(Fault::Required)),
            ("12345", Err(Fault::TooShort)),
            ("1234567", Err(Fault::TooLong)),
            ("12345a", Err(Fault::Characters)),
            ("١٢٣٤٥٦", Err(Fault::Characters)),
        ] {
            let parsed = Code::parse(text);
            assert_eq!(
                parsed.as_ref().map(Code::as_str),
                code.as_ref().copied(),
                "{text:?}"
            );
        }
    }
}
