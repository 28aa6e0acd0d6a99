//! Which sizes are made, and at which pace frames come.

use super::{
    super::{
        SECOND,
        facts::{Ratio, VideoFacts},
        spec::{Pace, Rung},
    },
    Policy, RungPlan, VideoRendition,
};

/// A rung smaller than the copied one by less than this is not worth its work.
const APART: f64 = 0.85;
/// Sources that miss a rung by so little are that rung, in their own size.
const NEARLY: f64 = 0.97;
/// Rates that films and broadcasts have.
const USUAL: [Ratio; 12] = [
    Ratio::new(24_000, 1001),
    Ratio::new(24, 1),
    Ratio::new(25, 1),
    Ratio::new(30_000, 1001),
    Ratio::new(30, 1),
    Ratio::new(50, 1),
    Ratio::new(60_000, 1001),
    Ratio::new(60, 1),
    Ratio::new(120_000, 1001),
    Ratio::new(120, 1),
    Ratio::new(15, 1),
    Ratio::new(10, 1),
];

/// How the picture looks upright, in square samples.
pub(super) fn upright(video: &VideoFacts) -> (f64, f64) {
    let aspect = video.sample_aspect.value().unwrap_or(1.0);
    // Beyond this a file is wrong, not wide.
    let aspect = if (0.2..=5.0).contains(&aspect) {
        aspect
    } else {
        1.0
    };
    let (width, height) = (f64::from(video.width) * aspect, f64::from(video.height));
    if video.rotation.is_sideways() {
        (height, width)
    } else {
        (width, height)
    }
}

/// Encoders want even sizes.
pub(super) fn even(length: f64) -> u32 {
    let half = (length / 2.0).round().max(1.0);
    // Lengths come from 32-bit numbers, scaled down.
    (half as u32) * 2
}

/// The rendition that is copied, if any, and those that are made.
pub(super) fn rungs(
    video: &VideoFacts,
    copied: bool,
    pace: Pace,
    policy: &Policy,
) -> (Option<VideoRendition>, Vec<RungPlan>) {
    let (width, height) = upright(video);
    let short = width.min(height);
    let rate = frames_a_second(video, pace);
    if copied {
        let copy = rendition(video.width, video.height);
        let rungs = policy
            .ladder
            .iter()
            .filter(|cap| f64::from(cap.height) <= short * APART)
            .map(|cap| {
                rung(
                    (width, height),
                    f64::from(cap.height),
                    cap.height,
                    rate,
                    policy,
                )
            })
            .collect();
        return (Some(copy), rungs);
    }
    let mut rungs: Vec<RungPlan> = policy
        .ladder
        .iter()
        .filter(|cap| f64::from(cap.height) * NEARLY <= short)
        .map(|cap| {
            let target = f64::from(cap.height).min(short);
            rung((width, height), target, cap.height, rate, policy)
        })
        .collect();
    if rungs.is_empty() {
        rungs.push(rung((width, height), short, even(short), rate, policy));
    }
    (None, rungs)
}

fn rendition(width: u32, height: u32) -> VideoRendition {
    let short = width.min(height);
    VideoRendition {
        folder: format!("v{short}"),
        name: format!("{short}p"),
        width,
        height,
    }
}

/// The short side becomes `target`, unless the long one gets too long by that.
fn rung(
    (width, height): (f64, f64),
    target: f64,
    class: u32,
    rate: f64,
    policy: &Policy,
) -> RungPlan {
    let longest = f64::from(policy.longest_side);
    let scale = (target / width.min(height))
        .min(longest / width.max(height))
        .min(1.0);
    let (width, height) = (even(width * scale), even(height * scale));
    let max_rate = cap(u64::from(width) * u64::from(height), rate, policy);
    RungPlan {
        rendition: VideoRendition {
            folder: format!("v{class}"),
            name: format!("{class}p"),
            width,
            height,
        },
        rung: Rung {
            folder: format!("v{class}"),
            width,
            height,
            crf: policy.crf,
            max_rate,
            buffer: max_rate * 2,
            preset: policy.preset.clone(),
            level: level(width, height, rate, max_rate),
        },
    }
}

