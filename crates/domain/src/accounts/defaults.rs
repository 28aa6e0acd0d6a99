//! What a new video gets before anybody says otherwise.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who may see a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Listed and found by everybody.
    #[default]
    Public,
    /// Seen by who has the address.
    Unlisted,
    /// Seen by its owner.
    Private,
}

/// The text names no visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a visibility; there are `public`, `unlisted` and `private`")]
pub struct UnknownVisibility;

impl Visibility {
    pub const ALL: [Self; 3] = [Self::Public, Self::Unlisted, Self::Private];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
        }
    }
}

impl FromStr for Visibility {
    type Err = UnknownVisibility;

    fn from_str(text: &str) -> Result<Self, UnknownVisibility> {
        Self::ALL
            .into_iter()
            .find(|visibility| visibility.code() == text)
            .ok_or(UnknownVisibility)
    }
}

/// Somebody's defaults for new videos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VideoDefaults {
    pub visibility: Visibility,
}
