//! Passwords: judging new ones, keeping their hashes, comparing.
//!
//! Hashing is meant to be slow, so it has a few threads of its own: a crowd that
//! logs in waits in line and leaves the cores to who only wants to see a page. Nobody (a
//! network, or a person who is logged in) stands in that line with more than their share, so
//! that a crowd from one house does not make everybody else wait.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{Output, ParamsString, PasswordHash, Salt, SaltString},
};
use domain::{
    accounts::{Strength, password},
    forms::Fault,
};

use super::AccountsError;
use crate::{hands::Hands, shares::Shares};

/// The field, as forms and [`AccountsError::Field`] call it.
pub(super) const FIELD: &str = "password";

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// In blocks of 1 KiB: memory that was asked for in more than 32 MiB goes back to the system
/// as soon as it is free. What is not touched of it costs nothing.
const GIVEN_BACK: usize = 33 * 1024;

/// More than that in line and the last one would wait for half a minute.
const LINE: usize = 512;
const PATIENCE: Duration = Duration::from_secs(30);
/// So many of the line may be of one network or person; half a second of one core.
const SHARE: usize = 16;

/// The estimator's work grows faster than the text; nobody's strength hides behind this.
const JUDGED: usize = 64;

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Passwords(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    hands: Hands,
    shares: Shares,
    waiting: AtomicUsize,
    /// What is compared with when there is no such person: it must take as long.
    nobody: OnceLock<String>,
}

/// What the server thinks of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub strength: Strength,
    pub fault: Option<Fault>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // One core stays for everything else.
        let at_once = cores.saturating_sub(1).clamp(1, 4);
        Self(Arc::new(Inner {
            hands: Hands::new("passwords", at_once),
            shares: Shares::new(SHARE),
            waiting: AtomicUsize::new(0),
            nobody: OnceLock::new(),
        }))
    }
}

impl Passwords {
    /// How strong a new password is, and what is wrong with it. `own` are what is known of
    /// its owner: nick, e-mail address, name. `whose` share of the line it takes is a network
    /// or a person; so everywhere here.
    ///
    /// # Errors
    /// [`AccountsError::Busy`].
    pub(super) async fn judge(
        &self,
        text: &str,
        own: &[&str],
        whose: &str,
    ) -> Result<Verdict, AccountsError> {
        if let Err(fault) = password::check(text, own) {
            return Ok(Verdict {
                strength: password::estimate(text).min(Strength::Weak),
                fault: Some(fault),
            });
        }
        let text: String = text.chars().take(JUDGED).collect();
        let own: Vec<String> = own.iter().map(|&name| name.to_owned()).collect();
        let strength = self.turn(whose, move || strength(&text, &own)).await?;
        Ok(Verdict {
            strength,
            fault: (!strength.is_enough()).then_some(Fault::TooWeak),
        })
    }

    /// The hash of a new password that is good enough.
    ///
    /// # Errors
    /// [`AccountsError::Field`] says what to mend.
    pub(super) async fn accept(
        &self,
        text: &str,
        own: &[&str],
        whose: &str,
    ) -> Result<String, AccountsError> {
        match self.judge(text, own, whose).await?.fault {
            Some(fault) => Err(AccountsError::field(FIELD, fault)),
            None => {
                let text = text.to_owned();
                self.turn(whose, move || hash(&text)).await?
            }
        }
    }

    /// Whether the password is the one behind the hash. Without a hash, because there is no
    /// such person, the answer is no after the same time.
    ///
    /// # Errors
    /// [`AccountsError::Busy`].
    pub(super) async fn verify(
        &self,
        text: &str,
        kept: Option<String>,
        whose: &str,
    ) -> Result<bool, AccountsError> {
        // No password of ours is that long; the comparison takes its time all the same.
        let fits = text.len() <= password::MAX_BYTES;
        let text = if fits { text.to_owned() } else { String::new() };
        // Who was added without a password has no hash yet.
        let kept = kept.filter(|hash| hash.starts_with('$'));
        let inner = Arc::clone(&self.0);
        self.turn(whose, move || {
            let known = kept.is_some();
            let hash = match kept {
                Some(hash) => hash,
                None => inner.nobody()?,
            };
            Ok(compare(&text, &hash)? && known && fits)
        })
        .await?
    }

