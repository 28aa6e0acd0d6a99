//! What can go wrong with what is made of a video, as seen from outside.

use crate::{db::DbError, storage::StorageError, videos::VideosError};

#[derive(Debug, thiserror::Error)]
pub enum TranscodeError {
    #[error(transparent)]
    Video(#[from] VideosError),
    /// Nothing of it has failed.
    #[error("nothing of this video has failed")]
    NothingFailed,
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl TranscodeError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Video(error) => error.code(),
            Self::NothingFailed => "nothing_failed",
            Self::Database(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        match self {
            Self::Video(error) => error.is_client_fault(),
            Self::NothingFailed => true,
            Self::Database(error) => error.is_client_fault(),
            Self::Storage(error) => error.is_client_fault(),
        }
    }
}
