//! What the house wants to make: sizes, rates, limits.

use super::super::{Micros, SECOND};

/// The most a rung of that height may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    pub height: u32,
    /// Bits a second at up to 30 frames; half as much again above that.
    pub rate: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The largest first.
    pub ladder: Vec<Cap>,
    pub crf: u8,
    /// x264's name.
    pub preset: String,
    /// Longer sides are made that long: decoders in hardware end there.
    pub longest_side: u32,
    pub segment: Micros,
    /// How far apart IDRs are in what we encode.
    pub key_every: Micros,
    pub max_rate: f64,
    /// Key frames of a source that is copied may be so far apart.
    pub copied_gop: Micros,
    /// Parts grow to that many segments.
    pub longest_part: u32,
    /// Media jobs at once: at the end of a video parts are smaller, so that all hands end together.
    pub hands: u32,
    pub sound_rate: u32,
    pub max_sounds: usize,
    pub max_subtitles: usize,
    /// Width times height of what is decoded at all.
    pub max_pixels: u64,
    pub max_duration: Micros,
}

impl Default for Policy {
    fn default() -> Self {
        let cap = |height, kilobits: u64| Cap {
            height,
            rate: kilobits * 1000,
        };
        Self {
            ladder: vec![
                cap(2160, 18_000),
                cap(1440, 10_000),
                cap(1080, 6_000),
                cap(720, 3_200),
                cap(480, 1_500),
                cap(360, 900),
                cap(240, 450),
            ],
            crf: 23,
            preset: "veryfast".to_owned(),
            longest_side: 4096,
            segment: 4 * SECOND,
            key_every: 2 * SECOND,
            max_rate: 60.0,
            copied_gop: 6 * SECOND,
            longest_part: 8,
            hands: 2,
            sound_rate: 128_000,
            max_sounds: 16,
            max_subtitles: 32,
            max_pixels: 8192 * 8192,
            max_duration: 48 * 3600 * SECOND,
        }
    }
}
