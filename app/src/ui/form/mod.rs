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

pub use live::{Live, Values, live};

use crate::{
    context,
    i18n::locale,
    ui::{Alert, Tone},
};

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
        Self::Refused(Refusal { faults, values })
    }

    #[must_use]
    pub const fn failed(why: Failure) -> Self {
        Self::Failed { why }
    }

    /// The stable name of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "form_refused",
            Self::Failed { why } => match why {
                Failure::Offline => "offline",
                Failure::NotUnderstood => "not_understood",
                Failure::Internal => "internal",
            },
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        !matches!(
            self,
            Self::Failed {
                why: Failure::Internal
            }
        )
    }

    /// What happened to the form as a whole, if its fields are not to blame.
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        match self {
            Self::Refused(_) => None,
            Self::Failed { why } => Some(*why),
        }
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
    }
}

/// Where a form says that it did not get through: hidden until then. Belongs into every form.
#[component]
pub fn FailureLine(language: Language, why: Option<Failure>) -> impl IntoView {
    let text = why
        .map(|why| failure_text(language, why))
        .unwrap_or_default();
    view! {
        <div data-failure="" hidden=why.is_none()>
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
