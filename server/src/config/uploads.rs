//! How much people may send.

use backend::uploads::Options;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Uploads")]
pub struct Uploads {
    /// How large one file may be
    #[arg(long, env = "KADR_MAX_UPLOAD", value_name = "SIZE", default_value = "64 GiB", value_parser = size)]
    pub max_upload: u64,

    /// How much all files of one person may be together [default: none, as much as fits]
    #[arg(long, env = "KADR_QUOTA", value_name = "SIZE", value_parser = size)]
    pub quota: Option<u64>,
}

impl Uploads {
    /// As the service wants it.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            max_size: self.max_upload,
            quota: self.quota,
            ..Options::default()
        }
    }
}

/// A number of bytes, alone or with a unit: `64 GiB`, `500MB`, `1.5 TB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || "a size like 64 GiB, 500 MB or a number of bytes".to_owned();
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let factor = factor(unit.trim()).ok_or_else(wrong)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // Whole numbers only: sizes are compared to the byte.
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    if fraction.is_empty() || fraction.len() > 6 {
        return Err(wrong());
    }
    let scale = 10_u64.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    let fraction: u64 = fraction.parse().map_err(|_| wrong())?;
    let part = factor / scale * fraction + factor % scale * fraction / scale;
    whole
        .checked_mul(factor)
        .and_then(|bytes| bytes.checked_add(part))
        // What the database can count.
        .filter(|bytes| (1..=i64::MAX.unsigned_abs()).contains(bytes))
        .ok_or_else(wrong)
}

fn factor(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    let power = |letter: char| ['k', 'm', 'g', 't', 'p'].iter().position(|l| *l == letter);
    let mut letters = unit.chars();
    let Some(first) = letters.next() else {
        return Some(1);
    };
    if unit == "b" {
        return Some(1);
    }
    let power = u32::try_from(power(first)? + 1).ok()?;
    match letters.as_str() {
        // As everybody means it who does not say.
        "" | "ib" | "i" => 1024_u64.checked_pow(power),
        "b" => 1000_u64.checked_pow(power),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("1", 1),
            ("1000000", 1_000_000),
            ("17 B", 17),
            ("64 GiB", 64 << 30),
            ("64gib", 64 << 30),
            ("2G", 2 << 30),
            ("500 MB", 500_000_000),
            ("1.5 KiB", 1536),
            ("1.5TB", 1_500_000_000_000),
            (" 10 M ", 10 << 20),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for odd in [
            "",
            "0",
            "-1",
            "GiB",
            "1 XB",
            "1,5 GB",
            "1.",
            ".5 G",
            "1.2.3",
            "much",
            "99999999999999999999",
            "9000000 PiB",
            "1 GiBs",
        ] {
            assert!(size(odd).is_err(), "{odd}");
        }
    }
}
