//! What the header of a stream says, brought into our words.

use domain::media::facts::{Chroma, Colour, FieldOrder, Hdr, Ratio, Rotation};
use ffmpeg_next::{Rational, Stream, codec::packet::side_data::Type};

use crate::raw::{self, VideoNumbers};

/// Files may say anything here: what is no language tag is no language.
fn language(text: &str) -> Option<String> {
    let plausible = (2..=12).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plausible && text != "und").then(|| text.to_ascii_lowercase())
}

pub(super) fn language_of(stream: &Stream<'_>) -> Option<String> {
    raw::tag(stream, c"language").and_then(|text| language(&text))
}

/// What people called a track: one short line.
fn title(text: &str) -> Option<String> {
    let line: String = text
        .chars()
        .filter(|letter| !letter.is_control())
        .take(100)
        .collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

pub(super) fn title_of(stream: &Stream<'_>) -> Option<String> {
    let handler = || raw::tag(stream, c"handler_name").filter(|name| !is_a_programs(name));
    raw::tag(stream, c"title")
        .or_else(handler)
        .and_then(|text| title(&text))
}

/// Names that programs give to every track.
fn is_a_programs(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "handler",
        "media",
        "gpac",
        "core",
        "apple",
        "mainconcept",
        "twitter",
        "isomedia",
    ]
    .iter()
    .any(|part| name.contains(part))
}

pub(super) fn ratio(rate: Rational) -> Option<Ratio> {
    let ratio = Ratio::new(
        u32::try_from(rate.numerator()).ok()?,
        u32::try_from(rate.denominator()).ok()?,
    );
    ratio.value().is_some().then_some(ratio)
}

/// Samples that are more than four times as wide as high (or the other way) are a lie.
pub(super) fn sample_aspect(stream: &Stream<'_>) -> Ratio {
    let (num, den) = raw::sample_aspect(stream);
    match (u32::try_from(num), u32::try_from(den)) {
        (Ok(num), Ok(den))
            if num > 0
                && den > 0
                && num <= den.saturating_mul(4)
                && den <= num.saturating_mul(4) =>
        {
            Ratio::new(num, den)
        }
        _ => Ratio::new(1, 1),
    }
}

/// How a picture must be turned, and whether it is mirrored after that.
pub(super) fn orientation(stream: &Stream<'_>) -> (Rotation, bool) {
    stream
        .side_data()
        .find(|data| data.kind() == Type::DisplayMatrix)
        .map_or((Rotation::None, false), |data| of_matrix(data.data()))
}

/// Nine numbers; the first two of the first two rows say it all. Tilted pictures stay as they are.
fn of_matrix(bytes: &[u8]) -> (Rotation, bool) {
    let number = |at: usize| -> i64 {
        bytes
            .get(at * 4..at * 4 + 4)
            .and_then(|four| four.try_into().ok())
            .map_or(0, |four| i64::from(i32::from_ne_bytes(four)))
    };
    let (a, b, c, d) = (number(0), number(1), number(3), number(4));
    let straight = a.abs() > 8 * b.abs() && d.abs() > 8 * c.abs();
    let sideways = b.abs() > 8 * a.abs() && c.abs() > 8 * d.abs();
    match (straight, sideways) {
        (true, _) => match (a > 0, d > 0) {
            (true, true) => (Rotation::None, false),
            (false, false) => (Rotation::Half, false),
            (false, true) => (Rotation::None, true),
            (true, false) => (Rotation::Half, true),
        },
        (_, true) => match (b > 0, c > 0) {
            (true, false) => (Rotation::Right, false),
            (false, true) => (Rotation::Left, false),
            (true, true) => (Rotation::Right, true),
            (false, false) => (Rotation::Left, true),
        },
        _ => (Rotation::None, false),
    }
}

pub(super) fn field_order(number: i32) -> FieldOrder {
    // FFmpeg: 0 unknown, 1 progressive, 2 TT, 3 BB, 4 TB, 5 BT (coded, then shown).
    match number {
        2 | 5 => FieldOrder::TopFirst,
        3 | 4 => FieldOrder::BottomFirst,
        _ => FieldOrder::Progressive,
    }
}

