//! The picture that stands for a video: the first of some that is neither dark nor flat.

use domain::media::{
    Micros,
    line::Done,
    spec::{Poster, PosterFrom, Spec},
};
use ffmpeg_next::{Rational, frame};

use super::save;
use crate::{
    error::MediaError,
    picture::{Decoded, Frames, Reading, Samples, Scaler, Size, jpeg},
    report::Report,
};

/// How many frames after a time are looked at for the first that is shown then.
const PATIENCE: usize = 600;
/// Mean and spread of brightness, of 255, from which a picture is worth looking at.
const BRIGHT: f64 = 24.0;
const VARIED: f64 = 16.0;

pub(crate) fn poster(
    spec: &Spec,
    command: &Poster,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    let (stream, origin) = match command.from {
        PosterFrom::Video { stream } => (stream, spec.start),
        PosterFrom::Cover { stream } => (stream, 0),
    };
    let reading = Reading {
        path: &spec.source,
        stream,
        origin,
        fields: command.picture.fields,
        threads: 1,
    };
    let mut scaler = Scaler::new(
        &command.picture,
        command
            .sizes
            .iter()
            .map(|image| Size {
                width: image.width,
                height: image.height,
            })
            .collect(),
        Rational(1, 1),
        Samples::Jpeg,
    );
    let (at, frame) = match command.from {
        PosterFrom::Cover { .. } => (
            0,
            Frames::open(&reading)?
                .next()?
                .ok_or(MediaError::NoPicture)?,
        ),
        PosterFrom::Video { .. } => choose(&reading, &command.at, report)?,
    };
    let pictures = scaler.run(&frame.picture, 0)?;
    for (image, picture) in command.sizes.iter().zip(&pictures) {
        save(
            spec,
            &image.file,
            &jpeg::encode(picture, jpeg::FINE)?,
            report,
        )?;
    }
    Ok(Done::Poster { at })
}

fn choose(
    reading: &Reading<'_>,
    times: &[Micros],
    report: &mut Report<'_>,
) -> Result<(Micros, Decoded), MediaError> {
    let mut best: Option<(f64, Micros, Decoded)> = None;
    for (number, at) in times.iter().copied().enumerate() {
        let all = i64::try_from(times.len()).unwrap_or(1);
        report.progress(i64::try_from(number).unwrap_or(0), 0, all)?;
        let Some(frame) = near(reading, at)? else {
            continue;
        };
        let (mean, spread) = brightness(&frame.picture);
        if mean > BRIGHT && spread > VARIED {
            return Ok((frame.at, frame));
        }
        let worth = mean.min(BRIGHT) / BRIGHT + spread / VARIED;
        if best.as_ref().is_none_or(|(before, ..)| worth > *before) {
            best = Some((worth, frame.at, frame));
        }
    }
    match best {
        Some((_, at, frame)) => Ok((at, frame)),
        // None of the times is there: what the file begins with.
        None => {
            let first = Frames::open(reading)?.next()?;
            first
                .map(|frame| (frame.at, frame))
                .ok_or(MediaError::NoPicture)
        }
    }
}

/// The frame that is shown at a time; the last one when the file ends before.
fn near(reading: &Reading<'_>, at: Micros) -> Result<Option<Decoded>, MediaError> {
    let mut frames = Frames::open(reading)?;
    let mut last = match frames.approach(at, at)? {
        Some(first) => Some(first),
        None => {
            frames = Frames::open(reading)?;
            frames.next()?
        }
    };
    for _ in 0..PATIENCE {
        if last.as_ref().is_none_or(|frame| frame.at >= at) {
            break;
        }
        match frames.next()? {
            Some(frame) => last = Some(frame),
            None => break,
        }
    }
    Ok(last)
}

/// Mean and spread of the first plane, of 255. That is brightness for most formats, and for the
/// others it still tells a flat picture from a varied one.
fn brightness(picture: &frame::Video) -> (f64, f64) {
    let (stride, data) = (picture.stride(0), picture.data(0));
    let (mut count, mut sum, mut squares) = (0.0_f64, 0.0, 0.0);
    // Formats with more than 8 bits keep the lower byte first: two bytes are one sample.
    let wide = stride >= picture.width() as usize * 2;
    for row in data.chunks(stride.max(1)).step_by(8) {
        let step = if wide { 2 } else { 1 };
        for at in (0..row.len().min(picture.width() as usize * step)).step_by(8 * step) {
            let sample = if wide {
                let two = u16::from_le_bytes([row[at], row.get(at + 1).copied().unwrap_or(0)]);
                f64::from(two) / 4.0
            } else {
                f64::from(row[at])
            };
            count += 1.0;
            sum += sample;
            squares += sample * sample;
        }
    }
    if count == 0.0 {
        return (0.0, 0.0);
    }
    let mean = sum / count;
    (mean, (squares / count - mean * mean).max(0.0).sqrt())
}
