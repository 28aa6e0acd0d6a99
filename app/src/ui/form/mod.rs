//! How a form comes back when it was refused: with what was written, and what is wrong at
//! the field it is wrong at. The same with scripts (the island gets the error) and without
//! (it comes back in the address of the page).

mod live;

use domain::{
    forms::{Fault, FieldFaults},
    language::Language,
};
use leptos::{
    prelude::*,
    server_fn::{
        codec::JsonEncoding,
        error::{FromServerFnError, ServerFnErrorErr, ServerFnUrlError},
    },
};
use leptos_i18n::td_string;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

pub use live::{Live, Values, live, show_fault_at};

use crate::{
    context,
    i18n::{fill, locale},
    ui::{Alert, Tone},
};

/// The sentence about a form as a whole. A field that has the focus when the page opens names
/// it: what stands in a page from the start is read out by nobody.
pub const ALERT_ID: &str = "form-alert";

/// Longest value that is sent back. Longer ones stay in the browser: an address has an end.
const LONGEST_VALUE: usize = 1000;

/// Why a form was not accepted. The error type of every server function with a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FormError {
    /// Something is wrong with what was written.
    #[error("the form was refused")]
    Refused(Refusal),
    /// Nothing is wrong with it, or nobody got to look.
    #[error("the form did not get through: {why:?}")]
    Failed { why: Failure },
}

/// What is wrong, and the values to show again. Never a password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub faults: FieldFaults,
    pub values: Vec<(String, String)>,
    /// What is wrong with the form as a whole, where no field is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The network: the server heard nothing.
    Offline,
    /// The request was not one of ours.
    NotUnderstood,
    /// Our fault. The log has the reason.
    Internal,
    /// Too many people at once.
    Busy,
    /// Too many tries; the next one counts after so many seconds.
    Wait {
        seconds: u64,
    },
    /// Name or password; which of them is nobody's business.
    WrongCredentials,
    /// The person is not logged in, or no longer.
    NotLoggedIn,
    /// The person may not do that.
    Forbidden,
    /// A link of a mail that was used, or is too old.
    LinkGone,
    /// What was to be changed is not there, or no longer.
    Unknown,
    /// The last admin cannot go.
    LastAdmin,
    /// There are so many already.
    TooMany {
        limit: u32,
    },
    /// Nobody can register here.
    Closed,
    InvitationNeeded,
    InvitationGone,
    /// There is no registration under way.
    RegistrationGone,
    /// A code that was tried too often or is too old.
    CodeSpent,
}

impl Failure {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::NotUnderstood => "not_understood",
            Self::Internal => "internal",
            Self::Busy => "busy",
            Self::Wait { .. } => "wait",
            Self::WrongCredentials => "wrong_credentials",
            Self::NotLoggedIn => "not_logged_in",
            Self::Forbidden => "forbidden",
            Self::LinkGone => "link_gone",
            Self::Unknown => "unknown",
            Self::LastAdmin => "last_admin",
            Self::TooMany { .. } => "too_many",
            Self::Closed => "registration_closed",
            Self::InvitationNeeded => "invitation_needed",
            Self::InvitationGone => "invitation_gone",
            Self::RegistrationGone => "registration_gone",
            Self::CodeSpent => "code_spent",
        }
    }

    /// What a program is answered with.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Offline | Self::Internal => 500,
            Self::NotUnderstood => 400,
            Self::Busy => 503,
            Self::Wait { .. } => 429,
            Self::WrongCredentials | Self::NotLoggedIn => 401,
            Self::Forbidden | Self::Closed | Self::InvitationNeeded => 403,
            Self::Unknown => 404,
            Self::LinkGone | Self::InvitationGone | Self::RegistrationGone | Self::CodeSpent => 410,
            Self::LastAdmin | Self::TooMany { .. } => 409,
        }
    }
}

impl FormError {
    /// A refusal, with the values to show again.
    #[must_use]
    pub fn refused<'a>(
        faults: FieldFaults,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        context::set_program_status(422);
        let values = values
            .into_iter()
            .filter(|(_, value)| value.len() <= LONGEST_VALUE)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self::Refused(Refusal {
            faults,
            values,
            why: None,
        })
    }

    /// A refusal of the form as a whole, with the values to show again.
    #[must_use]
    pub fn refused_for<'a>(
        why: Failure,
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut error = Self::refused(FieldFaults::default(), values);
        context::set_program_status(why.status());
        if let Self::Refused(refusal) = &mut error {
            refusal.why = Some(why);
        }
        error
    }

    /// What is wrong with the form as a whole, if anything.
    #[must_use]
    pub const fn why(&self) -> Option<Failure> {
        match self {
            Self::Refused(refusal) => refusal.why,
            Self::Failed { why } => Some(*why),
        }
    }

    #[must_use]
    pub const fn failed(why: Failure) -> Self {
        Self::Failed { why }
    }

    /// The stable name of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(Refusal { why: None, .. }) => "form_refused",
            Self::Refused(Refusal { why: Some(why), .. }) | Self::Failed { why } => why.code(),
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        !matches!(self.why(), Some(Failure::Internal | Failure::Busy))
    }

    /// What is wrong at the fields; nothing when the fields are not to blame.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal.clone(),
            Self::Failed { .. } => Refusal::default(),
        }
    }
}

