//! Sheets of small pictures: taken from what the parts left behind, or from the key frames of a
//! source of which nothing was decoded.

use domain::media::{
    Micros,
    line::Done,
    spec::{Spec, Storyboard, TileSource},
};
use ffmpeg_next::{Rational, format::Pixel, frame};

use super::{read_jpeg, save};
use crate::{
    error::MediaError,
    mux,
    picture::{Frames, Reading, Samples, Scaler, Size, jpeg},
    report::Report,
};

/// More small pictures than any bar shows.
const MOST: u32 = 100_000;
/// Pixels of one side of a sheet.
const LARGEST: u32 = 16_000;

pub(crate) fn storyboard(
    spec: &Spec,
    command: &Storyboard,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    let tiles = &command.tiles;
    let (width, height) = (
        tiles.width.saturating_mul(command.columns),
        tiles.height.saturating_mul(command.rows),
    );
    let even = tiles.width.is_multiple_of(2) && tiles.height.is_multiple_of(2);
    let sane = width > 0 && height > 0 && width <= LARGEST && height <= LARGEST;
    if !even || !sane || command.count > MOST || tiles.every <= 0 {
        return Err(MediaError::Instructions("sheets of an impossible size"));
    }
    let mut pictures = match &command.source {
        None => Pictures::Left,
        Some(source) => Pictures::Source(Box::new(Keys::open(spec, command, source)?)),
    };
    let (mut sheet, mut sheets, mut last) = (None, 0, None);
    for number in 0..command.count {
        report.progress(i64::from(number), 0, i64::from(command.count))?;
        let found = match &mut pictures {
            Pictures::Left => {
                let name = format!("{}/{number:05}.jpg", tiles.folder);
                read_jpeg(&mux::below(&spec.out, &name)?)?
                    .filter(|tile| (tile.width(), tile.height()) == (tiles.width, tiles.height))
            }
            Pictures::Source(keys) => keys.at(i64::from(number) * tiles.every)?,
        };
        if found.is_some() {
            last = found;
        }
        let place = number % (command.columns * command.rows);
        let open = match &mut sheet {
            Some(open) if place > 0 => open,
            _ => sheet.insert(blank(width, height)?),
        };
        // One that is missing is the one before it again.
        if let Some(tile) = &last {
            let column = place % command.columns;
            let row = place / command.columns;
            put(open, tile, column * tiles.width, row * tiles.height);
        }
        if place + 1 == command.columns * command.rows || number + 1 == command.count {
            let bytes = jpeg::encode(open, jpeg::SMALL)?;
            save(
                spec,
                &format!("{}/{sheets:03}.jpg", command.folder),
                &bytes,
                report,
            )?;
            sheets += 1;
        }
    }
    Ok(Done::Made { count: sheets })
}

enum Pictures {
    /// Files of the parts.
    Left,
    Source(Box<Keys>),
}

/// Reads through the key frames of a source.
struct Keys {
    frames: Frames,
    scaler: Scaler,
    /// The next frame that was not wanted yet.
    ahead: Option<(Micros, frame::Video)>,
    ended: bool,
}

impl Keys {
    fn open(spec: &Spec, command: &Storyboard, source: &TileSource) -> Result<Self, MediaError> {
        let mut frames = Frames::open(&Reading {
            path: &spec.source,
            stream: source.stream,
            origin: spec.start,
            fields: source.picture.fields,
            threads: 1,
        })?;
        frames.only_keys();
        Ok(Self {
            frames,
            scaler: Scaler::new(
                &source.picture,
                vec![Size {
                    width: command.tiles.width,
                    height: command.tiles.height,
                }],
                Rational(1, 1),
                Samples::Jpeg,
            ),
            ahead: None,
            ended: false,
        })
    }

    /// The last key frame that is shown at this time or before; the first one from the beginning.
    fn at(&mut self, at: Micros) -> Result<Option<frame::Video>, MediaError> {
        let mut found = None;
        loop {
            if let Some((shown, _)) = &self.ahead
                && *shown > at
                && (at > 0 || found.is_some())
            {
                break;
            }
            if let Some((_, picture)) = self.ahead.take() {
                found = Some(picture);
                if at == 0 {
                    break;
                }
            }
            if self.ended {
                break;
            }
            match self.frames.next()? {
                Some(frame) => self.ahead = Some((frame.at, frame.picture)),
                None => self.ended = true,
            }
        }
        match found {
            Some(picture) => Ok(self.scaler.run(&picture, 0)?.pop()),
            None => Ok(None),
        }
    }
}

fn blank(width: u32, height: u32) -> Result<frame::Video, MediaError> {
    let mut sheet = frame::Video::new(Pixel::YUVJ420P, width, height);
    if sheet.planes() != 3 {
        return Err(MediaError::Memory);
    }
    for (plane, grey) in [(0, 0), (1, 128), (2, 128)] {
        sheet.data_mut(plane).fill(grey);
    }
    Ok(sheet)
}

/// Copies a small picture into a sheet; both store chroma at half the size.
fn put(sheet: &mut frame::Video, tile: &frame::Video, left: u32, top: u32) {
    for plane in 0..tile.planes().min(3) {
        let half = u32::from(plane > 0);
        let (left, top) = ((left >> half) as usize, (top >> half) as usize);
        let (width, height) = (
            (tile.width() >> half) as usize,
            (tile.height() >> half) as usize,
        );
        let (from, to) = (tile.stride(plane), sheet.stride(plane));
        let source = tile.data(plane);
        let target = sheet.data_mut(plane);
        for row in 0..height {
            let source = source.get(row * from..row * from + width);
            let begin = (top + row) * to + left;
            let target = target.get_mut(begin..begin + width);
            if let (Some(source), Some(target)) = (source, target) {
                target.copy_from_slice(source);
            }
        }
    }
}
