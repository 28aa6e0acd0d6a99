//! Why a picture cannot become an avatar.

use domain::accounts::avatar::{MAX_BYTES, MAX_PIXELS};

use crate::storage::StorageError;

#[derive(Debug, thiserror::Error)]
pub enum AvatarError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than {} MB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// The header says so; nothing was decoded.
    #[error("the picture has {width} × {height} pixels, more than {} megapixels", MAX_PIXELS / 1_000_000)]
    TooManyPixels { width: u32, height: u32 },
    /// So says the header: more bits in a pixel than so many pixels may have.
    #[error("the picture is too large for its 16 bits per colour; 8 are enough")]
    TooDeep,
    /// A picture of a kind that we do not read.
    #[error("{0} pictures are not taken; JPEG, PNG, WebP and GIF are")]
    Unsupported(&'static str),
    #[error("the file is no picture")]
    NotAPicture,
    /// It begins as a picture and is not one to its end.
    #[error("the picture is damaged or incomplete")]
    Broken,
    #[error("too many pictures are being worked on; try again in a minute")]
    Busy,
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Ours to mend.
    #[error("the picture could not be written: {0}")]
    Internal(&'static str),
}

impl AvatarError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "avatar_empty",
            Self::TooLarge => "avatar_too_large",
            Self::TooManyPixels { .. } => "avatar_too_many_pixels",
            Self::TooDeep => "avatar_too_deep",
            Self::Unsupported(_) => "avatar_unsupported",
            Self::NotAPicture => "avatar_not_a_picture",
            Self::Broken => "avatar_broken",
            Self::Busy => "avatar_busy",
            Self::Storage(error) => error.code(),
            Self::Internal(_) => "avatar_internal",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        !matches!(self, Self::Busy | Self::Storage(_) | Self::Internal(_))
    }
}
