//! What can go wrong with people, each with a sentence.
//!
//! Texts for pages are in the catalogue under the code; the ones here are for programs, the
//! command line and the log.

use domain::{
    accounts::registration::{NotYet, Step},
    forms::Fault,
};

use super::avatar::AvatarError;
use crate::{db::DbError, storage::StorageError};

#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// One field is wrong.
    #[error("{field}: {}", fault.code())]
    Field { field: &'static str, fault: Fault },
    #[error(transparent)]
    NotYet(#[from] NotYet),
    /// Somebody was faster. The registration stands at `step` now, all else kept.
    #[error("this {} was taken a moment ago", step.code())]
    StepBack {
        step: Step,
        suggestions: Vec<String>,
    },
    #[error("there is no registration under way, or it is too old")]
    DraftGone,
    #[error("the code is wrong; {left} tries are left")]
    WrongCode { left: u32 },
    /// Wrong too often, too old, or never sent.
    #[error("this code is no longer good; ask for a new one")]
    CodeSpent,
    #[error("too many tries; try again in {seconds} s")]
    Wait { seconds: u64 },
    #[error("nobody can register here")]
    Closed,
    #[error("who wants to register here needs an invitation")]
    InvitationNeeded,
    #[error("this invitation is used up or too old")]
    InvitationGone,
    /// The same for a wrong name and a wrong password.
    #[error("name or password is wrong")]
    WrongCredentials,
    #[error("this link was used already or is too old")]
    LinkGone,
    /// Of a session, an access token, a refresh token or an API token.
    #[error("the token is not valid, or no longer")]
    NotLoggedIn,
    /// A refresh token was shown twice: all of its log-in has been revoked.
    #[error("this refresh token was used before; log in again")]
    RefreshReused,
    #[error("there is nothing like that")]
    Unknown,
    #[error("the last admin stays one")]
    LastAdmin,
    /// More of something than anybody needs.
    #[error("there are {limit} already; delete one first")]
    TooMany { limit: u32 },
    #[error("too many people at once; try again in a moment")]
    Busy,
    #[error(transparent)]
    Avatar(#[from] AvatarError),
    #[error(transparent)]
    Database(#[from] DbError),
    #[error("{0}")]
    Internal(&'static str),
}

impl AccountsError {
    /// Stable, for programs and the catalogue.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field { fault, .. } => fault.code(),
            Self::NotYet(_) => "step_not_yet",
            Self::StepBack { .. } => "step_back",
            Self::DraftGone => "registration_gone",
            Self::WrongCode { .. } => "wrong_code",
            Self::CodeSpent => "code_spent",
            Self::Wait { .. } => "wait",
            Self::Closed => "registration_closed",
            Self::InvitationNeeded => "invitation_needed",
            Self::InvitationGone => "invitation_gone",
            Self::WrongCredentials => "wrong_credentials",
            Self::LinkGone => "link_gone",
            Self::NotLoggedIn => "not_logged_in",
            Self::RefreshReused => "refresh_reused",
            Self::Unknown => "unknown",
            Self::LastAdmin => "last_admin",
            Self::TooMany { .. } => "too_many",
            Self::Busy => "busy",
            Self::Avatar(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Internal(_) => "internal",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        match self {
            Self::Busy | Self::Internal(_) => false,
            Self::Avatar(error) => error.is_client_fault(),
            Self::Database(error) => error.is_client_fault(),
            _ => true,
        }
    }

    pub(super) const fn field(field: &'static str, fault: Fault) -> Self {
        Self::Field { field, fault }
    }
}

impl From<StorageError> for AccountsError {
    fn from(error: StorageError) -> Self {
        Self::Avatar(error.into())
    }
}

impl From<sqlx::Error> for AccountsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}
