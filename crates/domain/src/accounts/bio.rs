//! What somebody says about themselves: a few lines, with links.

use serde::{Deserialize, Serialize};

use crate::forms::{Fault, name::is_invisible};

pub const MAX_LENGTH: usize = 500;
pub const MAX_LINES: usize = 12;

/// A bio: any script, lines kept, nothing invisible. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bio(String);

/// A stretch of a bio, as a page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// A web address. To be shown with `rel="nofollow ugc noopener"`.
    Link(&'a str),
    Break,
}

impl Bio {
    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
        if lines.len() > MAX_LINES {
            return Err(Fault::TooLong);
        }
        let bio = lines.join("\n");
        let mut length = 0;
        for c in bio.chars() {
            if (c.is_control() && c != '\n') || is_invisible(c) {
                return Err(Fault::Unprintable);
            }
            length += 1;
            if length > MAX_LENGTH {
                return Err(Fault::TooLong);
            }
        }
        Ok(Self(bio))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text cut where a link begins or ends. Only `http` and `https` become links:
    /// nothing that a browser would run.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        for (number, line) in self.0.split('\n').enumerate() {
            if number > 0 {
                pieces.push(Piece::Break);
            }
            let mut rest = line;
            while let Some(start) = link_start(rest) {
                let end = rest[start..]
                    .find(|c: char| c.is_whitespace() || "<>\"`{}|\\^".contains(c))
                    .map_or(rest.len(), |length| start + length);
                let link = without_tail(&rest[start..end]);
                let (before, after) = (&rest[..start], &rest[start + link.len()..]);
                if !before.is_empty() {
                    pieces.push(Piece::Text(before));
                }
                pieces.push(Piece::Link(link));
                rest = after;
            }
            if !rest.is_empty() {
                pieces.push(Piece::Text(rest));
            }
        }
        pieces
    }
}

/// Where the next link with a host begins.
fn link_start(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text[from..].find("http") {
        let start = from + found;
        let own_word = text[..start]
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric());
        let host = ["https://", "http://"]
            .iter()
            .find_map(|scheme| text[start..].strip_prefix(scheme));
        if own_word && host.is_some_and(|host| host.starts_with(char::is_alphanumeric)) {
            return Some(start);
        }
        from = start + 4;
    }
    None
}

/// A sentence ends after a link more often than a link ends in a full stop.
fn without_tail(link: &str) -> &str {
    let mut link = link;
    loop {
        let shorter = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '…', '»', '”']);
        // A closing bracket belongs to the link when it was opened in it.
        let shorter = match shorter.strip_suffix(')') {
            Some(open) if shorter.matches(')').count() > shorter.matches('(').count() => open,
            _ => shorter,
        };
        if shorter.len() == link.len() {
            return link;
        }
        link = shorter;
    }
}

impl TryFrom<String> for Bio {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(Fault::code)
    }
}

impl From<Bio> for String {
    fn from(bio: Bio) -> Self {
        bio.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_lines_and_tidies_their_ends() {
        let bio = Bio::parse("  One \r\n\r\n\r\n two\t \n").unwrap();
        assert_eq!(bio.as_str(), "One\n\n two");
        assert!(Bio::parse(" \n ").unwrap().is_empty());
        assert_eq!(Bio::parse("a\u{202E}b"), Err(Fault::Unprintable));
        assert_eq!(Bio::parse("a\u{7}b"), Err(Fault::Unprintable));
        assert_eq!(Bio::parse(&"я".repeat(MAX_LENGTH + 1)), Err(Fault::TooLong));
        assert_eq!(
            Bio::parse(&"x\n".repeat(MAX_LINES + 1)),
            Err(Fault::TooLong)
        );
    }

    #[test]
    fn finds_web_links_and_only_those() {
        let bio = Bio::parse(
            "Films: https://example.org/a_(b)?c=d&e. (see http://кадр.укр/)\njavascript:alert(1) xhttps://no https:// ok",
        )
        .unwrap();
        assert_eq!(
            bio.pieces(),
            [
                Piece::Text("Films: "),
                Piece::Link("https://example.org/a_(b)?c=d&e"),
                Piece::Text(". (see "),
                Piece::Link("http://кадр.укр/"),
                Piece::Text(")"),
                Piece::Break,
                Piece::Text("javascript:alert(1) xhttps://no https:// ok"),
            ]
        );
    }

    #[test]
    fn no_markup_gets_into_a_link() {
        let bio = Bio::parse("https://example.org/\"><script>").unwrap();
        assert_eq!(bio.pieces()[0], Piece::Link("https://example.org/"));
        assert_eq!(bio.pieces()[1], Piece::Text("\"><script>"));
    }
}