    /// Waits in line for one of the turns, then works on one of our threads.
    async fn turn<T: Send + 'static>(
        &self,
        whose: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountsError> {
        let place = Place::take(&self.0).ok_or(AccountsError::Busy)?;
        let turn = tokio::time::timeout(PATIENCE, async {
            // Until it is their turn they stand in line, and no longer.
            let _share = self.0.shares.take(whose).await?;
            self.0.hands.turn(PATIENCE).await
        });
        let turn = turn.await.ok().flatten().ok_or(AccountsError::Busy)?;
        drop(place);
        let done = turn.work(work).await;
        done.map_err(|_| AccountsError::Internal("hashing was interrupted"))
    }
}

impl Inner {
    fn nobody(&self) -> Result<String, AccountsError> {
        if let Some(hash) = self.nobody.get() {
            return Ok(hash.clone());
        }
        let made = hash("nobody has this password")?;
        Ok(self.nobody.get_or_init(|| made).clone())
    }
}

/// A place in line, given up when it is dropped.
struct Place(Arc<Inner>);

impl Place {
    fn take(inner: &Arc<Inner>) -> Option<Self> {
        if inner.waiting.fetch_add(1, Ordering::AcqRel) >= LINE {
            inner.waiting.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        Some(Self(Arc::clone(inner)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

fn strength(text: &str, own: &[String]) -> Strength {
    let mut inputs: Vec<&str> = own
        .iter()
        .flat_map(|name| name.split(['@', '.', ' ', '_', '-']))
        .filter(|part| part.chars().count() > 2)
        .collect();
    inputs.push("kadr");
    match zxcvbn::zxcvbn(text, &inputs).score() {
        zxcvbn::Score::Zero => Strength::Hopeless,
        zxcvbn::Score::One => Strength::Weak,
        zxcvbn::Score::Two => Strength::Fair,
        zxcvbn::Score::Three => Strength::Good,
        _ => Strength::Strong,
    }
}

fn hash(text: &str) -> Result<String, AccountsError> {
    const FAILED: AccountsError = AccountsError::Internal("hashing failed");
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| FAILED)?;
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|_| FAILED)?;
    let kept = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| FAILED)?,
        salt: Some(salt.as_salt()),
        hash: Some(digest(params, text, salt.as_salt(), Params::DEFAULT_OUTPUT_LEN).ok_or(FAILED)?),
    };
    Ok(kept.to_string())
}

fn compare(text: &str, kept: &str) -> Result<bool, AccountsError> {
    const DAMAGED: AccountsError = AccountsError::Internal("a password's hash is damaged");
    let kept = PasswordHash::new(kept).map_err(|_| DAMAGED)?;
    let (Some(salt), Some(expected)) = (kept.salt, kept.hash) else {
        return Err(DAMAGED);
    };
    let params = Params::try_from(&kept).map_err(|_| DAMAGED)?;
    let found = digest(params, text, salt, expected.len()).ok_or(DAMAGED)?;
    // Takes the same time for every answer.
    Ok(found == expected)
}

/// What comes out of a password, in memory of our own: what the library takes by itself is
/// aligned, and the allocator keeps three times as much of that as it can use again.
fn digest(params: Params, text: &str, salt: Salt<'_>, length: usize) -> Option<Output> {
    let mut memory = Vec::with_capacity(params.block_count().max(GIVEN_BACK));
    memory.resize(params.block_count(), Block::default());
    let mut salted = [0_u8; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut salted).ok()?;
    let mut out = [0_u8; Output::MAX_LENGTH];
    let out = out.get_mut(..length)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(text.as_bytes(), salt, out, &mut memory)
        .ok()?;
    Output::new(out).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn common_ones_and_own_names_are_refused() {
        let passwords = Passwords::default();
        let own = ["ada", "ada.lovelace@example.org", "Countess Byron"];
        for (text, fault) in [
            ("", Some(Fault::Required)),
            ("short", Some(Fault::TooShort)),
            ("password123", Some(Fault::TooWeak)),
            ("1234567890", Some(Fault::TooWeak)),
            ("qwertyuiop", Some(Fault::TooWeak)),
            ("aaaaaaaaaaaa", Some(Fault::TooWeak)),
            ("iloveyou12", Some(Fault::TooWeak)),
            ("P@ssw0rd123", Some(Fault::TooWeak)),
            ("byroncountess", Some(Fault::TooWeak)),
            ("my-ada-is-best", Some(Fault::HoldsOwnName)),
            ("correct horse battery", None),
            ("кіт спить на вікні", None),
        ] {
            let verdict = passwords.judge(text, &own, "").await.unwrap();
            assert_eq!(verdict.fault, fault, "{text}: {verdict:?}");
            assert_eq!(verdict.strength.is_enough(), fault.is_none(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_long_password_is_no_way_to_keep_us_busy() {
        let passwords = Passwords::default();
        let nasty = "aA1!bB2@cC3#dD4$".repeat(16);
        let begun = Instant::now();
        passwords.judge(&nasty, &[], "").await.unwrap();
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        assert!(
            !passwords
                .verify(&"x".repeat(1 << 20), None, "")
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn the_right_one_and_no_other_is_right() {
        let passwords = Passwords::default();
        let hash = passwords
            .accept("correct horse battery", &[], "")
            .await
            .unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let verify = |text: &'static str| passwords.verify(text, Some(hash.clone()), "");
        assert!(verify("correct horse battery").await.unwrap());
        assert!(!verify("Correct horse battery").await.unwrap());
        assert!(
            !passwords
                .verify("nobody has this password", None, "")
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn a_stranger_waits_as_long_as_a_friend() {
        let passwords = Passwords::default();
        let hash = passwords
            .accept("correct horse battery", &[], "")
            .await
            .unwrap();
        passwords.verify("warm up", None, "").await.unwrap();
        let mut friend = Vec::new();
        let mut stranger = Vec::new();
        for _ in 0..7 {
            let begun = Instant::now();
            passwords
                .verify("wrong horse", Some(hash.clone()), "")
                .await
                .unwrap();
            friend.push(begun.elapsed());
            let begun = Instant::now();
            passwords.verify("wrong horse", None, "").await.unwrap();
            stranger.push(begun.elapsed());
        }
        friend.sort();
        stranger.sort();
        let ratio = friend[3].as_secs_f64() / stranger[3].as_secs_f64();
        assert!((0.5..2.0).contains(&ratio), "{friend:?} {stranger:?}");
    }

    #[tokio::test]
    async fn a_crowd_of_one_network_leaves_room_for_others() {
        let passwords = Passwords::default();
        passwords.verify("warm up", None, "").await.unwrap();
        let begun = Instant::now();
        passwords.verify("one", None, "").await.unwrap();
        let one = begun.elapsed();
        let mut crowd = tokio::task::JoinSet::new();
        for _ in 0..10 * SHARE {
            let passwords = passwords.clone();
            crowd.spawn(async move { passwords.verify("crowd", None, "house").await.unwrap() });
        }
        while passwords.0.waiting.load(Ordering::Acquire) < 9 * SHARE {
            tokio::task::yield_now().await;
        }
        passwords
            .verify("neighbour", None, "next door")
            .await
            .unwrap();
        // Who stood before them was the share; nearly all of the crowd still waits.
        let left = passwords.0.waiting.load(Ordering::Acquire);
        assert!(left >= 5 * SHARE, "{left} wait, one takes {one:?}");
        while let Some(done) = crowd.join_next().await {
            assert!(!done.unwrap());
        }
    }
}
