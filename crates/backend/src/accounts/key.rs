//! The secret of the house (`KADR_SECRET`), and what is derived from it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::secret::hex;

/// Shorter ones could be guessed from one token.
const MIN_LENGTH: usize = 32;

/// Signs tokens and keys the hashes of codes. Never leaves the process.
#[derive(Clone)]
pub struct Key([u8; 32]);

/// The secret protects nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret is too short; set KADR_SECRET to {MIN_LENGTH} random characters or more")]
pub struct ShortSecret;

impl ShortSecret {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "secret_too_short"
    }
}

impl Key {
    /// From the secret that was set, or that the server keeps in its data folder.
    ///
    /// # Errors
    /// When it could be guessed.
    pub fn of(secret: &str) -> Result<Self, ShortSecret> {
        let secret = secret.trim();
        if secret.len() < MIN_LENGTH {
            return Err(ShortSecret);
        }
        Ok(Self(keyed(secret.as_bytes(), &[b"kadr"])))
    }

    /// A key for one purpose. Who learns it learns no other.
    pub(super) fn derive(&self, purpose: &str) -> [u8; 32] {
        keyed(&self.0, &[purpose.as_bytes()])
    }

    /// The hash of something that could be guessed if it were hashed without a key.
    pub(super) fn hash(&self, purpose: &str, parts: &[&[u8]]) -> String {
        hex(&keyed(&self.derive(purpose), parts))
    }
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_do_not_share_a_key() {
        let key = Key::of(" 0123456789abcdef0123456789abcdef\n").unwrap();
        let same = Key::of("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(key.derive("a"), same.derive("a"));
        assert_ne!(key.derive("a"), key.derive("b"));
        assert_ne!(key.hash("a", &[b"x"]), key.hash("b", &[b"x"]));
        assert_ne!(key.hash("a", &[b"xy", b"z"]), key.hash("a", &[b"x", b"yz"]));
        assert_eq!(format!("{key:?}"), "Key(…)");
    }

    #[test]
    fn nobody_may_be_careless() {
        assert_eq!(Key::of("hunter2").unwrap_err(), ShortSecret);
        assert_eq!(Key::of(&" ".repeat(40)).unwrap_err(), ShortSecret);
    }
}
