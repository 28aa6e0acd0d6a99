//! Decoded frames of one stream, in the order in which they are shown, with their times.

use std::path::Path;

use domain::media::{Micros, facts::FieldOrder};
use ffmpeg_next::{Dictionary, Discard, Error, Packet, codec, decoder, error::EAGAIN, frame};

use super::deinterlace::Deinterlacer;
use crate::{
    clock::Clock,
    error::MediaError,
    raw,
    source::{FURTHER, Source},
};

/// More samples than any screen shows: 8192 × 8192.
const PIXELS: &str = "67108864";

/// No decoder holds more frames back than this.
const LEFT_OVER: u32 = 256;

/// A frame and when it is shown.
pub(crate) struct Decoded<P = frame::Video> {
    pub(crate) at: Micros,
    /// The same on the stream's own clock.
    pub(crate) ticks: i64,
    /// For how long, where the file says it.
    pub(crate) length: Micros,
    pub(crate) picture: P,
}

pub(crate) struct Frames {
    source: Source,
    stream: usize,
    decoder: decoder::Video,
    clock: Clock,
    /// Before this time frames are only decoded where others need them.
    skip_before: Option<Micros>,
    skipping: bool,
    keys_only: bool,
    last: Option<i64>,
    length: i64,
    drained: bool,
    deinterlacer: Option<Deinterlacer>,
    decoded: u64,
    faults: u64,
    left_over: u32,
}

/// How to read a stream of pictures.
pub(crate) struct Reading<'a> {
    pub(crate) path: &'a Path,
    pub(crate) stream: usize,
    /// The common origin.
    pub(crate) origin: i64,
    pub(crate) fields: FieldOrder,
    pub(crate) threads: u32,
}

impl Frames {
    pub(crate) fn open(how: &Reading<'_>) -> Result<Self, MediaError> {
        let mut source = Source::open(how.path)?;
        source.only(&[how.stream]);
        Self::of(source, how)
    }

