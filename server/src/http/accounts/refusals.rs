//! What goes wrong with people, as a refused request: status, code, and a sentence.

use backend::accounts::{AccountsError, avatar::AvatarError};
use http::StatusCode;

use crate::http::Fault;

impl From<AccountsError> for Fault {
    fn from(error: AccountsError) -> Self {
        let status = match &error {
            AccountsError::Wait { seconds } => {
                return Self::TooMany {
                    wait_seconds: *seconds,
                };
            }
            AccountsError::Busy => return Self::Unavailable,
            AccountsError::Database(_) | AccountsError::Internal(_) => {
                return Self::internal(error);
            }
            AccountsError::Avatar(_) => {
                let AccountsError::Avatar(error) = error else {
                    return Self::Unavailable;
                };
                return error.into();
            }
            AccountsError::WrongCredentials
            | AccountsError::NotLoggedIn
            | AccountsError::RefreshReused => StatusCode::UNAUTHORIZED,
            AccountsError::Closed | AccountsError::InvitationNeeded => StatusCode::FORBIDDEN,
            AccountsError::DraftGone
            | AccountsError::CodeSpent
            | AccountsError::InvitationGone
            | AccountsError::LinkGone => StatusCode::GONE,
            AccountsError::NotYet(_)
            | AccountsError::StepBack { .. }
            | AccountsError::LastAdmin
            | AccountsError::TooMany { .. } => StatusCode::CONFLICT,
            AccountsError::Unknown => StatusCode::NOT_FOUND,
            AccountsError::Field { .. } | AccountsError::WrongCode { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        Self::refused(status, error.code(), &error.to_string())
    }
}

impl From<AvatarError> for Fault {
    fn from(error: AvatarError) -> Self {
        let status = match &error {
            AvatarError::Empty | AvatarError::Broken => StatusCode::UNPROCESSABLE_ENTITY,
            AvatarError::TooLarge | AvatarError::TooManyPixels { .. } | AvatarError::TooDeep => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            AvatarError::Unsupported(_) | AvatarError::NotAPicture => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            AvatarError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            AvatarError::Storage(full) if full.code() == "storage_full" => {
                tracing::error!("a picture was refused: no space is left for files");
                return Self::refused(
                    StatusCode::INSUFFICIENT_STORAGE,
                    full.code(),
                    "no space is left for pictures; who runs this site can free some",
                );
            }
            AvatarError::Storage(_) | AvatarError::Internal(_) => return Self::internal(error),
        };
        Self::refused(status, error.code(), &error.to_string())
    }
}
