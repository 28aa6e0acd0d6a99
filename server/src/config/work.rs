//! How much background work this machine takes on.

use std::{fmt, num::NonZeroUsize, str::FromStr};

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Background work")]
pub struct Work {
    /// Media jobs at once [default: the number of cores]
    #[arg(long, env = "KADR_WORKERS", value_name = "NUMBER", value_parser = workers)]
    pub workers: Option<usize>,

    /// The memory media jobs may plan with, like 4GiB [default: half of what the machine has]
    #[arg(long, env = "KADR_WORKER_MEMORY", value_name = "SIZE")]
    pub worker_memory: Option<Bytes>,
}

impl Work {
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    #[must_use]
    pub fn memory(&self) -> Bytes {
        self.worker_memory.unwrap_or_else(half_of_memory)
    }
}

fn workers(text: &str) -> Result<usize, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|n| (1..=1024).contains(n))
        .ok_or_else(|| "a number from 1 to 1024".to_owned())
}

#[cfg(target_os = "linux")]
fn half_of_memory() -> Bytes {
    let info = rustix::system::sysinfo();
    #[expect(
        clippy::useless_conversion,
        reason = "the field is as wide as the machine's words"
    )]
    Bytes(u64::from(info.totalram) * u64::from(info.mem_unit) / 2)
}

/// Elsewhere the machine is not asked: what every machine that can encode video has.
#[cfg(not(target_os = "linux"))]
fn half_of_memory() -> Bytes {
    Bytes(2 << 30)
}

/// A number of bytes, written as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor: Option<u64> = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => Some(1),
            "k" | "kib" => Some(1 << 10),
            "kb" => Some(1_000),
            "m" | "mib" => Some(1 << 20),
            "mb" => Some(1_000_000),
            "g" | "gib" => Some(1 << 30),
            "gb" => Some(1_000_000_000),
            "t" | "tib" => Some(1 << 40),
            "tb" => Some(1_000_000_000_000),
            _ => None,
        };
        number
            .parse::<u64>()
            .ok()
            .zip(factor)
            .and_then(|(number, factor)| number.checked_mul(factor))
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or_else(|| "a size like 512MiB or 4GiB".to_owned())
    }
}

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
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("1", 1),
            ("512MiB", 512 << 20),
            ("4 GiB", 4 << 30),
            ("2g", 2 << 30),
            ("10MB", 10_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for bad in ["", "0", "GiB", "4 apples", "-1", "1.5GiB", "99999999999TiB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_shown_with_one_digit() {
        assert_eq!(Bytes(17).to_string(), "17 B");
        assert_eq!(Bytes(4 << 30).to_string(), "4 GiB");
        assert_eq!(Bytes(1_610_612_736).to_string(), "1.5 GiB");
    }

    #[test]
    fn the_machine_has_memory() {
        assert!(half_of_memory() > Bytes(64 << 20));
    }
}
