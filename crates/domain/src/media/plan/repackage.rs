//! Whether a source can be copied for its top rung, and where it can be cut.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        Micros,
        facts::{Chroma, FieldOrder, Ratio, Rotation, VideoFacts},
    },
    Policy, ladder,
};

/// H.264 profiles that all browsers play: constrained baseline, baseline, main, high.
const PROFILES: [i32; 4] = [578, 66, 77, 100];
/// Level 5.1.
const HIGHEST_LEVEL: i32 = 51;
/// A picture that begins later than this after the sound needs its first frame earlier.
const LATE: Micros = 100_000;
/// Times in files are rounded: a gap of exactly the bound may look a bit longer.
const ROUNDING: Micros = 50_000;

/// Why a source is made anew. Each is told to its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Not H.264.
    Codec,
    /// Above High, or none of those every browser plays.
    Profile,
    Level,
    /// More than 8 bits.
    Depth,
    /// Not 4:2:0.
    Chroma,
    Hdr,
    Interlaced,
    /// Samples that are not square.
    Aspect,
    Rotated,
    Mirrored,
    /// The parameters change midway.
    Parameters,
    /// What follows key frames needs what was before them.
    OpenGops,
    KeyFramesFarApart,
    /// More frames than screens show.
    FrameRate,
    BitRate,
    /// The file tells players to leave out a piece.
    EditList,
    /// Time stamps go back or are missing.
    Times,
    /// Picture begins noticeably after sound, or not with a key frame.
    Start,
    /// Wider than decoders in hardware take.
    Size,
}

/// Everything in the way, in the order of the list above; empty when it can be copied.
#[must_use]
pub fn obstacles(video: &VideoFacts, policy: &Policy) -> Vec<Obstacle> {
    let rate = video.average_rate.and_then(Ratio::value).unwrap_or(0.0);
    let pixels = u64::from(video.width) * u64::from(video.height);
    let most = ladder::cap(pixels, rate, policy) as f64 * 1.3;
    let far = longest_gap(video, false) > policy.copied_gop + ROUNDING;
    let checks = [
        (video.codec != "h264", Obstacle::Codec),
        (
            video
                .profile
                .is_none_or(|profile| !PROFILES.contains(&profile)),
            Obstacle::Profile,
        ),
        (
            video
                .level
                .is_none_or(|level| !(1..=HIGHEST_LEVEL).contains(&level)),
            Obstacle::Level,
        ),
        (video.depth != 8, Obstacle::Depth),
        (video.chroma != Chroma::C420, Obstacle::Chroma),
        (video.hdr.is_some(), Obstacle::Hdr),
        (
            video.field_order != FieldOrder::Progressive,
            Obstacle::Interlaced,
        ),
        (
            video
                .sample_aspect
                .value()
                .is_some_and(|aspect| (aspect - 1.0).abs() > 0.002),
            Obstacle::Aspect,
        ),
        (video.rotation != Rotation::None, Obstacle::Rotated),
        (video.mirrored, Obstacle::Mirrored),
        (video.parameter_sets != 1, Obstacle::Parameters),
        (
            !far && longest_gap(video, true) > policy.copied_gop + ROUNDING,
            Obstacle::OpenGops,
        ),
        (far, Obstacle::KeyFramesFarApart),
        (
            video.frames > 1 && rate > policy.max_rate * 1.001,
            Obstacle::FrameRate,
        ),
        (ladder::bit_rate(video) as f64 > most, Obstacle::BitRate),
        (video.edit_list_cuts, Obstacle::EditList),
        (!video.times_rise, Obstacle::Times),
        (starts_badly(video), Obstacle::Start),
        (
            video.width.max(video.height) > policy.longest_side
                || video.width % 2 == 1
                || video.height % 2 == 1,
            Obstacle::Size,
        ),
    ];
    checks
        .into_iter()
        .filter_map(|(found, obstacle)| found.then_some(obstacle))
        .collect()
}

fn starts_badly(video: &VideoFacts) -> bool {
    let first = video.key_frames.first();
    video.start > LATE || first.is_none_or(|key| !key.closed || key.at > video.start)
}

/// The longest time from one (closed) key frame to the next or to the end.
fn longest_gap(video: &VideoFacts, closed: bool) -> Micros {
    let mut last = video.start;
    let mut longest = 0;
    for key in video.key_frames.iter().filter(|key| key.closed || !closed) {
        longest = longest.max(key.at - last);
        last = last.max(key.at);
    }
    longest.max(video.end - last)
}

/// Where closed key frames allow cuts: each segment as long as it can be without getting longer
/// than planned, or else to the next key frame. Where only sound is left, the grid goes on.
pub(super) fn boundaries(
    video: &VideoFacts,
    end: Micros,
    duration: Micros,
    policy: &Policy,
) -> Vec<Micros> {
    let keys: Vec<Micros> = cuts(video).collect();
    let mut boundaries = vec![0];
    let mut at = 0;
    // The end is a cut, too.
    while end > at + policy.segment + ROUNDING {
        let next = keys.partition_point(|key| *key <= at);
        let rest = &keys[next..];
        let within = rest.partition_point(|key| *key <= at + policy.segment + ROUNDING);
        let Some(cut) = rest.get(within.saturating_sub(1)) else {
            break;
        };
        boundaries.push(*cut);
        at = *cut;
    }
    // A last crumb belongs to the segment before it, as on the grid.
    let count = super::parts::without_crumb(&boundaries, end).max(1);
    boundaries.truncate(count);
    let mut next = end + super::parts::CRUMB;
    if let Some(last) = boundaries.last() {
        next = next.max(last + policy.segment);
    }
    while next + super::parts::CRUMB < duration {
        boundaries.push(next);
        next += policy.segment;
    }
    boundaries
}

/// Key frames at which a new fragment begins: the boundaries, and between them those that are
/// about as far apart as we would put them ourselves.
pub(super) fn keys(video: &VideoFacts, segments: &[Micros], policy: &Policy) -> Vec<Micros> {
    let mut keys: Vec<Micros> = Vec::new();
    let mut boundaries = segments.iter().copied().peekable();
    for cut in std::iter::once(0).chain(cuts(video)) {
        let boundary = boundaries.next_if(|boundary| *boundary <= cut).is_some();
        let last = keys.last().copied();
        let apart = last.is_none_or(|last| cut - last >= policy.key_every - ROUNDING);
        // Not so close before a boundary that a crumb would be left.
        let before = boundaries
            .peek()
            .is_none_or(|next| next - cut >= policy.key_every / 2);
        if boundary || (apart && before) {
            keys.push(cut);
        }
    }
    keys
}

/// Closed key frames after the first.
fn cuts(video: &VideoFacts) -> impl Iterator<Item = Micros> {
    video
        .key_frames
        .iter()
        .filter(|key| key.closed && key.at > video.start.max(0))
        .map(|key| key.at)
}