    pub(crate) fn of(source: Source, how: &Reading<'_>) -> Result<Self, MediaError> {
        let stream = source
            .input()
            .stream(how.stream)
            .ok_or(MediaError::Instructions("a stream that is not there"))?;
        let clock = Clock::new(stream.time_base(), how.origin);
        let rate = stream.avg_frame_rate();
        let length = if rate.numerator() > 0 && rate.denominator() > 0 {
            raw::rescale(1, rate.invert(), clock.time_base).max(1)
        } else {
            1
        };
        let decoder = open(&stream.parameters(), clock, how.threads)?;
        Ok(Self {
            source,
            stream: how.stream,
            decoder,
            clock,
            skip_before: None,
            skipping: false,
            keys_only: false,
            last: None,
            length,
            drained: false,
            deinterlacer: Deinterlacer::of(how.fields),
            decoded: 0,
            faults: 0,
            left_over: 0,
        })
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// When the stream begins, on its own clock; the same however it is read.
    pub(crate) fn first(&self) -> Option<i64> {
        let stream = self.source.input().stream(self.stream)?;
        raw::given(stream.start_time())
    }

    pub(crate) fn parameters(&self) -> Option<codec::Parameters> {
        let stream = self.source.input().stream(self.stream)?;
        Some(stream.parameters())
    }

    /// Goes on at a key frame at or before this time.
    pub(crate) fn seek(&mut self, to: Micros) -> Result<(), MediaError> {
        self.source.seek(self.clock.own(to))?;
        self.decoder.flush();
        self.last = None;
        self.drained = false;
        if let Some(deinterlacer) = &mut self.deinterlacer {
            deinterlacer.forget();
        }
        Ok(())
    }

    /// Seeks so that the first frame is shown at `start` at the latest, and gives it; nothing when
    /// this file cannot be searched.
    pub(crate) fn approach(
        &mut self,
        seek: Micros,
        start: Micros,
    ) -> Result<Option<Decoded>, MediaError> {
        for further in FURTHER {
            if self.seek(seek.saturating_sub(further)).is_err() {
                continue;
            }
            self.skip_before(start);
            match self.next()? {
                Some(first) if first.at <= start => return Ok(Some(first)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Decodes key frames only.
    pub(crate) fn only_keys(&mut self) {
        self.decoder.skip_frame(Discard::NonKey);
        self.keys_only = true;
    }

    /// Frames before this time are not wanted: those on which no other depends are not decoded.
    pub(crate) fn skip_before(&mut self, at: Micros) {
        // A filter between fields looks at the neighbours.
        if self.deinterlacer.is_none() {
            self.skip_before = Some(at);
        }
    }

    pub(crate) fn next(&mut self) -> Result<Option<Decoded>, MediaError> {
        loop {
            if let Some(done) = self.deinterlacer.as_mut().and_then(Deinterlacer::pull) {
                return Ok(Some(done));
            }
            match self.decode()? {
                None => match &mut self.deinterlacer {
                    None => return Ok(None),
                    Some(deinterlacer) => {
                        deinterlacer.end()?;
                        return Ok(deinterlacer.pull());
                    }
                },
                Some(frame) => match &mut self.deinterlacer {
                    None => return Ok(Some(frame)),
                    Some(deinterlacer) => deinterlacer.push(frame)?,
                },
            }
        }
    }

    fn decode(&mut self) -> Result<Option<Decoded>, MediaError> {
        loop {
            let mut picture = frame::Video::empty();
            match self.decoder.receive_frame(&mut picture) {
                Ok(()) => {
                    self.decoded += 1;
                    return Ok(Some(self.timed(picture)));
                }
                Err(Error::Eof) => {
                    // Nothing came out of all that went in.
                    return match self.decoded {
                        0 if self.faults > 0 => Err(MediaError::Undecodable),
                        _ => Ok(None),
                    };
                }
                Err(Error::Other { errno: EAGAIN }) if !self.drained => self.feed()?,
                // Behind the end there is nothing to wait for.
                Err(Error::Other { errno: EAGAIN }) => return Ok(None),
                Err(error) => {
                    self.stumble(error)?;
                    if self.drained {
                        self.left_over += 1;
                        if self.left_over > LEFT_OVER {
                            return Ok(None);
                        }
                    }
                }
            }
        }
    }

    fn feed(&mut self) -> Result<(), MediaError> {
        let Some(packet) = self.next_packet()? else {
            self.drained = true;
            return match self.decoder.send_eof() {
                Ok(()) | Err(Error::Eof) => Ok(()),
                Err(error) => self.stumble(error),
            };
        };
        self.choose_skipping(&packet);
        match self.decoder.send_packet(&packet) {
            Ok(()) => Ok(()),
            Err(error) => self.stumble(error),
        }
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, MediaError> {
        while let Some(packet) = self.source.next_packet()? {
            let wanted = !self.keys_only || packet.is_key();
            if packet.stream() == self.stream && packet.size() > 0 && wanted {
                return Ok(Some(packet));
            }
        }
        Ok(None)
    }

    fn choose_skipping(&mut self, packet: &Packet) {
        let Some(before) = self.skip_before else {
            return;
        };
        let skip = packet
            .pts()
            .is_some_and(|pts| self.clock.micros(pts) < before);
        if skip != self.skipping {
            self.skipping = skip;
            self.decoder.skip_frame(if skip {
                Discard::NonReference
            } else {
                Discard::Default
            });
        }
    }

    /// A packet that makes no sense costs its frames, not the file; without memory nothing goes on.
    fn stumble(&mut self, error: Error) -> Result<(), MediaError> {
        match MediaError::working(error) {
            MediaError::Memory => Err(MediaError::Memory),
            _ => {
                self.faults += 1;
                Ok(())
            }
        }
    }

    fn timed(&mut self, picture: frame::Video) -> Decoded {
        let length = match raw::shown_for(&picture) {
            0 => self.length,
            length => length,
        };
        let ticks = picture
            .timestamp()
            .or_else(|| picture.pts())
            .unwrap_or_else(|| self.last.map_or(0, |last| last.saturating_add(length)));
        self.last = Some(ticks);
        Decoded {
            at: self.clock.micros(ticks),
            ticks,
            length: self.clock.length(length),
            picture,
        }
    }
}

/// Opens a decoder with limits.
fn open(
    parameters: &codec::Parameters,
    clock: Clock,
    threads: u32,
) -> Result<decoder::Video, MediaError> {
    let codec = decoder::find(parameters.id())
        .ok_or_else(|| MediaError::Codec(parameters.id().name().to_owned()))?;
    let mut context = codec::Context::from_parameters(parameters.clone())
        .map_err(MediaError::working)?
        .decoder();
    context.set_packet_time_base(clock.time_base);
    let mut options = Dictionary::new();
    options.set("threads", &threads.max(1).to_string());
    options.set("max_pixels", PIXELS);
    context
        .open_as_with(codec, options)
        .and_then(decoder::Opened::video)
        .map_err(|error| match MediaError::working(error) {
            MediaError::Memory => MediaError::Memory,
            _ => MediaError::Undecodable,
        })
}
