//! Writing manifests while an asset grows.
//!
//! Several workers may end parts at the same time. Whoever has written looks again whether that
//! is still how things stand, and writes anew if not: so the last one to write has written the
//! truth, whatever the order. A job ends only after that, so a crash in between is repeated.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ids::AssetId;

use super::{
    Transcode,
    manifest::{Rows, Sheet},
    of_storage,
    store::{self, Media},
};
use crate::{
    assets::{self, AssetState},
    jobs::JobError,
};

/// How far the manifests of this process's assets are, to write only what has grown.
#[derive(Debug, Default)]
pub(super) struct Shown(Mutex<HashMap<AssetId, Arc<tokio::sync::Mutex<Written>>>>);

/// What was written last.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    prefix: usize,
    tracks: usize,
    ended: bool,
    last: bool,
}

impl Shown {
    /// One at a time in this process.
    pub(super) fn of(&self, asset: AssetId) -> Arc<tokio::sync::Mutex<Written>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(asset).or_default())
    }

    pub(super) fn forget(&self, asset: AssetId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&asset);
    }
}

impl Transcode {
    pub(super) async fn rows(&self, asset: AssetId) -> Result<Rows, JobError> {
        let db = self.0.db.read();
        Ok(Rows {
            steps: store::steps(db, asset).await?,
            renditions: store::renditions(db, asset).await?,
            parts: store::parts(db, asset).await?,
        })
    }

    /// Shows what can be watched by now.
    pub(super) async fn publish(&self, asset: AssetId) -> Result<(), JobError> {
        let shown = self.0.shown.of(asset);
        let mut shown = shown.lock().await;
        loop {
            let Some(media) = store::media(self.0.db.read(), asset).await? else {
                return Ok(());
            };
            let Some(plan) = &media.plan else {
                return Ok(());
            };
            if media.state == AssetState::Removing {
                return Ok(());
            }
            let rows = self.rows(asset).await?;
            // What is written follows from the rows alone. So whoever was overtaken while
            // writing, even by the finish, writes the same as that when they look again.
            let last = rows.are_over();
            let Some(sheet) = Sheet::of(plan, &rows, last).filter(|sheet| sheet.prefix > 0) else {
                return Ok(());
            };
            let now = Written {
                prefix: sheet.prefix,
                tracks: sheet.tracks.len(),
                ended: sheet.ended,
                last,
            };
            if *shown != now {
                let files = sheet.files(last);
                self.write(asset, files).await?;
                *shown = now;
            }
            self.playable(asset, &media).await?;
            if store::revision(&self.0.db, asset).await? == Some(media.revision) {
                return Ok(());
            }
        }
    }

    pub(super) async fn write(
        &self,
        asset: AssetId,
        files: std::io::Result<Vec<(String, Vec<u8>)>>,
    ) -> Result<(), JobError> {
        let folder = assets::media(asset);
        for (name, bytes) in files.map_err(|error| of_storage(error.into()))? {
            let key = format!("{folder}/{name}");
            self.0.storage.put(&key, bytes).await.map_err(of_storage)?;
        }
        Ok(())
    }

    async fn playable(&self, asset: AssetId, media: &Media) -> Result<(), JobError> {
        if media.playable {
            return Ok(());
        }
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        if held.is_none_or(|asset| asset.state == AssetState::Removing) {
            return Ok(());
        }
        if store::set_playable(&mut tx, asset).await? {
            crate::videos::set_playable(&mut tx, asset).await?;
            self.tell_videos(&mut tx, asset).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