/// The cap for that many samples, between those of the ladder's rungs (which are 16:9), so that
/// wide and square pictures get what their size needs.
pub(super) fn cap(pixels: u64, rate: f64, policy: &Policy) -> u64 {
    let area = |height: u32| f64::from(height) * f64::from(height) * 16.0 / 9.0;
    let pixels = pixels as f64;
    let above = policy
        .ladder
        .iter()
        .rev()
        .find(|cap| area(cap.height) >= pixels);
    let below = policy.ladder.iter().find(|cap| area(cap.height) < pixels);
    let bits = match (below, above) {
        (Some(low), Some(high)) => {
            let (from, to) = (area(low.height), area(high.height));
            let part = (pixels - from) / (to - from);
            low.rate as f64 + part * (high.rate - low.rate) as f64
        }
        (None, Some(lowest)) => lowest.rate as f64 * (pixels / area(lowest.height)).max(0.1),
        (Some(highest), None) => highest.rate as f64 * pixels / area(highest.height),
        (None, None) => pixels * 3.0,
    };
    let bits = if rate > 31.0 { bits * 1.5 } else { bits };
    // Whole kilobits look better and are the same on every machine.
    ((bits / 1000.0).ceil() as u64).max(1) * 1000
}

/// The smallest H.264 level that allows this picture: macroblocks of a frame and of a second, and
/// bits a second (High: a quarter more than the table).
fn level(width: u32, height: u32, rate: f64, max_rate: u64) -> u8 {
    const LEVELS: [(u8, u64, f64, u64); 12] = [
        (11, 396, 3_000.0, 192),
        (12, 396, 6_000.0, 384),
        (13, 396, 11_880.0, 768),
        (21, 792, 19_800.0, 4_000),
        (22, 1_620, 20_250.0, 4_000),
        (30, 1_620, 40_500.0, 10_000),
        (31, 3_600, 108_000.0, 14_000),
        (32, 5_120, 216_000.0, 20_000),
        (40, 8_192, 245_760.0, 20_000),
        (42, 8_704, 522_240.0, 50_000),
        (51, 36_864, 983_040.0, 240_000),
        (52, 36_864, 2_073_600.0, 240_000),
    ];
    let (across, down) = (
        u64::from(width.div_ceil(16)),
        u64::from(height.div_ceil(16)),
    );
    let frame = across * down;
    LEVELS
        .into_iter()
        .find(|(_, blocks, speed, kilobits)| {
            frame <= *blocks
                && across.max(down).pow(2) <= blocks * 8
                && frame as f64 * rate <= *speed
                && max_rate <= kilobits * 1250
        })
        .map_or(52, |(level, ..)| level)
}

pub(super) fn bit_rate(video: &VideoFacts) -> u64 {
    let length = (video.end - video.start).max(SECOND / 10) as f64 / SECOND as f64;
    (video.bytes as f64 * 8.0 / length) as u64
}

/// At which pace frames come: even ones on their grid, halved until there are few enough.
pub(super) fn pace(video: &VideoFacts, policy: &Policy) -> Pace {
    let measured = video.average_rate.filter(|rate| rate.value().is_some());
    let variable = Pace::Variable {
        // A little less than the distance, or rounding would leave out every other frame.
        step: (0.95e6 / policy.max_rate) as i64,
    };
    let Some(rate) = measured else {
        return variable;
    };
    if video.variable_rate || video.frames < 2 {
        return variable;
    }
    let mut rate = exact(rate, video.real_rate);
    while rate
        .value()
        .is_some_and(|value| value > policy.max_rate * 1.001)
    {
        rate = match rate.num % 2 {
            0 => Ratio::new(rate.num / 2, rate.den),
            _ => match rate.den.checked_mul(2) {
                Some(den) => Ratio::new(rate.num, den),
                None => return variable,
            },
        };
    }
    Pace::Constant { rate }
}

/// All frames of an even stream stand on the grid of the rate it says (the probe has looked).
/// Without one, what was measured is off by rounding, and one of the usual rates is meant.
fn exact(measured: Ratio, said: Option<Ratio>) -> Ratio {
    let off = |other: Ratio| match (measured.value(), other.value()) {
        (Some(a), Some(b)) => (a / b - 1.0).abs(),
        _ => f64::INFINITY,
    };
    // A few frames may be missing; twice as many would be fields, or the clock of the container.
    said.filter(|rate| off(*rate) < 0.035)
        .or_else(|| {
            // The nearest: 23.976 and 24 are close to each other.
            USUAL
                .into_iter()
                .filter(|rate| off(*rate) < 0.0004)
                .min_by(|a, b| off(*a).total_cmp(&off(*b)))
        })
        .unwrap_or(measured)
}

pub(super) fn frames_a_second(video: &VideoFacts, pace: Pace) -> f64 {
    let average = video.average_rate.and_then(Ratio::value);
    match pace {
        Pace::Constant { rate } => rate.value().unwrap_or(25.0),
        Pace::Variable { step } => average.unwrap_or(25.0).min(1e6 / step as f64),
    }
}
