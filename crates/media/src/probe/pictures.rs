//! A stream of pictures, packet by packet.

use std::collections::HashSet;

use domain::media::{
    Micros, SECOND,
    facts::{Hdr, KeyFrame, Ratio, VideoFacts},
};
use ffmpeg_next::{Packet, Rational, Stream, codec::Id};

use super::{headers, own_micros, rate};
use crate::{
    codec::{self, Framing},
    raw,
    source::Source,
};

/// Times beyond this many are not kept: the stream is then taken for one without even steps.
const TIMES: usize = 4_000_000;
/// Key frames that are closer than this are told as one.
const APART: Micros = SECOND / 2;
/// Different parameter sets that are kept apart.
const SETS: usize = 64;

pub(super) struct Pictures {
    index: usize,
    id: Id,
    base: Rational,
    framing: Framing,
    frames: u64,
    bytes: u64,
    times: Vec<i64>,
    first: Option<i64>,
    end: i64,
    last_dts: Option<i64>,
    went_back: bool,
    all_timed: bool,
    left_out: bool,
    keys: Vec<Key>,
    sequences: HashSet<u64>,
    pictures: HashSet<u64>,
}

#[derive(Clone, Copy)]
struct Key {
    time: i64,
    bytes: u64,
    closed: bool,
}

