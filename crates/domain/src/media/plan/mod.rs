//! What is to be made of a file: a pure function from what a probe found to renditions,
//! boundaries, parts and estimates. It is made once, written down, and followed to the end, so that
//! work that is taken up again elsewhere continues the same thing.

mod estimate;
mod extras;
mod ladder;
mod parts;
mod policy;
mod repackage;
mod sound;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    estimate::{Estimate, allowance, small},
    policy::{Cap, Policy},
    repackage::{Obstacle, obstacles},
};
use super::{
    Micros, SECOND,
    facts::{Facts, Ratio, VideoFacts, Warning},
    spec::{self, Picture, Rung, Sound, Stretch},
};

/// Everything that will be made of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`Facts::start`]: what every time here is relative to.
    pub start: i64,
    /// How long it plays.
    pub duration: Micros,
    /// When segments begin, over picture and sound alike: the first at 0.
    pub segments: Vec<Micros>,
    /// The longest segment there will be, for `EXT-X-TARGETDURATION`, in seconds.
    pub target: u32,
    pub picture: Option<PicturePlan>,
    /// The first of them is the one that plays unless another is chosen.
    pub sound: Vec<SoundPlan>,
    pub subtitles: Vec<SubtitlePlan>,
    pub poster: Option<spec::Poster>,
    pub storyboard: Option<StoryboardPlan>,
    pub waveform: Option<spec::Waveform>,
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PicturePlan {
    pub stream: usize,
    /// How many of [`Plan::segments`] have a picture.
    pub segments: usize,
    /// When an IDR begins: `segments` and more between them.
    pub keys: Vec<Micros>,
    pub picture: Picture,
    /// Frames a second, for people and manifests.
    pub rate: f64,
    /// The top rung is copied from the source.
    pub copy: Option<CopyPlan>,
    /// Why not, for the log of its owner.
    pub obstacles: Vec<Obstacle>,
    /// Made anew, the largest first. May be empty when the source is copied and small.
    pub rungs: Vec<RungPlan>,
    /// Stretches to encode, one job each. Empty when there are no `rungs`.
    pub parts: Vec<Part>,
    /// Samples that the decoder has to hold, for estimates.
    pub source_pixels: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyPlan {
    pub rendition: VideoRendition,
    /// Stretches to copy, one job each.
    pub parts: Vec<Part>,
    /// Bits a second of the source.
    pub bit_rate: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungPlan {
    pub rendition: VideoRendition,
    pub rung: Rung,
}

/// What people are told about a rendition of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoRendition {
    /// As `v720`: its folder.
    pub folder: String,
    /// As `720p`.
    pub name: String,
    pub width: u32,
    pub height: u32,
}

/// Segments `first..first + count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub first: u32,
    pub count: u32,
    pub start: Micros,
    /// `None`: to the end of the stream.
    pub end: Option<Micros>,
    /// Where decoding begins; `None`: at the beginning of the file.
    pub seek: Option<Micros>,
    /// Of its decoder and of the encoder that has most to do.
    pub threads: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoundPlan {
    /// As `a0`.
    pub folder: String,
    pub stream: usize,
    /// 2, 3, …: the video is 1.
    pub track: u32,
    pub how: Sound,
    /// How many of [`Plan::segments`] it has.
    pub segments: usize,
    pub until: Option<Micros>,
    pub language: Option<String>,
    pub title: Option<String>,
    pub default: bool,
    /// Bits a second.
    pub bit_rate: u64,
    pub channels: u16,
    pub sample_rate: u32,
    /// Without it there is nothing to play; another one is left out when it cannot be read.
    pub required: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitlePlan {
    pub stream: usize,
    /// Below the folder of the asset.
    pub file: String,
    pub language: Option<String>,
    pub title: Option<String>,
    pub default: bool,
    pub forced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryboardPlan {
    pub tiles: spec::Tiles,
    pub board: spec::Storyboard,
}

/// Why nothing can be made of a file. Its own fault, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("The file has neither picture nor sound that can be decoded.")]
    NoMedia,
    #[error("The picture is larger than this server takes.")]
    TooLarge,
    #[error("The file is longer than this server takes.")]
    TooLong,
}

impl Refusal {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoMedia => "no_media",
            Self::TooLarge => "picture_too_large",
            Self::TooLong => "too_long",
        }
    }
}

