//! Media by content: what several videos may share, found by the BLAKE3 of the original.
//!
//! The files of an asset lie under its id from the first byte on and are never renamed. When
//! its last video goes it is marked; then its files go, and the row last ([`RemoveAsset`]): each
//! step may be repeated. A marked asset is nobody's: the same bytes coming just then make
//! another one, under another id, and wait for nothing.

mod probe;
mod remove;
mod store;

use std::str::FromStr;

use domain::{
    events::VideoChanged,
    ids::{AssetId, UserId, VideoId},
    uploads::ContentHash,
    videos::VideoStatus,
};

pub use self::{probe::Probe, remove::RemoveAsset};
use crate::{
    db::{Db, DbError, Tx},
    jobs::Jobs,
    storage::Storage,
};

/// Where the original of an asset lies.
#[must_use]
pub fn original(asset: AssetId) -> String {
    format!("{}/{asset}", spread("originals", asset))
}

/// Where a part of a concatenation lies until it is joined.
#[must_use]
pub(crate) fn piece(asset: AssetId) -> String {
    format!("{}/{asset}", spread("pieces", asset))
}

/// The folder of everything made from it.
#[must_use]
pub fn media(asset: AssetId) -> String {
    format!("{}/{asset}", spread("media", asset))
}

/// Ids begin with the time; their ends are even.
fn spread(top: &str, asset: AssetId) -> String {
    let name = asset.to_string();
    let (_, end) = name.split_at(name.len() - 2);
    format!("{top}/{end}")
}

/// What is being done with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssetState {
    /// To be looked at and planned.
    Queued,
    Processing,
    Ready,
    Failed,
    /// Its last video is gone.
    Removing,
}

impl AssetState {
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Processing,
        Self::Ready,
        Self::Failed,
        Self::Removing,
    ];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Removing => "removing",
        }
    }

    /// How far a video with it is.
    #[must_use]
    pub const fn video(self) -> VideoStatus {
        match self {
            Self::Queued | Self::Processing | Self::Removing => VideoStatus::Processing,
            Self::Ready => VideoStatus::Completed,
            Self::Failed => VideoStatus::Failed,
        }
    }

    /// Whether it may become that.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        match to {
            // Planned again, by somebody's button or because the same bytes came once more.
            Self::Queued => matches!(self, Self::Processing | Self::Failed),
            Self::Processing => matches!(self, Self::Queued),
            Self::Ready => matches!(self, Self::Processing),
            Self::Failed => matches!(self, Self::Queued | Self::Processing),
            Self::Removing => !matches!(self, Self::Removing),
        }
    }
}

impl FromStr for AssetState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == text)
            .ok_or(())
    }
}

/// One original and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    pub id: AssetId,
    pub hash: ContentHash,
    pub size: u64,
    pub state: AssetState,
    /// A stable code, once it has failed.
    pub error: Option<String>,
    pub playable: bool,
}

impl Asset {
    /// How far a video is that has it, as events tell it.
    pub(crate) fn shown_by(&self, video: VideoId, owner: UserId) -> VideoChanged {
        VideoChanged {
            id: video,
            owner,
            status: self.state.video(),
            playable: self.playable,
            error: self.error.clone(),
            removed: false,
        }
    }
}

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Assets {
    db: Db,
    jobs: Jobs,
    storage: Storage,
}

impl Assets {
    #[must_use]
    pub fn new(db: Db, jobs: Jobs, storage: Storage) -> Self {
        Self { db, jobs, storage }
    }

