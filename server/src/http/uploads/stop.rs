//! Why a request of the protocol is not done, each with its status, a sentence and a code.

use app::context::Refused;
use axum::response::{IntoResponse, Response};
use backend::uploads::UploadsError;
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
    Upload(UploadsError),
    Fault(Fault),
}

impl Stop {
    /// Whether trying the same again would end the same.
    pub(super) fn is_of_the_sender(&self) -> bool {
        match self {
            Self::Upload(error) => error.is_client_fault() && !error.is_passing(),
            Self::Fault(fault) => fault.is_client_fault(),
            Self::Version | Self::Method(_) | Self::Visitor(_) => true,
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
            UploadsError::Unknown | UploadsError::UnknownVideo(_) => StatusCode::NOT_FOUND,
            UploadsError::Gone => StatusCode::GONE,
            UploadsError::Finished => StatusCode::FORBIDDEN,
            UploadsError::Busy | UploadsError::TakenOver => StatusCode::LOCKED,
            UploadsError::Offset { .. } | UploadsError::Refused(_) => StatusCode::CONFLICT,
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
