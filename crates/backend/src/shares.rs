//! Shares: of what all stand in line for, nobody takes more than a few places at a time. The
//! others of theirs wait apart, where they are in nobody's way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// From so many names on, those that nobody uses are forgotten.
const REMEMBERED: usize = 256;

/// A few places for each, by name: a network, a person.
#[derive(Debug)]
pub struct Shares {
    each: usize,
    gates: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// One place of somebody's share, given up when it is dropped.
#[derive(Debug)]
pub struct Share {
    _place: OwnedSemaphorePermit,
}

impl Shares {
    #[must_use]
    pub fn new(each: usize) -> Self {
        Self {
            each,
            gates: Mutex::default(),
        }
    }

    /// Waits for one of the places of `whose`. First come, first served. Nothing only while the
    /// process ends.
    pub async fn take(&self, whose: &str) -> Option<Share> {
        let place = self.gate(whose).acquire_owned().await.ok()?;
        Some(Share { _place: place })
    }

    fn gate(&self, whose: &str) -> Arc<Semaphore> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(whose).and_then(Weak::upgrade) {
            return gate;
        }
        if gates.len() >= REMEMBERED {
            gates.retain(|_, gate| gate.strong_count() > 0);
        }
        let gate = Arc::new(Semaphore::new(self.each));
        gates.insert(whose.to_owned(), Arc::downgrade(&gate));
        gate
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn now(shares: &Shares, whose: &str) -> Option<Share> {
        let taken = tokio::time::timeout(Duration::from_millis(20), shares.take(whose)).await;
        taken.ok().flatten()
    }

    #[tokio::test]
    async fn each_has_their_own() {
        let shares = Shares::new(2);
        let first = now(&shares, "a").await.unwrap();
        let _second = now(&shares, "a").await.unwrap();
        assert!(now(&shares, "a").await.is_none());
        let _other = now(&shares, "b").await.unwrap();
        drop(first);
        assert!(now(&shares, "a").await.is_some());
    }

    #[tokio::test]
    async fn who_is_gone_is_forgotten() {
        let shares = Shares::new(1);
        let _kept = now(&shares, "kept").await.unwrap();
        for number in 0..10 * REMEMBERED {
            drop(now(&shares, &number.to_string()).await.unwrap());
        }
        assert!(shares.gates.lock().unwrap().len() <= REMEMBERED);
        assert!(
            now(&shares, "kept").await.is_none(),
            "one that is in use is not"
        );
    }
}
