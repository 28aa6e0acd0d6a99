//! What a file is: container, length, streams.

use std::path::Path;

use domain::media::{Facts, StreamFacts, StreamKind};
use ffmpeg_next::{Rational, Stream, format::stream::Disposition, media::Type};

use crate::{error::MediaError, raw, source::Source};

/// FFmpeg's durations count microseconds.
const TIME_BASE: f64 = 1_000_000.0;

/// Looks at a file without decoding it.
pub fn probe(path: &Path) -> Result<Facts, MediaError> {
    let mut source = Source::open(path)?;
    let input = source.input();
    let facts = Facts {
        format: input.format().name().to_owned(),
        duration: Some(input.duration())
            .filter(|length| *length > 0)
            .map(|length| length as f64 / TIME_BASE),
        bit_rate: u64::try_from(input.bit_rate())
            .ok()
            .filter(|rate| *rate > 0),
        streams: input
            .streams()
            .map(|stream| stream_facts(&stream))
            .collect(),
    };
    let playable: Vec<usize> = facts
        .streams
        .iter()
        .filter(|stream| {
            matches!(
                stream.kind,
                StreamKind::Video { .. } | StreamKind::Audio { .. }
            )
        })
        .map(|stream| stream.index)
        .collect();
    if playable.is_empty() {
        return Err(MediaError::NoMedia);
    }
    // A header alone promises everything; one packet shows that something follows.
    while let Some(packet) = source.next_packet()? {
        if playable.contains(&packet.stream()) && packet.size() > 0 {
            return Ok(facts);
        }
    }
    Err(MediaError::Truncated)
}

fn stream_facts(stream: &Stream<'_>) -> StreamFacts {
    let parameters = stream.parameters();
    let kind = match parameters.medium() {
        // The cover of a song is no video.
        Type::Video if stream.disposition().contains(Disposition::ATTACHED_PIC) => {
            StreamKind::Other
        }
        Type::Video => match raw::picture(&parameters) {
            (0, _, _) | (_, 0, _) => StreamKind::Other,
            (width, height, pixel_format) => StreamKind::Video {
                width,
                height,
                pixel_format: pixel_format.unwrap_or_else(|| "unknown".to_owned()),
                frame_rate: frames_a_second(stream.avg_frame_rate()),
            },
        },
        Type::Audio => match raw::sound(&parameters) {
            (0, _) | (_, 0) => StreamKind::Other,
            (sample_rate, channels) => StreamKind::Audio {
                sample_rate,
                channels,
            },
        },
        Type::Subtitle => StreamKind::Subtitle,
        _ => StreamKind::Other,
    };
    StreamFacts {
        index: stream.index(),
        codec: parameters.id().name().to_owned(),
        language: raw::tag(stream, c"language").and_then(|text| language(&text)),
        kind,
    }
}

fn frames_a_second(rate: Rational) -> Option<f64> {
    let (frames, seconds) = (rate.numerator(), rate.denominator());
    (frames > 0 && seconds > 0).then(|| f64::from(frames) / f64::from(seconds))
}

/// Files may say anything here: what is no language tag is no language.
fn language(text: &str) -> Option<String> {
    let plausible = (2..=12).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plausible && text != "und").then(|| text.to_ascii_lowercase())
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
    fn a_frame_rate_of_zero_is_none() {
        assert_eq!(frames_a_second(Rational::new(0, 0)), None);
        assert_eq!(
            frames_a_second(Rational::new(30000, 1001)),
            Some(30000.0 / 1001.0)
        );
    }
}
