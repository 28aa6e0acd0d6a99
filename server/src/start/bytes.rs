//! Sizes, as people read them.

use std::fmt;

/// A number of bytes, shown as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
            .into_iter()
            .find(|(_, shift)| self.0 >= 1 << shift)
            .unwrap_or(("B", 0));
        let tenths = self.0 / ((1 << size) / 10).max(1);
        if size == 0 || tenths.is_multiple_of(10) {
            write!(f, "{} {unit}", self.0 >> size)
        } else {
            write!(f, "{}.{} {unit}", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_with_one_digit() {
        assert_eq!(Bytes(17).to_string(), "17 B");
        assert_eq!(Bytes(4 << 30).to_string(), "4 GiB");
        assert_eq!(Bytes(1_610_612_736).to_string(), "1.5 GiB");
    }
}
