//! Slowing down who guesses, and who makes us write to strangers: a few tries are free, then
//! each must wait longer.
//!
//! | try | counted by | and |
//! | --- | --- | --- |
//! | log-in | [`HERE`]: name as typed + network | from networks that are not at home: [`NETWORK`], and [`EVERYWHERE`]: the name from all of them |
//! | password asked again | [`CONFIRM`]: the log-in that asks | |
//! | mail | [`MAIL`]: purpose + address + who asks | [`MAILBOX`]: purpose + address; [`SENDER`]: who asks |
//!
//! - A try is counted by all of its counts or, when one of them refuses, by none. It is counted
//!   before it is made: twenty at the same moment are twenty, not one.
//! - Nobody can lock others out. A network is *at home* with an account for a month after a
//!   log-in from there; it then has a count of its own, which nobody elsewhere can use up.
//!   Who is logged in already is asked by a count of their own, too. Who is neither, while
//!   their account is being guessed at, gets in by a link for a new password, which makes their
//!   network at home.
//! - Counts tell nothing. They go by what was typed, folded, whether anybody has that name or
//!   not; an e-mail address and the nick of the same person are two names. (That somebody was
//!   lately logged in from one's own network can be found out there, with thirty wrong tries.)
//! - Who asks for mails is a network, or a person who is logged in. A mail that was answered
//!   (the code came back) is taken back: a class of thirty registers together, but nobody
//!   writes to a hundred strangers an hour.
//! - What is asked for one purpose is no hindrance to another: codes do not stop resets.
//!
//! The counts are in the database, so that three replicas are not three times as many tries
//! and a restart is not a new start.

mod store;

use std::time::Duration;

use domain::ids::UserId;

use super::{AccountsError, Clock, clock, secret};
use crate::db::{Db, Tx};

/// How patient we are with one kind of try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    name: &'static str,
    /// Tries without a pause.
    free: u32,
    /// The pause after those, doubled with each further try.
    first: Duration,
    longest: Duration,
    /// After so long without a try everything is forgotten.
    forget: Duration,
}

/// Passwords of one account from one network. A password that is good enough does not fall to
/// a try a minute.
pub(super) const HERE: Policy = Policy {
    name: "here",
    free: 5,
    first: Duration::from_secs(1),
    longest: clock::minutes(1),
    forget: clock::hours(1),
};

/// Passwords of one account from all networks that are not at home with it.
pub(super) const EVERYWHERE: Policy = Policy {
    name: "everywhere",
    free: 20,
    ..HERE
};

/// Passwords tried from one network, for whatever accounts.
pub(super) const NETWORK: Policy = Policy {
    name: "network",
    free: 30,
    first: Duration::from_secs(1),
    longest: clock::minutes(15),
    forget: clock::hours(1),
};

/// The password asked again, by one log-in.
pub(super) const CONFIRM: Policy = Policy {
    name: "confirm",
    ..HERE
};

/// Mails of one purpose that one network or person can make us send to one address.
const MAIL: Policy = Policy {
    name: "mail",
    free: 4,
    first: clock::minutes(1),
    longest: clock::hours(4),
    forget: clock::hours(24),
};

/// Mails of one purpose to one address, whoever asks: nobody's mailbox is flooded, and it
/// takes more than a neighbour to use it up.
const MAILBOX: Policy = Policy {
    name: "mailbox",
    free: 30,
    ..MAIL
};

/// Mails that one network or person can make us send to anybody.
pub(super) const SENDER: Policy = Policy {
    name: "sender",
    free: 100,
    first: Duration::from_secs(10),
    longest: clock::minutes(10),
    forget: clock::hours(1),
};

/// How long a network is at home with an account after a log-in.
const AT_HOME: Duration = clock::days(30);

/// One count: how patient we are with what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tally {
    /// Not the name itself: people type passwords into the wrong field.
    key: String,
    free: u32,
    first: Duration,
    longest: Duration,
    forget: Duration,
}

impl Policy {
    /// The count of this kind for that.
    pub(super) fn of(self, what: &[&str]) -> Tally {
        let parts: Vec<&[u8]> = std::iter::once(&self.name)
            .chain(what)
            .map(|part| part.as_bytes())
            .collect();
        Tally {
            key: secret::hash(&parts),
            free: self.free,
            first: self.first,
            longest: self.longest,
            forget: self.forget,
        }
    }
}

impl Tally {
    /// The pause after that many tries.
    fn pause(&self, count: u32) -> Duration {
        let Some(doublings) = count.checked_sub(self.free) else {
            return Duration::ZERO;
        };
        self.first
            .saturating_mul(1_u32.checked_shl(doublings.min(31)).unwrap_or(u32::MAX))
            .min(self.longest)
    }
}

