//! Words about background work. How it runs is in `backend::jobs` and `server::worker`.

mod subject;

use serde::{Deserialize, Serialize};

pub use self::subject::Subject;

/// Where a job is in its life. `Done`, `Failed` and `Cancelled` are final until a person asks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl JobState {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Queued,
            Self::Running,
            Self::Done,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|s| s.code() == text)
    }

    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Which pair of hands a job needs. Lanes never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Short work of the server itself: mails, sweeping, clean-up.
    Light,
    /// Work that fills a core and is planned against memory: everything with media.
    Media,
}

impl Lane {
    pub const ALL: [Self; 2] = [Self::Light, Self::Media];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Media => "media",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.code() == text)
    }
}

/// Smaller runs sooner; stored as its number so that an index can order by it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Somebody is looking at the screen and waits.
    Urgent,
    #[default]
    Normal,
    /// Nobody waits.
    Bulk,
}

impl Priority {
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Urgent => 0,
            Self::Normal => 10,
            Self::Bulk => 20,
        }
    }
}

/// What a queued job waits for, when it is not simply its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitingFor {
    /// A pause after a failed try.
    Retry,
    /// Free space on the disk.
    Space,
    /// Free memory.
    Memory,
    /// A media engine that starts.
    Engine,
}

impl WaitingFor {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Space => "space",
            Self::Memory => "memory",
            Self::Engine => "engine",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Retry, Self::Space, Self::Memory, Self::Engine]
            .into_iter()
            .find(|w| w.code() == text)
    }
}
