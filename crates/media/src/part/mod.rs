//! A part: a stretch of whole segments, decoded once and encoded for every rung.

mod copy;
mod timeline;
mod x264;

use std::{path::Path, rc::Rc};

use domain::media::{
    Micros,
    line::{Done, Output},
    spec::{EncodePart, Spec, Stretch, Tiles},
};
use ffmpeg_next::{Rational, frame};

pub(crate) use self::copy::repackage;
use self::{
    timeline::{Frame, Shown, Timeline},
    x264::Lane,
};
use crate::{
    clock::Grid,
    error::MediaError,
    mux,
    picture::{Decoded, Frames, Reading, Samples, Scaler, Size, jpeg},
    report::Report,
};

pub(crate) fn encode(
    spec: &Spec,
    command: &EncodePart,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    check(&command.part)?;
    if command.rungs.is_empty() {
        return Err(MediaError::Instructions("a part without rungs"));
    }
    let part = &command.part;
    let reading = Reading {
        path: &spec.source,
        stream: command.stream,
        origin: spec.start,
        fields: command.picture.fields,
        threads: command.threads,
    };
    let (mut frames, mut first) = begin(&reading, part)?;
    let parameters = frames
        .parameters()
        .ok_or(MediaError::Instructions("a stream that is not there"))?;
    let clock = frames.clock();
    let grid = Grid::of(command.picture.pace, &clock, frames.first());
    let colours = x264::colours(&parameters, command.picture.hdr);

    let mut rungs = Rungs {
        scaler: Scaler::new(
            &command.picture,
            command
                .rungs
                .iter()
                .map(|rung| Size {
                    width: rung.width,
                    height: rung.height,
                })
                .collect(),
            grid.time_base(),
            Samples::Video,
        ),
        lanes: command
            .rungs
            .iter()
            .map(|rung| Lane::open(&spec.out, rung, command, grid, colours, report))
            .collect::<Result<_, _>>()?,
        taps: command.tiles.as_ref().map(|tiles| Taps::new(tiles, part)),
        out: &spec.out,
        frames: 0,
    };

    let mut timeline = Timeline::new(part, command.picture.pace, grid);
    let mut shown = Vec::new();
    let (mut end, mut length) = (None, crate::codec::NO_LENGTH);
    let until = part.end.or_else(|| part.keys.last().copied());
    while !timeline.ended() {
        let next = match first.take() {
            Some(frame) => Some(frame),
            None => frames.next()?,
        };
        match next {
            Some(frame) => {
                length = frame.length;
                report.progress(frame.at, part.start, until.unwrap_or(part.start))?;
                end = timeline.push(
                    Frame {
                        at: frame.at,
                        tick: grid.place(frame.ticks, &clock),
                        picture: Rc::new(frame.picture),
                    },
                    &mut shown,
                );
            }
            None => end = timeline.finish(length, &mut shown),
        }
        for one in shown.drain(..) {
            rungs.show(&one, report)?;
        }
    }
    let end = end.ok_or(MediaError::NoPicture)?;
    rungs.finish(end, report)?;
    Ok(Done::Part {
        frames: rungs.frames,
    })
}

/// What a part must be for its times to make sense.
fn check(part: &Stretch) -> Result<(), MediaError> {
    let rise = |times: &[Micros]| times.windows(2).all(|pair| pair[0] < pair[1]);
    let begin = |times: &[Micros]| times.first() == Some(&part.start);
    let inside = |times: &[Micros]| {
        part.end
            .is_none_or(|end| times.last().is_some_and(|last| *last < end))
    };
    let whole = [&part.segments, &part.keys]
        .iter()
        .all(|times| rise(times) && begin(times) && inside(times));
    if whole && part.start >= 0 {
        Ok(())
    } else {
        Err(MediaError::Instructions("a part whose times do not rise"))
    }
}

/// Opens the source where decoding can begin; gives the first frame that came out.
fn begin(reading: &Reading<'_>, part: &Stretch) -> Result<(Frames, Option<Decoded>), MediaError> {
    if let Some(seek) = part.seek {
        let mut frames = Frames::open(reading)?;
        if let Some(first) = frames.approach(seek, part.start)? {
            return Ok((frames, Some(first)));
        }
    }
    let mut frames = Frames::open(reading)?;
    if part.number > 0 {
        frames.skip_before(part.start);
    }
    let first = frames.next()?;
    Ok((frames, first))
}

struct Rungs<'a> {
    scaler: Scaler,
    lanes: Vec<Lane>,
    taps: Option<Taps<'a>>,
    out: &'a Path,
    frames: u64,
}

impl Rungs<'_> {
    fn show(
        &mut self,
        shown: &Shown<Rc<frame::Video>>,
        report: &mut Report<'_>,
    ) -> Result<(), MediaError> {
        let pictures = self.scaler.run(&shown.picture, shown.tick)?;
        if let (Some(taps), Some(smallest)) = (&mut self.taps, pictures.last()) {
            taps.look(shown.at, smallest, self.out, report)?;
        }
        for (lane, picture) in self.lanes.iter_mut().zip(pictures) {
            lane.send(picture, shown.tick, shown.key, report)?;
        }
        self.frames += 1;
        Ok(())
    }

    fn finish(&mut self, end: i64, report: &mut Report<'_>) -> Result<(), MediaError> {
        for lane in &mut self.lanes {
            lane.finish(end, report)?;
        }
        Ok(())
    }
}

/// Takes small pictures out of what is encoded anyway.
struct Taps<'a> {
    tiles: &'a Tiles,
    next: i64,
    until: Option<Micros>,
    scaler: Scaler,
}

impl<'a> Taps<'a> {
    fn new(tiles: &'a Tiles, part: &Stretch) -> Self {
        let every = tiles.every.max(1);
        Self {
            tiles,
            next: part.start.max(0).div_euclid(every)
                + i64::from(part.start.max(0).rem_euclid(every) > 0),
            until: part.end,
            scaler: Scaler::new(
                &domain::media::spec::Picture::upright(),
                vec![Size {
                    width: tiles.width,
                    height: tiles.height,
                }],
                Rational(1, 1),
                Samples::Jpeg,
            ),
        }
    }

    fn look(
        &mut self,
        at: Micros,
        picture: &frame::Video,
        out: &Path,
        report: &mut Report<'_>,
    ) -> Result<(), MediaError> {
        while self.next * self.tiles.every.max(1) <= at {
            let due = self.next * self.tiles.every.max(1);
            if self.until.is_some_and(|until| due >= until) {
                break;
            }
            let small = self.scaler.run(picture, 0)?;
            if let Some(small) = small.first() {
                let bytes = jpeg::encode(small, jpeg::SMALL)?;
                let file = format!("{}/{:05}.jpg", self.tiles.folder, self.next);
                mux::write(out, &file, &bytes)?;
                report.output(Output::File {
                    file,
                    bytes: bytes.len() as u64,
                })?;
            }
            self.next += 1;
        }
        Ok(())
    }
}
