//! What a probe found out: everything the plan depends on, measured by reading every packet once.

use serde::{Deserialize, Serialize};

use super::Micros;

/// An exact fraction, as containers have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ratio {
    pub num: u32,
    pub den: u32,
}

impl Ratio {
    #[must_use]
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num, den }
    }

    /// `None` for what is no number at all.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.num > 0 && self.den > 0).then(|| f64::from(self.num) / f64::from(self.den))
    }
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The demuxer's short name, as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// Bytes of the file.
    pub size: u64,
    /// The common origin: the smallest start of the streams we use, in microseconds of the
    /// file's own clock. Every other time here is relative to it.
    pub start: i64,
    /// The end of the last packet of the streams we use; measured, not what the header says.
    pub end: Micros,
    /// What the header says.
    pub duration: Option<Micros>,
    /// The stream that is shown: the default one, else the largest. Never a cover.
    pub video: Option<VideoFacts>,
    /// In the order of the file.
    pub audio: Vec<AudioFacts>,
    pub subtitles: Vec<SubtitleFacts>,
    /// The picture of a song.
    pub cover: Option<CoverFacts>,
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoFacts {
    /// Of the stream in the file.
    pub index: usize,
    /// FFmpeg's name of the codec, as `h264`.
    pub codec: String,
    /// FFmpeg's numbers, as 100 and 40 for High at level 4.0 of H.264.
    pub profile: Option<i32>,
    pub level: Option<i32>,
    /// FFmpeg's name, as `yuv420p10le`.
    pub pixel_format: String,
    /// Bits of one sample.
    pub depth: u8,
    pub chroma: Chroma,
    /// As coded: before rotation, in samples that need not be square.
    pub width: u32,
    pub height: u32,
    /// How wide a sample is for its height; 1:1 where the file says nothing sensible.
    pub sample_aspect: Ratio,
    pub rotation: Rotation,
    /// Shown as in a mirror (left and right exchanged), after the rotation.
    pub mirrored: bool,
    pub field_order: FieldOrder,
    pub colour: Colour,
    pub hdr: Option<Hdr>,
    /// The rate at which every time stamp of the stream can be written (`r_frame_rate`).
    pub real_rate: Option<Ratio>,
    /// Frames by length, measured over all packets.
    pub average_rate: Option<Ratio>,
    /// Frames do not come at even steps: times are kept as they are.
    pub variable_rate: bool,
    /// Packets with data.
    pub frames: u64,
    /// Their bytes altogether.
    pub bytes: u64,
    /// The first time stamp, and the end of the last frame.
    pub start: Micros,
    pub end: Micros,
    /// The longest time between two frames that follow each other.
    pub longest_step: Micros,
    /// Key frames in order of time. Where they are closer than half a second only the first of
    /// such a run is here, so that a file of key frames alone does not fill the memory.
    pub key_frames: Vec<KeyFrame>,
    /// The longest stretch without a key frame, also at the end.
    pub longest_gop: Micros,
    /// Decode times never go back or are missing, and every packet has a time to be shown.
    pub times_rise: bool,
    /// Two trial seeks, to key frames at about a third and two thirds, found those very packets.
    pub seeks: bool,
    /// How many different parameter sets (SPS, PPS, extradata) the stream has; 0 where the
    /// codec has none.
    pub parameter_sets: u32,
    /// The file tells players to leave out more than the lead of the first frames.
    pub edit_list_cuts: bool,
    /// Where the first frame could be decoded.
    pub decodes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFrame {
    pub at: Micros,
    /// Bytes from this packet up to the next entry.
    pub bytes: u64,
    /// Nothing after it needs anything before it: for H.264 and HEVC its first slice is an IDR.
    pub closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Chroma {
    #[serde(rename = "400")]
    Grey,
    #[serde(rename = "420")]
    C420,
    #[serde(rename = "422")]
    C422,
    #[serde(rename = "444")]
    C444,
    /// RGB, palettes and whatever else there is.
    #[serde(rename = "other")]
    Other,
}

/// By how much the picture must be turned clockwise to stand upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Rotation {
    #[default]
    #[serde(rename = "0")]
    None,
    #[serde(rename = "90")]
    Right,
    #[serde(rename = "180")]
    Half,
    #[serde(rename = "270")]
    Left,
}

impl Rotation {
    /// Width and height change places.
    #[must_use]
    pub const fn is_sideways(self) -> bool {
        matches!(self, Self::Right | Self::Left)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOrder {
    #[default]
    Progressive,
    TopFirst,
    BottomFirst,
    /// Says nothing, and the first frames were interlaced; or changes midway.
    Mixed,
}

/// FFmpeg's names, as `bt709`; `None` where the file says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Colour {
    pub primaries: Option<String>,
    pub transfer: Option<String>,
    pub matrix: Option<String>,
    /// Samples use the whole range (`pc`, JPEG).
    pub full_range: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hdr {
    /// SMPTE 2084 (PQ), with or without metadata.
    Hdr10,
    /// ARIB STD-B67.
    Hlg,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioFacts {
    pub index: usize,
    pub codec: String,
    /// FFmpeg's name of the profile, as `LC`.
    pub profile: Option<String>,
    pub sample_rate: u32,
    pub channels: u16,
    /// FFmpeg's name, as `5.1(side)`.
    pub layout: Option<String>,
    /// Bits a second, measured.
    pub bit_rate: u64,
    /// ISO 639 or BCP 47, as the file says it, in small letters.
    pub language: Option<String>,
    pub title: Option<String>,
    pub default: bool,
    pub start: Micros,
    pub end: Micros,
    pub times_rise: bool,
    /// The longest time with no sound between two packets.
    pub longest_gap: Micros,
    /// Rate, channels or configuration are not the same from beginning to end.
    pub changes: bool,
    pub decodes: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleFacts {
    pub index: usize,
    pub codec: String,
    /// Text, which can become `WebVTT`; pictures cannot.
    pub text: bool,
    pub language: Option<String>,
    pub title: Option<String>,
    pub default: bool,
    pub forced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverFacts {
    pub index: usize,
    pub codec: String,
    pub width: u32,
    pub height: u32,
}

/// What the owner should know although the file can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The file breaks off: it is used as far as it goes.
    Truncated,
    /// Stretches could not be read and are left out.
    Damaged,
    /// Time stamps went back or were missing and have been worked out anew.
    Times,
    /// The picture stands still for more than four seconds because the file has none.
    Gaps,
    /// Streams in codecs that we cannot decode are left out.
    StreamsLeftOut,
    /// More streams than we look at.
    TooManyStreams,
    /// Subtitles that are pictures are left out.
    PictureSubtitles,
}

impl Warning {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Damaged => "damaged",
            Self::Times => "times",
            Self::Gaps => "gaps",
            Self::StreamsLeftOut => "streams_left_out",
            Self::TooManyStreams => "too_many_streams",
            Self::PictureSubtitles => "picture_subtitles",
        }
    }
}
