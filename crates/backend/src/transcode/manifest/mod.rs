//! What players read first: which renditions there are and where their segments lie. Pure: from
//! the plan and what is there to the texts of all files.
//!
//! While more is to come, playlists grow (`EVENT`) and always hold the unbroken beginning; all
//! that one master names end at the same time. In the end everything is written once more as
//! `VOD`, with bandwidths as they came out, playlists of key frames alone, and DASH over the same
//! segments.

mod board;
mod dash;
mod hls;
mod rates;
#[cfg(test)]
mod tests;

use std::io;

use domain::media::{
    line::Segment,
    plan::{Plan, SoundPlan, SubtitlePlan, VideoRendition},
};

pub(super) use self::rates::measure;
use super::{
    step::{Step, StepState},
    store::{PartRow, RenditionRow, StepRow},
};

/// One rendition with what is there of it.
#[derive(Debug, Clone)]
pub(super) struct Track<'a> {
    pub(super) folder: &'a str,
    pub(super) kind: Kind<'a>,
    pub(super) codec: &'a str,
    pub(super) timescale: u32,
    /// From the first one, without a gap.
    pub(super) segments: Vec<&'a Segment>,
    /// Nothing more will come.
    pub(super) whole: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind<'a> {
    Picture {
        rendition: &'a VideoRendition,
        /// Bits a second, as planned.
        cap: u64,
    },
    Sound(&'a SoundPlan),
}

/// What can be shown at the moment.
#[derive(Debug, Clone)]
pub(super) struct Sheet<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tracks: Vec<Track<'a>>,
    pub(super) subtitles: Vec<(usize, &'a SubtitlePlan)>,
    pub(super) storyboard: bool,
    /// How many segments everything listed has; those that end earlier are whole.
    pub(super) prefix: usize,
    /// All that is listed is whole.
    pub(super) ended: bool,
}

/// What the database knows of an asset's files.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) steps: Vec<StepRow>,
    pub(super) renditions: Vec<RenditionRow>,
    pub(super) parts: Vec<PartRow>,
}

impl Rows {
    fn state(&self, step: Step) -> Option<StepState> {
        self.steps
            .iter()
            .find(|row| row.step == step)
            .map(|row| row.state)
    }

    /// Nothing is left to do.
    pub(super) fn are_over(&self) -> bool {
        self.steps.iter().all(|row| row.state.is_over())
    }

    fn are_done(&self, of: impl Fn(Step) -> bool) -> bool {
        self.steps
            .iter()
            .filter(|row| of(row.step))
            .all(|row| row.state == StepState::Done)
    }

    /// The unbroken beginning.
    fn segments(&self, folder: &str) -> Vec<&Segment> {
        let mut segments: Vec<&Segment> = Vec::new();
        for part in self.parts.iter().filter(|part| part.folder == folder) {
            let first = part.segments.first().map(|segment| segment.number as usize);
            if first != Some(segments.len()) {
                break;
            }
            segments.extend(&part.segments);
        }
        segments
    }

    fn track<'a>(&'a self, folder: &'a str, kind: Kind<'a>, whole: bool) -> Option<Track<'a>> {
        let made = self.renditions.iter().find(|made| made.folder == folder)?;
        let (codec, timescale) = made.init.as_ref()?;
        Some(Track {
            folder,
            kind,
            codec,
            timescale: *timescale,
            segments: self.segments(folder),
            whole,
        })
    }
}