    /// The asset with that id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn get(&self, id: AssetId) -> Result<Option<Asset>, DbError> {
        store::find(&self.db, id).await
    }

    /// A video of this person with exactly these bytes, the oldest one, and how many they are.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn owned(
        &self,
        owner: UserId,
        hash: ContentHash,
    ) -> Result<Option<(VideoId, u64)>, DbError> {
        store::owned(&self.db, owner, hash).await
    }

    /// Of which of these sizes this person has something: whether hashing a file before it is
    /// sent may be worth the while.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn owned_sizes(&self, owner: UserId, sizes: &[u64]) -> Result<Vec<u64>, DbError> {
        store::owned_sizes(&self.db, owner, sizes).await
    }

    /// Which of these are assets.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn existing(&self, ids: &[AssetId]) -> Result<Vec<AssetId>, DbError> {
        store::existing(&self.db, ids).await
    }

    /// Goes to another state, with everything that shows it. In the caller's transaction.
    /// Answers whether it did.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn step(
        &self,
        tx: &mut Tx,
        id: AssetId,
        to: AssetState,
        error: Option<&str>,
        now: i64,
    ) -> Result<bool, DbError> {
        let Some(asset) = store::hold_id(tx, id).await? else {
            return Ok(false);
        };
        if !asset.state.may_become(to) || !store::step(tx, id, asset.state, to, error, now).await? {
            return Ok(false);
        }
        crate::videos::follow(tx, id, to.video(), error, now).await?;
        Ok(true)
    }

    /// It cannot change until the end of the transaction.
    pub(crate) async fn hold(&self, tx: &mut Tx, id: AssetId) -> Result<Option<Asset>, DbError> {
        store::hold_id(tx, id).await
    }

    /// The bytes under `candidate` become an asset, or turn out to be one already: then that
    /// one is answered, and the bytes are to be dropped. It cannot go away until the end of
    /// the transaction, in which the caller points a video to it. What failed is planned again.
    pub(crate) async fn adopt(
        &self,
        tx: &mut Tx,
        candidate: AssetId,
        (hash, size): (ContentHash, u64),
        (video, owner): (VideoId, UserId),
        now: i64,
    ) -> Result<Asset, DbError> {
        // Between the two looks the one that was there may have been marked for removal.
        for _ in 0..5 {
            if let Some(asset) = store::insert(tx, candidate, hash, size, now).await? {
                let probe = Probe {
                    asset: asset.id,
                    video,
                    owner,
                };
                self.jobs.enqueue(tx, &probe).await?;
                return Ok(asset);
            }
            if let Some(asset) = store::hold(tx, hash).await? {
                return self.plan_again(tx, asset, (video, owner), now).await;
            }
        }
        Err(DbError::Busy)
    }

    /// One that has failed gets another chance when its bytes come once more.
    async fn plan_again(
        &self,
        tx: &mut Tx,
        mut asset: Asset,
        (video, owner): (VideoId, UserId),
        now: i64,
    ) -> Result<Asset, DbError> {
        if asset.state == AssetState::Failed
            && self
                .step(tx, asset.id, AssetState::Queued, None, now)
                .await?
        {
            let probe = Probe {
                asset: asset.id,
                video,
                owner,
            };
            self.jobs.enqueue(tx, &probe).await?;
            asset.state = AssetState::Queued;
            asset.error = None;
        }
        Ok(asset)
    }

    /// The asset with these bytes, if it is this person's already; held as by
    /// [`Assets::adopt`], with the oldest video that has it.
    pub(crate) async fn claim(
        &self,
        tx: &mut Tx,
        hash: ContentHash,
        (video, owner): (VideoId, UserId),
        now: i64,
    ) -> Result<Option<(Asset, VideoId)>, DbError> {
        let Some(asset) = store::hold(tx, hash).await? else {
            return Ok(None);
        };
        let Some(first) = store::owned_in(tx, owner, asset.id).await? else {
            return Ok(None);
        };
        let asset = self.plan_again(tx, asset, (video, owner), now).await?;
        Ok(Some((asset, first)))
    }

    /// A video no longer has it: if it was the last one, the removal begins. Answers whether.
    pub(crate) async fn release(
        &self,
        tx: &mut Tx,
        id: AssetId,
        now: i64,
    ) -> Result<bool, DbError> {
        // Held first, in a statement of its own: only what begins after that sees every video
        // that was pointed to it by somebody who held it before.
        if store::hold_id(tx, id).await?.is_none() || !store::mark(tx, id, now).await? {
            return Ok(false);
        }
        self.jobs.enqueue(tx, &RemoveAsset { asset: id }).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_go_one_way_but_for_trying_again() {
        use AssetState::{Failed, Processing, Queued, Ready, Removing};
        let allowed = [
            (Queued, Processing),
            (Queued, Failed),
            (Processing, Queued),
            (Processing, Ready),
            (Processing, Failed),
            (Failed, Queued),
            (Queued, Removing),
            (Processing, Removing),
            (Ready, Removing),
            (Failed, Removing),
        ];
        for from in AssetState::ALL {
            for to in AssetState::ALL {
                assert_eq!(
                    from.may_become(to),
                    allowed.contains(&(from, to)),
                    "{from:?} to {to:?}"
                );
            }
            assert_eq!(from.code().parse(), Ok(from));
        }
    }
}
