//! How far a video is.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoStatus {
    /// Its bytes are on their way.
    Pending,
    /// They are here, and are worked on or wait for it.
    Processing,
    Completed,
    Failed,
}

impl VideoStatus {
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Processing,
        Self::Completed,
        Self::Failed,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for VideoStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|status| status.code() == text)
            .ok_or(())
    }
}

/// What is being done for a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Queued,
    /// The parts of its upload are put together.
    Joining,
    Probing,
    Packaging,
    Encoding,
    Finishing,
    Done,
}

impl Stage {
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Joining,
        Self::Probing,
        Self::Packaging,
        Self::Encoding,
        Self::Finishing,
        Self::Done,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Joining => "joining",
            Self::Probing => "probing",
            Self::Packaging => "packaging",
            Self::Encoding => "encoding",
            Self::Finishing => "finishing",
            Self::Done => "done",
        }
    }
}

impl FromStr for Stage {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.code() == text)
            .ok_or(())
    }
}
