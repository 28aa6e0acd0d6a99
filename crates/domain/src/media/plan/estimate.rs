//! What a piece of work needs before it may begin. Rather too much: nothing is lost by waiting,
//! a disk that is full in the middle costs the whole piece.

use super::{
    super::{Micros, SECOND, spec::Limits},
    Part, Plan, SoundPlan,
};

/// A helper that does nothing yet, with FFmpeg's 167 libraries.
const BASE: u64 = 80 << 20;
/// Bytes for each sample of a rung: x264 at `veryfast` with one thread keeps about 70.
const ENCODER: u64 = 78;
/// For each sample of the largest rung, more for each thread after the first.
const THREAD: u64 = 24;
/// More of them for the largest rung where HDR is mapped to SDR: linear light, in floats.
const TONE_MAP: u64 = 48;
/// Bytes for each sample of the source: frames that wait in the decoder.
const DECODER: u64 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Bytes that will be written.
    pub disk: u64,
    /// Bytes resident in the helper.
    pub memory: u64,
}

impl Plan {
    /// Encoding a part into all rungs.
    #[must_use]
    pub fn encoding(&self, part: &Part) -> Estimate {
        let Some(picture) = &self.picture else {
            return small();
        };
        let rungs = picture.rungs.iter().map(|rung| &rung.rung);
        let bits: u64 = rungs.clone().map(|rung| rung.max_rate).sum();
        let sizes = rungs.map(|rung| u64::from(rung.width) * u64::from(rung.height));
        let pixels: u64 = sizes.clone().sum();
        let largest = sizes.max().unwrap_or(0);
        let mapped = match picture.picture.hdr {
            Some(_) => largest,
            None => 0,
        };
        let threads = u64::from(part.threads.saturating_sub(1));
        Estimate {
            disk: bytes(bits, part.length(self)),
            memory: BASE
                + pixels * ENCODER
                + threads * largest * THREAD
                + mapped * TONE_MAP
                + picture.source_pixels * DECODER,
        }
    }

    /// Copying a part of the source.
    #[must_use]
    pub fn copying(&self, part: &Part) -> Estimate {
        let copy = self
            .picture
            .as_ref()
            .and_then(|picture| picture.copy.as_ref());
        let rate = copy.map_or(0, |copy| copy.bit_rate);
        Estimate {
            // Busy stretches of a source have more than its average.
            disk: bytes(rate * 3 / 2, part.length(self)),
            memory: BASE + (32 << 20),
        }
    }

    #[must_use]
    pub fn sounding(&self, track: &SoundPlan) -> Estimate {
        Estimate {
            disk: bytes(track.bit_rate * 5 / 4, self.duration),
            memory: BASE + (16 << 20),
        }
    }

    /// A poster, a storyboard, subtitles: something small.
    #[must_use]
    pub fn extra(&self) -> Estimate {
        let pixels = self
            .picture
            .as_ref()
            .map_or(0, |picture| picture.source_pixels);
        Estimate {
            disk: 16 << 20,
            memory: BASE + (16 << 20) + pixels * DECODER * 2,
        }
    }

    /// Everything that is still to come, when nothing is there yet.
    #[must_use]
    pub fn disk(&self) -> u64 {
        let picture = self.picture.iter().flat_map(|picture| {
            let copied = picture.copy.iter().flat_map(|copy| &copy.parts);
            let encoded = picture.parts.iter().map(|part| self.encoding(part).disk);
            copied.map(|part| self.copying(part).disk).chain(encoded)
        });
        let sound = self.sound.iter().map(|track| self.sounding(track).disk);
        picture.chain(sound).sum()
    }
}

/// Of a file nothing is known of yet.
#[must_use]
pub fn small() -> Estimate {
    Estimate {
        disk: 1 << 20,
        memory: BASE + (64 << 20),
    }
}

/// What a helper may take at most: far above the estimate, because address space is not memory,
/// and far below what could harm the machine.
#[must_use]
pub fn allowance(estimate: Estimate, duration: Micros) -> Limits {
    let seconds = u64::try_from(duration / SECOND).unwrap_or(0);
    Limits {
        memory: estimate.memory * 2 + (700 << 20),
        // A second of the largest picture takes less than a minute even on a slow machine.
        cpu: 600 + seconds * 60,
        file: (estimate.disk * 4).max(1 << 30),
    }
}

fn bytes(bits_a_second: u64, length: Micros) -> u64 {
    let bits = u128::from(bits_a_second) * u128::try_from(length.max(0)).unwrap_or(0);
    let bytes = bits / 8 / SECOND.unsigned_abs() as u128;
    // Boxes and tables, and what one file more than planned would take.
    u64::try_from(bytes + bytes / 20)
        .unwrap_or(u64::MAX)
        .saturating_add(256 << 10)
}