impl Refusal {
    /// What was written there before.
    #[must_use]
    pub fn value(&self, field: &str) -> String {
        self.values
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }
}

impl Refusal {
    /// The sentence for a field, if something is wrong with it.
    #[must_use]
    pub fn error(&self, language: Language, field: &str) -> Option<String> {
        self.faults
            .of(field)
            .map(|fault| fault_text(language, fault))
    }

    /// Which of these fields to mend first.
    #[must_use]
    pub fn first<'a>(&self, fields: &[&'a str]) -> Option<&'a str> {
        fields
            .iter()
            .copied()
            .find(|field| self.faults.of(field).is_some())
    }
}

impl FromServerFnError for FormError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => {
                Self::failed(Failure::Offline)
            }
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => {
                context::set_program_status(400);
                Self::failed(Failure::NotUnderstood)
            }
            _ => Self::failed(Failure::Internal),
        }
    }
}

/// What came back of a form sent without scripts to the server function at `path`.
#[must_use]
pub fn returned(path: &str) -> Option<FormError> {
    let query = use_query_map().read_untracked().clone();
    (query.get("__path").as_deref() == Some(path)).then_some(())?;
    let error = query.get("__err")?;
    Some(ServerFnUrlError::<FormError>::decode_err(&error))
}

/// The sentence for a fault.
#[must_use]
pub fn fault_text(language: Language, fault: Fault) -> String {
    let locale = locale(language);
    match fault {
        Fault::Required => td_string!(locale, errors.required).to_string(),
        Fault::TooShort => td_string!(locale, errors.too_short).to_string(),
        Fault::TooLong => td_string!(locale, errors.too_long).to_string(),
        Fault::Unprintable => td_string!(locale, errors.unprintable).to_string(),
        Fault::NotAnEmail => td_string!(locale, errors.not_an_email).to_string(),
        Fault::Characters => td_string!(locale, errors.characters).to_string(),
        Fault::MixedScripts => td_string!(locale, errors.mixed_scripts).to_string(),
        Fault::Punctuation => td_string!(locale, errors.punctuation).to_string(),
        Fault::Reserved => td_string!(locale, errors.reserved).to_string(),
        Fault::Taken => td_string!(locale, errors.taken).to_string(),
        Fault::TooWeak => td_string!(locale, errors.too_weak).to_string(),
        Fault::HoldsOwnName => td_string!(locale, errors.holds_own_name).to_string(),
        Fault::WrongPassword => td_string!(locale, errors.wrong_password).to_string(),
        Fault::WrongCode => td_string!(locale, errors.wrong_code).to_string(),
        Fault::NotALink => td_string!(locale, errors.not_a_link).to_string(),
        Fault::Invalid => td_string!(locale, errors.invalid).to_string(),
    }
}

/// The sentence for a form that did not get through.
#[must_use]
pub fn failure_text(language: Language, why: Failure) -> String {
    let locale = locale(language);
    match why {
        Failure::Offline => td_string!(locale, errors.offline).to_string(),
        Failure::NotUnderstood => td_string!(locale, errors.not_understood).to_string(),
        Failure::Internal => td_string!(locale, errors.internal).to_string(),
        Failure::Busy => td_string!(locale, errors.busy).to_string(),
        Failure::Wait { seconds } => fill(
            td_string!(locale, errors.wait),
            "time",
            &wait_text(language, seconds),
        ),
        Failure::WrongCredentials => td_string!(locale, errors.wrong_credentials).to_string(),
        Failure::NotLoggedIn => td_string!(locale, errors.not_logged_in).to_string(),
        Failure::Forbidden => td_string!(locale, errors.forbidden).to_string(),
        Failure::LinkGone => td_string!(locale, errors.link_gone).to_string(),
        Failure::Unknown => td_string!(locale, errors.unknown).to_string(),
        Failure::LastAdmin => td_string!(locale, errors.last_admin).to_string(),
        Failure::TooMany { limit } => fill(
            td_string!(locale, errors.too_many),
            "limit",
            &limit.to_string(),
        ),
        Failure::Closed => td_string!(locale, errors.registration_closed).to_string(),
        Failure::InvitationNeeded => td_string!(locale, errors.invitation_needed).to_string(),
        Failure::InvitationGone => td_string!(locale, errors.invitation_gone).to_string(),
        Failure::RegistrationGone => td_string!(locale, errors.registration_gone).to_string(),
        Failure::CodeSpent => td_string!(locale, errors.code_spent).to_string(),
    }
}

