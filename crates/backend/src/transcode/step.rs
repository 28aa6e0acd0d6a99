//! The steps of an asset: what is one piece of work and what it is called.

use std::{fmt, str::FromStr};

use domain::{
    ids::AssetId,
    media::plan::{Estimate, Plan},
};

/// One piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A stretch of the source, copied for the top rung.
    Copy(u32),
    /// A stretch, encoded into all other rungs.
    Encode(u32),
    Audio(u32),
    Poster,
    Waveform,
    Subtitles(u32),
    /// Last: it is put together from what the parts left.
    Storyboard,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy(n) => write!(f, "copy:{n}"),
            Self::Encode(n) => write!(f, "encode:{n}"),
            Self::Audio(n) => write!(f, "audio:{n}"),
            Self::Poster => f.write_str("poster"),
            Self::Waveform => f.write_str("waveform"),
            Self::Subtitles(n) => write!(f, "subtitles:{n}"),
            Self::Storyboard => f.write_str("storyboard"),
        }
    }
}

impl FromStr for Step {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "poster" => return Ok(Self::Poster),
            "waveform" => return Ok(Self::Waveform),
            "storyboard" => return Ok(Self::Storyboard),
            _ => {}
        }
        let (name, number) = text.split_once(':').ok_or(())?;
        let number = number.parse().map_err(drop)?;
        match name {
            "copy" => Ok(Self::Copy(number)),
            "encode" => Ok(Self::Encode(number)),
            "audio" => Ok(Self::Audio(number)),
            "subtitles" => Ok(Self::Subtitles(number)),
            _ => Err(()),
        }
    }
}

impl Step {
    /// Everything a plan asks for, in the order in which it is begun.
    pub(super) fn of(plan: &Plan) -> Vec<Self> {
        let mut steps = Vec::new();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let copied = plan.picture.iter().flat_map(|picture| &picture.copy);
        steps.extend(copied.flat_map(|copy| (0..number(copy.parts.len())).map(Self::Copy)));
        let encoded = plan.picture.iter();
        steps
            .extend(encoded.flat_map(|picture| (0..number(picture.parts.len())).map(Self::Encode)));
        steps.extend((0..number(plan.sound.len())).map(Self::Audio));
        steps.extend(plan.poster.iter().map(|_| Self::Poster));
        steps.extend(plan.waveform.iter().map(|_| Self::Waveform));
        steps.extend((0..number(plan.subtitles.len())).map(Self::Subtitles));
        steps.extend(plan.storyboard.iter().map(|_| Self::Storyboard));
        steps
    }

    /// Somebody waits for it to see the first picture.
    pub(super) fn is_first(self, plan: &Plan) -> bool {
        let copies = plan
            .picture
            .as_ref()
            .is_some_and(|picture| picture.copy.is_some());
        match self {
            Self::Copy(n) => n == 0,
            Self::Encode(n) => n == 0 && !copies,
            Self::Audio(_) => true,
            _ => false,
        }
    }

    /// Without it there is no video.
    pub(super) fn is_required(self, plan: &Plan) -> bool {
        match self {
            Self::Copy(_) | Self::Encode(_) => true,
            Self::Audio(n) => plan
                .sound
                .get(n as usize)
                .is_some_and(|track| track.required),
            _ => false,
        }
    }

    /// It can only begin when everything that is encoded is there.
    pub(super) fn is_last(self, plan: &Plan) -> bool {
        let from_parts = |board: &domain::media::plan::StoryboardPlan| board.board.source.is_none();
        self == Self::Storyboard && plan.storyboard.as_ref().is_some_and(from_parts)
    }

    /// One that may go on for long: what it has made so far is shown while it runs.
    pub(super) fn is_shown_growing(self, plan: &Plan) -> bool {
        match self {
            Self::Audio(_) => true,
            Self::Encode(_) => plan.picture.as_ref().is_some_and(|p| p.parts.len() == 1),
            Self::Copy(_) => plan
                .picture
                .as_ref()
                .and_then(|picture| picture.copy.as_ref())
                .is_some_and(|copy| copy.parts.len() == 1),
            _ => false,
        }
    }

    pub(super) fn estimate(self, plan: &Plan) -> Estimate {
        let picture = plan.picture.as_ref();
        let copy = picture.and_then(|picture| picture.copy.as_ref());
        match self {
            Self::Copy(n) => copy
                .and_then(|copy| copy.parts.get(n as usize))
                .map(|part| plan.copying(part)),
            Self::Encode(n) => picture
                .and_then(|picture| picture.parts.get(n as usize))
                .map(|part| plan.encoding(part)),
            Self::Audio(n) => plan.sound.get(n as usize).map(|track| plan.sounding(track)),
            _ => None,
        }
        .unwrap_or_else(|| plan.extra())
    }

    /// How much of the whole work it is, roughly.
    pub(super) fn weight(self, plan: &Plan) -> f64 {
        let seconds = |micros: i64| micros as f64 / 1e6;
        let picture = plan.picture.as_ref();
        match self {
            Self::Encode(n) => picture.map_or(0.0, |picture| {
                let rungs = picture.rungs.iter().map(|rung| &rung.rung);
                let pixels: f64 = rungs
                    .map(|rung| f64::from(rung.width) * f64::from(rung.height))
                    .sum();
                let length = picture
                    .parts
                    .get(n as usize)
                    .map_or(0, |part| part.length(plan));
                seconds(length) * (pixels + 2e5) / 1e6
            }),
            Self::Copy(n) => {
                let copy = picture.and_then(|picture| picture.copy.as_ref());
                let part = copy.and_then(|copy| copy.parts.get(n as usize));
                part.map_or(0.0, |part| seconds(part.length(plan)) * 0.01)
            }
            Self::Audio(_) => seconds(plan.duration) * 0.03,
            _ => 0.5,
        }
    }

    /// The key of its job: one at a time.
    pub(super) fn key(self, asset: AssetId) -> String {
        format!("media:{asset}:{self}")
    }
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    Waiting,
    Done,
    Failed,
    /// It failed, and the video does without.
    LeftOut,
}

impl StepState {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Done, Self::Failed, Self::LeftOut];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::LeftOut => "left_out",
        }
    }

    /// Nothing more will come of it by itself.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::LeftOut)
    }
}

impl FromStr for StepState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == text)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let steps = [
            Step::Copy(0),
            Step::Encode(12),
            Step::Audio(1),
            Step::Poster,
            Step::Waveform,
            Step::Subtitles(3),
            Step::Storyboard,
        ];
        for step in steps {
            assert_eq!(step.to_string().parse(), Ok(step));
        }
        for wrong in ["", "encode", "encode:", "encode:x", "finish", "copy:-1"] {
            assert_eq!(wrong.parse::<Step>(), Err(()), "{wrong}");
        }
    }
}
