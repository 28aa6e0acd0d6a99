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

use ffmpeg_next::{Dictionary, Packet, format, media::Type};

use crate::{clock::MICROS, error::MediaError, raw};

/// Demuxers of containers and of bare sound. Never: playlists (hls, dash, concat), pictures
/// (image2 reads neighbours by pattern), sdp, lavfi, scripts.
const FORMATS: &str = "mov,matroska,webm,avi,flv,live_flv,mpegts,mpeg,asf,ogg,mxf,dv,nut,ivf,rm,wtv,gif,\
    mp3,aac,ac3,eac3,dts,flac,wav,w64,aiff,au,caf,amr,ape,wv,tta,mpc,mpc8,dsf";

/// No protocol has this name; an empty list would mean "all".
const NO_PROTOCOL: &str = "none";

/// More streams than any honest file has: a header with 100,000 of them is refused.
const STREAMS: &str = "256";

/// This many unreadable stretches in a row are the end of the file.
const STUMBLES: u32 = 2000;

/// How many microseconds further ahead to try when a seek landed behind what was wanted.
pub(crate) const FURTHER: [i64; 3] = [0, 2_000_000, 10_000_000];

/// An opened file.
pub(crate) struct Source {
    input: format::context::Input,
    trouble: Trouble,
    size: u64,
    mend: Mend,
    stumbles: u32,
    damaged: u64,
    wanted: Vec<usize>,
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
        options.set("max_streams", STREAMS);
        match format::input_from_stream(bytes, None, Some(options)) {
            Ok(input) => Ok(Self {
                mend: Mend::of(&input),
                input,
                trouble,
                size: facts.len(),
                stumbles: 0,
                damaged: 0,
                wanted: Vec::new(),
            }),
            Err(error) => Err(trouble.take().unwrap_or_else(|| MediaError::reading(error))),
        }
    }

    pub(crate) fn input(&self) -> &format::context::Input {
        &self.input
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Stretches that made no sense to the demuxer.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Times were moved because the file's clock began anew.
    pub(crate) fn mended(&self) -> bool {
        self.mend.moved
    }

    /// Nothing is read of all streams but these, and those whose clock is theirs, too.
    pub(crate) fn only(&mut self, streams: &[usize]) {
        self.wanted = streams.to_vec();
        let keep_timed = self.mend.together && !self.mend.asleep;
        raw::discard_others(&mut self.input, streams, keep_timed);
    }

    /// Goes to the last key frame at or before a time on the file's own clock, in microseconds.
    pub(crate) fn seek(&mut self, to: i64) -> Result<(), MediaError> {
        // From here on times are as the file says them: parts must agree about them.
        self.mend.asleep = true;
        let wanted = std::mem::take(&mut self.wanted);
        self.only(&wanted);
        self.input.seek(to, ..to).map_err(|error| {
            self.trouble
                .take()
                .unwrap_or_else(|| MediaError::reading(error))
        })
    }

    /// The next packet that can be read; `None` at the end of the file, or where it cannot be
    /// read any further.
    pub(crate) fn next_packet(&mut self) -> Result<Option<Packet>, MediaError> {
        loop {
            // A fresh one each time: reading into a used one leaks what it held.
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) => {
                    self.stumbles = 0;
                    self.mend.look(&self.input, &mut packet);
                    return Ok(Some(packet));
                }
                Err(ffmpeg_next::Error::Eof) => {
                    // A failed read of the disk may look like the end of the file.
                    return self.trouble.take().map_or(Ok(None), Err);
                }
                // A stretch that makes no sense: demuxers go on behind it, most of the time.
                Err(ffmpeg_next::Error::InvalidData) if self.stumbles < STUMBLES => {
                    self.stumbles += 1;
                    self.damaged += 1;
                }
                Err(error) => {
                    if let Some(trouble) = self.trouble.take() {
                        return Err(trouble);
                    }
                    match MediaError::reading(error) {
                        fault @ (MediaError::Memory | MediaError::Engine(_)) => return Err(fault),
                        // As far as it goes.
                        _ => {
                            self.damaged += 1;
                            return Ok(None);
                        }
                    }
                }
            }
        }
    }
}