/// How long to wait, short: `40 s`, `3 min`, `2 h`. Rounded up: it must not be too early.
#[must_use]
pub fn wait_text(language: Language, seconds: u64) -> String {
    let locale = locale(language);
    let (count, unit) = match seconds {
        0..=90 => (seconds.max(1), td_string!(locale, errors.unit_seconds)),
        91..=5400 => (
            seconds.div_ceil(60),
            td_string!(locale, errors.unit_minutes),
        ),
        _ => (
            seconds.div_ceil(3600),
            td_string!(locale, errors.unit_hours),
        ),
    };
    format!("{count}\u{a0}{unit}")
}

/// What came back of a form without an island: what to show at which field.
#[derive(Debug, Clone)]
pub struct Returned {
    language: Language,
    refusal: Refusal,
    why: Option<Failure>,
}

impl Returned {
    /// What came back of the form sent to the server function at `path`.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let error = returned(path);
        Self {
            language: context::use_visit().language,
            refusal: error.as_ref().map(FormError::refusal).unwrap_or_default(),
            why: error.as_ref().and_then(FormError::why),
        }
    }

    /// Whether it came back at all.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.why.is_some() || !self.refusal.faults.is_empty()
    }

    /// What is wrong with the form as a whole.
    #[must_use]
    pub const fn why(&self) -> Option<Failure> {
        self.why
    }

    /// What was written there, else what is kept there.
    #[must_use]
    pub fn value(&self, field: &str, kept: &str) -> String {
        self.refusal
            .values
            .iter()
            .find(|(name, _)| name == field)
            .map_or_else(|| kept.to_owned(), |(_, value)| value.clone())
    }

    /// Whether a box was ticked: an unticked one sends nothing.
    #[must_use]
    pub fn ticked(&self, field: &str, kept: bool) -> bool {
        if self.is_some() {
            self.value(field, "") == "true"
        } else {
            kept
        }
    }

    /// What is wrong at a field.
    #[must_use]
    pub fn error(&self, field: &str) -> Signal<Option<String>> {
        let fault = self.refusal.faults.of(field);
        Signal::stored(fault.map(|fault| fault_text(self.language, fault)))
    }

    /// Whether this is the field to mend.
    #[must_use]
    pub fn is_wrong(&self, field: &str) -> bool {
        self.refusal.faults.of(field).is_some()
    }

    /// What is wrong with the form as a whole, for the top of it.
    #[must_use]
    pub fn alert(&self) -> Option<AnyView> {
        let title = failure_text(self.language, self.why?);
        Some(view! { <div id=ALERT_ID><Alert tone=Tone::Bad title /></div> }.into_any())
    }
}

/// Where a form says that it did not get through: hidden until then. Belongs into every form.
#[component]
pub fn FailureLine(language: Language, why: Option<Failure>) -> impl IntoView {
    let text = why
        .map(|why| failure_text(language, why))
        .unwrap_or_default();
    view! {
        <div data-failure="" id=why.map(|_| ALERT_ID) hidden=why.is_none()>
            <Alert tone=Tone::Bad title=text />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_address_of_a_page() {
        let error = FormError::refused(
            FieldFaults::one("email", Fault::NotAnEmail),
            [
                ("email", "нет & <b>"),
                ("note", &"x".repeat(LONGEST_VALUE + 1)),
            ],
        );
        let url = ServerFnUrlError::new("/ui/x", error.clone())
            .to_url("http://localhost/page?a=b")
            .unwrap();
        let sent = url
            .query_pairs()
            .find(|(key, _)| key == "__err")
            .unwrap()
            .1
            .into_owned();
        let back = ServerFnUrlError::<FormError>::decode_err(&sent);
        assert_eq!(back, error);
        assert_eq!(back.refusal().value("email"), "нет & <b>");
        assert_eq!(back.refusal().value("note"), "", "too long for an address");
    }

    #[test]
    fn a_wait_is_short_and_never_too_short() {
        for (seconds, text) in [
            (0, "1\u{a0}s"),
            (90, "90\u{a0}s"),
            (91, "2\u{a0}min"),
            (3600, "60\u{a0}min"),
            (5401, "2\u{a0}h"),
        ] {
            assert_eq!(wait_text(Language::En, seconds), text);
        }
        let error = FormError::refused_for(Failure::Wait { seconds: 95 }, [("login", "ada")]);
        assert_eq!(error.code(), "wait");
        assert_eq!(error.refusal().value("login"), "ada");
        let text = failure_text(Language::Ru, error.why().unwrap());
        assert!(text.contains("2\u{a0}мин"), "{text}");
    }

    #[test]
    fn nonsense_in_the_address_is_an_error_like_any_other() {
        for nonsense in ["", "%%%", "AAAA", "bnVsbA=="] {
            let back = ServerFnUrlError::<FormError>::decode_err(nonsense);
            assert_eq!(
                back,
                FormError::failed(Failure::NotUnderstood),
                "{nonsense}"
            );
        }
    }
}
