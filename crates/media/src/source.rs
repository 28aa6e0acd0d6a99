//! Opens a file that may have been made to harm us.
//!
//! FFmpeg takes a path for an address (`http:`, `concat:`), and what it opens may be a playlist
//! that makes it open other files. So it gets no path at all: we open the file and hand over its
//! bytes, it may open nothing by itself (a whitelist of protocols with nothing in it), and only
//! demuxers of containers may look at the bytes.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ffmpeg_next::{Dictionary, Packet, format};

use crate::error::MediaError;

/// Demuxers of containers and of bare sound. Never: playlists (hls, dash, concat), pictures
/// (image2 reads neighbours by pattern), sdp, lavfi, scripts.
const FORMATS: &str = "mov,matroska,webm,avi,flv,live_flv,mpegts,mpeg,asf,ogg,mxf,dv,nut,ivf,rm,wtv,gif,\
    mp3,aac,ac3,eac3,dts,flac,wav,w64,aiff,au,caf,amr,ape,wv,tta,mpc,mpc8,dsf";

/// No protocol has this name; an empty list would mean "all".
const NO_PROTOCOL: &str = "none";

/// An opened file.
pub(crate) struct Source {
    input: format::context::Input,
    trouble: Trouble,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, MediaError> {
        // Looked at before it is opened: opening a named pipe would wait for a writer.
        let facts = path.metadata().map_err(MediaError::opening)?;
        if !facts.is_file() {
            return Err(MediaError::NotAFile);
        }
        if facts.len() == 0 {
            return Err(MediaError::Empty);
        }
        let trouble = Trouble::default();
        let file = Watched {
            file: File::open(path).map_err(MediaError::opening)?,
            trouble: trouble.clone(),
        };

        let engine = |error: ffmpeg_next::Error| MediaError::Engine(error.to_string());
        ffmpeg_next::init().map_err(engine)?;
        let bytes = format::context::StreamIo::from_read_seek(file).map_err(engine)?;
        let mut options = Dictionary::new();
        options.set("format_whitelist", FORMATS);
        options.set("protocol_whitelist", NO_PROTOCOL);
        match format::input_from_stream(bytes, None, Some(options)) {
            Ok(input) => Ok(Self { input, trouble }),
            Err(error) => Err(trouble.take().unwrap_or_else(|| MediaError::reading(error))),
        }
    }

    pub(crate) fn input(&self) -> &format::context::Input {
        &self.input
    }

    /// The next packet that can be read; `None` at the end of the file.
    pub(crate) fn next_packet(&mut self) -> Result<Option<Packet>, MediaError> {
        loop {
            // A fresh one each time: reading into a used one leaks what it held.
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) => return Ok(Some(packet)),
                Err(ffmpeg_next::Error::Eof) => {
                    // A failed read of the disk may look like the end of the file.
                    return self.trouble.take().map_or(Ok(None), Err);
                }
                // A stretch that makes no sense: demuxers go on behind it.
                Err(ffmpeg_next::Error::InvalidData) => {}
                Err(error) => {
                    return Err(self
                        .trouble
                        .take()
                        .unwrap_or_else(|| MediaError::reading(error)));
                }
            }
        }
    }
}

/// What the disk said, kept beside FFmpeg: its own answer does not tell a bad disk from a bad file.
#[derive(Clone, Default)]
struct Trouble(Arc<Mutex<Option<io::Error>>>);

impl Trouble {
    fn slot(&self) -> MutexGuard<'_, Option<io::Error>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<MediaError> {
        self.slot().take().map(MediaError::Io)
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            let copy = error.raw_os_error().map_or_else(
                || io::Error::from(error.kind()),
                io::Error::from_raw_os_error,
            );
            *self.slot() = Some(copy);
        })
    }
}

/// A file that notes when reading it fails.
struct Watched {
    file: File,
    trouble: Trouble,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer);
        match read {
            // Tried again by whoever asked.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            read => self.trouble.note(read),
        }
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // Not noted: a seek to before the beginning is the fault of a number in the file.
        self.file.seek(to)
    }
}
