//! The end: everything is written once more for good, and the video is complete.

use std::time::Duration;

use domain::{ids::AssetId, videos::Stage};

use super::{
    Transcode,
    manifest::{self, Sheet},
    of_storage,
    step::{Step, StepState},
    store,
};
use crate::{
    assets::{self, AssetState},
    db::now_ms,
    jobs::JobError,
};

/// Who writes a manifest for so long was killed.
const OVERTAKEN: Duration = Duration::from_secs(60);

impl Transcode {
    /// Writes the last manifests and says that the video is complete. May be repeated.
    pub(super) async fn finish(&self, asset: AssetId) -> Result<(), JobError> {
        let shown = self.0.shown.of(asset);
        let _alone = shown.lock().await;
        let Some(media) = store::media(self.0.db.read(), asset).await? else {
            return Ok(());
        };
        let (AssetState::Processing | AssetState::Ready, Some(plan)) = (media.state, &media.plan)
        else {
            return Ok(());
        };
        let rows = self.rows(asset).await?;
        if !rows.are_over() {
            // Something failed or began again since this was enqueued; its end enqueues another.
            return Ok(());
        }
        let Some(sheet) = Sheet::of(plan, &rows, true).filter(|sheet| sheet.prefix > 0) else {
            return self.nothing(asset).await;
        };
        self.list(asset, &sheet).await?;
        self.write(asset, sheet.files(true)).await?;
        // One that failed needs them when it is tried again.
        let board = plan.storyboard.as_ref().filter(|_| sheet.storyboard);
        if let Some(board) = board {
            let tiles = format!("{}/{}", assets::media(asset), board.tiles.folder);
            self.0
                .storage
                .delete_below(&tiles)
                .await
                .map_err(of_storage)?;
        }
        // Halves of files that somebody was writing when he was killed.
        let folder = assets::media(asset);
        let helpers = |name: &str| name.ends_with(".tmp");
        let ours = |name: &str| name.ends_with(".part");
        // Another process may be writing the same manifests just now.
        for (half, untouched) in [
            (helpers as fn(&str) -> bool, Duration::ZERO),
            (ours, OVERTAKEN),
        ] {
            self.0
                .storage
                .sweep(&folder, half, untouched)
                .await
                .map_err(of_storage)?;
        }
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        let Some(held) = held.filter(|asset| asset.state != AssetState::Removing) else {
            return Ok(());
        };
        for track in &sheet.tracks {
            let rates = manifest::measure(&track.segments, track.timescale, plan.target);
            store::measured(&mut tx, asset, track.folder, rates).await?;
        }
        if let Some(board) = board {
            store::drop_extras(&mut tx, asset, &board.tiles.folder).await?;
        }
        let warnings = warnings(&media.warnings, &rows);
        store::set_warnings(&mut tx, asset, &warnings).await?;
        store::set_stage(&mut tx, asset, Stage::Done, now).await?;
        if store::set_playable(&mut tx, asset).await? {
            crate::videos::set_playable(&mut tx, asset).await?;
        }
        if held.state == AssetState::Processing {
            self.0
                .assets
                .step(&mut tx, asset, AssetState::Ready, None, now)
                .await?;
        }
        store::raise(&mut tx, asset, now).await?;
        self.tell_videos(&mut tx, asset).await?;
        tx.commit().await?;
        self.0.shown.forget(asset);
        self.0.live.forget(asset);
        if let Some(pool) = &self.0.pool {
            pool.dismiss(asset);
        }
        Ok(())
    }

    /// Every step came to its end, and there is nothing to watch.
    async fn nothing(&self, asset: AssetId) -> Result<(), JobError> {
        let mut tx = self.0.db.write().await?;
        let code = Some("nothing_made");
        self.0
            .assets
            .step(&mut tx, asset, AssetState::Failed, code, now_ms())
            .await?;
        self.tell_videos(&mut tx, asset).await?;
        tx.commit().await?;
        Err(JobError::permanent(
            "Nothing in this file could be turned into a video.",
        ))
    }
}

/// What the plan warned of, and what had to be left out since.
fn warnings(before: &[String], rows: &manifest::Rows) -> Vec<String> {
    let left_out = |step: Step| match step {
        Step::Audio(_) => Some("sound_left_out"),
        Step::Subtitles(_) => Some("subtitles_left_out"),
        _ => None,
    };
    let mut warnings: Vec<String> = before.to_vec();
    warnings.retain(|code| !code.ends_with("_left_out") || code == "streams_left_out");
    for row in rows
        .steps
        .iter()
        .filter(|row| row.state == StepState::LeftOut)
    {
        tracing::info!(step = %row.step, code = row.code, "a video does without this");
        if let Some(code) = left_out(row.step)
            && !warnings.iter().any(|warning| warning == code)
        {
            warnings.push(code.to_owned());
        }
    }
    warnings
}
