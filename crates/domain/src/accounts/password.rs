//! Passwords: what a field can say at once. The server has the last word: it knows the
//! common ones (`backend::accounts::password`).

use serde::{Deserialize, Serialize};

use crate::forms::Fault;

/// In characters.
pub const MIN_LENGTH: usize = 10;
/// In bytes: hashing must not be a way to keep the server busy.
pub const MAX_BYTES: usize = 256;
/// A part of the name shorter than this says nothing when it turns up in a password.
const TELLING: usize = 3;

/// How long guessing would take, in five steps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    #[default]
    Hopeless,
    Weak,
    Fair,
    Good,
    Strong,
}

impl Strength {
    pub const ALL: [Self; 5] = [
        Self::Hopeless,
        Self::Weak,
        Self::Fair,
        Self::Good,
        Self::Strong,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hopeless => "hopeless",
            Self::Weak => "weak",
            Self::Fair => "fair",
            Self::Good => "good",
            Self::Strong => "strong",
        }
    }

    /// 0 to 4, for a meter.
    #[must_use]
    pub const fn score(self) -> u8 {
        match self {
            Self::Hopeless => 0,
            Self::Weak => 1,
            Self::Fair => 2,
            Self::Good => 3,
            Self::Strong => 4,
        }
    }

    /// The least we take.
    #[must_use]
    pub const fn is_enough(self) -> bool {
        matches!(self, Self::Fair | Self::Good | Self::Strong)
    }
}

/// The rules that need no word list. `own` are nick and e-mail address, as far as known.
///
/// # Errors
/// [`Fault`] says what to mend.
pub fn check(text: &str, own: &[&str]) -> Result<(), Fault> {
    if text.is_empty() {
        return Err(Fault::Required);
    }
    if text.len() > MAX_BYTES {
        return Err(Fault::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::Unprintable);
    }
    if text.chars().count() < MIN_LENGTH {
        return Err(Fault::TooShort);
    }
    let password = text.to_lowercase();
    let tells = own.iter().any(|name| {
        let local = name.split_once('@').map_or(*name, |(local, _)| local);
        let local = local.to_lowercase();
        local.chars().count() >= TELLING && password.contains(&local)
    });
    if tells {
        return Err(Fault::HoldsOwnName);
    }
    Ok(())
}

/// A plain guess for the meter, until the server has answered: length, kinds of characters,
/// and how often they change. It never calls a password strong: only the server may.
#[must_use]
pub fn estimate(text: &str) -> Strength {
    let mut kinds = [false; 5];
    let mut different: Vec<char> = Vec::new();
    let mut steps = 0_usize;
    let mut last = '\0';
    for c in text.chars().take(MAX_BYTES) {
        let kind = match c {
            'a'..='z' => 0,
            'A'..='Z' => 1,
            '0'..='9' => 2,
            _ if c.is_alphabetic() => 3,
            _ => 4,
        };
        kinds[kind] = true;
        if !different.contains(&c) {
            different.push(c);
        }
        // `aaaa`, `abcd` and `4321` add nothing to guess.
        if (i64::from(u32::from(c)) - i64::from(u32::from(last))).abs() > 1 {
            steps += 1;
        }
        last = c;
    }
    let kinds = kinds.iter().filter(|seen| **seen).count();
    let worth = steps.min(different.len() * 2) + kinds * 2;
    if text.chars().count() < MIN_LENGTH || steps < MIN_LENGTH / 2 {
        return Strength::Hopeless;
    }
    match worth {
        0..=9 => Strength::Hopeless,
        10..=12 => Strength::Weak,
        13..=16 => Strength::Fair,
        _ => Strength::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        let own = ["ada", "ada.lovelace@example.org", "al"];
        let long = "x".repeat(MAX_BYTES + 1);
        for (text, verdict) in [
            ("", Err(Fault::Required)),
            ("short", Err(Fault::TooShort)),
            ("девять зн", Err(Fault::TooShort)),
            ("десять знаков", Ok(())),
            (long.as_str(), Err(Fault::TooLong)),
            ("ten\u{0}characters", Err(Fault::Unprintable)),
            ("xyzzy-ADA-xyzzy", Err(Fault::HoldsOwnName)),
            ("my Ada.Lovelace!", Err(Fault::HoldsOwnName)),
            ("a pal of a gal", Ok(())),
            ("spaces are fine", Ok(())),
        ] {
            assert_eq!(check(text, &own), verdict, "{text:?}");
        }
    }

    #[test]
    fn the_estimate_rises_and_stays_modest() {
        for (text, strength) in [
            ("", Strength::Hopeless),
            ("aaaaaaaaaaaaaaaa", Strength::Hopeless),
            ("1234567890", Strength::Hopeless),
            ("abababababababab", Strength::Hopeless),
            ("horse battery staple", Strength::Good),
        ] {
            assert_eq!(estimate(text), strength, "{text:?}");
        }
        assert!(estimate("mountain") < estimate("mountain lake"));
        assert!(estimate("x8#Kp2!vQz") >= Strength::Fair);
        assert!(
            Strength::ALL
                .into_iter()
                .all(|s| estimate("x8#Kp2!vQz7&mB4^tR") >= s || s == Strength::Strong)
        );
    }
}
