//! The form on `/admin/ui`: small, but it goes the whole way that every form goes.

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::{FieldFaults, check, email::Email, name::DisplayName};

/// The names of the fields, as in the page and in [`FieldFaults`].
pub const NAME: &str = "name";
pub const EMAIL: &str = "email";

/// As it comes from the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
pub struct Introduction {
    #[validate(custom(function = name_rule))]
    pub name: String,
    #[validate(custom(function = email_rule))]
    pub email: String,
}

/// As the rest of the house may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduced {
    pub name: DisplayName,
    pub email: Email,
}

fn name_rule(text: &str) -> Result<(), ValidationError> {
    DisplayName::parse(text).map(drop).map_err(Into::into)
}

fn email_rule(text: &str) -> Result<(), ValidationError> {
    Email::parse(text).map(drop).map_err(Into::into)
}

impl Introduction {
    /// # Errors
    /// What is wrong, field by field.
    pub fn accept(&self) -> Result<Introduced, FieldFaults> {
        check(self)?;
        Ok(Introduced {
            name: DisplayName::parse(&self.name).map_err(|f| FieldFaults::one(NAME, f))?,
            email: Email::parse(&self.email).map_err(|f| FieldFaults::one(EMAIL, f))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Fault, *};

    #[test]
    fn all_faults_come_at_once_and_in_order() {
        let faults = Introduction::default().accept().unwrap_err();
        let list: Vec<_> = faults.iter().collect();
        assert_eq!(list, [(EMAIL, Fault::Required), (NAME, Fault::Required)]);
    }

    #[test]
    fn accepts_and_tidies() {
        let form = Introduction {
            name: " Ada  Lovelace ".into(),
            email: " ada@example.org ".into(),
        };
        let introduced = form.accept().unwrap();
        assert_eq!(introduced.name.as_str(), "Ada Lovelace");
        assert_eq!(introduced.email.as_str(), "ada@example.org");
    }
}
