//! The checksum of one request, as the tus extension has it.

use std::str::FromStr;

use sha1::Digest as _;

/// Ways to reckon a checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Sha1,
    Sha256,
    Blake3,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Blake3];

    /// As `Tus-Checksum-Algorithm` lists it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
        }
    }
}

/// The text names no algorithm of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checksum we know; there are sha1, sha256 and blake3")]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.code() == text)
            .ok_or(UnknownAlgorithm)
    }
}

/// What the bytes of one request must come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    pub algorithm: Algorithm,
    pub value: Vec<u8>,
}

/// Whether and how the bytes of a request are checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Verify {
    #[default]
    No,
    /// `Upload-Checksum` came before the bytes.
    Given(Checksum),
    /// It is announced to come after them, as a trailer: [`super::Writer::finish`] is given it.
    Trailer,
}

/// A checksum in the making.
#[derive(Debug, Clone)]
pub(super) enum Sum {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Blake3(Box<blake3::Hasher>),
}

impl Sum {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(sha1::Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Blake3 => Self::Blake3(Box::new(blake3::Hasher::new())),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(sum) => sum.update(bytes),
            Self::Sha256(sum) => sum.update(bytes),
            Self::Blake3(sum) => {
                sum.update(bytes);
            }
        }
    }

    pub(super) fn is(self, value: &[u8]) -> bool {
        match self {
            Self::Sha1(sum) => sum.finalize().as_slice() == value,
            Self::Sha256(sum) => sum.finalize().as_slice() == value,
            Self::Blake3(sum) => sum.finalize().as_bytes().as_slice() == value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_known_ones() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        };
        for (code, value) in [
            ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "sha256",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "blake3",
                "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
            ),
        ] {
            let mut sum = Sum::new(code.parse().unwrap());
            sum.update(b"a");
            sum.update(b"bc");
            assert!(sum.clone().is(&hex(value)), "{code}");
            assert!(!sum.is(&hex(value)[1..]), "{code}");
        }
        assert_eq!("md5".parse::<Algorithm>(), Err(UnknownAlgorithm));
    }
}
