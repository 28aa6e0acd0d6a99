//! What the helper is told to do: one [`Spec`] as one line of JSON on its standard input.
//!
//! The helper answers with [`super::line::Line`]s, the last of which is `result` or `error`, and
//! then waits for the next line. Every line to one helper is about one asset: `source` and `out` stay
//! what they were in the first one (they are what the sandbox was made from). The end of its
//! standard input means that nobody is interested any more: it ends at once, in the middle too.
//!
//! Everything that needs thought was thought by the plan; the helper decides nothing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    Micros,
    facts::{FieldOrder, Hdr, Ratio, Rotation},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The only file that is read (but for what the helper wrote into `out` itself). Absolute.
    pub source: PathBuf,
    /// The only folder that is written; it exists. Every other path is relative to it. Nothing is
    /// written for a probe.
    pub out: PathBuf,
    /// [`super::facts::Facts::start`]; 0 for a probe.
    pub start: i64,
    pub limits: Limits,
    pub command: Command,
}

/// What the helper sets for itself before it opens anything. Those of the first line count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of address space.
    pub memory: u64,
    /// Seconds of CPU time, all lines together.
    pub cpu: u64,
    /// Bytes of one file that is written.
    pub file: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// Answers [`super::line::Done::Facts`].
    Probe,
    EncodePart(EncodePart),
    RepackagePart(RepackagePart),
    Audio(Audio),
    Poster(Poster),
    Storyboard(Storyboard),
    Waveform(Waveform),
    Subtitles(Subtitles),
}

/// A stretch of whole segments. A frame belongs to it when `start <= its time < end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Which part this is, from 0.
    pub number: u32,
    pub start: Micros,
    /// `None`: to the end of the stream, however late.
    pub end: Option<Micros>,
    /// A key frame of the source from which decoding can begin so that `start` comes out right,
    /// at or before it; `None`: from the beginning of the file. A hint: who lands too late tries from
    /// further ahead.
    pub seek: Option<Micros>,
    /// The number of the first segment, from 0 over the whole asset.
    pub first: u32,
    /// When each segment begins: with the first frame at or after that time. The first one is
    /// `start`. Where no frame falls into one, the frame before is shown again, so that no number
    /// is missing.
    pub segments: Vec<Micros>,
    /// When an IDR and a new fragment begin: `segments` and what is between them, in order.
    pub keys: Vec<Micros>,
}

/// Decode a stretch once, encode it for every rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncodePart {
    /// The stream in the file.
    pub stream: usize,
    pub part: Stretch,
    pub picture: Picture,
    /// The largest first.
    pub rungs: Vec<Rung>,
    /// Small pictures for the storyboard, tapped from the same decode.
    pub tiles: Option<Tiles>,
    /// Threads of the decoder and of the encoder that has most to do.
    pub threads: u32,
}

/// From a decoded frame to an upright one with square samples in SDR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub rotation: Rotation,
    pub mirrored: bool,
    /// Deinterlace (only frames that are marked so, when `Mixed`).
    pub fields: FieldOrder,
    /// Tone-map to BT.709 first.
    pub hdr: Option<Hdr>,
    pub pace: Pace,
}

impl Picture {
    /// Nothing is done to a picture but scaling.
    #[must_use]
    pub const fn upright() -> Self {
        Self {
            rotation: Rotation::None,
            mirrored: false,
            fields: FieldOrder::Progressive,
            hdr: None,
            pace: Pace::Variable { step: 0 },
        }
    }
}

/// When frames are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pace {
    /// Frame `n` is shown at `n / rate`: times of the source are snapped to that grid, counted
    /// from time 0; of two in one place the later one stays.
    Constant { rate: Ratio },
    /// As the source says; frames closer than `step` to the one before are left out.
    Variable { step: Micros },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// The folder of its files below `out`.
    pub folder: String,
    /// Even.
    pub width: u32,
    pub height: u32,
    pub crf: u8,
    /// Bits a second.
    pub max_rate: u64,
    /// Bits.
    pub buffer: u64,
    /// x264's name of a preset.
    pub preset: String,
    /// As 40 for 4.0. Written into the stream, so the same for all parts.
    pub level: u8,
}

/// Copy a stretch, which begins at a closed key frame; so does every segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepackagePart {
    pub stream: usize,
    pub folder: String,
    pub part: Stretch,
}

/// A whole sound track, told segment by segment while it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    pub stream: usize,
    pub folder: String,
    /// The id of the track in init and fragments: 2, 3, … (video is 1).
    pub track: u32,
    pub how: Sound,
    /// When segments begin: each with the first packet at or after that time.
    pub segments: Vec<Micros>,
    /// Where the picture ends: sound that is longer is kept; where it is encoded, silence fills up
    /// what is shorter. `None` without a picture. Segments that would be empty at the end are not
    /// made.
    pub until: Option<Micros>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Sound {
    Copy,
    /// To AAC-LC in stereo.
    Encode {
        bit_rate: u32,
        sample_rate: u32,
    },
}

/// The picture that stands for the video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poster {
    pub from: PosterFrom,
    /// Times to look at; the first picture that is neither dark nor flat is taken, else the best.
    pub at: Vec<Micros>,
    pub picture: Picture,
    /// Files to write and how large, upright. JPEG.
    pub sizes: Vec<Image>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PosterFrom {
    Video { stream: usize },
    Cover { stream: usize },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// As `poster-720.jpg`.
    pub file: String,
    pub width: u32,
    pub height: u32,
}

/// A small picture every `every`, from time 0: picture `n` is the first frame at or after
/// `n × every`. Written as `{folder}/{n}.jpg`, five digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tiles {
    pub folder: String,
    pub every: Micros,
    pub width: u32,
    pub height: u32,
}

/// Sheets of small pictures, `{folder}/{sheet}.jpg`, three digits, each `columns × rows`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storyboard {
    pub folder: String,
    pub tiles: Tiles,
    /// How many there are altogether. One that is missing is the one before it again.
    pub count: u32,
    pub columns: u32,
    pub rows: u32,
    /// Take the pictures from the key frames of the source, because nothing was decoded otherwise;
    /// `None`: they lie there from the parts.
    pub source: Option<TileSource>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileSource {
    pub stream: usize,
    pub picture: Picture,
}

/// Loudness over time for sound without a picture: `points` bytes, each the peak of its stretch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waveform {
    pub stream: usize,
    pub file: String,
    pub points: u32,
    pub until: Micros,
}

/// Text subtitles as one `WebVTT` file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subtitles {
    pub stream: usize,
    pub file: String,
}

/// The names of files in the folder of a rendition.
pub const INIT: &str = "init.mp4";

/// The name of a segment, as `00007.m4s`.
#[must_use]
pub fn segment_file(number: u32) -> String {
    format!("{number:05}.m4s")
}