/// How far a clock may go back, and how far ahead, before it is taken for a new one. A hole of ten
/// minutes is one in any file; in those whose streams share a clock that may jump, ten seconds.
const BACK: i64 = 1_000_000;
const AHEAD: i64 = 600_000_000;
const AHEAD_TOGETHER: i64 = 10_000_000;

/// Makes one clock of several: recordings that were cut or joined carelessly begin anew in the
/// middle, and a damaged number may promise hours of nothing. Only while a file is read from its
/// beginning to its end, and from the same packets whoever reads it: else probe, pictures and
/// sound would not agree.
struct Mend {
    /// All streams share one clock, which may jump (transport and program streams).
    together: bool,
    asleep: bool,
    moved: bool,
    /// Where the file says that it begins, in microseconds.
    start: Option<i64>,
    /// In microseconds, for each stream.
    offsets: Vec<i64>,
    last: Vec<Option<i64>>,
}

/// Which of a packet's times, in microseconds.
#[derive(Debug, PartialEq, Eq)]
enum Believed {
    Nothing,
    Both(i64),
    Decoding(i64),
    Showing(i64),
}

impl Mend {
    fn of(input: &format::context::Input) -> Self {
        let streams = input.nb_streams() as usize;
        Self {
            together: raw::clock_may_jump(input),
            asleep: false,
            moved: false,
            start: raw::start_time(input),
            offsets: vec![0; streams],
            last: vec![None; streams],
        }
    }

    fn look(&mut self, input: &format::context::Input, packet: &mut Packet) {
        if self.asleep {
            return;
        }
        let index = packet.stream();
        let Some(stream) = input.stream(index) else {
            return;
        };
        // Streams may appear late in transport streams.
        if self.offsets.len() <= index {
            let offset = self.offsets.first().copied().filter(|_| self.together);
            self.offsets.resize(index + 1, offset.unwrap_or(0));
            self.last.resize(index + 1, None);
        }
        let base = stream.time_base();
        let micros = |ticks: i64| raw::rescale(ticks, base, MICROS);
        if matches!(stream.parameters().medium(), Type::Video | Type::Audio) {
            let believed = self.believe(index, packet.dts().map(micros), packet.pts().map(micros));
            let time = match believed {
                Believed::Nothing => return,
                Believed::Both(dts) => dts,
                Believed::Decoding(dts) => {
                    packet.set_pts(None);
                    dts
                }
                Believed::Showing(pts) => {
                    packet.set_dts(None);
                    pts
                }
            };
            self.place(index, time, micros(packet.duration().max(0)));
        }
        let offset = self.offsets[index];
        if offset != 0 {
            let ticks = raw::rescale(offset, MICROS, base);
            packet.set_dts(packet.dts().map(|dts| dts.saturating_add(ticks)));
            packet.set_pts(packet.pts().map(|pts| pts.saturating_add(ticks)));
        }
    }

    /// The time of decoding and that of showing are near each other, or one of them is damaged:
    /// then the one that fits better to what was before is meant.
    fn believe(&mut self, index: usize, dts: Option<i64>, pts: Option<i64>) -> Believed {
        let (dts, pts) = match (dts, pts) {
            (None, None) => return Believed::Nothing,
            (Some(one), None) | (None, Some(one)) => return Believed::Both(one),
            (Some(dts), Some(pts)) => (dts, pts),
        };
        let Some((expected, ahead)) = self.expected(index) else {
            return Believed::Both(dts);
        };
        if dts.abs_diff(pts) <= ahead.unsigned_abs() {
            return Believed::Both(dts);
        }
        self.moved = true;
        let off = |time: i64| time.saturating_add(self.offsets[index]).abs_diff(expected);
        if off(dts) <= off(pts) {
            Believed::Decoding(dts)
        } else {
            Believed::Showing(pts)
        }
    }

    /// Where the next time of a stream should fall, and how far ahead of that it may.
    fn expected(&self, index: usize) -> Option<(i64, i64)> {
        match (self.last[index], self.start) {
            (Some(last), _) if self.together => Some((last, AHEAD_TOGETHER)),
            (Some(last), _) => Some((last, AHEAD)),
            (None, Some(start)) => Some((start.saturating_add(self.offsets[index]), AHEAD)),
            (None, None) => None,
        }
    }