/// Makes the plan.
///
/// # Errors
/// When nothing can be made of it.
pub fn plan(facts: &Facts, policy: &Policy) -> Result<Plan, Refusal> {
    let video = facts.video.as_ref().filter(|video| video.decodes);
    if let Some(video) = video
        && u64::from(video.width) * u64::from(video.height) > policy.max_pixels
    {
        return Err(Refusal::TooLarge);
    }
    let picture_end = video.map(|video| video.end.max(video.start + 1).max(1));
    let mut warnings = facts.warnings.clone();
    let mut sound = sound::tracks(facts, picture_end, policy, &mut warnings);
    let sound_end = facts
        .audio
        .iter()
        .filter(|track| sound.iter().any(|plan| plan.stream == track.index))
        .map(|track| track.end)
        .max();
    let duration = match (picture_end, sound_end) {
        (None, None) => return Err(Refusal::NoMedia),
        (picture, sound) => picture.unwrap_or(0).max(sound.unwrap_or(0)).max(1),
    };
    if duration > policy.max_duration {
        return Err(Refusal::TooLong);
    }

    let obstacles = video.map_or_else(Vec::new, |video| obstacles(video, policy));
    let copied = video.filter(|_| obstacles.is_empty());
    let segments = match (copied, picture_end) {
        (Some(video), Some(end)) => repackage::boundaries(video, end, duration, policy),
        _ => parts::grid(duration, policy),
    };
    let within = |end: Micros| segments.partition_point(|start| *start < end).max(1);
    for track in &mut sound {
        let own = facts.audio.iter().find(|audio| audio.index == track.stream);
        let end = own
            .map_or(0, |audio| audio.end)
            .max(track.until.unwrap_or(0));
        track.segments = within(end);
    }
    let picture = video.zip(picture_end).map(|(video, end)| {
        let count = match parts::without_crumb(&segments, end) {
            0 => 1,
            count => count,
        };
        picture(
            video,
            copied.is_some(),
            obstacles,
            &segments[..count],
            end,
            policy,
        )
    });
    let target = target(&segments, duration, video);
    let storyboard = extras::storyboard(video, picture.as_ref(), duration, policy);
    Ok(Plan {
        start: facts.start,
        duration,
        target,
        poster: extras::poster(facts, picture.as_ref(), duration),
        waveform: extras::waveform(facts, picture.is_none(), &sound, duration),
        subtitles: extras::subtitles(facts, policy, &mut warnings),
        storyboard,
        picture,
        sound,
        segments,
        warnings,
    })
}

fn picture(
    video: &VideoFacts,
    copied: bool,
    obstacles: Vec<Obstacle>,
    segments: &[Micros],
    end: Micros,
    policy: &Policy,
) -> PicturePlan {
    let pace = ladder::pace(video, policy);
    let (copy, rungs) = ladder::rungs(video, copied, pace, policy);
    let keys = if copied {
        repackage::keys(video, segments, policy)
    } else {
        parts::keys(segments, end, policy)
    };
    let parts = if rungs.is_empty() {
        Vec::new()
    } else {
        parts::encoded(video, segments, end, policy)
    };
    let copy = copy.map(|rendition| CopyPlan {
        rendition,
        parts: parts::copied(video, segments),
        bit_rate: ladder::bit_rate(video),
    });
    PicturePlan {
        stream: video.index,
        segments: segments.len(),
        keys,
        picture: Picture {
            rotation: video.rotation,
            mirrored: video.mirrored,
            fields: video.field_order,
            hdr: video.hdr,
            pace,
        },
        rate: ladder::frames_a_second(video, pace),
        copy,
        obstacles,
        rungs,
        parts,
        source_pixels: u64::from(video.width) * u64::from(video.height),
    }
}

/// The longest segment, to the second that HLS rounds it to. Frames do not begin exactly where
/// segments do, so one may be longer by a frame.
fn target(segments: &[Micros], duration: Micros, video: Option<&VideoFacts>) -> u32 {
    let ends = segments.iter().skip(1).copied().chain([duration]);
    let longest = segments
        .iter()
        .zip(ends)
        .map(|(start, end)| end - start)
        .max()
        .unwrap_or(SECOND);
    let slack = video.map_or(50_000, |video| {
        let average = video.average_rate.and_then(Ratio::value);
        average
            .map_or(100_000, |rate| (1e6 / rate) as Micros)
            .min(SECOND)
    });
    let rounded = (longest + slack + SECOND / 2) / SECOND;
    u32::try_from(rounded.max(1)).unwrap_or(u32::MAX)
}

impl PicturePlan {
    /// One of the stretches, as the helper is told it.
    #[must_use]
    pub fn stretch(&self, plan: &Plan, part: &Part, number: u32) -> Stretch {
        let first = part.first as usize;
        let segments = plan.segments[first..first + part.count as usize].to_vec();
        let begin = self.keys.partition_point(|key| *key < part.start);
        let end = part.end.map_or(self.keys.len(), |end| {
            self.keys.partition_point(|key| *key < end)
        });
        Stretch {
            number,
            start: part.start,
            end: part.end,
            seek: part.seek,
            first: part.first,
            segments,
            keys: self.keys[begin..end].to_vec(),
        }
    }
}

impl Part {
    /// How long it plays.
    #[must_use]
    pub fn length(&self, plan: &Plan) -> Micros {
        self.end.unwrap_or(plan.duration).max(self.start) - self.start
    }
}
