//! A graph of filters for pictures of one shape.

use ffmpeg_next::{Error, Rational, filter, frame};

use crate::{error::MediaError, raw};

/// What a graph was built for; another shape needs another graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// FFmpeg's number.
    pub(crate) format: i32,
    pub(crate) range: i32,
}

impl Shape {
    pub(crate) fn of(picture: &frame::Video) -> Result<Self, MediaError> {
        // An allocation that failed leaves a frame without samples.
        let (format, range) = raw::picture_numbers(picture).ok_or(MediaError::Memory)?;
        Ok(Self {
            width: picture.width(),
            height: picture.height(),
            format,
            range,
        })
    }
}

pub(crate) struct Graph {
    graph: filter::Graph,
    names: Vec<String>,
}

impl Graph {
    /// `chain` goes from `[in]` to `[o0]`, `[o1]`, …
    pub(crate) fn new(
        shape: Shape,
        sample: &frame::Video,
        time_base: Rational,
        chain: &str,
        outputs: usize,
    ) -> Result<Self, MediaError> {
        let missing = || MediaError::Engine("a filter is missing".to_owned());
        let mut graph = filter::Graph::new();
        raw::one_thread(&mut graph);
        let mut arguments = format!(
            "video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect=1/1",
            shape.width,
            shape.height,
            shape.format,
            time_base.numerator(),
            time_base.denominator()
        );
        // Newer versions settle colours between filters and must be told them.
        if raw::filters_major() >= 10 {
            arguments.push_str(&raw::colour_arguments(sample));
        }
        let source = filter::find("buffer").ok_or_else(missing)?;
        graph
            .add(&source, "in", &arguments)
            .map_err(MediaError::working)?;
        let sink = filter::find("buffersink").ok_or_else(missing)?;
        let names: Vec<String> = (0..outputs).map(|number| format!("o{number}")).collect();
        for name in &names {
            graph.add(&sink, name, "").map_err(MediaError::working)?;
        }
        let mut parser = graph.output("in", 0).map_err(MediaError::working)?;
        for name in &names {
            parser = parser.input(name, 0).map_err(MediaError::working)?;
        }
        parser.parse(chain).map_err(MediaError::working)?;
        graph.validate().map_err(MediaError::working)?;
        Ok(Self { graph, names })
    }

    /// Takes the samples of the picture: what is left of it is empty.
    pub(crate) fn push(&mut self, picture: &frame::Video) -> Result<(), MediaError> {
        self.input()?
            .source()
            .add(picture)
            .map_err(MediaError::working)
    }

    pub(crate) fn end(&mut self) -> Result<(), MediaError> {
        self.input()?.source().flush().map_err(MediaError::working)
    }

    fn input(&mut self) -> Result<filter::Context, MediaError> {
        self.graph
            .get("in")
            .ok_or_else(|| MediaError::Engine("a graph without a beginning".to_owned()))
    }

    /// The next picture of one output, if there is one by now.
    pub(crate) fn pull(&mut self, output: usize) -> Result<Option<frame::Video>, MediaError> {
        let mut picture = frame::Video::empty();
        let Some(mut sink) = self.names.get(output).and_then(|name| self.graph.get(name)) else {
            return Ok(None);
        };
        match sink.sink().frame(&mut picture) {
            Ok(()) => Ok(Some(picture)),
            Err(Error::Eof)
            | Err(Error::Other {
                errno: ffmpeg_next::error::EAGAIN,
            }) => Ok(None),
            Err(error) => Err(MediaError::working(error)),
        }
    }
}
