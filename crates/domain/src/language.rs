//! The languages Kadr speaks, and how one is chosen for a person.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language with a complete message catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Ru,
    Uk,
}

/// The text names no language we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a language we speak")]
pub struct UnknownLanguage;

impl Language {
    pub const ALL: [Self; 3] = [Self::En, Self::Ru, Self::Uk];

    /// The tag for `lang=` and for cookies.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
            Self::Uk => "uk",
        }
    }

    /// What its speakers call it: a language menu must be readable to who needs it.
    #[must_use]
    pub const fn native_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ru => "Русский",
            Self::Uk => "Українська",
        }
    }

    /// Picks from an `Accept-Language` header: highest weight first, then order of mention.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best: Option<(Self, f32)> = None;
        for item in accept_language.split(',').take(32) {
            let mut parts = item.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .find_map(|p| {
                    p.trim()
                        .strip_prefix("q=")
                        .map(|q| q.trim().parse::<f32>().unwrap_or(0.0))
                })
                .unwrap_or(1.0);
            let primary = tag.split(['-', '_']).next().unwrap_or_default();
            if let Ok(language) = primary.parse::<Self>()
                && weight > 0.0
                && best.is_none_or(|(_, w)| weight > w)
            {
                best = Some((language, weight));
            }
        }
        best.map_or(Self::default(), |(language, _)| language)
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL
            .into_iter()
            .find(|l| text.eq_ignore_ascii_case(l.code()))
            .ok_or(UnknownLanguage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiates_by_weight_then_order() {
        for (header, expected) in [
            ("", Language::En),
            ("de-DE,de;q=0.9", Language::En),
            ("ru", Language::Ru),
            ("uk-UA,uk;q=0.9,ru;q=0.8,en;q=0.7", Language::Uk),
            ("en;q=0.2, ru;q=0.9", Language::Ru),
            ("ru;q=0", Language::En),
            ("ru;q=nonsense,uk;q=0.1", Language::Uk),
            ("RU-ru", Language::Ru),
            (";;;,,,q=1", Language::En),
        ] {
            assert_eq!(Language::negotiate(header), expected, "{header}");
        }
    }
}
