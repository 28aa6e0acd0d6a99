//! One step: admitted, told to a child, watched, and saved with its end.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{ids::AssetId, media::plan::Plan};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    For, Transcode,
    made::Made,
    of_storage,
    pool::Ran,
    step::{Step, StepState},
    store,
};
use crate::{
    assets::{self, AssetState},
    db::now_ms,
    jobs::{Context, JobError},
};

/// How often it is told how far a step is.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// How many of these pass before what has grown is shown.
const SHOW_EVERY: u32 = 4;

/// A step that is being done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) asset: AssetId,
    pub(super) step: Step,
    pub(super) plan: &'a Plan,
    pub(super) whom: For,
}

impl Transcode {
    /// Does a step, unless it is done. Shows what came of it.
    pub(super) async fn work(
        &self,
        ctx: &Context,
        asset: AssetId,
        step: Step,
        whom: For,
    ) -> Result<(), JobError> {
        let Some((plan, failed)) = self.begin(asset, step, whom).await? else {
            return Ok(());
        };
        let work = Work {
            asset,
            step,
            plan: &plan,
            whom,
        };
        // What makes a helper large is known only roughly: one that failed gets more room.
        let mut estimate = step.estimate(&plan);
        estimate.memory = estimate.memory.saturating_mul(failed + 1);
        let promised = crate::uploads::promised(&self.0.db).await?;
        let room = self.0.admission.admit(estimate, promised).await?;
        self.make_folder(asset).await?;
        let Some(spec) = self.spec_of(asset, &plan, step, estimate) else {
            return Err(JobError::permanent("The plan has no such step."));
        };
        let made = Mutex::new(Made::default());
        let running = self.0.live.begin(asset, step);
        let ran = {
            let mut hear = |line| {
                let mut made = lock(&made);
                made.hear(line);
                running.moved(made.done);
                ctx.progress(made.done);
            };
            let run = self.pool()?.run(asset, &spec, ctx.stop(), &mut hear);
            self.watch(work, &made, run).await
        };
        drop((running, room));
        let made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        let end = match ran.end {
            Ok(finished) => self.save(work, &made, &finished, &ran.log).await?,
            Err(failure) => Err(failure),
        };
        match end {
            Ok(()) => {
                self.publish(asset).await?;
                self.tell_progress(asset, &plan, true).await
            }
            Err(failure) => self.failed(work, &failure, &ran.log).await,
        }
    }

    /// Whether there is something to do, by which plan, and how often it has failed.
    async fn begin(
        &self,
        asset: AssetId,
        step: Step,
        whom: For,
    ) -> Result<Option<(Plan, u64)>, JobError> {
        let Some(media) = store::media(self.0.db.read(), asset).await? else {
            return Ok(None);
        };
        let (Some(plan), Some((state, failed))) = (
            media.plan,
            store::state(self.0.db.read(), asset, step).await?,
        ) else {
            return Ok(None);
        };
        match (media.state, state) {
            (AssetState::Removing, _) => Ok(None),
            (_, StepState::Done) => {
                // Done, but whoever did it may not have lived to show it.
                let mut tx = self.0.db.write().await?;
                self.next(&mut tx, asset, &plan, whom).await?;
                tx.commit().await?;
                self.publish(asset).await?;
                Ok(None)
            }
            // Somebody's button on this very job. Other steps of what has failed can wait.
            (AssetState::Failed, StepState::Failed) => {
                let now = now_ms();
                self.clear_unfitting(asset, &plan).await?;
                let mut tx = self.0.db.write().await?;
                for state in [AssetState::Queued, AssetState::Processing] {
                    self.0.assets.step(&mut tx, asset, state, None, now).await?;
                }
                store::reset(&mut tx, asset).await?;
                // The others that failed have no job of their own any more.
                self.go_on(&mut tx, asset, &plan, whom).await?;
                self.tell_videos(&mut tx, asset).await?;
                tx.commit().await?;
                Ok(Some((plan, 0)))
            }
            (AssetState::Failed, _) => Ok(None),
            _ => Ok(Some((plan, failed))),
        }
    }

    pub(super) async fn make_folder(&self, asset: AssetId) -> Result<(), JobError> {
        let folder = self.0.storage.place(&assets::media(asset));
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| of_storage(error.into()))
    }

    /// Waits for the end, and meanwhile tells how far it is and shows what has grown.
    async fn watch(
        &self,
        work: Work<'_>,
        made: &Mutex<Made>,
        run: impl Future<Output = Ran>,
    ) -> Ran {
        tokio::pin!(run);
        let mut tick = interval(TELL_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticks = 0_u32;
        let mut shown = 0;
        loop {
            tokio::select! {
                biased;
                ran = &mut run => return ran,
                _ = tick.tick() => {}
            }
            ticks = ticks.wrapping_add(1);
            let told = async {
                if work.step.is_shown_growing(work.plan) && ticks.is_multiple_of(SHOW_EVERY) {
                    let so_far = lock(made).so_far(shown);
                    if let Some(so_far) = so_far {
                        self.show(work.asset, &so_far).await?;
                        shown = so_far.count();
                    }
                }
                self.tell_progress(work.asset, work.plan, false).await
            };
            // Only news: what is true is written when the step ends.
            tokio::select! {
                biased;
                ran = &mut run => return ran,
                told = told => if let Err(error) = told {
                    tracing::debug!(%error, asset = %work.asset, "news of a step were not told");
                }
            }
        }
    }
}

fn lock(made: &Mutex<Made>) -> std::sync::MutexGuard<'_, Made> {
    made.lock().unwrap_or_else(PoisonError::into_inner)
}
