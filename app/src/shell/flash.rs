//! Sentences that wait for the next page: what was just done, said once.

use leptos_i18n::td_string;

use crate::{i18n::Locale, ui::Tone};

/// Travels as its code in a cookie; texts never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flash {
    /// The demonstration form of `/admin/ui` was accepted.
    Introduced,
    /// A preference was not one of those there are.
    UnknownPreference,
}

impl Flash {
    const ALL: [Self; 2] = [Self::Introduced, Self::UnknownPreference];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Introduced => "introduced",
            Self::UnknownPreference => "unknown_preference",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flash| flash.code() == text)
    }

    #[must_use]
    pub const fn tone(self) -> Tone {
        match self {
            Self::Introduced => Tone::Good,
            Self::UnknownPreference => Tone::Bad,
        }
    }

    #[must_use]
    pub fn text(self, locale: Locale) -> String {
        match self {
            Self::Introduced => td_string!(locale, admin.form_done).to_string(),
            Self::UnknownPreference => td_string!(locale, errors.unknown_preference).to_string(),
        }
    }
}
