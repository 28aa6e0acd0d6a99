//! Which sound tracks are made, and which of them can be copied.

use super::{
    super::{
        Micros, SECOND,
        facts::{AudioFacts, Facts, Warning},
        spec::Sound,
    },
    Policy, SoundPlan,
};

/// Sound may begin that much off the picture and still be copied.
const NEAR: Micros = SECOND / 20;
/// Bits a second above which a copy is no good trade.
const MOST: u64 = 256_000;

pub(super) fn tracks(
    facts: &Facts,
    picture_end: Option<Micros>,
    policy: &Policy,
    warnings: &mut Vec<Warning>,
) -> Vec<SoundPlan> {
    let mut audible: Vec<&AudioFacts> = facts.audio.iter().filter(|track| track.decodes).collect();
    if audible.len() < facts.audio.len() {
        warn(warnings, Warning::StreamsLeftOut);
    }
    if audible.len() > policy.max_sounds {
        audible.truncate(policy.max_sounds);
        warn(warnings, Warning::TooManyStreams);
    }
    let chosen = audible.iter().position(|track| track.default).unwrap_or(0);
    audible
        .iter()
        .zip(2..)
        .enumerate()
        .map(|(number, (track, id))| {
            let copy = can_be_copied(track, picture_end, policy);
            SoundPlan {
                folder: format!("a{number}"),
                stream: track.index,
                track: id,
                how: match copy {
                    true => Sound::Copy,
                    false => Sound::Encode {
                        bit_rate: policy.sound_rate,
                        sample_rate: 48_000,
                    },
                },
                segments: 0,
                until: picture_end,
                language: track.language.clone(),
                title: track.title.clone(),
                default: number == chosen,
                bit_rate: if copy {
                    track.bit_rate
                } else {
                    policy.sound_rate.into()
                },
                channels: if copy { track.channels } else { 2 },
                sample_rate: if copy { track.sample_rate } else { 48_000 },
                required: picture_end.is_none() && number == chosen,
            }
        })
        .collect()
}

pub(super) fn warn(warnings: &mut Vec<Warning>, warning: Warning) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

fn can_be_copied(track: &AudioFacts, picture_end: Option<Micros>, policy: &Policy) -> bool {
    track.codec == "aac"
        && track.profile.as_deref() == Some("LC")
        && matches!(track.sample_rate, 44_100 | 48_000)
        && (1..=2).contains(&track.channels)
        && track.bit_rate <= MOST
        && track.times_rise
        && !track.changes
        && track.longest_gap <= NEAR
        && track.start.abs() <= NEAR
        // Else silence has to be made.
        && picture_end.is_none_or(|end| end - track.end < policy.segment)
}
