//! Decoded sound at one rate and in one shape, with silence where the source has none, so that
//! sample `n` is heard at `n / rate` after the common origin.

use std::path::Path;

use ffmpeg_next::{Dictionary, Error, codec, decoder, error::EAGAIN, filter, frame};

use crate::{clock::MICROS, error::MediaError, raw, source::Source};

/// Which sound, and as what.
pub(super) struct Wanted<'a> {
    pub(super) path: &'a Path,
    pub(super) stream: usize,
    pub(super) origin: i64,
    pub(super) rate: u32,
    /// One channel, or two.
    pub(super) channels: usize,
}

pub(super) struct Samples {
    source: Source,
    stream: usize,
    decoder: decoder::Audio,
    base: ffmpeg_next::Rational,
    origin: i64,
    rate: u32,
    channels: usize,
    graph: Option<(Shape, filter::Graph)>,
    /// What came out, for each channel.
    ready: Vec<Vec<f32>>,
    /// Samples for each channel so far.
    made: u64,
    decoded: u64,
    faults: u64,
    drained: bool,
    ended: bool,
    /// When the next frame is heard that does not say it, in microseconds.
    next: Option<i64>,
}

/// What a graph was built for.
#[derive(PartialEq, Eq)]
struct Shape {
    rate: u32,
    format: String,
    layout: String,
}

impl Samples {
    pub(super) fn open(wanted: &Wanted<'_>) -> Result<Self, MediaError> {
        let mut source = Source::open(wanted.path)?;
        source.only(&[wanted.stream]);
        let stream = source
            .input()
            .stream(wanted.stream)
            .ok_or(MediaError::Instructions("a stream that is not there"))?;
        let (base, parameters) = (stream.time_base(), stream.parameters());
        Ok(Self {
            decoder: open(parameters, base)?,
            stream: wanted.stream,
            source,
            base,
            origin: wanted.origin,
            rate: wanted.rate,
            channels: wanted.channels,
            graph: None,
            ready: vec![Vec::new(); wanted.channels],
            made: 0,
            decoded: 0,
            faults: 0,
            drained: false,
            ended: false,
            next: None,
        })
    }

