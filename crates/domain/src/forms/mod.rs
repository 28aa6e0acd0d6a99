//! Forms and their rules. The browser checks with them while a person types, the server
//! checks with the same ones when the form arrives: nothing is trusted because it was
//! checked before.
//!
//! A rule answers with a [`Fault`], never with a sentence: the catalogue has the sentences.
//! No rule here uses regular expressions or Unicode tables: they would be most of the wasm.

pub mod email;
pub mod introduction;
pub mod name;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

/// What is wrong with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing was entered.
    Required,
    TooShort,
    TooLong,
    /// Characters nobody can see or type: control characters, line breaks in a single line.
    Unprintable,
    NotAnEmail,
    /// Characters that this field does not take.
    Characters,
    /// Letters of several scripts that look alike, as a Cyrillic `а` among Latin ones.
    MixedScripts,
    /// Starts or ends with punctuation, or has two marks in a row.
    Punctuation,
    /// A word the house needs for itself.
    Reserved,
    /// Somebody has it.
    Taken,
    /// A password that is easily guessed.
    TooWeak,
    /// A password that holds the nick or the address.
    HoldsOwnName,
    /// The password given is not the present one.
    WrongPassword,
    /// The code of the mail is another one.
    WrongCode,
    /// A link that is not to a web page.
    NotALink,
    /// A rule without a word of its own.
    Invalid,
}

impl Fault {
    pub const ALL: [Self; 16] = [
        Self::Required,
        Self::TooShort,
        Self::TooLong,
        Self::Unprintable,
        Self::NotAnEmail,
        Self::Characters,
        Self::MixedScripts,
        Self::Punctuation,
        Self::Reserved,
        Self::Taken,
        Self::TooWeak,
        Self::HoldsOwnName,
        Self::WrongPassword,
        Self::WrongCode,
        Self::NotALink,
        Self::Invalid,
    ];

    /// The stable name, as it travels through `validator` and to programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Unprintable => "unprintable",
            Self::NotAnEmail => "not_an_email",
            Self::Characters => "characters",
            Self::MixedScripts => "mixed_scripts",
            Self::Punctuation => "punctuation",
            Self::Reserved => "reserved",
            Self::Taken => "taken",
            Self::TooWeak => "too_weak",
            Self::HoldsOwnName => "holds_own_name",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::NotALink => "not_a_link",
            Self::Invalid => "invalid",
        }
    }

    fn from_code(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|fault| fault.code() == code)
            .unwrap_or(Self::Invalid)
    }
}

impl From<Fault> for ValidationError {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code())
    }
}

/// Field → fault, at most one a field: the first one is the one to mend first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFaults(Vec<(Cow<'static, str>, Fault)>);

impl FieldFaults {
    /// One fault at one field.
    #[must_use]
    pub fn one(field: &'static str, fault: Fault) -> Self {
        Self(vec![(Cow::Borrowed(field), fault)])
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with this field, if anything.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<Fault> {
        self.0
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, fault)| *fault)
    }

    /// Says that a field is wrong, unless something was said about it already.
    pub fn add(&mut self, field: &'static str, fault: Fault) {
        if self.of(field).is_none() {
            self.0.push((Cow::Borrowed(field), fault));
        }
    }

    /// Forgets what was said about a field.
    pub fn clear(&mut self, field: &str) {
        self.0.retain(|(name, _)| name != field);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, Fault)> {
        self.0.iter().map(|(name, fault)| (name.as_ref(), *fault))
    }
}

impl From<ValidationErrors> for FieldFaults {
    fn from(errors: ValidationErrors) -> Self {
        let mut faults: Vec<(Cow<'static, str>, Fault)> = Vec::new();
        for (field, kind) in errors.into_errors() {
            let fault = match kind {
                ValidationErrorsKind::Field(list) => list
                    .first()
                    .map_or(Fault::Invalid, |error| Fault::from_code(&error.code)),
                ValidationErrorsKind::Struct(_) | ValidationErrorsKind::List(_) => Fault::Invalid,
            };
            // `validator` keeps them in a hash map: an order of our own, or answers differ by
            // chance. By insertion, because sorting is kilobytes of wasm and fields are few.
            let at = faults.partition_point(|(other, _)| *other < field);
            faults.insert(at, (field, fault));
        }
        Self(faults)
    }
}

/// For fields whose only rule is that something is in them.
///
/// # Errors
/// Those in which nothing is.
pub fn required(fields: &[(&'static str, &str)]) -> Result<(), FieldFaults> {
    let mut faults = FieldFaults::default();
    for (field, text) in fields {
        if text.trim().is_empty() {
            faults.add(field, Fault::Required);
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// Checks a form by its rules.
///
/// # Errors
/// What is wrong, field by field.
pub fn check(form: &impl Validate) -> Result<(), FieldFaults> {
    form.validate().map_err(FieldFaults::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_the_way_through_validator() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_code(fault.code()), fault);
            assert_eq!(ValidationError::from(fault).code, fault.code());
        }
        assert_eq!(Fault::from_code("unheard of"), Fault::Invalid);
    }

    #[test]
    fn the_first_fault_of_a_field_stays() {
        let mut faults = FieldFaults::one("email", Fault::Required);
        faults.add("email", Fault::TooLong);
        faults.add("name", Fault::TooShort);
        assert_eq!(faults.of("email"), Some(Fault::Required));
        assert_eq!(faults.iter().count(), 2);
        faults.clear("email");
        assert_eq!(faults.of("email"), None);
        assert!(!faults.is_empty());
    }
}
