//! Why a request of the protocol is not done, each with its status, a sentence and a code.

use app::context::Refused;
use axum::response::{IntoResponse, Response};
use backend::{storage::StorageError, uploads::UploadsError};
use http::{HeaderValue, StatusCode, header};

use super::fields::{self, TUS_VERSION, UPLOAD_OFFSET, VERSION};
use crate::http::Fault;

/// Of the checksum extension; the registry of statuses does not know it.
const CHECKSUM_MISMATCH: u16 = 460;

#[derive(Debug)]
pub(super) enum Stop {
    /// It does not speak our version of the protocol.
    Version,
    /// An address takes these methods only.
    Method(&'static str),
    Visitor(Refused),
    /// Nothing came for a while; what had come is kept.
    Silent,
    Upload(UploadsError),
    Fault(Fault),
}

impl Stop {
    /// Whether the bytes themselves were refused. After anything else (silence, a break, no
    /// room, another connection) the sender goes on where the upload stands.
    pub(super) fn refuses_the_bytes(&self) -> bool {
        match self {
            Self::Upload(error) => matches!(
                error,
                UploadsError::TooLong
                    | UploadsError::TooLarge { .. }
                    | UploadsError::Quota { .. }
                    | UploadsError::Checksum
                    | UploadsError::FalseClaim
            ),
            // A checksum after the bytes that cannot be read.
            Self::Fault(fault) => matches!(fault, Fault::Refused { .. }),
            Self::Version | Self::Method(_) | Self::Visitor(_) | Self::Silent => false,
        }
    }
}

impl From<UploadsError> for Stop {
    fn from(error: UploadsError) -> Self {
        Self::Upload(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<UploadsError> for Fault {
    fn from(error: UploadsError) -> Self {
        let status = match &error {
            UploadsError::Unknown => StatusCode::NOT_FOUND,
            UploadsError::Gone => StatusCode::GONE,
            UploadsError::Finished => StatusCode::FORBIDDEN,
            UploadsError::Busy | UploadsError::TakenOver => StatusCode::LOCKED,
            UploadsError::Offset { .. } => StatusCode::CONFLICT,
            UploadsError::TooLarge { .. } | UploadsError::TooLong | UploadsError::Quota { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            UploadsError::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
            UploadsError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            UploadsError::NotMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            UploadsError::LengthChanged
            | UploadsError::LengthTooShort
            | UploadsError::Piece { .. }
            | UploadsError::PieceCount { .. } => StatusCode::BAD_REQUEST,
            UploadsError::Checksum | UploadsError::FalseClaim => {
                StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::BAD_REQUEST)
            }
            UploadsError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            UploadsError::Database(passing) if passing.is_passing() => {
                tracing::warn!(%error, "an upload waits for the database");
                return Self::Unavailable;
            }
            UploadsError::Storage(StorageError::Away) => {
                tracing::error!(%error, "uploads wait for their disk");
                return Self::Unavailable;
            }
            UploadsError::Database(_) | UploadsError::Storage(_) | UploadsError::Internal(_) => {
                return Self::internal(error);
            }
        };
        if status == StatusCode::INSUFFICIENT_STORAGE {
            tracing::error!("no room is left for uploads; they go on when there is some");
        }
        Self::refused(status, error.code(), &error.to_string())
    }
}

/// Seconds after which to try again, where that helps.
const fn retry_after(error: &UploadsError) -> Option<u16> {
    match error {
        UploadsError::Busy | UploadsError::TakenOver | UploadsError::Stopping => Some(1),
        UploadsError::TooMany { .. } => Some(10),
        UploadsError::NoRoom => Some(30),
        _ => None,
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Fault(fault) => fault.into_response(),
            Self::Visitor(refused) => refused.into_response(),
            Self::Method(allowed) => {
                let mut response = Fault::MethodNotAllowed.into_response();
                fields::insert(response.headers_mut(), header::ALLOW, allowed);
                response
            }
            Self::Version => {
                let fault = Fault::refused(
                    StatusCode::PRECONDITION_FAILED,
                    "tus_version",
                    "this address speaks tus 1.0.0; say so in Tus-Resumable",
                );
                let mut response = fault.into_response();
                response.headers_mut().insert(TUS_VERSION, VERSION);
                response
            }
            Self::Silent => {
                // Clients give up after a 408, and come back after this.
                let fault = Fault::refused(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too_slow",
                    "nothing came for a while; go on where the upload stands",
                );
                let mut response = fault.into_response();
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            }
            Self::Upload(error) => {
                let wait = retry_after(&error);
                let offset = match error {
                    UploadsError::Offset { offset } => Some(offset),
                    _ => None,
                };
                let mut response = Fault::from(error).into_response();
                let headers = response.headers_mut();
                if let Some(seconds) = wait {
                    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                }
                if let Some(offset) = offset {
                    headers.insert(UPLOAD_OFFSET, HeaderValue::from(offset));
                }
                response
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::uploads::REFUSALS;

    use super::*;

    fn code_and_status(response: &Response) -> (&'static str, StatusCode) {
        let refusal: &crate::http::problem::Refusal = response.extensions().get().unwrap();
        (refusal.code, response.status())
    }

    #[test]
    fn what_a_person_may_meet_is_known_to_the_page() {
        let stops = [
            UploadsError::Unknown,
            UploadsError::Gone,
            UploadsError::Finished,
            UploadsError::Busy,
            UploadsError::Offset { offset: 1 },
            UploadsError::TooLarge { limit: 1 },
            UploadsError::TooLong,
            UploadsError::Quota { quota: 1, used: 1 },
            UploadsError::NoRoom,
            UploadsError::TooMany { limit: 1 },
            UploadsError::NotMedia,
            UploadsError::Checksum,
            UploadsError::FalseClaim,
            UploadsError::TakenOver,
            UploadsError::Stopping,
            UploadsError::Storage(StorageError::Away),
            UploadsError::Internal("test"),
        ]
        .map(Stop::from)
        .into_iter()
        .chain([Stop::Silent])
        .chain(
            [
                Fault::BodyUnreadable,
                Fault::TooSlow,
                Fault::BodyTooLarge { limit_bytes: 1 },
                Fault::TooMany { wait_seconds: 1 },
                Fault::NotLoggedIn,
                Fault::Forbidden,
                Fault::ForeignOrigin,
                Fault::Unavailable,
                Fault::Panicked,
            ]
            .map(Stop::from),
        );
        for stop in stops {
            let (code, status) = code_and_status(&stop.into_response());
            assert!(REFUSALS.contains(&code), "{code} ({status})");
        }
    }

    #[test]
    fn only_refused_bytes_end_what_they_began() {
        for stop in [
            Stop::from(UploadsError::TooLong),
            UploadsError::Checksum.into(),
            UploadsError::FalseClaim.into(),
            UploadsError::Quota { quota: 1, used: 1 }.into(),
        ] {
            assert!(stop.refuses_the_bytes(), "{stop:?}");
        }
        for stop in [
            Stop::Silent,
            Fault::BodyUnreadable.into(),
            UploadsError::NoRoom.into(),
            UploadsError::Stopping.into(),
            UploadsError::TakenOver.into(),
            UploadsError::Busy.into(),
        ] {
            assert!(!stop.refuses_the_bytes(), "{stop:?}");
        }
    }
}
