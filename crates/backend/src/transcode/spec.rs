//! What the helper is told for each step of a plan.

use domain::{
    ids::AssetId,
    media::{
        plan::{Estimate, Plan, allowance},
        spec::{self, Command, Limits, RepackagePart, Spec},
    },
};

use super::{Transcode, step::Step};
use crate::assets::{media, original};

impl Transcode {
    pub(super) fn probing(&self, asset: AssetId, estimate: Estimate) -> Spec {
        // Reading hours of video packet by packet takes a while on a slow disk, and little else.
        let limits = Limits {
            cpu: 3600,
            ..allowance(estimate, 0)
        };
        self.spec(asset, 0, limits, Command::Probe)
    }

    /// `None` when the plan has no such step.
    pub(super) fn spec_of(
        &self,
        asset: AssetId,
        plan: &Plan,
        step: Step,
        estimate: Estimate,
    ) -> Option<Spec> {
        let command = command(plan, step)?;
        let limits = allowance(estimate, plan.duration);
        Some(self.spec(asset, plan.start, limits, command))
    }

    fn spec(&self, asset: AssetId, start: i64, limits: Limits, command: Command) -> Spec {
        Spec {
            source: self.0.storage.place(&original(asset)),
            out: self.0.storage.place(&media(asset)),
            start,
            limits,
            command,
        }
    }
}

fn command(plan: &Plan, step: Step) -> Option<Command> {
    let picture = plan.picture.as_ref();
    Some(match step {
        Step::Copy(number) => {
            let picture = picture?;
            let copy = picture.copy.as_ref()?;
            let part = copy.parts.get(number as usize)?;
            Command::RepackagePart(RepackagePart {
                stream: picture.stream,
                folder: copy.rendition.folder.clone(),
                part: picture.stretch(plan, part, number),
            })
        }
        Step::Encode(number) => {
            let picture = picture?;
            let part = picture.parts.get(number as usize)?;
            Command::EncodePart(spec::EncodePart {
                stream: picture.stream,
                part: picture.stretch(plan, part, number),
                picture: picture.picture.clone(),
                rungs: picture.rungs.iter().map(|rung| rung.rung.clone()).collect(),
                tiles: plan
                    .storyboard
                    .as_ref()
                    .filter(|board| board.board.source.is_none())
                    .map(|board| board.tiles.clone()),
                threads: part.threads,
            })
        }
        Step::Audio(number) => {
            let track = plan.sound.get(number as usize)?;
            Command::Audio(spec::Audio {
                stream: track.stream,
                folder: track.folder.clone(),
                track: track.track,
                how: track.how,
                segments: plan.segments.get(..track.segments)?.to_vec(),
                until: track.until,
            })
        }
        Step::Poster => Command::Poster(plan.poster.clone()?),
        Step::Waveform => Command::Waveform(plan.waveform.clone()?),
        Step::Subtitles(number) => {
            let track = plan.subtitles.get(number as usize)?;
            Command::Subtitles(spec::Subtitles {
                stream: track.stream,
                file: track.file.clone(),
            })
        }
        Step::Storyboard => Command::Storyboard(plan.storyboard.as_ref()?.board.clone()),
    })
}
