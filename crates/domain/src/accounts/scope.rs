//! What a program may do with an API token.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// See what its owner sees: videos, private ones too, and their state.
    Read,
    /// Send new files.
    Upload,
    /// Change and delete videos and mixes.
    Write,
    /// What the owner may do on `/admin`, if they may.
    Admin,
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope; there are `read`, `upload`, `write` and `admin`")]
pub struct UnknownScope;

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Upload, Self::Write, Self::Admin];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Upload => "upload",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.code() == text)
            .ok_or(UnknownScope)
    }
}

/// Several scopes, each once, in the order of [`Scope::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// What a person may do who logged in with a password.
    #[must_use]
    pub fn all() -> Self {
        Self(Scope::ALL.to_vec())
    }

    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(mut scopes: Vec<Scope>) -> Self {
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().collect::<Vec<_>>().into()
    }
}

/// As a table and RFC 6749 hold them: words with a space between.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.code())?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        text.split_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn come_back_from_text_in_order_and_once() {
        let scopes: Scopes = "write read  write".parse().unwrap();
        assert_eq!(scopes.to_string(), "read write");
        assert!(scopes.allow(Scope::Write) && !scopes.allow(Scope::Upload));
        assert_eq!("read fly".parse::<Scopes>(), Err(UnknownScope));
        assert_eq!("".parse::<Scopes>(), Ok(Scopes::default()));
        assert_eq!(
            serde_json::from_str::<Scopes>(r#"["admin","read","read"]"#).unwrap(),
            Scopes::from(vec![Scope::Read, Scope::Admin])
        );
    }
}