impl Pictures {
    pub(super) fn new(stream: &Stream<'_>) -> Self {
        let parameters = stream.parameters();
        let extradata = raw::extradata(&parameters);
        let id = parameters.id();
        let mut pictures = Self {
            index: stream.index(),
            id,
            base: stream.time_base(),
            framing: Framing::of(id, &extradata),
            frames: 0,
            bytes: 0,
            times: Vec::new(),
            first: None,
            end: i64::MIN,
            last_dts: None,
            went_back: false,
            all_timed: true,
            left_out: false,
            keys: Vec::new(),
            sequences: HashSet::new(),
            pictures: HashSet::new(),
        };
        for set in codec::parameter_sets(id, &extradata) {
            pictures.set(set);
        }
        pictures
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Decode times went back, by less than makes a new clock.
    pub(super) fn went_back(&self) -> bool {
        self.went_back
    }

    /// The first time, in microseconds of the file's own clock.
    pub(super) fn start(&self) -> Option<i64> {
        self.first.map(|first| own_micros(first, self.base))
    }

    pub(super) fn take(&mut self, packet: &Packet) {
        self.frames += 1;
        self.bytes += packet.size() as u64;
        if let Some(dts) = packet.dts() {
            if self.last_dts.is_some_and(|last| dts < last) {
                self.went_back = true;
            }
            self.last_dts = Some(dts);
        }
        self.all_timed &= packet.pts().is_some();
        let data = packet.data().unwrap_or_default();
        if matches!(self.id, Id::H264 | Id::HEVC) {
            for unit in self.framing.units(data) {
                match codec::unit_kind(self.id, unit) {
                    codec::Unit::Slice => break,
                    codec::Unit::Set(set) => self.set(set),
                    codec::Unit::Other => {}
                }
            }
        }
        if raw::is_left_out(packet) {
            self.left_out = true;
            return;
        }
        let Some(time) = packet.pts().or(packet.dts()) else {
            return;
        };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.end = self.end.max(time.saturating_add(packet.duration().max(0)));
        if self.times.len() < TIMES {
            self.times.push(time);
        }
        if packet.is_key() {
            let closed = codec::is_idr(self.id, self.framing, data).unwrap_or(true);
            self.keys.push(Key {
                time,
                bytes: packet.size() as u64,
                closed,
            });
        } else if let Some(key) = self.keys.last_mut() {
            key.bytes += packet.size() as u64;
            // What is shown before a key frame and decoded after it may need what was before both.
            if time < key.time {
                key.closed = false;
            }
        }
        // Nothing but key frames: keep one of those that are close together.
        if let [.., before, last] = self.keys[..]
            && own_micros(last.time - before.time, self.base) < APART
            && last.time >= before.time
            && packet.is_key()
        {
            self.keys.pop();
            if let Some(before) = self.keys.last_mut() {
                before.bytes += last.bytes;
            }
        }
    }

    fn set(&mut self, set: codec::Set<'_>) {
        let hash = blake3::hash(set.bytes);
        let short = hash.as_bytes()[..8]
            .try_into()
            .map_or(0, u64::from_le_bytes);
        let known = if set.sequence {
            &mut self.sequences
        } else {
            &mut self.pictures
        };
        if known.len() < SETS {
            known.insert(short);
        }
    }

    /// How many configurations: one sequence set may have several picture sets from the beginning,
    /// what comes later beyond the first of each counts.
    fn parameter_sets(&self) -> u32 {
        u32::try_from(self.sequences.len().max(self.pictures.len())).unwrap_or(u32::MAX)
    }

    pub(super) fn facts(mut self, source: &Source, start: i64) -> VideoFacts {
        let stream = source.input().stream(self.index);
        let base = self.base;
        let at = |time: i64| own_micros(time, base).saturating_sub(start);
        self.times.sort_unstable();
        let first = self.first.unwrap_or(0);
        let last = self.times.last().copied().unwrap_or(first);
        let span = own_micros(last - first, base);
        let steps = self.times.len().saturating_sub(1) as u64;
        let step = span
            .checked_div(i64::try_from(steps).unwrap_or(0))
            .unwrap_or(0);
        let end = at(self.end).max(at(last).saturating_add(if self.end > last { 0 } else { step }));

        let said: Vec<Ratio> = stream
            .as_ref()
            .map(|stream| [stream.rate(), stream.avg_frame_rate()])
            .into_iter()
            .flatten()
            .filter_map(headers::ratio)
            .collect();
        let whole = self.frames as usize == self.times.len();
        let mut rising = self.times.clone();
        rising.dedup();
        let grid = whole.then(|| rate::grid(&rising, base, &said)).flatten();
        let longest_step = self
            .times
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .max()
            .unwrap_or(0);
        self.keys.sort_by_key(|key| key.time);
        let mut borders: Vec<Micros> = self.keys.iter().map(|key| at(key.time)).collect();
        borders.push(end);
        let longest_gop = borders.windows(2).map(|pair| pair[1] - pair[0]).max();

        let mut facts = empty(self.index);
        if let Some(stream) = &stream {
            from_header(stream, &mut facts);
        }
        VideoFacts {
            codec: self.id.name().to_owned(),
            real_rate: grid.or_else(|| said.first().copied()),
            average_rate: average(steps, span).or(grid),
            variable_rate: grid.is_none(),
            frames: self.frames,
            bytes: self.bytes,
            start: at(first),
            end,
            longest_step: own_micros(longest_step, base),
            key_frames: self
                .keys
                .iter()
                .map(|key| KeyFrame {
                    at: at(key.time),
                    bytes: key.bytes,
                    closed: key.closed,
                })
                .collect(),
            longest_gop: longest_gop.unwrap_or(end),
            times_rise: self.all_timed && !self.went_back && !source.mended(),
            parameter_sets: self.parameter_sets(),
            edit_list_cuts: self.left_out,
            ..facts
        }
    }
}

/// Frames by time, in thousandths.
fn average(steps: u64, span: Micros) -> Option<Ratio> {
    let span = u64::try_from(span).ok().filter(|span| *span > 0)?;
    let rate = (u128::from(steps) * 1_000_000_000).div_ceil(u128::from(span));
    let rate = u32::try_from(rate).ok().filter(|rate| *rate > 0)?;
    Some(Ratio::new(rate, 1000))
}

fn empty(index: usize) -> VideoFacts {
    VideoFacts {
        index,
        codec: String::new(),
        profile: None,
        level: None,
        pixel_format: "unknown".to_owned(),
        depth: 8,
        chroma: domain::media::facts::Chroma::Other,
        width: 0,
        height: 0,
        sample_aspect: Ratio::new(1, 1),
        rotation: domain::media::facts::Rotation::None,
        mirrored: false,
        field_order: domain::media::facts::FieldOrder::Progressive,
        colour: domain::media::facts::Colour::default(),
        hdr: None::<Hdr>,
        real_rate: None,
        average_rate: None,
        variable_rate: true,
        frames: 0,
        bytes: 0,
        start: 0,
        end: 0,
        longest_step: 0,
        key_frames: Vec::new(),
        longest_gop: 0,
        times_rise: false,
        seeks: false,
        parameter_sets: 0,
        edit_list_cuts: false,
        decodes: false,
    }
}

fn from_header(stream: &Stream<'_>, facts: &mut VideoFacts) {
    let parameters = stream.parameters();
    let numbers = raw::video_numbers(&parameters);
    let (width, height, pixel_format) = raw::picture(&parameters);
    let known = |number: i32| (number >= 0).then_some(number);
    facts.profile = known(numbers.profile);
    facts.level = known(numbers.level);
    (facts.width, facts.height) = (width, height);
    facts.pixel_format = pixel_format.unwrap_or_else(|| "unknown".to_owned());
    (facts.depth, facts.chroma) = headers::samples(&facts.pixel_format);
    facts.sample_aspect = headers::sample_aspect(stream);
    (facts.rotation, facts.mirrored) = headers::orientation(stream);
    facts.field_order = headers::field_order(numbers.field_order);
    facts.colour = headers::colour(numbers, &facts.pixel_format);
    facts.hdr = headers::hdr(&facts.colour);
}
