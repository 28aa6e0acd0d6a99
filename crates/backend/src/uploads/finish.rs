//! The last byte: in one transaction the session ends, the asset is made or found, and its
//! probe is enqueued. Costs the same for a megabyte and for 100 GB.

use domain::{
    ids::VideoId,
    uploads::{ContentHash, FlowRole, FlowStatus},
};

use super::{
    Uploads, UploadsError,
    store::{self, Flow},
};
use crate::{assets::Asset, db::Tx, videos};

impl Uploads {
    /// Every byte is durable. Answers whether these bytes were here already.
    pub(super) async fn complete(
        &self,
        flow: &Flow,
        epoch: i64,
        size: u64,
        hash: Option<ContentHash>,
    ) -> Result<bool, UploadsError> {
        let now = self.now();
        let mut tx = self.db().write().await?;
        if !store::end_session(&mut tx, flow.id, Some(epoch)).await? {
            tx.rollback().await?;
            return Err(self.lost(flow.id).await);
        }
        if !store::step(&mut tx, flow.id, FlowStatus::Uploaded, now).await? {
            return Err(UploadsError::Gone);
        }
        store::measure(&mut tx, flow.id, size, hash).await?;
        let (FlowRole::Source, Some(video), Some(hash)) = (flow.role, flow.video, hash) else {
            self.tell_after(&mut tx, flow.changed(FlowStatus::Uploaded, size, false));
            tx.commit().await?;
            return Ok(false);
        };
        if flow.claim.is_some_and(|claim| claim != hash) {
            self.refuse(&mut tx, flow, video, now).await?;
            tx.commit().await?;
            self.drop_bytes(&flow.key()).await;
            return Err(UploadsError::FalseClaim);
        }
        let asset = self
            .become_video(&mut tx, flow, video, (hash, size), now)
            .await?;
        self.tell_after(&mut tx, flow.changed(FlowStatus::Uploaded, size, false));
        tx.commit().await?;
        let duplicate = asset.id != flow.asset;
        if duplicate {
            self.drop_bytes(&flow.key()).await;
        }
        Ok(duplicate)
    }

    /// The bytes become an asset, or are one already; the video is as far as it is.
    pub(super) async fn become_video(
        &self,
        tx: &mut Tx,
        flow: &Flow,
        video: VideoId,
        content: (ContentHash, u64),
        now: i64,
    ) -> Result<Asset, UploadsError> {
        let who = (video, flow.owner);
        let assets = &self.0.parts.assets;
        let asset = assets.adopt(tx, flow.asset, content, who, now).await?;
        videos::attach(tx, video, &asset, now).await?;
        let changed = asset.shown_by(video, flow.owner);
        self.0.parts.videos.tell_after(tx, changed);
        Ok(asset)
    }

    /// The bytes are not the ones that were announced.
    pub(super) async fn refuse(
        &self,
        tx: &mut Tx,
        flow: &Flow,
        video: VideoId,
        now: i64,
    ) -> Result<(), UploadsError> {
        store::step(tx, flow.id, FlowStatus::Abandoned, now).await?;
        videos::fail(tx, video, "false_claim", now).await?;
        self.tell_after(tx, flow.changed(FlowStatus::Abandoned, 0, false));
        Ok(())
    }
}
