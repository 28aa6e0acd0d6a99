//! What can go wrong with a video.

use crate::{db::DbError, storage::StorageError};

#[derive(Debug, thiserror::Error)]
pub enum VideosError {
    /// There is none, or it is somebody else's.
    #[error("there is no such video")]
    Unknown,
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl VideosError {
    /// Stable, for programs and the catalogue.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "video_unknown",
            Self::Database(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Database(error) => error.is_client_fault(),
            Self::Storage(error) => error.is_client_fault(),
        }
    }
}
