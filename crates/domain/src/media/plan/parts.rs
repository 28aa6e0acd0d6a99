//! Where segments begin, and which of them make a part.

use super::{
    super::{Micros, SECOND, facts::VideoFacts},
    Part, Policy,
};

/// A last segment shorter than this is not worth one: it belongs to the one before.
pub(super) const CRUMB: Micros = SECOND / 4;

/// How much of a file may be decoded a second time so that parts can run side by side.
const WASTE: f64 = 0.5;

/// Segments that a part has at least when the hands share what is left: beginning one costs the
/// way from the key frame before it.
const SHARE: usize = 3;

/// What one part may use of the processors: what is done in turn leaves more than that idle.
const MOST_THREADS: u32 = 4;

/// Segments of a copied part, after the first: ten minutes.
const COPIED: usize = 150;

/// Boundaries of what we encode: every segment begins on the grid.
pub(super) fn grid(duration: Micros, policy: &Policy) -> Vec<Micros> {
    let count = (duration - 1) / policy.segment + 1;
    let mut grid: Vec<Micros> = (0..count.max(1)).map(|n| n * policy.segment).collect();
    grid.truncate(without_crumb(&grid, duration).max(1));
    grid
}

/// How many of these begin early enough before `end`.
pub(super) fn without_crumb(segments: &[Micros], end: Micros) -> usize {
    segments.partition_point(|start| start + CRUMB < end)
}

/// When IDRs begin in what we encode.
pub(super) fn keys(segments: &[Micros], end: Micros, policy: &Policy) -> Vec<Micros> {
    let mut keys = Vec::new();
    for (n, start) in segments.iter().enumerate() {
        let next = segments.get(n + 1).copied().unwrap_or(end);
        let mut at = *start;
        loop {
            keys.push(at);
            at += policy.key_every;
            if at + CRUMB >= next {
                break;
            }
        }
    }
    keys
}

/// Stretches to encode: the first is one segment, so that one can watch soon; then they grow,
/// and end where little has to be decoded twice.
pub(super) fn encoded(
    video: &VideoFacts,
    segments: &[Micros],
    end: Micros,
    policy: &Policy,
) -> Vec<Part> {
    let whole = vec![part(video, segments, 0, segments.len())];
    if !video.times_rise || !video.seeks || video.key_frames.is_empty() {
        return threaded(whole, policy);
    }
    let mut parts = Vec::new();
    let mut first = 0;
    let mut growth = 1;
    while first < segments.len() {
        let left = segments.len() - first;
        // The hands share what is left, each in two parts: then none is alone for long at the end.
        // (Where there is one, another process may have one more.)
        let share = left.div_ceil(2 * policy.hands.max(2) as usize).max(SHARE);
        let most = growth
            .min(policy.longest_part as usize)
            .min(share)
            .min(left);
        let count = match first {
            0 => 1,
            _ => border(video, segments, first, most),
        };
        // What would be left alone is not worth a part.
        let count = if left - count == 1 && first > 0 {
            left
        } else {
            count
        };
        parts.push(part(video, segments, first, count));
        first += count;
        growth = (growth * 2).min(policy.longest_part as usize);
    }
    let twice: Micros = parts
        .iter()
        .map(|part| part.start - part.seek.unwrap_or(0))
        .sum();
    let wasteful = twice as f64 > WASTE * end as f64;
    threaded(if wasteful { whole } else { parts }, policy)
}

/// A thread each wastes the least while parts run side by side. At the end hands have nothing more
/// to do: there each part may use what they leave.
fn threaded(mut parts: Vec<Part>, policy: &Policy) -> Vec<Part> {
    for part in parts.iter_mut().rev().take(policy.hands as usize) {
        part.threads = policy.hands.clamp(1, MOST_THREADS);
    }
    parts
}

/// How many segments a part takes: between half and all of `most`, so that the next one begins as
/// soon after a key frame as can be.
fn border(video: &VideoFacts, segments: &[Micros], first: usize, most: usize) -> usize {
    let twice = |count: &usize| match segments.get(first + count) {
        Some(next) => next - key_before(video, *next).unwrap_or(0),
        None => 0,
    };
    (most.div_ceil(2)..=most)
        .rev()
        .min_by_key(twice)
        .unwrap_or(most)
}

fn key_before(video: &VideoFacts, at: Micros) -> Option<Micros> {
    let count = video.key_frames.partition_point(|key| key.at <= at);
    count.checked_sub(1).map(|last| video.key_frames[last].at)
}

/// Stretches to copy: the first is one segment, the others long, because copying is quick.
pub(super) fn copied(video: &VideoFacts, segments: &[Micros]) -> Vec<Part> {
    if !video.seeks {
        return vec![part(video, segments, 0, segments.len())];
    }
    let mut parts = vec![part(video, segments, 0, 1)];
    let mut first = 1;
    while first < segments.len() {
        let count = COPIED.min(segments.len() - first);
        parts.push(part(video, segments, first, count));
        first += count;
    }
    parts
}

fn part(video: &VideoFacts, segments: &[Micros], first: usize, count: usize) -> Part {
    let start = segments[first];
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Part {
        first: number(first),
        count: number(count),
        start,
        end: segments.get(first + count).copied(),
        seek: (first > 0).then(|| key_before(video, start)).flatten(),
        threads: 1,
    }
}
