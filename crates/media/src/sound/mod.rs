//! Sound: whole tracks, told segment by segment while they are made.

mod copy;
mod encode;
mod samples;
mod waveform;

use domain::media::{
    Micros,
    line::Done,
    spec::{Audio, Sound, Spec},
};

pub(crate) use self::waveform::waveform;
use crate::{clock::MICROS, error::MediaError, raw, report::Report};

pub(crate) fn track(
    spec: &Spec,
    command: &Audio,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    let rises = command.segments.windows(2).all(|pair| pair[0] < pair[1]);
    if command.segments.first() != Some(&0) || !rises {
        return Err(MediaError::Instructions(
            "segments that do not begin at 0 and rise",
        ));
    }
    match command.how {
        Sound::Copy => copy::run(spec, command, report),
        Sound::Encode {
            bit_rate,
            sample_rate,
        } => encode::run(spec, command, bit_rate, sample_rate, report),
    }
}

/// In which segment a packet lies.
struct Cutter {
    /// When segments begin, in ticks.
    borders: Vec<i64>,
    open: Option<usize>,
}

impl Cutter {
    fn new(segments: &[Micros], rate: u32) -> Self {
        let base = ffmpeg_next::Rational(1, i32::try_from(rate).unwrap_or(1));
        Self {
            borders: segments
                .iter()
                .map(|at| raw::rescale(*at, MICROS, base))
                .collect(),
            open: None,
        }
    }

    /// The number of the segment that a packet begins, if it begins one. No number is left out:
    /// sound has no holes that are longer than a segment.
    fn begins(&mut self, tick: i64) -> Option<u32> {
        let due = self.borders.partition_point(|border| *border <= tick);
        let now = due.saturating_sub(1);
        let next = self.open.map_or(0, |open| open + 1);
        let begins = match self.open {
            None => true,
            Some(open) => now > open,
        };
        begins.then(|| {
            self.open = Some(next);
            u32::try_from(next).unwrap_or(u32::MAX)
        })
    }
}
