//! Secrets that people and programs carry, and the hashes of them that we keep.

use std::fmt;

use sha2::{Digest, Sha256};

/// 256 random bits as text. The holder of it is believed; the database knows its hash only.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What API tokens begin with: tools that look for leaked secrets find them by it.
const TOKEN_PREFIX: &str = "kadr_";

impl Secret {
    #[must_use]
    pub fn generate() -> Self {
        Self(bs58::encode(rand::random::<[u8; 32]>()).into_string())
    }

    /// A new API token.
    #[must_use]
    pub fn generate_token() -> Self {
        Self(format!("{TOKEN_PREFIX}{}", Self::generate().0))
    }

    /// What somebody sent, if it could be one at all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.strip_prefix(TOKEN_PREFIX).unwrap_or(text);
        let fits =
            (32..=64).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }

    /// Whether it is the kind that programs carry.
    #[must_use]
    pub fn is_token(text: &str) -> bool {
        text.starts_with(TOKEN_PREFIX)
    }

    /// The text, to be shown once or set as a cookie.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last characters: enough to know it by, too little to use.
    #[must_use]
    pub(super) fn hint(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// How the database knows it. 256 bits cannot be guessed, so a plain hash is enough.
    pub(super) fn hash(&self) -> String {
        hash(&[self.0.as_bytes()])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 in hex.
pub(super) fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        // With lengths, so that no two lists of parts are the same bytes.
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_hash_alone() {
        let secret = Secret::generate();
        let again = Secret::parse(secret.reveal()).unwrap();
        assert_eq!(secret.hash(), again.hash());
        assert_ne!(secret.hash(), Secret::generate().hash());
        assert!(!secret.hash().contains(secret.reveal()));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let token = Secret::generate_token();
        assert!(Secret::is_token(token.reveal()) && Secret::parse(token.reveal()).is_some());
    }

    #[test]
    fn nonsense_is_no_secret() {
        for text in [
            "",
            "short",
            &"a".repeat(500),
            "kadr_",
            &format!("{}é", "a".repeat(40)),
        ] {
            assert!(Secret::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn lists_of_parts_do_not_run_together() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
