//! The server's side of logging in and of the settings: what came of a call becomes what a
//! form shows, and what is shown once finds its way to the next page.

use std::{str::FromStr, time::Duration};

use backend::accounts::{AccountsError, UserSettings};
use domain::{
    forms::{Fault, FieldFaults},
    ids::UserId,
    language::Language,
    theme::Theme,
};
use leptos::prelude::*;

use super::{Visitor, current_visitor, secret_cookie, sent_cookie};
use crate::ui::form::{Failure, FormError};

/// In this time the next page has shown it.
const ONCE: Duration = Duration::from_secs(120);

/// What is shown once, and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    Token,
    Invitation,
}

impl Once {
    const fn cookie(self) -> &'static str {
        match self {
            Self::Token => "kadr_new_token",
            Self::Invitation => "kadr_new_invitation",
        }
    }

    /// Carries it to the next page, by a cookie that no script sees: an address would keep it
    /// in the history, a row in the database.
    pub fn carry(self, value: &str) {
        self.send(value, ONCE);
    }

    /// What there is to show, for the last time.
    #[must_use]
    pub fn take(self) -> Option<String> {
        let value = sent_cookie(self.cookie()).filter(|value| !value.is_empty())?;
        self.send("", Duration::ZERO);
        Some(value)
    }

    fn send(self, value: &str, lasts: Duration) {
        let secure = super::people::use_identity().is_some_and(|identity| identity.is_secure());
        if let (Some(options), Some(cookie)) = (
            use_context::<leptos_axum::ResponseOptions>(),
            secret_cookie(self.cookie(), value, Some(lasts), secure),
        ) {
            options.append_header(http::header::SET_COOKIE, cookie);
        }
    }
}

/// Who changes their settings.
///
/// # Errors
/// [`Failure::NotLoggedIn`].
pub async fn person() -> Result<Visitor, FormError> {
    current_visitor()
        .await
        .ok_or_else(|| FormError::refused_for(Failure::NotLoggedIn, []))
}

/// A choice that the form does not offer.
pub fn invalid(field: &'static str, values: &[(&str, &str)]) -> FormError {
    FormError::refused(
        FieldFaults::one(field, Fault::Invalid),
        values.iter().copied(),
    )
}

/// Makes an error a form shows: at its field, or above all of them.
///
/// # Errors
/// That one.
pub fn settle<T>(
    answer: Result<T, AccountsError>,
    values: &[(&str, &str)],
) -> Result<T, FormError> {
    answer.map_err(|error| {
        let values = values.iter().copied();
        if let AccountsError::Field { field, fault } = error {
            return FormError::refused(FieldFaults::one(field, fault), values);
        }
        let why = why(&error).unwrap_or_else(|| {
            tracing::error!(code = error.code(), %error, "a form could not be served");
            Failure::Internal
        });
        FormError::refused_for(why, values)
    })
}

/// What a person can do something about; nothing when it is our fault.
#[must_use]
pub const fn why(error: &AccountsError) -> Option<Failure> {
    Some(match error {
        AccountsError::Wait { seconds } => Failure::Wait { seconds: *seconds },
        AccountsError::WrongCredentials => Failure::WrongCredentials,
        AccountsError::NotLoggedIn => Failure::NotLoggedIn,
        AccountsError::LinkGone => Failure::LinkGone,
        AccountsError::Unknown => Failure::Unknown,
        AccountsError::LastAdmin => Failure::LastAdmin,
        AccountsError::TooMany { limit } => Failure::TooMany { limit: *limit },
        AccountsError::Closed => Failure::Closed,
        AccountsError::InvitationNeeded => Failure::InvitationNeeded,
        AccountsError::InvitationGone => Failure::InvitationGone,
        AccountsError::CodeSpent => Failure::CodeSpent,
        AccountsError::Busy => Failure::Busy,
        _ => return None,
    })
}

/// The id of what a form is about. Nonsense is nobody's.
///
/// # Errors
/// [`Failure::Unknown`].
pub fn id<T: FromStr>(text: &str) -> Result<T, FormError> {
    settle(text.parse().map_err(|_| AccountsError::Unknown), &[])
}

/// Who invites others.
///
/// # Errors
/// [`Failure::Forbidden`] for who may not.
pub async fn host() -> Result<Visitor, FormError> {
    let visitor = person().await?;
    let registration = super::use_services().accounts.registration();
    if crate::accounts::settings::may_invite(&visitor.viewer(), registration) {
        Ok(visitor)
    } else {
        Err(FormError::refused_for(Failure::Forbidden, []))
    }
}

/// Whose invitations a host sees and takes back: their own; an admin everybody's.
#[must_use]
pub fn whose(host: &Visitor) -> Option<UserId> {
    (!host.user.role.is_admin()).then_some(host.user.id)
}

/// Keeps a choice that this browser has by cookie also for the account, so that mails and
/// other browsers have it. That the cookie is set is enough for this page.
pub async fn prefer(language: Option<Language>, theme: Option<Theme>) {
    let Some(visitor) = current_visitor().await else {
        return;
    };
    let settings = UserSettings {
        language,
        theme,
        ..UserSettings::default()
    };
    let accounts = super::use_services().accounts;
    if let Err(error) = accounts.save_settings(visitor.user.id, settings).await {
        tracing::warn!(%error, user = %visitor.user.id, "a preference was not kept");
    }
}
