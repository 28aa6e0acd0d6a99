//! To AAC-LC in stereo.
//!
//! The encoder's first packet only starts it (1024 samples before time 0): it is left out, which
//! puts every sample where it belongs without an edit list that not every player reads.

use domain::media::{
    line::Done,
    spec::{Audio, Spec},
};
use ffmpeg_next::{
    ChannelLayout, Dictionary, Error, Packet, Rational, codec, encoder,
    error::EAGAIN,
    format::sample::{Sample, Type as Kind},
    frame,
};

use super::{
    Cutter,
    samples::{Samples, Wanted},
};
use crate::{
    clock::MICROS,
    error::MediaError,
    mux::{Content, Order, Track},
    raw,
    report::Report,
};

/// Samples in a packet of AAC.
const FRAME: usize = 1024;
const CHANNELS: usize = 2;

pub(super) fn run(
    spec: &Spec,
    command: &Audio,
    bit_rate: u32,
    sample_rate: u32,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    let mut samples = Samples::open(&Wanted {
        path: &spec.source,
        stream: command.stream,
        origin: spec.start,
        rate: sample_rate,
        channels: CHANNELS,
    })?;
    let mut aac = Aac::open(spec, command, bit_rate, sample_rate, report)?;
    let until = command.until.or(command.segments.last().copied());
    while let Some(more) = samples.next()? {
        aac.push(&more, report)?;
        report.progress(aac.at(), 0, until.unwrap_or(0))?;
    }
    // Sound that ends before the picture goes on in silence.
    let wanted = command
        .until
        .map_or(0, |until| raw::rescale(until, MICROS, aac.base));
    let mut have = aac.taken();
    while have < wanted {
        let missing = usize::try_from(wanted - have).unwrap_or(0).min(FRAME);
        aac.push(&vec![vec![0.0; missing]; CHANNELS], report)?;
        have = aac.taken();
    }
    let made = aac.finish(report)?;
    Ok(Done::Audio { samples: made })
}

struct Aac {
    encoder: encoder::audio::Encoder,
    track: Track,
    cutter: Cutter,
    base: Rational,
    /// What does not fill a packet yet.
    held: Vec<Vec<f32>>,
    /// Samples that the encoder has got.
    sent: i64,
    end: i64,
}

impl Aac {
    fn open(
        spec: &Spec,
        command: &Audio,
        bit_rate: u32,
        sample_rate: u32,
        report: &mut Report<'_>,
    ) -> Result<Self, MediaError> {
        let codec = encoder::find_by_name("aac")
            .ok_or_else(|| MediaError::Engine("no encoder for AAC".to_owned()))?;
        let mut context = codec::Context::new_with_codec(codec)
            .encoder()
            .audio()
            .map_err(MediaError::working)?;
        let rate = i32::try_from(sample_rate)
            .map_err(|_| MediaError::Instructions("a sample rate that is none"))?;
        let base = Rational(1, rate);
        context.set_rate(rate);
        context.set_format(Sample::F32(Kind::Planar));
        context.set_channel_layout(ChannelLayout::STEREO);
        context.set_bit_rate(bit_rate as usize);
        context.set_time_base(base);
        context.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::BITEXACT);
        let mut options = Dictionary::new();
        options.set("threads", "1");
        let encoder = context.open_with(options).map_err(MediaError::working)?;
        let parameters = codec::Parameters::from(&encoder);
        let content = Content {
            parameters: &parameters,
            time_base: base,
            track: command.track,
            order: Order::AsDecoded,
        };
        let extradata = raw::encoder_extradata(&encoder);
        Ok(Self {
            track: Track::begin(&spec.out, &command.folder, &content, &extradata, report)?,
            encoder,
            cutter: Cutter::new(&command.segments, sample_rate),
            base,
            held: vec![Vec::new(); CHANNELS],
            sent: 0,
            end: 0,
        })
    }

    /// Samples so far.
    fn taken(&self) -> i64 {
        self.sent + i64::try_from(self.held[0].len()).unwrap_or(0)
    }

    /// How far the sound has come, in microseconds.
    fn at(&self) -> i64 {
        raw::rescale(self.sent, self.base, MICROS)
    }

    fn push(&mut self, more: &[Vec<f32>], report: &mut Report<'_>) -> Result<(), MediaError> {
        for (held, more) in self.held.iter_mut().zip(more) {
            held.extend_from_slice(more);
        }
        while self.held[0].len() >= FRAME {
            self.send(FRAME, report)?;
        }
        Ok(())
    }

    fn send(&mut self, samples: usize, report: &mut Report<'_>) -> Result<(), MediaError> {
        let mut frame =
            frame::Audio::new(Sample::F32(Kind::Planar), samples, ChannelLayout::STEREO);
        if frame.planes() != CHANNELS {
            return Err(MediaError::Memory);
        }
        frame.set_rate(u32::try_from(self.base.denominator()).unwrap_or(0));
        for (channel, held) in self.held.iter_mut().enumerate() {
            frame.plane_mut::<f32>(channel)[..samples].copy_from_slice(&held[..samples]);
            held.drain(..samples);
        }
        frame.set_pts(Some(self.sent));
        self.sent += i64::try_from(samples).unwrap_or(0);
        self.encoder
            .send_frame(&frame)
            .map_err(MediaError::working)?;
        self.collect(report)
    }

    fn collect(&mut self, report: &mut Report<'_>) -> Result<(), MediaError> {
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {
                    let Some(tick) = packet.pts().filter(|tick| *tick >= 0) else {
                        continue;
                    };
                    if let Some(number) = self.cutter.begins(tick) {
                        self.track.key(tick, number, report)?;
                    }
                    self.end = tick + FRAME as i64;
                    self.track.push(packet);
                }
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return Ok(()),
                Err(error) => return Err(MediaError::working(error)),
            }
        }
    }

    fn finish(mut self, report: &mut Report<'_>) -> Result<u64, MediaError> {
        let rest = self.held[0].len();
        if rest > 0 {
            self.send(rest, report)?;
        }
        self.encoder.send_eof().map_err(MediaError::working)?;
        self.collect(report)?;
        self.track.finish(self.end, report)?;
        Ok(u64::try_from(self.sent).unwrap_or(0))
    }
}
