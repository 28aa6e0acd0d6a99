//! The steps of a registration, in order, and how far somebody has come.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who may register (`KADR_REGISTRATION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    #[default]
    Open,
    /// Who has an invitation.
    Invite,
    Closed,
}

/// The text names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a way to register; there are `open`, `invite` and `closed`")]
pub struct UnknownMode;

impl RegistrationMode {
    pub const ALL: [Self; 3] = [Self::Open, Self::Invite, Self::Closed];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for RegistrationMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.code() == text)
            .ok_or(UnknownMode)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Email,
    /// Nick and display name.
    Nick,
    Password,
    /// May be skipped, but is asked.
    Avatar,
    /// The code that the mail brought.
    Confirm,
}

/// The text names no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a step of a registration")]
pub struct UnknownStep;

impl Step {
    pub const ALL: [Self; 5] = [
        Self::Email,
        Self::Nick,
        Self::Password,
        Self::Avatar,
        Self::Confirm,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Nick => "nick",
            Self::Password => "password",
            Self::Avatar => "avatar",
            Self::Confirm => "confirm",
        }
    }

    /// 1 to 5, as a person counts.
    #[must_use]
    pub const fn number(self) -> usize {
        match self {
            Self::Email => 1,
            Self::Nick => 2,
            Self::Password => 3,
            Self::Avatar => 4,
            Self::Confirm => 5,
        }
    }

    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self.number()).copied()
    }

    #[must_use]
    pub fn previous(self) -> Option<Self> {
        self.number().checked_sub(2).map(|place| Self::ALL[place])
    }
}

impl FromStr for Step {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        Self::ALL
            .into_iter()
            .find(|step| step.code() == text)
            .ok_or(UnknownStep)
    }
}

/// A step that cannot be taken yet, and the one to take instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} comes before {}", missing.code(), wanted.code())]
pub struct NotYet {
    pub wanted: Step,
    pub missing: Step,
}

/// Which steps have an answer. A later one may be answered while an earlier one has lost its
/// own (a nick that somebody else took): nothing else is forgotten then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    pub email: bool,
    pub nick: bool,
    pub password: bool,
    pub avatar: bool,
}

impl Progress {
    #[must_use]
    pub const fn is_answered(self, step: Step) -> bool {
        match step {
            Step::Email => self.email,
            Step::Nick => self.nick,
            Step::Password => self.password,
            Step::Avatar => self.avatar,
            // Its answer ends the registration.
            Step::Confirm => false,
        }
    }

    /// The first step without an answer: where somebody goes on who comes back.
    #[must_use]
    pub fn current(self) -> Step {
        Step::ALL
            .into_iter()
            .find(|step| !self.is_answered(*step))
            .unwrap_or(Step::Confirm)
    }

    /// A step may be opened when all before it have an answer.
    ///
    /// # Errors
    /// The step that is missing.
    pub fn open(self, wanted: Step) -> Result<(), NotYet> {
        let missing = self.current();
        if wanted <= missing {
            Ok(())
        } else {
            Err(NotYet { wanted, missing })
        }
    }

    /// After an answer to `step`: the same with it.
    ///
    /// # Errors
    /// The step that comes first. [`Step::Confirm`] is answered by becoming a user.
    pub fn answer(self, step: Step) -> Result<Self, NotYet> {
        self.open(step)?;
        let mut after = self;
        match step {
            Step::Email => after.email = true,
            Step::Nick => after.nick = true,
            Step::Password => after.password = true,
            Step::Avatar => after.avatar = true,
            Step::Confirm => {}
        }
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_one_another_both_ways() {
        let mut step = Step::Email;
        for expected in &Step::ALL[1..] {
            let next = step.next().unwrap();
            assert_eq!((next, next.previous()), (*expected, Some(step)));
            step = next;
        }
        assert_eq!(step.next(), None);
        assert_eq!(Step::Email.previous(), None);
        for step in Step::ALL {
            assert_eq!(step.code().parse(), Ok(step));
        }
    }

    #[test]
    fn no_step_is_jumped_over() {
        let mut progress = Progress::default();
        for step in Step::ALL {
            assert_eq!(progress.current(), step);
            for later in Step::ALL.into_iter().filter(|later| *later > step) {
                let refusal = NotYet {
                    wanted: later,
                    missing: step,
                };
                assert_eq!(progress.open(later), Err(refusal));
                assert_eq!(progress.answer(later), Err(refusal));
            }
            for earlier in Step::ALL.into_iter().filter(|earlier| *earlier <= step) {
                assert_eq!(progress.open(earlier), Ok(()));
            }
            progress = progress.answer(step).unwrap();
        }
        assert_eq!(progress.current(), Step::Confirm);
    }

    #[test]
    fn losing_an_answer_leads_back_and_keeps_the_others() {
        let lost = Progress {
            email: true,
            nick: false,
            password: true,
            avatar: true,
        };
        assert_eq!(lost.current(), Step::Nick);
        assert_eq!(lost.answer(Step::Nick).unwrap().current(), Step::Confirm);
    }
}
