//! Slowing down who guesses: a few tries are free, then each must wait longer.
//!
//! The counts are in the database, so that three replicas are not three times as many tries
//! and a restart is not a new start. A try is counted before it is made: twenty at the same
//! moment are twenty, not one.

mod store;

use std::time::Duration;

use super::{AccountsError, Clock, clock, secret};
use crate::db::Db;

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

/// Passwords of one account. The longest pause is short: it must not become a way to lock
/// somebody out, and a password that is good enough does not fall to a try a minute.
pub(super) const ACCOUNT: Policy = Policy {
    name: "account",
    free: 5,
    first: Duration::from_secs(1),
    longest: clock::minutes(1),
    forget: clock::hours(1),
};

/// Passwords tried from one network, for whatever accounts.
pub(super) const NETWORK: Policy = Policy {
    name: "network",
    free: 30,
    first: Duration::from_secs(1),
    longest: clock::minutes(15),
    forget: clock::hours(1),
};

/// Mails that somebody can make us send to one address.
pub(super) const MAIL: Policy = Policy {
    name: "mail",
    free: 4,
    first: clock::minutes(1),
    longest: clock::hours(4),
    forget: clock::hours(24),
};

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

    /// Counts a try at `what`, or says how long to wait.
    pub(super) async fn take(&self, policy: Policy, what: &str) -> Result<(), AccountsError> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let key = key(policy, what);
        let forget_at = now + clock::ms(policy.forget);
        match store::count(&mut tx, &key, now, forget_at).await? {
            Some(count) => {
                store::pause(&mut tx, &key, now + clock::ms(pause(policy, count))).await?;
                tx.commit().await?;
                Ok(())
            }
            None => {
                let free_at = store::free_at(&mut tx, &key).await?.unwrap_or(now);
                tx.rollback().await?;
                let left = u64::try_from(free_at - now).unwrap_or(0);
                Err(AccountsError::Wait {
                    seconds: left.div_ceil(1000).max(1),
                })
            }
        }
    }

    /// Forgets the tries: the right one was among them.
    pub(super) async fn clear(&self, policy: Policy, what: &str) -> Result<(), AccountsError> {
        let mut tx = self.db.write().await?;
        store::clear(&mut tx, &key(policy, what)).await?;
        Ok(tx.commit().await?)
    }

    /// Takes one try back: it was no guess. The others still count, or whoever knows one
    /// password could guess at the rest; but a house full of people can log in.
    pub(super) async fn give_back(&self, policy: Policy, what: &str) -> Result<(), AccountsError> {
        let mut tx = self.db.write().await?;
        store::give_back(&mut tx, &key(policy, what)).await?;
        Ok(tx.commit().await?)
    }

    /// Throws away what counts no longer.
    pub(super) async fn tidy(&self) -> Result<u64, AccountsError> {
        let mut tx = self.db.write().await?;
        let gone = store::tidy(&mut tx, self.clock.now()).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

/// Not the name itself: people type passwords into the wrong field.
fn key(policy: Policy, what: &str) -> String {
    secret::hash(&[policy.name.as_bytes(), what.as_bytes()])
}

/// The pause after that many tries.
fn pause(policy: Policy, count: u32) -> Duration {
    let Some(doublings) = count.checked_sub(policy.free) else {
        return Duration::ZERO;
    };
    policy
        .first
        .saturating_mul(1_u32.checked_shl(doublings.min(31)).unwrap_or(u32::MAX))
        .min(policy.longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_begin_late_and_double_to_an_end() {
        let seconds: Vec<u64> = (1..=14).map(|n| pause(ACCOUNT, n).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(pause(NETWORK, u32::MAX), NETWORK.longest);
    }
}
