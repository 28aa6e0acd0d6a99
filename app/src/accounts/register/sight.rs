//! What the pages of a registration show: the draft as its owner may see it, and the words
//! that one page says on the next.

use domain::{
    accounts::{Progress, Step, paths},
    ids::{AvatarId, UserId},
};
use leptos_i18n::td_string;
use serde::{Deserialize, Serialize};

use crate::{
    i18n::Locale,
    ui::{Tone, form::Failure},
};

/// Everything a page of the registration needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// The step to show. It may be another one than was asked for.
    pub step: Step,
    /// Why nobody may come in this way, if so.
    pub shut: Option<Failure>,
    pub draft: Option<DraftSight>,
    /// Free nicks near one that was lost.
    pub suggestions: Vec<String>,
    /// A code was sent just now, because there was none that is still good.
    pub sent: bool,
    /// Why there is no code on its way, if so.
    pub unsent: Option<Failure>,
}

/// A draft, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftSight {
    pub progress: Progress,
    pub email: String,
    pub nick: String,
    pub name: String,
    pub user: UserId,
    pub avatar: Option<AvatarId>,
    /// The address is proven: no code is asked for.
    pub confirmed: bool,
    /// Another code may be sent after so many seconds.
    pub resend_in: u64,
}

impl DraftSight {
    /// The picture they chose, or the initials of the name so far.
    #[must_use]
    pub fn avatar_href(&self, size: u32) -> Option<String> {
        self.avatar
            .map(|version| paths::avatar(self.user, version, size))
    }
}

/// The address of a step.
#[must_use]
pub const fn path(step: Step) -> &'static str {
    match step {
        Step::Email => "/register/email",
        Step::Nick => "/register/nick",
        Step::Password => "/register/password",
        Step::Avatar => paths::REGISTER_AVATAR,
        Step::Confirm => "/register/confirm",
    }
}

/// What one page says on the next. Travels as a word in the address (`?note=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// Somebody was faster with the nick, at the last moment.
    NickLost,
    /// Somebody registered with the address meanwhile.
    EmailLost,
    /// The password that was chosen could hold the name that was chosen after it.
    PasswordHolds,
    /// The draft is over, or was never there.
    Gone,
    /// Another code is on its way.
    Sent,
}

impl Note {
    const ALL: [Self; 5] = [
        Self::NickLost,
        Self::EmailLost,
        Self::PasswordHolds,
        Self::Gone,
        Self::Sent,
    ];

    const fn code(self) -> &'static str {
        match self {
            Self::NickLost => "nick-lost",
            Self::EmailLost => "email-lost",
            Self::PasswordHolds => "password-holds",
            Self::Gone => "gone",
            Self::Sent => "sent",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|note| note.code() == text)
    }

    /// The address of a page that says it.
    #[must_use]
    pub fn on(self, path: &str) -> String {
        format!("{path}?note={}", self.code())
    }

    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::NickLost | Self::EmailLost | Self::PasswordHolds | Self::Gone => Tone::Warn,
            Self::Sent => Tone::Good,
        }
    }

    pub(super) fn title(self, locale: Locale) -> &'static str {
        match self {
            Self::NickLost => td_string!(locale, register.note_nick_lost),
            Self::EmailLost => td_string!(locale, register.note_email_lost),
            Self::PasswordHolds => td_string!(locale, register.note_password_holds),
            Self::Gone => td_string!(locale, register.note_gone),
            Self::Sent => td_string!(locale, register.note_sent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_the_address() {
        for note in Note::ALL {
            let address = note.on("/register");
            let (_, code) = address.split_once("?note=").unwrap();
            assert_eq!(Note::parse(code), Some(note));
        }
        assert_eq!(Note::parse("<b>"), None);
    }

    #[test]
    fn every_step_has_an_address_of_its_own() {
        for step in Step::ALL {
            assert_eq!(
                Step::ALL.iter().filter(|s| path(**s) == path(step)).count(),
                1
            );
        }
    }
}
