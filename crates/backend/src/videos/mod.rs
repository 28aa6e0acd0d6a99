//! Videos: what their owners say about them, and how far they are. They begin with their
//! upload ([`crate::uploads`]); their bytes are an asset ([`crate::assets`]).

mod error;
mod remove;
mod store;

use domain::{
    accounts::VideoDefaults,
    events::{Event, VideoChanged},
    ids::{AssetId, FlowId, UserId, VideoId},
    videos::{Description, Details, Stage, Tags, Title, VideoStatus, Visibility},
};

pub use self::error::VideosError;
use crate::{
    assets::{Asset, AssetState, Assets},
    db::{Db, DbError, Tx},
    events::Events,
    storage::Storage,
};

/// A video, as its owner knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    pub id: VideoId,
    pub owner: UserId,
    pub title: Title,
    pub description: Description,
    pub tags: Tags,
    pub visibility: Visibility,
    pub status: VideoStatus,
    pub stage: Stage,
    pub playable: bool,
    /// A stable code, once it has failed.
    pub error: Option<String>,
    /// Stable codes.
    pub warnings: Vec<String>,
    pub asset: Option<AssetId>,
    pub original: Option<Original>,
    pub views: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// The file a video is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    pub flow: FlowId,
    /// Safe to show and to save under.
    pub name: String,
    /// Bytes, if they are known yet.
    pub size: Option<u64>,
}

/// A video to be.
#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) id: VideoId,
    pub(crate) owner: UserId,
    pub(crate) title: Title,
    pub(crate) visibility: Visibility,
    pub(crate) now: i64,
}

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Videos {
    db: Db,
    events: Events,
    assets: Assets,
    storage: Storage,
}

impl Videos {
    #[must_use]
    pub fn new(db: Db, events: Events, assets: Assets, storage: Storage) -> Self {
        Self {
            db,
            events,
            assets,
            storage,
        }
    }

    /// The video with that id. Who may see it is for the caller to say.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn get(&self, id: VideoId) -> Result<Option<Video>, DbError> {
        store::find(self.db.read(), id).await
    }

    /// Which of these videos somebody may hear of: their own, and those that are not private.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn audible(
        &self,
        listener: Option<UserId>,
        ids: &[VideoId],
    ) -> Result<Vec<VideoId>, DbError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        store::audible(&self.db, listener, ids).await
    }

    /// One of somebody's own videos.
    ///
    /// # Errors
    /// [`VideosError::Unknown`] when it is not theirs.
    pub async fn own(&self, owner: UserId, id: VideoId) -> Result<Video, VideosError> {
        self.get(id)
            .await?
            .filter(|video| video.owner == owner)
            .ok_or(VideosError::Unknown)
    }

    /// Somebody's videos, the newest first; `before` is the last one of the page before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(
        &self,
        owner: UserId,
        before: Option<&Video>,
        limit: u32,
    ) -> Result<Vec<Video>, DbError> {
        store::list(&self.db, owner, before, limit).await
    }

    /// Changes what is said about a video, also while it uploads. What is not given stays.
    ///
    /// # Errors
    /// [`VideosError::Unknown`] when it is not theirs.
    pub async fn edit(
        &self,
        owner: UserId,
        id: VideoId,
        details: &Details,
    ) -> Result<Video, VideosError> {
        let mut tx = self.db.write().await?;
        if !store::edit(&mut tx, owner, id, details, crate::db::now_ms()).await? {
            return Err(VideosError::Unknown);
        }
        let video = store::find(&mut *tx, id).await?;
        let video = video.ok_or(VideosError::Unknown)?;
        tx.commit().await?;
        self.tell(&video);
        Ok(video)
    }

    fn tell(&self, video: &Video) {
        self.events.publish(Event::Video(VideoChanged {
            id: video.id,
            owner: video.owner,
            status: video.status,
            playable: video.playable,
            error: video.error.clone(),
            removed: false,
        }));
    }

    /// Tells open pages how a video stands now, once the transaction is committed.
    pub(crate) fn tell_after(&self, tx: &mut Tx, changed: VideoChanged) {
        let events = self.events.clone();
        tx.after_commit(move || events.publish(Event::Video(changed)));
    }
}

/// A new video is called so, unless its sender says otherwise.
pub(crate) fn defaults(
    title: Option<Title>,
    name: &domain::uploads::FileName,
    visibility: Option<Visibility>,
    defaults: VideoDefaults,
) -> (Title, Visibility) {
    (
        title.unwrap_or_else(|| Title::of(name)),
        visibility.unwrap_or(defaults.visibility),
    )
}

/// Adds a video that waits for its bytes.
pub(crate) async fn create(tx: &mut Tx, new: &New) -> Result<(), DbError> {
    store::insert(tx, new).await
}

/// Its bytes are this asset: from now on it is as far as that is.
pub(crate) async fn attach(
    tx: &mut Tx,
    id: VideoId,
    asset: &Asset,
    now: i64,
) -> Result<(), DbError> {
    store::attach(tx, id, asset, now).await
}

/// Its bytes are here, in pieces that are still to be joined.
pub(crate) async fn begin_processing(tx: &mut Tx, id: VideoId, now: i64) -> Result<(), DbError> {
    store::set_status(tx, id, VideoStatus::Processing, None, now).await
}

/// There is nothing that could become of it.
pub(crate) async fn fail(
    tx: &mut Tx,
    id: VideoId,
    code: &'static str,
    now: i64,
) -> Result<(), DbError> {
    store::set_status(tx, id, VideoStatus::Failed, Some(code), now).await
}

/// Removes a video that never had its bytes.
pub(crate) async fn discard(tx: &mut Tx, id: VideoId) -> Result<bool, DbError> {
    store::delete_without_asset(tx, id).await
}

/// Removes videos that never got their data and never will. Answers how many.
pub(crate) async fn discard_forgotten(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    store::delete_forgotten(tx, before).await
}

/// Every video of an asset goes where the asset goes.
pub(crate) async fn follow(
    tx: &mut Tx,
    asset: AssetId,
    status: VideoStatus,
    error: Option<&str>,
    now: i64,
) -> Result<(), DbError> {
    store::follow(tx, asset, status, error, now).await
}

/// The video with that id.
pub(crate) async fn find<'e>(
    executor: impl sqlx::AnyExecutor<'e>,
    id: VideoId,
) -> Result<Option<Video>, DbError> {
    store::find(executor, id).await
}

/// Every video that has this asset, the oldest first.
pub(crate) async fn of_asset<'e>(
    executor: impl sqlx::AnyExecutor<'e>,
    asset: AssetId,
) -> Result<Vec<Video>, DbError> {
    store::of_asset(executor, asset).await
}

/// Every video of an asset can be watched by now.
pub(crate) async fn set_playable(tx: &mut Tx, asset: AssetId) -> Result<(), DbError> {
    store::set_playable(tx, asset).await
}

/// What is being done for a video of this status with this asset.
fn stage(status: VideoStatus, asset: Option<(AssetState, Stage)>) -> Stage {
    match (status, asset) {
        (VideoStatus::Completed, _) => Stage::Done,
        (VideoStatus::Processing, None) => Stage::Joining,
        (VideoStatus::Processing, Some((AssetState::Processing, stage)))
        | (VideoStatus::Failed, Some((_, stage))) => stage,
        _ => Stage::Queued,
    }
}
