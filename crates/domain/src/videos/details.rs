//! Title, description and tags: what their owner says about a video, while it uploads already.

use serde::{Deserialize, Serialize};

use crate::{
    accounts::Visibility,
    forms::{Fault, name::is_invisible},
    uploads::FileName,
};

/// A title: one line, any script, nothing invisible.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Title(String);

impl Title {
    pub const MAX_LENGTH: usize = 120;

    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let title = words.join(" ");
        if title.is_empty() {
            return Err(Fault::Required);
        }
        if title.chars().any(|c| c.is_control() || is_invisible(c)) {
            return Err(Fault::Unprintable);
        }
        if title.chars().count() > Self::MAX_LENGTH {
            return Err(Fault::TooLong);
        }
        Ok(Self(title))
    }

    /// What a program sent as a title: made to fit instead of refused, so that an upload does
    /// not fail for its name.
    #[must_use]
    pub fn fit(text: &str) -> Option<Self> {
        let shown: String = text
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !c.is_control() && !is_invisible(*c))
            .take(4 * Self::MAX_LENGTH)
            .collect();
        let words: Vec<&str> = shown.split_whitespace().collect();
        let title: String = words.join(" ").chars().take(Self::MAX_LENGTH).collect();
        Self::parse(&title).ok()
    }

    /// A video is called like its file until somebody says otherwise.
    #[must_use]
    pub fn of(name: &FileName) -> Self {
        Self::fit(name.stem()).unwrap_or_else(|| Self("video".to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Title {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(Fault::code)
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0
    }
}

/// Plain text of several lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(String);

impl Description {
    pub const MAX_LENGTH: usize = 5000;

    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\t') || is_turning(c))
        {
            return Err(Fault::Unprintable);
        }
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(Fault::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What turns the text after it; the rest of the invisible is harmless in a long text.
const fn is_turning(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl TryFrom<String> for Description {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(Fault::code)
    }
}

impl From<Description> for String {
    fn from(description: Description) -> Self {
        description.0
    }
}

/// A few words to find a video by, each once, in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Tags(Vec<String>);

impl Tags {
    pub const MAX_COUNT: usize = 20;
    pub const MAX_LENGTH: usize = 32;

    /// From a field where they stand with commas between.
    ///
    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::of(text.split([',', '\n', ';']))
    }

    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn of<'t>(tags: impl IntoIterator<Item = &'t str>) -> Result<Self, Fault> {
        let mut kept: Vec<String> = Vec::new();
        for tag in tags {
            let words: Vec<&str> = tag
                .trim()
                .trim_start_matches('#')
                .split_whitespace()
                .collect();
            let tag = words.join(" ");
            if tag.is_empty() {
                continue;
            }
            if tag.chars().any(|c| c.is_control() || is_invisible(c)) {
                return Err(Fault::Unprintable);
            }
            if tag.chars().count() > Self::MAX_LENGTH {
                return Err(Fault::TooLong);
            }
            let folded = tag.to_lowercase();
            if kept.iter().all(|other| other.to_lowercase() != folded) {
                kept.push(tag);
            }
        }
        if kept.len() > Self::MAX_COUNT {
            return Err(Fault::TooLong);
        }
        Ok(Self(kept))
    }

    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// As they stand in a field.
    #[must_use]
    pub fn joined(&self) -> String {
        self.0.join(", ")
    }
}

impl TryFrom<Vec<String>> for Tags {
    type Error = &'static str;

    fn try_from(tags: Vec<String>) -> Result<Self, Self::Error> {
        Self::of(tags.iter().map(String::as_str)).map_err(Fault::code)
    }
}

impl From<Tags> for Vec<String> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}

/// What is to be changed about a video; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_of_anything() {
        assert_eq!(
            Title::parse("  Мій \n фільм ").unwrap().as_str(),
            "Мій фільм"
        );
        assert_eq!(Title::parse(" \t"), Err(Fault::Required));
        assert_eq!(Title::parse("a\u{202e}b"), Err(Fault::Unprintable));
        assert_eq!(Title::parse(&"ы".repeat(121)), Err(Fault::TooLong));
        assert!(Title::parse(&"ы".repeat(120)).is_ok());
        assert_eq!(Title::fit("a\u{202e}b\u{0}").unwrap().as_str(), "ab");
        assert_eq!(
            Title::fit(&"ы".repeat(10_000))
                .unwrap()
                .as_str()
                .chars()
                .count(),
            120
        );
        assert_eq!(Title::fit("\u{0}"), None);
        assert_eq!(
            Title::of(&FileName::clean("my.film.mp4")).as_str(),
            "my.film"
        );
        assert_eq!(Title::of(&FileName::clean("")).as_str(), "video");
    }

    #[test]
    fn a_description_keeps_its_lines() {
        assert_eq!(Description::parse(" a\r\nb ").unwrap().as_str(), "a\nb");
        assert_eq!(Description::parse("").unwrap(), Description::default());
        assert_eq!(Description::parse("a\u{0}"), Err(Fault::Unprintable));
        assert_eq!(Description::parse(&"x".repeat(5001)), Err(Fault::TooLong));
    }

    #[test]
    fn tags_are_each_there_once() {
        let tags = Tags::parse("#Cats, cats, , Long  walks;Київ").unwrap();
        assert_eq!(tags.joined(), "Cats, Long walks, Київ");
        assert_eq!(Tags::parse(&"x".repeat(33)), Err(Fault::TooLong));
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(
            Tags::of(many.iter().map(String::as_str)),
            Err(Fault::TooLong)
        );
        assert_eq!(Tags::parse(" ,, ").unwrap(), Tags::default());
    }
}
