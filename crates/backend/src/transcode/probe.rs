//! The first look at an original, and the plan.

use domain::{
    ids::AssetId,
    media::{
        facts::Facts,
        line::{Done, Line},
        plan::{Plan, plan, small},
    },
    videos::Stage,
};

use super::{
    For, Transcode,
    fail::{TRIES, told},
    pool::Failure,
    step::Step,
    store,
};
use crate::{
    assets::{AssetState, Probe},
    db::{DbError, Tx, now_ms},
    jobs::{Context, JobError},
};

/// How far the job is when everything is read; the rest is making the plan.
const UNTIL_PLAN: f64 = 0.99;

impl Transcode {
    /// Looks at it, plans, and enqueues the steps. What has a plan already is not looked at
    /// again: only what is left of it is enqueued.
    pub(crate) async fn probe(&self, ctx: &Context, job: &Probe) -> Result<(), JobError> {
        let asset = job.asset;
        let whom = For {
            video: job.video,
            owner: job.owner,
        };
        let Some(media) = store::media(self.0.db.read(), asset).await? else {
            return Ok(());
        };
        match media.state {
            AssetState::Removing | AssetState::Ready => return Ok(()),
            // Failed: somebody's button on this very job.
            AssetState::Queued | AssetState::Processing | AssetState::Failed => {}
        }
        if media.state != AssetState::Processing {
            let mut tx = self.0.db.write().await?;
            let now = now_ms();
            self.0
                .assets
                .step(&mut tx, asset, AssetState::Queued, None, now)
                .await?;
            self.0
                .assets
                .step(&mut tx, asset, AssetState::Processing, None, now)
                .await?;
            store::reset_probes(&mut tx, asset).await?;
            if media.plan.is_none() {
                store::set_stage(&mut tx, asset, Stage::Probing, now).await?;
            }
            self.tell_videos(&mut tx, asset).await?;
            tx.commit().await?;
        }
        if let Some(plan) = &media.plan {
            self.clear_unfitting(asset, plan).await?;
            let mut tx = self.0.db.write().await?;
            store::reset(&mut tx, asset).await?;
            self.go_on(&mut tx, asset, plan, whom).await?;
            tx.commit().await?;
            return Ok(());
        }
        let facts = self.look(ctx, asset, media.probes).await?;
        let made = plan(&facts, &self.0.policy);
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        match made {
            Ok(plan) => {
                store::save_plan(&mut tx, asset, &facts, &plan, now).await?;
                let steps = Step::of(&plan);
                let steps: Vec<_> = steps
                    .iter()
                    .map(|step| (*step, step.is_required(&plan)))
                    .collect();
                store::prepare(&mut tx, asset, &steps, &folders(&plan)).await?;
                self.go_on(&mut tx, asset, &plan, whom).await?;
                tx.commit().await?;
                Ok(())
            }
            Err(refusal) => {
                let code = Some(refusal.code());
                self.0
                    .assets
                    .step(&mut tx, asset, AssetState::Failed, code, now)
                    .await?;
                self.tell_videos(&mut tx, asset).await?;
                tx.commit().await?;
                Err(JobError::permanent(refusal.to_string()))
            }
        }
    }

    async fn look(&self, ctx: &Context, asset: AssetId, failed: u64) -> Result<Facts, JobError> {
        // Perhaps it had too little memory.
        let mut estimate = small();
        estimate.memory = estimate.memory.saturating_mul(failed + 1);
        let promised = crate::uploads::promised(&self.0.db).await?;
        let _room = self.0.admission.admit(estimate, promised).await?;
        self.make_folder(asset).await?;
        let spec = self.probing(asset, estimate);
        let mut hear = |line| {
            if let Line::Progress(progress) = line {
                ctx.progress(progress.done * UNTIL_PLAN);
            }
        };
        let ran = self.pool()?.run(asset, &spec, ctx.stop(), &mut hear).await;
        if !ran.log.is_empty() {
            tracing::debug!(%asset, log = ran.log, "what the media engine said while probing");
        }
        let failure = match ran.end {
            Ok(finished) => match finished.done {
                Done::Facts { facts } => return Ok(*facts),
                _ => Failure::Crash("another answer than facts".to_owned()),
            },
            Err(failure) => failure,
        };
        let told = told(&failure);
        if matches!(failure, Failure::Stopped) || told.waits() {
            return Err(told.error);
        }
        let mut tx = self.0.db.write().await?;
        let failed = store::fail_probe(&mut tx, asset).await?;
        let last = told.is_final() || failed >= TRIES;
        if last {
            let code = Some(told.code.as_str());
            self.0
                .assets
                .step(&mut tx, asset, AssetState::Failed, code, now_ms())
                .await?;
            self.tell_videos(&mut tx, asset).await?;
        }
        tx.commit().await?;
        Err(if last { told.for_good() } else { told.error })
    }

    /// Enqueues what is left to do, in the order of the plan; or the finish.
    pub(super) async fn go_on(
        &self,
        tx: &mut Tx,
        asset: AssetId,
        plan: &Plan,
        whom: For,
    ) -> Result<(), DbError> {
        let left = store::left(tx, asset).await?;
        for (step, _) in left.iter().filter(|(step, _)| !step.is_last(plan)) {
            self.enqueue(tx, asset, *step, step.is_first(plan), whom)
                .await?;
        }
        self.next(tx, asset, plan, whom).await
    }
}

/// The folders of all renditions.
pub(super) fn folders(plan: &Plan) -> Vec<&str> {
    let mut folders = Vec::new();
    if let Some(picture) = &plan.picture {
        folders.extend(
            picture
                .copy
                .iter()
                .map(|copy| copy.rendition.folder.as_str()),
        );
        folders.extend(
            picture
                .rungs
                .iter()
                .map(|rung| rung.rendition.folder.as_str()),
        );
    }
    folders.extend(plan.sound.iter().map(|track| track.folder.as_str()));
    folders
}
