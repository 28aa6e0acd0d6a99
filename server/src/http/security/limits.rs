//! Rate limits: a bucket of tokens for each kind of request and each address.
//!
//! A bucket fills at its rate up to its burst; a request takes one token or is refused with
//! the time until the next. Addresses are counted as providers hand them out: IPv4 one by
//! one, IPv6 by /64. Memory is bounded: full buckets are forgotten, since a new one is full
//! as well.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{self, Request},
    middleware::Next,
    response::Response,
};

use crate::http::{Caller, Fault, State};

/// Addresses remembered at a time, over all buckets.
const REMEMBERED: usize = 50_000;

/// A kind of request and how often one address may make it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    name: &'static str,
    per_second: f64,
    burst: f64,
}

impl Bucket {
    #[must_use]
    pub const fn per_second(name: &'static str, rate: f64, burst: f64) -> Self {
        Self {
            name,
            per_second: rate,
            burst,
        }
    }

    /// For what guesses: passwords, codes, names.
    #[must_use]
    pub const fn per_minute(name: &'static str, rate: f64, burst: f64) -> Self {
        Self {
            name,
            per_second: rate / 60.0,
            burst,
        }
    }
}

/// A layer that refuses what comes too often. The middleware of
/// `middleware::from_fn_with_state((state, bucket), limits::bucket)`.
pub async fn bucket(
    extract::State((state, bucket)): extract::State<(State, Bucket)>,
    extract::Extension(caller): extract::Extension<Caller>,
    request: Request,
    next: Next,
) -> Result<Response, Fault> {
    state.limits.take(bucket, caller.address)?;
    Ok(next.run(request).await)
}

type Key = (&'static str, u128);

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Instant,
    /// When it will be full again and can be forgotten.
    full_at: Instant,
}

/// All buckets of this process.
#[derive(Debug)]
pub struct Limits {
    levels: Mutex<HashMap<Key, Level>>,
    remembered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self::remembering(REMEMBERED)
    }
}

impl Limits {
    fn remembering(remembered: usize) -> Self {
        Self {
            levels: Mutex::default(),
            remembered,
        }
    }

    /// Takes a token now.
    ///
    /// # Errors
    /// [`Fault::TooMany`] when there is none.
    pub fn take(&self, bucket: Bucket, address: IpAddr) -> Result<(), Fault> {
        self.take_at(bucket, address, Instant::now())
    }

    /// Takes a token at a time of the caller's choice; tests choose theirs.
    fn take_at(&self, bucket: Bucket, address: IpAddr, now: Instant) -> Result<(), Fault> {
        let key = (bucket.name, prefix(address));
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() >= self.remembered && !levels.contains_key(&key) {
            make_room(&mut levels, self.remembered, now);
        }
        let level = levels.entry(key).or_insert(Level {
            tokens: bucket.burst,
            at: now,
            full_at: now,
        });
        let passed = now.saturating_duration_since(level.at).as_secs_f64();
        let tokens = (level.tokens + passed * bucket.per_second).min(bucket.burst);
        let taken = tokens >= 1.0;
        level.tokens = if taken { tokens - 1.0 } else { tokens };
        level.at = now;
        level.full_at = now
            + Duration::from_secs_f64((bucket.burst - level.tokens).max(0.0) / bucket.per_second);
        if taken {
            return Ok(());
        }
        let wait = (1.0 - level.tokens) / bucket.per_second;
        Err(Fault::TooMany {
            wait_seconds: Duration::from_secs_f64(wait.ceil()).as_secs().max(1),
        })
    }
}

/// Forgets what is full; if that is nothing, the half that will be full soonest: who is
/// forgotten gets a few requests more, who floods is remembered.
fn make_room(levels: &mut HashMap<Key, Level>, remembered: usize, now: Instant) {
    levels.retain(|_, level| level.full_at > now);
    if levels.len() < remembered {
        return;
    }
    let mut times: Vec<Instant> = levels.values().map(|level| level.full_at).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    levels.retain(|_, level| level.full_at > median);
}

pub(crate) fn prefix(address: IpAddr) -> u128 {
    match address.to_canonical() {
        // Apart from every IPv6 network that is handed out.
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESSES: Bucket = Bucket::per_minute("guesses", 6.0, 3.0);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn wait(result: Result<(), Fault>) -> Option<u64> {
        match result {
            Ok(()) => None,
            Err(Fault::TooMany { wait_seconds }) => Some(wait_seconds),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_burst_then_the_rate() {
        let limits = Limits::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let me = ip("192.0.2.1");
        for _ in 0..3 {
            assert_eq!(wait(limits.take_at(GUESSES, me, at(0))), None);
        }
        assert_eq!(wait(limits.take_at(GUESSES, me, at(0))), Some(10));
        assert_eq!(wait(limits.take_at(GUESSES, me, at(4))), Some(6));
        assert_eq!(wait(limits.take_at(GUESSES, me, at(10))), None);
        assert_eq!(wait(limits.take_at(GUESSES, me, at(10))), Some(10));
        // Never more than the burst, however long it was quiet.
        for _ in 0..3 {
            assert_eq!(wait(limits.take_at(GUESSES, me, at(10_000))), None);
        }
        assert!(wait(limits.take_at(GUESSES, me, at(10_000))).is_some());
    }

    #[test]
    fn addresses_and_buckets_do_not_share() {
        let other = Bucket::per_minute("other", 6.0, 1.0);
        let limits = Limits::default();
        let now = Instant::now();
        let empty = |address| {
            while wait(limits.take_at(GUESSES, address, now)).is_none() {}
        };
        empty(ip("192.0.2.1"));
        assert_eq!(wait(limits.take_at(GUESSES, ip("192.0.2.2"), now)), None);
        assert_eq!(wait(limits.take_at(other, ip("192.0.2.1"), now)), None);
        assert!(wait(limits.take_at(GUESSES, ip("::ffff:192.0.2.1"), now)).is_some());
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let limits = Limits::default();
        let now = Instant::now();
        for host in ["2001:db8::1", "2001:db8::2", "2001:db8::dead:beef"] {
            assert_eq!(wait(limits.take_at(GUESSES, ip(host), now)), None);
        }
        assert!(wait(limits.take_at(GUESSES, ip("2001:db8::3"), now)).is_some());
        assert_eq!(
            wait(limits.take_at(GUESSES, ip("2001:db8:0:1::3"), now)),
            None
        );
    }

    #[test]
    fn memory_is_bounded_and_who_floods_stays_known() {
        let limits = Limits::remembering(100);
        let now = Instant::now();
        let flooder = ip("198.51.100.1");
        for _ in 0..4 {
            let _refused = limits.take_at(GUESSES, flooder, now);
        }
        for n in 0..10_000_u32 {
            let stranger = IpAddr::from((n + (10 << 24)).to_be_bytes());
            assert_eq!(wait(limits.take_at(GUESSES, stranger, now)), None);
            assert!(limits.levels.lock().unwrap().len() <= 100);
        }
        assert!(wait(limits.take_at(GUESSES, flooder, now)).is_some());
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let limits = Limits::default();
        let now = Instant::now() + Duration::from_secs(60);
        let me = ip("192.0.2.1");
        assert_eq!(wait(limits.take_at(GUESSES, me, now)), None);
        assert_eq!(
            wait(limits.take_at(GUESSES, me, now - Duration::from_secs(30))),
            None
        );
    }
}