    /// Takes the next time of a stream; gives where it falls.
    fn place(&mut self, index: usize, time: i64, length: i64) -> i64 {
        self.judge(index, time);
        let placed = time.saturating_add(self.offsets[index]);
        self.last[index] = Some(placed.saturating_add(length));
        placed
    }

    /// Moves a stream's clock where it jumps; all of them where they are one.
    fn judge(&mut self, index: usize, time: i64) {
        let Some((expected, ahead)) = self.expected(index) else {
            return;
        };
        let step = time
            .saturating_add(self.offsets[index])
            .saturating_sub(expected);
        let first = self.last[index].is_none();
        if step <= ahead && (first || step >= -BACK) {
            return;
        }
        self.moved = true;
        let offset = expected.saturating_sub(time);
        if self.together && !first {
            self.offsets.fill(offset);
        } else {
            self.offsets[index] = offset;
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn mend(together: bool) -> Mend {
        Mend {
            together,
            asleep: false,
            moved: false,
            start: Some(0),
            offsets: vec![0; 2],
            last: vec![None; 2],
        }
    }

    #[test]
    fn an_honest_clock_is_left_alone() {
        let mut mend = mend(true);
        for second in 0..100 {
            // Sound that is written in blocks: ahead and behind by less than a new clock.
            let at = second * SECOND;
            assert_eq!(mend.place(0, at, SECOND), at);
            assert_eq!(mend.place(1, at + SECOND / 2, SECOND), at + SECOND / 2);
        }
        assert!(!mend.moved);
    }

    #[test]
    fn a_clock_that_begins_anew_goes_on_for_all_its_streams() {
        let mut mend = mend(true);
        for second in 0..10 {
            mend.place(0, second * SECOND, SECOND);
            mend.place(1, second * SECOND, SECOND);
        }
        assert_eq!(mend.place(0, 0, SECOND), 10 * SECOND);
        assert_eq!(mend.place(1, 0, SECOND), 10 * SECOND);
        assert!(mend.moved);
        // And one that jumps ahead.
        assert_eq!(mend.place(0, 5000 * SECOND, SECOND), 11 * SECOND);
        assert_eq!(mend.place(1, 5000 * SECOND, SECOND), 11 * SECOND);
    }

    #[test]
    fn of_two_times_the_one_that_fits_is_believed() {
        let mut mend = mend(true);
        let far = 35_791 * SECOND;
        assert_eq!(mend.believe(0, None, None), Believed::Nothing);
        assert_eq!(mend.believe(0, None, Some(7)), Believed::Both(7));
        assert_eq!(mend.believe(0, Some(0), Some(SECOND)), Believed::Both(0));
        assert!(!mend.moved);
        // The very first one: the file says where it begins.
        assert_eq!(mend.believe(0, Some(-far), Some(0)), Believed::Showing(0));
        assert!(mend.moved);
        mend.place(0, 0, SECOND);
        assert_eq!(
            mend.believe(0, Some(SECOND), Some(far)),
            Believed::Decoding(SECOND)
        );
        // None of them: a new clock, or a damaged packet behind which the old one goes on.
        assert_eq!(mend.believe(0, Some(far), Some(far)), Believed::Both(far));
        assert_eq!(mend.place(0, far, SECOND), SECOND);
        assert_eq!(mend.place(0, 2 * SECOND, SECOND), 2 * SECOND);
    }

    #[test]
    fn a_hole_of_minutes_is_one_and_hours_of_nothing_are_not() {
        let mut mend = mend(false);
        mend.place(0, 0, SECOND);
        assert_eq!(mend.place(0, 500 * SECOND, SECOND), 500 * SECOND);
        assert!(!mend.moved);
        assert_eq!(mend.place(0, 90_000 * SECOND, SECOND), 501 * SECOND);
        // A stream that claims to begin a day after the others.
        assert_eq!(mend.place(1, 86_400 * SECOND, SECOND), 0);
        assert_eq!(mend.place(1, 86_401 * SECOND, SECOND), SECOND);
        assert!(mend.moved);
    }
}