    /// Some more samples for each channel; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Vec<f32>>>, MediaError> {
        while self.ready[0].is_empty() {
            if self.ended {
                return Ok(None);
            }
            match self.decode()? {
                Some(frame) => self.push(frame)?,
                None => {
                    self.end_graph()?;
                    self.ended = true;
                    if self.decoded == 0 {
                        return Err(MediaError::Undecodable);
                    }
                }
            }
        }
        let empty = vec![Vec::new(); self.channels];
        Ok(Some(std::mem::replace(&mut self.ready, empty)))
    }

    fn decode(&mut self) -> Result<Option<frame::Audio>, MediaError> {
        loop {
            let mut frame = frame::Audio::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) if frame.samples() == 0 => {}
                Ok(()) => {
                    self.decoded += 1;
                    return Ok(Some(frame));
                }
                Err(Error::Eof) => return Ok(None),
                Err(Error::Other { errno: EAGAIN }) if !self.drained => self.feed()?,
                Err(Error::Other { errno: EAGAIN }) => return Ok(None),
                Err(error) if self.drained => {
                    self.stumble(error)?;
                    return Ok(None);
                }
                Err(error) => self.stumble(error)?,
            }
        }
    }

    fn feed(&mut self) -> Result<(), MediaError> {
        while let Some(packet) = self.source.next_packet()? {
            if packet.stream() != self.stream || packet.size() == 0 {
                continue;
            }
            return match self.decoder.send_packet(&packet) {
                Ok(()) => Ok(()),
                Err(error) => self.stumble(error),
            };
        }
        self.drained = true;
        match self.decoder.send_eof() {
            Ok(()) | Err(Error::Eof) => Ok(()),
            Err(error) => self.stumble(error),
        }
    }

    fn stumble(&mut self, error: Error) -> Result<(), MediaError> {
        match MediaError::working(error) {
            MediaError::Memory => Err(MediaError::Memory),
            _ => {
                self.faults += 1;
                Ok(())
            }
        }
    }

    fn push(&mut self, mut frame: frame::Audio) -> Result<(), MediaError> {
        let Some(layout) = raw::settle_layout(&mut frame) else {
            return Err(MediaError::Undecodable);
        };
        let shape = Shape {
            rate: frame.rate(),
            format: raw::sample_format(&frame).ok_or(MediaError::Undecodable)?,
            layout,
        };
        if shape.rate == 0 {
            return Err(MediaError::Undecodable);
        }
        if self.graph.as_ref().is_none_or(|(built, _)| *built != shape) {
            self.end_graph()?;
            let graph = self.graph_for(&shape)?;
            self.graph = Some((shape, graph));
        }
        let length = raw::rescale(
            i64::try_from(frame.samples()).unwrap_or(0),
            ffmpeg_next::Rational(1, i32::try_from(frame.rate()).unwrap_or(1)),
            MICROS,
        );
        let said = frame
            .timestamp()
            .or_else(|| frame.pts())
            .map(|ticks| raw::rescale(ticks, self.base, MICROS).saturating_sub(self.origin));
        let at = said.or(self.next).unwrap_or(0);
        self.next = Some(at.saturating_add(length));
        frame.set_pts(Some(at));
        if let Some((_, graph)) = &mut self.graph {
            let mut source = graph.get("in").ok_or_else(odd)?;
            source.source().add(&frame).map_err(MediaError::working)?;
        }
        self.collect()
    }

    fn graph_for(&self, shape: &Shape) -> Result<filter::Graph, MediaError> {
        let missing = || MediaError::Engine("a filter is missing".to_owned());
        let mut graph = filter::Graph::new();
        raw::one_thread(&mut graph);
        let arguments = format!(
            "time_base=1/1000000:sample_rate={}:sample_fmt={}:channel_layout={}",
            shape.rate, shape.format, shape.layout
        );
        let source = filter::find("abuffer").ok_or_else(missing)?;
        let sink = filter::find("abuffersink").ok_or_else(missing)?;
        graph
            .add(&source, "in", &arguments)
            .map_err(MediaError::working)?;
        graph.add(&sink, "out", "").map_err(MediaError::working)?;
        let layout = if self.channels == 1 { "mono" } else { "stereo" };
        // Holes become silence and what overlaps is cut; the first sample stands where it belongs.
        // FFmpeg counts that place in samples of what goes in.
        let first = u128::from(self.made) * u128::from(shape.rate) / u128::from(self.rate.max(1));
        let chain = format!(
            "[in]aresample={rate}:async=1:first_pts={first},\
             aformat=sample_fmts=fltp:sample_rates={rate}:channel_layouts={layout}[out]",
            rate = self.rate
        );
        graph
            .output("in", 0)
            .and_then(|parser| parser.input("out", 0))
            .and_then(|parser| parser.parse(&chain))
            .and_then(|()| graph.validate())
            .map_err(MediaError::working)?;
        Ok(graph)
    }

    fn end_graph(&mut self) -> Result<(), MediaError> {
        if let Some((_, graph)) = &mut self.graph {
            let mut source = graph.get("in").ok_or_else(odd)?;
            source.source().flush().map_err(MediaError::working)?;
            self.collect()?;
        }
        self.graph = None;
        Ok(())
    }

    fn collect(&mut self) -> Result<(), MediaError> {
        let Some((_, graph)) = &mut self.graph else {
            return Ok(());
        };
        let mut sink = graph.get("out").ok_or_else(odd)?;
        loop {
            let mut frame = frame::Audio::empty();
            match sink.sink().frame(&mut frame) {
                Ok(()) => {
                    let samples = frame.samples();
                    for (channel, ready) in self.ready.iter_mut().enumerate() {
                        ready.extend_from_slice(&frame.plane::<f32>(channel)[..samples]);
                    }
                    self.made += samples as u64;
                }
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return Ok(()),
                Err(error) => return Err(MediaError::working(error)),
            }
        }
    }
}

fn odd() -> MediaError {
    MediaError::Engine("a graph without an end".to_owned())
}

fn open(
    parameters: codec::Parameters,
    base: ffmpeg_next::Rational,
) -> Result<decoder::Audio, MediaError> {
    let id = parameters.id();
    let codec = decoder::find(id).ok_or_else(|| MediaError::Codec(id.name().to_owned()))?;
    let mut context = codec::Context::from_parameters(parameters)
        .map_err(MediaError::working)?
        .decoder();
    context.set_packet_time_base(base);
    let mut options = Dictionary::new();
    options.set("threads", "1");
    context
        .open_as_with(codec, options)
        .and_then(decoder::Opened::audio)
        .map_err(|error| match MediaError::working(error) {
            MediaError::Memory => MediaError::Memory,
            _ => MediaError::Undecodable,
        })
}
