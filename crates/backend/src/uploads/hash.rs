//! BLAKE3 that can be put down and taken up again.
//!
//! `blake3::Hasher` cannot be saved. Its tree can: what is over is a stack of chaining values,
//! one for each whole subtree on the left, each of a power of two blocks of 1 MiB. A checkpoint
//! is that stack; what came after its last whole block is read back from the file.

use blake3::hazmat::{
    ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root,
};
use domain::uploads::ContentHash;

/// A power of two of BLAKE3's chunks of 1 KiB.
pub(crate) const BLOCK: u64 = 1 << 20;

/// The hash of what has come so far.
#[derive(Debug, Clone)]
pub(crate) struct TreeHash {
    /// Chaining values of whole subtrees, the largest first.
    stack: Vec<ChainingValue>,
    /// Whole blocks that are on the stack.
    blocks: u64,
    /// The block that is being filled. A full one waits here until a byte comes after it: only
    /// then it is known not to be the end.
    block: blake3::Hasher,
    filled: u64,
}

impl TreeHash {
    pub(crate) fn new() -> Self {
        Self {
            stack: Vec::new(),
            blocks: 0,
            block: blake3::Hasher::new(),
            filled: 0,
        }
    }

    /// Bytes hashed.
    pub(crate) fn length(&self) -> u64 {
        self.blocks * BLOCK + self.filled
    }

    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.filled == BLOCK {
                self.push();
            }
            let room = usize::try_from(BLOCK - self.filled).unwrap_or(usize::MAX);
            let (some, rest) = bytes.split_at(room.min(bytes.len()));
            self.block.update(some);
            self.filled += some.len() as u64;
            bytes = rest;
        }
    }

    /// The full block becomes a subtree, and so do the pairs it completes.
    fn push(&mut self) {
        let mut value = self.block.finalize_non_root();
        self.blocks += 1;
        let mut pairs = self.blocks;
        while pairs.is_multiple_of(2) {
            let Some(left) = self.stack.pop() else { break };
            value = merge_subtrees_non_root(&left, &value, Mode::Hash);
            pairs /= 2;
        }
        self.stack.push(value);
        self.begin();
    }

    fn begin(&mut self) {
        self.block = blake3::Hasher::new();
        self.block.set_input_offset(self.blocks * BLOCK);
        self.filled = 0;
    }

    /// The hash of everything. Costs the same for a megabyte and for a terabyte.
    pub(crate) fn finish(&self) -> ContentHash {
        let mut lefts = self.stack.iter().rev();
        let Some(mut left) = lefts.next() else {
            return ContentHash::new(*self.block.finalize().as_bytes());
        };
        // There is something in the block: it was begun by the byte that came.
        let mut right = self.block.finalize_non_root();
        for next in lefts {
            right = merge_subtrees_non_root(left, &right, Mode::Hash);
            left = next;
        }
        let root = merge_subtrees_root(left, &right, Mode::Hash);
        ContentHash::new(*root.as_bytes())
    }

    /// What is needed to go on from here: the stack, as text.
    pub(crate) fn checkpoint(&self) -> String {
        use std::fmt::Write as _;

        let mut text = String::with_capacity(self.stack.len() * 64);
        for byte in self.stack.iter().flatten() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Goes on at a checkpoint that was made at `length`. Answers also from where on the bytes
    /// must be shown again, at most one block of them.
    pub(crate) fn resume(length: u64, checkpoint: &str) -> Option<(Self, u64)> {
        let mut blocks = length / BLOCK;
        // Exactly full: the last block was not on the stack yet.
        if blocks > 0 && length.is_multiple_of(BLOCK) {
            blocks -= 1;
        }
        let mut stack = Vec::new();
        for value in checkpoint.as_bytes().chunks(64) {
            let value: ContentHash = std::str::from_utf8(value).ok()?.parse().ok()?;
            stack.push(*value.as_bytes());
        }
        if stack.len() != usize::try_from(blocks.count_ones()).ok()? {
            return None;
        }
        let mut hash = Self {
            stack,
            blocks,
            block: blake3::Hasher::new(),
            filled: 0,
        };
        hash.begin();
        let from = blocks * BLOCK;
        Some((hash, from))
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    use super::*;

    /// Random bytes, of which any stretch can be had again.
    fn bytes(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        SmallRng::seed_from_u64(5).fill(bytes.as_mut_slice());
        bytes
    }

    fn reference(bytes: &[u8]) -> ContentHash {
        ContentHash::new(*blake3::hash(bytes).as_bytes())
    }

    #[test]
    fn equals_blake3_for_random_sizes_cuts_and_resumes() {
        let most = usize::try_from(BLOCK).unwrap() * 9;
        let all = bytes(most);
        for seed in 0..60 {
            let mut random = SmallRng::seed_from_u64(seed);
            let block = usize::try_from(BLOCK).unwrap();
            // The edges of blocks are where mistakes would be.
            let near = |random: &mut SmallRng| {
                let edge = random.random_range(0..=9) * block;
                (edge + random.random_range(0..3))
                    .saturating_sub(1)
                    .min(most)
            };
            let length = if seed % 2 == 0 {
                near(&mut random)
            } else {
                random.random_range(0..=most)
            };
            let mut hash = TreeHash::new();
            let mut at = 0;
            while at < length {
                let next = if random.random_bool(0.3) {
                    near(&mut random).clamp(at, length)
                } else {
                    (at + random.random_range(1..=block * 2)).min(length)
                };
                hash.update(&all[at..next]);
                at = next;
                assert_eq!(hash.length(), at as u64);
                if random.random_bool(0.5) {
                    let (resumed, from) = TreeHash::resume(at as u64, &hash.checkpoint()).unwrap();
                    hash = resumed;
                    let from = usize::try_from(from).unwrap();
                    assert!(at - from <= block, "seed {seed}: reads back {}", at - from);
                    hash.update(&all[from..at]);
                }
                if random.random_bool(0.2) {
                    assert_eq!(hash.finish(), reference(&all[..at]), "seed {seed} at {at}");
                }
            }
            assert_eq!(
                hash.finish(),
                reference(&all[..length]),
                "seed {seed}, {length} bytes"
            );
        }
    }

    #[test]
    fn a_checkpoint_of_something_else_is_refused() {
        let mut hash = TreeHash::new();
        hash.update(&bytes(usize::try_from(BLOCK).unwrap() * 3 + 1));
        let (length, text) = (hash.length(), hash.checkpoint());
        assert_eq!(text.len(), 128, "three blocks are two subtrees");
        assert!(TreeHash::resume(length, &text).is_some());
        for (length, text) in [
            (length, ""),
            (length, &text[..64]),
            (length, &text[1..]),
            (0, text.as_str()),
            (BLOCK * 8, text.as_str()),
        ] {
            assert!(TreeHash::resume(length, text).is_none(), "{length} {text}");
        }
    }
}
