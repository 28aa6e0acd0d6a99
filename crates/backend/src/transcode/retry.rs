//! Trying again what failed, finding what was forgotten, stopping what nobody wants any more.

use std::time::Duration;

use domain::{
    ids::{AssetId, UserId, VideoId},
    jobs::JobState,
    media::{line::code, plan::Plan},
};
use tokio::time::sleep;

use super::{
    For, Transcode, TranscodeError,
    jobs::finish_key,
    of_storage,
    step::{Step, StepState},
    store::{self, Ended, StepRow},
    work::Work,
};
use crate::{
    assets::{self, AssetState, Probe},
    db::{DbError, now_ms},
    jobs::{Job as _, JobError},
    videos::Video,
};

/// How long stopping waits for jobs that run to end.
const STOPPING: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Transcode {
    /// The button: what failed of this video is done again, and nothing else.
    ///
    /// # Errors
    /// When it is not theirs, or nothing of it has failed.
    pub async fn retry(&self, owner: UserId, id: VideoId) -> Result<(), TranscodeError> {
        let video = crate::videos::find(self.0.db.read(), id).await?;
        let video = video.filter(|video| video.owner == owner);
        let video = video.ok_or(crate::videos::VideosError::Unknown)?;
        let asset = video.asset.ok_or(TranscodeError::NothingFailed)?;
        let whom = For { video: id, owner };
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        match held.map(|asset| asset.state) {
            Some(AssetState::Failed) => {
                self.0
                    .assets
                    .step(&mut tx, asset, AssetState::Queued, None, now)
                    .await?;
                self.0.jobs.enqueue(&mut tx, &probe(asset, whom)).await?;
                self.tell_videos(&mut tx, asset).await?;
            }
            // It is there, without something that was left out.
            Some(AssetState::Ready) => {
                let steps = store::steps(&mut *tx, asset).await?;
                let left_out = steps.iter().filter(|row| row.state == StepState::LeftOut);
                let left_out: Vec<_> = left_out.map(|row| row.step).collect();
                if left_out.is_empty() {
                    return Err(TranscodeError::NothingFailed);
                }
                store::reset(&mut tx, asset).await?;
                for step in left_out {
                    self.enqueue(&mut tx, asset, step, false, whom).await?;
                }
            }
            _ => return Err(TranscodeError::NothingFailed),
        }
        tx.commit().await?;
        Ok(())
    }

    /// When parts do not fit together, as after an update in the middle of a film, all of the
    /// picture is made anew: one part alone would never fit.
    pub(super) async fn clear_unfitting(
        &self,
        asset: AssetId,
        plan: &Plan,
    ) -> Result<(), JobError> {
        let steps = store::steps(self.0.db.read(), asset).await?;
        let unfitting = |row: &StepRow| row.code.as_deref() == Some(code::INIT_DIFFERS);
        if !steps.iter().any(unfitting) {
            return Ok(());
        }
        let Some(picture) = &plan.picture else {
            return Ok(());
        };
        let copied = picture.copy.iter().map(|copy| &copy.rendition.folder);
        let rungs = picture.rungs.iter().map(|rung| &rung.rendition.folder);
        let folders: Vec<&str> = copied.chain(rungs).map(String::as_str).collect();
        // The files first: what is left of them would be taken for ours.
        for folder in &folders {
            let key = format!("{}/{folder}", assets::media(asset));
            self.0
                .storage
                .delete_below(&key)
                .await
                .map_err(of_storage)?;
        }
        let pictures: Vec<String> = steps
            .iter()
            .filter(|row| matches!(row.step, Step::Copy(_) | Step::Encode(_)))
            .map(|row| row.step.to_string())
            .collect();
        let mut tx = self.0.db.write().await?;
        store::forget(&mut tx, asset, &pictures, &folders).await?;
        store::raise(&mut tx, asset, now_ms()).await?;
        tx.commit().await?;
        self.0.shown.forget(asset);
        Ok(())
    }

    /// Looks for assets whose work was lost: jobs that ended without a word (their worker died
    /// once too often), or that were never there. Only reads when all is well. Answers how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn recover(&self) -> Result<usize, DbError> {
        // Whoever has just ended a step is given time to enqueue the next.
        let patience = self.0.jobs.timing().lease;
        let before = now_ms() - i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
        let forgotten = store::forgotten(&self.0.db, before).await?;
        for asset in &forgotten {
            self.take_up(*asset).await?;
        }
        Ok(forgotten.len())
    }

    async fn take_up(&self, asset: AssetId) -> Result<(), DbError> {
        let db = self.0.db.read();
        let Some(media) = store::media(db, asset).await? else {
            return Ok(());
        };
        let Some(video) = crate::videos::of_asset(db, asset).await?.into_iter().next() else {
            // Nobody's: the tidying of assets removes it.
            return Ok(());
        };
        tracing::warn!(%asset, video = %video.id, "nobody worked on this video any more");
        let whom = of(&video);
        let Some(plan) = media.plan else {
            return self.probe_again(asset, whom).await;
        };
        for row in store::steps(db, asset).await? {
            if row.state != StepState::Waiting {
                continue;
            }
            if let Some((JobState::Failed, reason)) =
                store::job_of(&self.0.db, &row.step.key(asset)).await?
            {
                let ended = Ended {
                    code: "gave_up",
                    reason: reason.as_deref().unwrap_or("It failed again and again."),
                    log: "",
                };
                let work = Work {
                    asset,
                    step: row.step,
                    plan: &plan,
                    whom,
                };
                self.give_up(work, &ended).await?;
            }
        }
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        match held.map(|asset| asset.state) {
            Some(AssetState::Processing) => {
                store::touch(&mut tx, asset, now_ms()).await?;
                self.go_on(&mut tx, asset, &plan, whom).await?;
            }
            Some(AssetState::Queued) => {
                store::touch(&mut tx, asset, now_ms()).await?;
                self.0.jobs.enqueue(&mut tx, &probe(asset, whom)).await?;
            }
            _ => {}
        }
        tx.commit().await
    }

    async fn probe_again(&self, asset: AssetId, whom: For) -> Result<(), DbError> {
        let job = probe(asset, whom);
        let key = job.dedup().unwrap_or_default();
        let last = store::job_of(&self.0.db, &key).await?;
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        // One that is queued was asked for after that job had failed.
        let underway = held.is_some_and(|asset| asset.state == AssetState::Processing);
        if let (true, Some((JobState::Failed, _))) = (underway, last) {
            let code = Some("gave_up");
            self.0
                .assets
                .step(&mut tx, asset, AssetState::Failed, code, now)
                .await?;
            self.tell_videos(&mut tx, asset).await?;
        } else {
            store::touch(&mut tx, asset, now).await?;
            self.0.jobs.enqueue(&mut tx, &job).await?;
        }
        tx.commit().await
    }

    /// Stops everything that is done for an asset, and waits until it has stopped: nothing
    /// writes into its folder after that. Answers whether.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn stop(&self, asset: AssetId) -> Result<bool, DbError> {
        let steps = store::steps(self.0.db.read(), asset).await?;
        let mut keys: Vec<String> = steps.iter().map(|row| row.step.key(asset)).collect();
        keys.push(finish_key(asset));
        keys.push(format!("{}:{asset}", Probe::KIND));
        let mut waited = Duration::ZERO;
        let mut pause = LOOK_AGAIN;
        loop {
            if self.0.jobs.cancel_keys(&keys).await? == 0 {
                break;
            }
            if waited >= STOPPING {
                return Ok(false);
            }
            sleep(pause).await;
            waited += pause;
            // Each look writes.
            pause = (pause * 2).min(LOOK_AGAIN * 10);
        }
        if let Some(pool) = &self.0.pool {
            pool.dismiss(asset);
        }
        self.0.shown.forget(asset);
        self.0.live.forget(asset);
        Ok(true)
    }
}

fn of(video: &Video) -> For {
    For {
        video: video.id,
        owner: video.owner,
    }
}

fn probe(asset: AssetId, whom: For) -> Probe {
    Probe {
        asset,
        video: whom.video,
        owner: whom.owner,
    }
}
