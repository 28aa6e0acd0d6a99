//! Loudness over time: one byte for each stretch, its peak.

use domain::media::{
    line::{Done, Output},
    spec::{Spec, Waveform},
};

use super::samples::{Samples, Wanted};
use crate::{error::MediaError, mux, report::Report};

/// Enough for peaks, and quick.
const RATE: u32 = 8000;
/// More points than any screen has.
const MOST: u32 = 100_000;

pub(crate) fn waveform(
    spec: &Spec,
    command: &Waveform,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    if command.points == 0 || command.points > MOST || command.until <= 0 {
        return Err(MediaError::Instructions(
            "a waveform without points or length",
        ));
    }
    let mut samples = Samples::open(&Wanted {
        path: &spec.source,
        stream: command.stream,
        origin: spec.start,
        rate: RATE,
        channels: 1,
    })?;
    let all = u128::from(command.until.unsigned_abs()) * u128::from(RATE) / 1_000_000;
    let mut peaks = vec![0_u8; command.points as usize];
    let mut number: u128 = 0;
    while let Some(more) = samples.next()? {
        for sample in &more[0] {
            let point = number * u128::from(command.points) / all.max(1);
            let last = peaks.len() - 1;
            let point = usize::try_from(point).unwrap_or(last).min(last);
            // A peak of full loudness is 255; what is no number is silence.
            let loud = (sample.abs() * 255.0).clamp(0.0, 255.0) as u8;
            peaks[point] = peaks[point].max(loud);
            number += 1;
        }
        let at = i64::try_from(number * 1_000_000 / u128::from(RATE)).unwrap_or(i64::MAX);
        report.progress(at, 0, command.until)?;
    }
    mux::write(&spec.out, &command.file, &peaks)?;
    report.output(Output::File {
        file: command.file.clone(),
        bytes: peaks.len() as u64,
    })?;
    Ok(Done::Made {
        count: u64::from(command.points),
    })
}
