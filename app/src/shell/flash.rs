//! Sentences that wait for the next page: what was just done, said once.

use leptos_i18n::td_string;

use crate::{i18n::Locale, ui::Tone};

/// Travels as its code in a cookie; texts never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flash {
    /// Somebody has just become a user.
    Welcome,
    /// The demonstration form of `/admin/ui` was accepted.
    Introduced,
    /// A preference was not one of those there are.
    UnknownPreference,
    LoggedOut,
    /// Something of the settings was kept.
    Saved,
    /// A mail is on its way to a new address.
    EmailAsked,
    EmailChanged,
    PasswordChanged,
    /// By a link: the person has to log in now.
    PasswordReset,
    SessionEnded,
    SessionsEnded,
    TokenRevoked,
    InvitationRevoked,
    /// Somebody changed their mind about leaving.
    Staying,
    /// An upload was given up.
    UploadRemoved,
}

impl Flash {
    const ALL: [Self; 15] = [
        Self::Welcome,
        Self::Introduced,
        Self::UnknownPreference,
        Self::LoggedOut,
        Self::Saved,
        Self::EmailAsked,
        Self::EmailChanged,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::SessionEnded,
        Self::SessionsEnded,
        Self::TokenRevoked,
        Self::InvitationRevoked,
        Self::Staying,
        Self::UploadRemoved,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Introduced => "introduced",
            Self::UnknownPreference => "unknown_preference",
            Self::LoggedOut => "logged_out",
            Self::Saved => "saved",
            Self::EmailAsked => "email_asked",
            Self::EmailChanged => "email_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::SessionEnded => "session_ended",
            Self::SessionsEnded => "sessions_ended",
            Self::TokenRevoked => "token_revoked",
            Self::InvitationRevoked => "invitation_revoked",
            Self::Staying => "staying",
            Self::UploadRemoved => "upload_removed",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flash| flash.code() == text)
    }

    #[must_use]
    pub const fn tone(self) -> Tone {
        match self {
            Self::UnknownPreference => Tone::Bad,
            Self::LoggedOut | Self::EmailAsked => Tone::Accent,
            _ => Tone::Good,
        }
    }

    #[must_use]
    pub fn text(self, locale: Locale) -> String {
        match self {
            Self::Welcome => td_string!(locale, register.welcome),
            Self::Introduced => td_string!(locale, admin.form_done),
            Self::UnknownPreference => td_string!(locale, errors.unknown_preference),
            Self::LoggedOut => td_string!(locale, accounts.said_logged_out),
            Self::Saved => td_string!(locale, accounts.said_saved),
            Self::EmailAsked => td_string!(locale, accounts.said_email_asked),
            Self::EmailChanged => td_string!(locale, accounts.said_email_changed),
            Self::PasswordChanged => td_string!(locale, accounts.said_password_changed),
            Self::PasswordReset => td_string!(locale, accounts.said_password_reset),
            Self::SessionEnded => td_string!(locale, accounts.said_session_ended),
            Self::SessionsEnded => td_string!(locale, accounts.said_sessions_ended),
            Self::TokenRevoked => td_string!(locale, accounts.said_token_revoked),
            Self::InvitationRevoked => td_string!(locale, accounts.said_invitation_revoked),
            Self::Staying => td_string!(locale, accounts.said_staying),
            Self::UploadRemoved => td_string!(locale, uploads.said_removed),
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_is_its_code_and_has_words() {
        for flash in Flash::ALL {
            assert_eq!(Flash::parse(flash.code()), Some(flash));
            assert!(!flash.text(Locale::uk).is_empty());
        }
        assert_eq!(Flash::parse("<b>"), None);
    }
}
