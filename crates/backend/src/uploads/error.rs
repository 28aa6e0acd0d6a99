//! What can go wrong with an upload, each with a sentence and a stable code.

use domain::ids::FlowId;

use crate::{
    db::DbError,
    storage::{SpoolError, StorageError},
};

#[derive(Debug, thiserror::Error)]
pub enum UploadsError {
    /// There is none, or it is somebody else's: nobody learns which. 404.
    #[error("there is no such upload")]
    Unknown,
    /// Given up, expired, or its video is gone. 410.
    #[error("this upload is gone; begin it again")]
    Gone,
    /// Every byte is here already. 403.
    #[error("this upload is finished")]
    Finished,
    /// Another request is sending to it right now. 423 and `Retry-After: 1`.
    #[error("another connection is sending this file at the moment")]
    Busy,
    /// 409; nothing was changed.
    #[error("the upload stands at {offset} bytes")]
    Offset { offset: u64 },
    /// 413.
    #[error("files may have {limit} bytes at most")]
    TooLarge { limit: u64 },
    /// More came than was said at the beginning; nothing of that request was kept. 413.
    #[error("these are more bytes than were announced")]
    TooLong,
    /// 413.
    #[error("your files may have {quota} bytes together; {used} are used")]
    Quota { quota: u64, used: u64 },
    /// 507. Nothing is lost: what has come is kept, and it goes on when there is room.
    #[error("the server has no room for this at the moment")]
    NoRoom,
    /// 429 and `Retry-After`.
    #[error("{limit} uploads are under way already; finish or cancel one first")]
    TooMany { limit: u32 },
    /// 415.
    #[error("this is not a video, a sound or an animated GIF")]
    NotMedia,
    /// A length was given before, and was another one. 400.
    #[error("the length of an upload is said once")]
    LengthChanged,
    /// 400.
    #[error("the length is less than what has come already")]
    LengthTooShort,
    /// 460; nothing of that request was kept.
    #[error("the bytes that came are not the ones that were sent")]
    Checksum,
    /// All bytes came, and their BLAKE3 is not the one that was announced. 460; the upload is
    /// given up.
    #[error("the file is not the one that was announced; send it again")]
    FalseClaim,
    /// One of the parts of a concatenation: unknown, not finished, or not a part. 400.
    #[error("{piece} is not a finished part of yours")]
    Piece { piece: FlowId },
    /// 400.
    #[error("a concatenation has 1 to {limit} parts")]
    PieceCount { limit: usize },
    /// A newer request took this upload over. The answer is for a connection nobody reads.
    #[error("a newer connection goes on with this upload")]
    TakenOver,
    /// The server is going down; what has come is kept. 503.
    #[error("the server is stopping; go on in a moment")]
    Stopping,
    #[error(transparent)]
    Database(DbError),
    #[error(transparent)]
    Storage(StorageError),
    #[error("{0}")]
    Internal(&'static str),
}

impl UploadsError {
    /// Stable, for programs and the catalogue.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "upload_unknown",
            Self::Gone => "upload_gone",
            Self::Finished => "upload_finished",
            Self::Busy => "upload_busy",
            Self::Offset { .. } => "upload_offset",
            Self::TooLarge { .. } => "upload_too_large",
            Self::TooLong => "upload_too_long",
            Self::Quota { .. } => "upload_quota",
            Self::NoRoom => "upload_no_room",
            Self::TooMany { .. } => "upload_too_many",
            Self::NotMedia => "upload_not_media",
            Self::LengthChanged => "upload_length_changed",
            Self::LengthTooShort => "upload_length_too_short",
            Self::Checksum => "upload_checksum",
            Self::FalseClaim => "upload_false_claim",
            Self::Piece { .. } => "upload_piece",
            Self::PieceCount { .. } => "upload_piece_count",
            Self::TakenOver => "upload_taken_over",
            Self::Stopping => "upload_stopping",
            Self::Database(error) => error.code(),
            Self::Storage(error) => error.code(),
            Self::Internal(_) => "internal",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        match self {
            Self::NoRoom | Self::Stopping | Self::Storage(_) | Self::Internal(_) => false,
            Self::Database(error) => error.is_client_fault(),
            _ => true,
        }
    }

    /// Whether the same request may go better in a while.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Busy | Self::NoRoom | Self::TooMany { .. } | Self::Stopping => true,
            Self::Database(error) => error.is_passing(),
            _ => false,
        }
    }
}

impl From<DbError> for UploadsError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Full => Self::NoRoom,
            other => Self::Database(other),
        }
    }
}

impl From<sqlx::Error> for UploadsError {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<StorageError> for UploadsError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Full => Self::NoRoom,
            other @ (StorageError::Away | StorageError::Io(_)) => Self::Storage(other),
        }
    }
}

impl From<SpoolError> for UploadsError {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::Held => Self::Busy,
            SpoolError::Short { .. } | SpoolError::Missing => Self::Gone,
            SpoolError::Full => Self::NoRoom,
            SpoolError::Io(error) => Self::Storage(StorageError::Io(error)),
        }
    }
}
