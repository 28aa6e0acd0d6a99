//! The end of a step: what came of it is written down together with that, and what can begin now.

use domain::{
    ids::AssetId,
    media::{
        MediaFault,
        line::{Finished, code},
        plan::Plan,
    },
    videos::Stage,
};

use super::{
    For, Transcode,
    made::Made,
    of_storage,
    pool::Failure,
    step::{Step, StepState},
    store,
    work::Work,
};
use crate::{
    assets::{self, AssetState},
    db::{DbError, Tx, now_ms},
    jobs::JobError,
};

impl Transcode {
    /// Saves and shows the segments that are there already.
    pub(super) async fn show(&self, asset: AssetId, made: &Made) -> Result<(), JobError> {
        self.last(asset, made).await?;
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        if held.is_none_or(|asset| asset.state == AssetState::Removing) {
            return Ok(());
        }
        for init in &made.inits {
            store::save_init(&mut tx, asset, init).await?;
        }
        for (folder, segments) in &made.segments {
            store::save_part(&mut tx, asset, folder, segments).await?;
        }
        store::raise(&mut tx, asset, now_ms()).await?;
        tx.commit().await?;
        self.publish(asset).await
    }

    /// Files must last before the database says that they are there.
    async fn last(&self, asset: AssetId, made: &Made) -> Result<(), JobError> {
        let folder = assets::media(asset);
        let keys = made.names().map(|name| format!("{folder}/{name}"));
        self.0
            .storage
            .sync(keys.collect())
            .await
            .map_err(of_storage)
    }

    /// Writes down what came of a step together with its end. Answers what is wrong with it.
    pub(super) async fn save(
        &self,
        work: Work<'_>,
        made: &Made,
        finished: &Finished,
        log: &str,
    ) -> Result<Result<(), Failure>, JobError> {
        let Work {
            asset,
            step,
            plan,
            whom,
        } = work;
        if let Err(what) = made.check(plan, step) {
            return Ok(Err(Failure::Crash(what)));
        }
        self.last(asset, made).await?;
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        // Held, so that of two last steps one sees the other.
        let held = self.0.assets.hold(&mut tx, asset).await?;
        if held.is_none_or(|asset| asset.state == AssetState::Removing) {
            return Ok(Err(Failure::Stopped));
        }
        for init in &made.inits {
            if !store::save_init(&mut tx, asset, init).await? {
                return Ok(Err(Failure::Fault(MediaFault {
                    client_fault: false,
                    code: code::INIT_DIFFERS.to_owned(),
                    reason: "The parts of this video do not fit together.".to_owned(),
                })));
            }
        }
        for (folder, segments) in &made.segments {
            store::save_part(&mut tx, asset, folder, segments).await?;
        }
        let name = step.to_string();
        for file in &made.files {
            store::save_extra(&mut tx, asset, &name, file).await?;
        }
        store::finish(&mut tx, asset, step, &finished.cost, log, now).await?;
        store::raise(&mut tx, asset, now).await?;
        self.next(&mut tx, asset, plan, whom).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// What can begin now that something has ended, and what is being done.
    pub(super) async fn next(
        &self,
        tx: &mut Tx,
        asset: AssetId,
        plan: &Plan,
        whom: For,
    ) -> Result<(), DbError> {
        let left = store::left(tx, asset).await?;
        let any = |of: fn(Step) -> bool| left.iter().any(|(step, _)| of(*step));
        let stage = if any(|step| matches!(step, Step::Copy(_))) {
            Stage::Packaging
        } else if any(|step| matches!(step, Step::Encode(_) | Step::Audio(_))) {
            Stage::Encoding
        } else {
            Stage::Finishing
        };
        if store::set_stage(tx, asset, stage, now_ms()).await? {
            self.tell_videos(tx, asset).await?;
        }
        if left.is_empty() {
            return self.enqueue_finish(tx, asset, whom).await;
        }
        let waits =
            |(step, state): &(Step, StepState)| step.is_last(plan) && *state == StepState::Waiting;
        if left.iter().all(waits) {
            for (step, _) in left {
                self.enqueue(tx, asset, step, false, whom).await?;
            }
        }
        Ok(())
    }
}
