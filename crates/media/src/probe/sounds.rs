//! A stream of sound, packet by packet.

use domain::media::{SECOND, facts::AudioFacts};
use ffmpeg_next::{
    Packet, Rational, Stream,
    codec::{Id, packet::side_data::Type},
    format::stream::Disposition,
};

use super::{headers, own_micros};
use crate::{codec, raw, source::Source};

pub(super) struct Sounds {
    index: usize,
    id: Id,
    rate: u32,
    /// Samples that only start the decoder, as the header says them.
    padding: u32,
    base: Rational,
    /// How many ticks at the beginning players leave out.
    skipped: i64,
    /// What the container says, those ticks already taken off where it knows them.
    said_start: Option<i64>,
    packets: u64,
    bytes: u64,
    first: Option<i64>,
    end: i64,
    last: Option<i64>,
    longest_gap: i64,
    times_rise: bool,
    changes: bool,
    header: Option<codec::Adts>,
}

impl Sounds {
    pub(super) fn new(stream: &Stream<'_>) -> Self {
        Self {
            index: stream.index(),
            id: stream.parameters().id(),
            rate: raw::sound(&stream.parameters()).0,
            padding: raw::padding(&stream.parameters()),
            base: stream.time_base(),
            skipped: 0,
            said_start: raw::given(stream.start_time()),
            packets: 0,
            bytes: 0,
            first: None,
            end: i64::MIN,
            last: None,
            longest_gap: 0,
            times_rise: true,
            changes: false,
            header: None,
        }
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// In microseconds of the file's own clock.
    pub(super) fn start(&self) -> Option<i64> {
        let first = self.first.map(|first| first.saturating_add(self.skipped));
        let start = match self.said_start {
            // Not where the clock was put right.
            Some(said) if self.skipped == 0 && self.is_near(said) => said,
            said => first.or(said)?,
        };
        Some(own_micros(start, self.base))
    }

    fn is_near(&self, said: i64) -> bool {
        self.first
            .is_none_or(|first| own_micros(said.saturating_sub(first), self.base).abs() < SECOND)
    }

    pub(super) fn take(&mut self, packet: &Packet) {
        self.packets += 1;
        self.bytes += packet.size() as u64;
        self.changes |= packet
            .side_data()
            .any(|data| matches!(data.kind(), Type::NewExtraData | Type::ParamChange))
            && self.packets > 1;
        if self.packets == 1 {
            self.skipped = skipped(packet, self.padding, self.rate, self.base);
        }
        if self.id == Id::AAC
            && let Some(header) = codec::Adts::read(packet.data().unwrap_or_default())
        {
            let first = *self.header.get_or_insert(header);
            self.changes |= first.differs(&header);
        }
        let Some(time) = packet.pts().or(packet.dts()) else {
            self.times_rise = false;
            return;
        };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        if let Some(last) = self.last {
            self.times_rise &= time > last;
            self.longest_gap = self.longest_gap.max(time.saturating_sub(self.end));
        }
        self.last = Some(time);
        self.end = self.end.max(time.saturating_add(packet.duration().max(0)));
    }

    pub(super) fn facts(self, source: &Source, start: i64) -> Option<AudioFacts> {
        let stream = source.input().stream(self.index)?;
        let parameters = stream.parameters();
        let (sample_rate, channels) = raw::sound(&parameters);
        let begin = self.start()?.saturating_sub(start);
        let end = own_micros(self.end, self.base).saturating_sub(start);
        let length = u64::try_from(end.saturating_sub(begin)).unwrap_or(0);
        Some(AudioFacts {
            index: self.index,
            codec: self.id.name().to_owned(),
            profile: raw::profile_name(&parameters),
            sample_rate,
            channels,
            layout: raw::channel_layout(&parameters),
            bit_rate: (self.bytes * 8_000_000).checked_div(length).unwrap_or(0),
            language: headers::language_of(&stream),
            title: headers::title_of(&stream),
            default: stream.disposition().contains(Disposition::DEFAULT),
            start: begin,
            end,
            times_rise: self.times_rise && !source.mended(),
            longest_gap: own_micros(self.longest_gap, self.base),
            changes: self.changes,
            decodes: false,
        })
    }
}

/// What the first packet, or else the header, says of samples at the beginning that only start the decoder, in ticks. Clocks
/// that are coarser than samples are rounded up: the file's own times were, too.
fn skipped(packet: &Packet, padding: u32, rate: u32, base: Rational) -> i64 {
    let samples = packet
        .side_data()
        .find(|data| data.kind() == Type::SkipSamples)
        .and_then(|data| data.data().get(..4)?.try_into().ok())
        .map_or(padding, u32::from_le_bytes);
    let ticks = u128::from(samples) * u128::from(base.denominator().unsigned_abs());
    let one = u128::from(rate.max(1)) * u128::from(base.numerator().unsigned_abs().max(1));
    i64::try_from(ticks.div_ceil(one)).unwrap_or(0)
}