impl<'a> Sheet<'a> {
    /// What can be listed now; in the end everything (`last`). `None` while a rendition that
    /// belongs to it has not begun.
    pub(super) fn of(plan: &'a Plan, rows: &'a Rows, last: bool) -> Option<Self> {
        let mut tracks = Vec::new();
        if let Some(picture) = &plan.picture {
            let copied = rows.are_done(|step| matches!(step, Step::Copy(_)));
            let encoded = rows.are_done(|step| matches!(step, Step::Encode(_)));
            if let Some(copy) = &picture.copy {
                let kind = Kind::Picture {
                    rendition: &copy.rendition,
                    cap: copy.bit_rate * 2,
                };
                tracks.push(rows.track(&copy.rendition.folder, kind, copied)?);
            }
            // A copied rung alone, until the others are whole.
            if picture.copy.is_none() || last {
                for rung in &picture.rungs {
                    let kind = Kind::Picture {
                        rendition: &rung.rendition,
                        cap: rung.rung.max_rate,
                    };
                    tracks.push(rows.track(&rung.rendition.folder, kind, encoded)?);
                }
            }
        }
        // One sound track alone, too, until there is everything: nobody waits for the others.
        let chosen = chosen(plan);
        for (number, sound) in (0..).zip(&plan.sound) {
            if !last && number != chosen {
                continue;
            }
            let state = rows.state(Step::Audio(number));
            if state == Some(StepState::LeftOut) {
                continue;
            }
            let whole = state == Some(StepState::Done);
            let track = rows.track(&sound.folder, Kind::Sound(sound), whole);
            match track {
                // It turned out to have nothing to hear.
                Some(track) if whole && track.segments.is_empty() => {}
                None if whole => {}
                track => tracks.push(track?),
            }
        }
        if tracks.is_empty() {
            return None;
        }
        let ended = tracks.iter().all(|track| track.whole);
        let open = tracks.iter().filter(|track| !track.whole);
        let prefix = match open.map(|track| track.segments.len()).min() {
            Some(shortest) => shortest,
            None => tracks
                .iter()
                .map(|track| track.segments.len())
                .max()
                .unwrap_or(0),
        };
        for track in &mut tracks {
            track.segments.truncate(prefix);
        }
        let done = |number: usize| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            rows.state(Step::Subtitles(number)) == Some(StepState::Done)
        };
        let subtitles = plan.subtitles.iter().enumerate();
        Some(Self {
            plan,
            prefix,
            ended,
            tracks,
            subtitles: subtitles
                .filter(|(number, _)| last && done(*number))
                .collect(),
            storyboard: last && rows.state(Step::Storyboard) == Some(StepState::Done),
        })
    }

    /// The sound that goes with the picture unless somebody chooses another.
    pub(super) fn sound(&self) -> Option<&Track<'a>> {
        let folder = format!("a{}", chosen(self.plan));
        let mut sounds = self
            .tracks
            .iter()
            .filter(|track| matches!(track.kind, Kind::Sound(_)));
        let first = sounds.clone().next();
        sounds.find(|track| track.folder == folder).or(first)
    }

    /// Every file, by its name below the folder of the asset, the master last: who reads it finds
    /// what it names.
    pub(super) fn files(&self, last: bool) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        for track in &self.tracks {
            let name = format!("{}/index.m3u8", track.folder);
            files.push((name, hls::media(self, track, last)?));
            if last && matches!(track.kind, Kind::Picture { .. }) {
                let name = format!("{}/iframes.m3u8", track.folder);
                files.push((name, hls::key_frames(self, track)?));
            }
        }
        if last {
            for (number, subtitles) in &self.subtitles {
                let name = format!("s{number}/index.m3u8");
                files.push((name, hls::subtitles(self, subtitles)?));
            }
            if let Some(board) = self.plan.storyboard.as_ref().filter(|_| self.storyboard) {
                let name = format!("{}/index.vtt", board.board.folder);
                files.push((name, board::thumbnails(&board.board, self.plan.duration)));
            }
            files.push(("manifest.mpd".to_owned(), dash::manifest(self)?));
        }
        files.push(("master.m3u8".to_owned(), hls::master(self, last)?));
        Ok(files)
    }
}

/// The sound track that is heard unless somebody chooses another.
fn chosen(plan: &Plan) -> u32 {
    let number = plan.sound.iter().position(|sound| sound.default);
    number
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}

/// A language as manifests may name it. What the file says may be anything.
fn language(said: Option<&str>) -> Option<String> {
    let plain = |text: &&str| {
        let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        letters && (1..=35).contains(&text.len())
    };
    said.filter(plain).map(ToOwned::to_owned)
}

impl Track<'_> {
    fn seconds(&self, ticks: u64) -> f64 {
        ticks as f64 / f64::from(self.timescale.max(1))
    }

    /// Bits a second: the peak, and on average. Before it is whole, what it may become.
    fn bandwidth(&self, target: u32, last: bool) -> (u64, Option<u64>) {
        if last {
            let (peak, average) = measure(&self.segments, self.timescale, target);
            return (peak, Some(average));
        }
        let planned = match self.kind {
            Kind::Picture { cap, .. } => cap,
            Kind::Sound(sound) => sound.bit_rate,
        };
        (planned * 11 / 10, None)
    }
}