/// What a mail is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Code,
    Reset,
    Address,
    Invitation,
}

/// The counts of a mail. `address` is folded; `asker` is a network, or somebody's id.
pub(super) fn mail(purpose: Purpose, address: &str, asker: &str) -> [Tally; 3] {
    let purpose = match purpose {
        Purpose::Code => "code",
        Purpose::Reset => "reset",
        Purpose::Address => "address",
        Purpose::Invitation => "invitation",
    };
    [
        MAIL.of(&[purpose, address, asker]),
        MAILBOX.of(&[purpose, address]),
        SENDER.of(&[asker]),
    ]
}

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Throttle {
    db: Db,
    clock: Clock,
}

impl Throttle {
    pub(super) fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Counts a try by all of these, or says how long to wait.
    pub(super) async fn take(&self, tallies: &[Tally]) -> Result<(), AccountsError> {
        let now = self.clock.now();
        // Always in the same order, or two could wait for each other.
        let mut tallies: Vec<&Tally> = tallies.iter().collect();
        tallies.sort_unstable();
        let mut tx = self.db.write().await?;
        let mut refused = false;
        for tally in &tallies {
            let forget_at = now + clock::ms(tally.forget);
            match store::count(&mut tx, &tally.key, now, forget_at).await? {
                Some(count) => {
                    let free_at = now + clock::ms(tally.pause(count));
                    store::pause(&mut tx, &tally.key, free_at).await?;
                }
                None => refused = true,
            }
        }
        if !refused {
            return Ok(tx.commit().await?);
        }
        tx.rollback().await?;
        let mut free_at = now;
        for tally in &tallies {
            let this = store::free_at(&self.db, &tally.key, now).await?;
            free_at = free_at.max(this.unwrap_or(now));
        }
        let left = u64::try_from(free_at - now).unwrap_or(0);
        Err(AccountsError::Wait {
            seconds: left.div_ceil(1000).max(1),
        })
    }

    /// The try was right: forgets the others of `done`, and takes it back from `shared`. There
    /// the others still count, or whoever knows one password could guess at the rest.
    pub(super) async fn right(&self, done: &Tally, shared: &[Tally]) -> Result<(), AccountsError> {
        let mut tx = self.db.write().await?;
        let mut all: Vec<&Tally> = shared.iter().chain([done]).collect();
        all.sort_unstable();
        for tally in all {
            if tally == done {
                store::clear(&mut tx, &tally.key).await?;
            } else {
                store::give_back(&mut tx, &tally.key).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Takes one try back: it was none.
    pub(super) async fn give_back(&self, tx: &mut Tx, tally: &Tally) -> Result<(), AccountsError> {
        Ok(store::give_back(tx, &tally.key).await?)
    }

    /// This network is at home with this account now.
    pub(super) async fn welcome(
        &self,
        tx: &mut Tx,
        user: UserId,
        network: &str,
    ) -> Result<(), AccountsError> {
        let until = self.clock.now() + clock::ms(AT_HOME);
        Ok(store::remember(tx, &home(Some(user), network), until).await?)
    }

    /// Whether it is. Nobody is looked up as well, so that it takes as long.
    pub(super) async fn at_home(
        &self,
        user: Option<UserId>,
        network: &str,
    ) -> Result<bool, AccountsError> {
        let now = self.clock.now();
        Ok(store::remembers(&self.db, &home(user, network), now).await?)
    }

    /// Throws away what counts no longer.
    pub(super) async fn tidy(&self) -> Result<u64, AccountsError> {
        let mut tx = self.db.write().await?;
        let gone = store::tidy(&mut tx, self.clock.now()).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn home(user: Option<UserId>, network: &str) -> String {
    let user = user.map(|user| user.to_string()).unwrap_or_default();
    secret::hash(&[b"home", user.as_bytes(), network.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_begin_late_and_double_to_an_end() {
        let here = HERE.of(&["ada"]);
        let seconds: Vec<u64> = (1..=14).map(|n| here.pause(n).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(NETWORK.of(&[]).pause(u32::MAX), NETWORK.longest);
    }

    #[test]
    fn counts_do_not_run_into_each_other() {
        let [mail, mailbox, sender] = mail(Purpose::Code, "a@mail.example", "192.0.2.1");
        let [reset, ..] = super::mail(Purpose::Reset, "a@mail.example", "192.0.2.1");
        let keys = [&mail.key, &mailbox.key, &sender.key, &reset.key];
        let apart: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(apart.len(), keys.len());
        assert_ne!(HERE.of(&["ab", "c"]), HERE.of(&["a", "bc"]));
    }
}