pub(super) fn colour(numbers: VideoNumbers, pixel_format: &str) -> Colour {
    const WHOLE_RANGE: i32 = 2;
    let [primaries, transfer, matrix] = raw::colour_names(numbers);
    Colour {
        primaries,
        transfer,
        matrix,
        full_range: numbers.range == WHOLE_RANGE || pixel_format.starts_with("yuvj"),
    }
}

pub(super) fn hdr(colour: &Colour) -> Option<Hdr> {
    match colour.transfer.as_deref() {
        Some("smpte2084") => Some(Hdr::Hdr10),
        Some("arib-std-b67") => Some(Hdr::Hlg),
        _ => None,
    }
}

/// Bits of a sample, and how chroma is stored.
pub(super) fn samples(pixel_format: &str) -> (u8, Chroma) {
    let Some(layout) = raw::layout(pixel_format) else {
        return (8, Chroma::Other);
    };
    let chroma = match (layout.rgb, layout.components, layout.chroma) {
        (true, ..) => Chroma::Other,
        (_, 1 | 2, _) => Chroma::Grey,
        (_, _, (1, 1)) => Chroma::C420,
        (_, _, (1, 0)) => Chroma::C422,
        (_, _, (0, 0)) => Chroma::C444,
        _ => Chroma::Other,
    };
    (layout.depth, chroma)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_language_is_one() {
        assert_eq!(language("rus").as_deref(), Some("rus"));
        assert_eq!(language("uk-UA").as_deref(), Some("uk-ua"));
        for other in ["und", "", "x", "<script>", "a very long tag", "р\u{443}с"] {
            assert_eq!(language(other), None, "{other}");
        }
    }

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(
            title("  Director's\ncut \u{7}").as_deref(),
            Some("Director'scut")
        );
        assert_eq!(title("\n"), None);
        assert_eq!(title(&"x".repeat(1000)).unwrap().len(), 100);
        assert!(is_a_programs("VideoHandler"));
        assert!(!is_a_programs("Українська"));
    }

    #[test]
    fn all_eight_orientations_are_told_apart() {
        let one = 65_536;
        let matrix = |a: i32, b: i32, c: i32, d: i32| -> Vec<u8> {
            [a, b, 0, c, d, 0, 0, 0, 1 << 30]
                .iter()
                .flat_map(|number| number.to_ne_bytes())
                .collect()
        };
        for ((a, b, c, d), expected) in [
            ((one, 0, 0, one), (Rotation::None, false)),
            ((0, one, -one, 0), (Rotation::Right, false)),
            ((-one, 0, 0, -one), (Rotation::Half, false)),
            ((0, -one, one, 0), (Rotation::Left, false)),
            ((-one, 0, 0, one), (Rotation::None, true)),
            ((one, 0, 0, -one), (Rotation::Half, true)),
            ((0, one, one, 0), (Rotation::Right, true)),
            ((0, -one, -one, 0), (Rotation::Left, true)),
            // Tilted, empty: left as it is.
            ((one, one, -one, one), (Rotation::None, false)),
            ((0, 0, 0, 0), (Rotation::None, false)),
        ] {
            assert_eq!(of_matrix(&matrix(a, b, c, d)), expected, "{a} {b} {c} {d}");
        }
        assert_eq!(of_matrix(&[]), (Rotation::None, false));
    }

    #[test]
    fn samples_are_known_by_the_name_of_their_format() {
        for (name, expected) in [
            ("yuv420p", (8, Chroma::C420)),
            ("yuv420p10le", (10, Chroma::C420)),
            ("yuv422p10le", (10, Chroma::C422)),
            ("yuv444p", (8, Chroma::C444)),
            ("gray", (8, Chroma::Grey)),
            ("bgra", (8, Chroma::Other)),
            ("pal8", (8, Chroma::Other)),
            ("no such", (8, Chroma::Other)),
        ] {
            assert_eq!(samples(name), expected, "{name}");
        }
    }
}
