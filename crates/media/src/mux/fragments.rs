//! FFmpeg's `mp4` muxer writes into memory; we cut.
//!
//! `frag_discont` lets a part begin where it begins (without it every part would begin at 0),
//! `cmaf` makes `tfdt` the time of the first frame, and there is no edit list, no index at the
//! end, and nothing in the init that differs between two runs.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use ffmpeg_next::{
    Dictionary, Packet, Rational,
    codec::Parameters,
    encoder, format,
    format::context::{Output, StreamIo},
};

use crate::{error::MediaError, raw};

const FLAGS: &str = "frag_custom+empty_moov+default_base_moof+cmaf+skip_trailer+frag_discont";

/// What a rendition carries.
pub(crate) struct Content<'a> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) time_base: Rational,
    pub(crate) track: u32,
    pub(crate) order: Order,
}

/// Whether packets come in the order in which they are shown or heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Pictures: decoding has an order of its own.
    AsShown,
    /// Sound: there is one order only.
    AsDecoded,
}

/// One track in the making.
pub(crate) struct Fragments {
    output: Output,
    sink: Sink,
}

impl Fragments {
    /// Gives also the bytes of the init.
    pub(crate) fn begin(content: &Content<'_>) -> Result<(Self, Vec<u8>), MediaError> {
        let sink = Sink::default();
        let bytes = StreamIo::from_write(sink.clone()).map_err(MediaError::working)?;
        let mut output =
            format::output_to_stream(bytes, None, Some("mp4")).map_err(MediaError::working)?;
        output
            .add_stream(encoder::find(content.parameters.id()))
            .map_err(MediaError::working)?
            .set_time_base(content.time_base);
        raw::adopt(&mut output, 0, content.parameters).map_err(MediaError::working)?;
        raw::set_track(&mut output, 0, content.track).map_err(MediaError::working)?;
        let mut options = Dictionary::new();
        options.set("movflags", FLAGS);
        options.set("use_stream_ids_as_track_ids", "1");
        // No version of a library in the init: workers may have different ones.
        options.set("fflags", "+bitexact");
        output
            .write_header_with(options)
            .map(drop)
            .map_err(MediaError::working)?;
        let chosen = output.stream(0).map(|stream| stream.time_base());
        if chosen != Some(content.time_base) {
            return Err(MediaError::Engine("another clock was chosen".to_owned()));
        }
        raw::push_out(&mut output);
        let init = sink.take();
        Ok((Self { output, sink }, init))
    }

    /// Times are in the time base of the content.
    pub(crate) fn write(&mut self, packet: &mut Packet) -> Result<(), MediaError> {
        packet.set_stream(0);
        packet.set_position(-1);
        packet
            .write(&mut self.output)
            .map(drop)
            .map_err(MediaError::working)
    }

    /// Ends the fragment and gives its bytes.
    pub(crate) fn end(&mut self) -> Result<Vec<u8>, MediaError> {
        raw::end_fragment(&mut self.output).map_err(MediaError::working)?;
        Ok(self.sink.take())
    }
}

/// Where the muxer writes to.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
