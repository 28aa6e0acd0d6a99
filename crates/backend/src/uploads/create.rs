//! Beginning an upload: every limit is checked here, in the transaction that begins it.

use domain::{
    ids::{AssetId, FlowId, UserId, VideoId},
    uploads::{FileName, FlowRole, FlowStatus, MAX_FINGERPRINT, is_media},
};

use super::{Created, Metadata, New, Part, Uploads, UploadsError, ms, store};
use crate::{
    accounts,
    assets::Asset,
    db::Tx,
    videos::{self, defaults},
};

/// What an upload begins as.
pub(super) struct Begun<'a> {
    pub(super) flow: FlowId,
    pub(super) video: Option<VideoId>,
    pub(super) asset: AssetId,
    pub(super) name: FileName,
    pub(super) metadata: &'a Metadata,
    pub(super) concat: Option<&'a str>,
    pub(super) user: UserId,
    pub(super) now: i64,
}

impl Uploads {
    /// Begins an upload: video, flow and session in one transaction.
    ///
    /// # Errors
    /// [`UploadsError::NotMedia`], [`UploadsError::TooLarge`], [`UploadsError::Quota`],
    /// [`UploadsError::NoRoom`], [`UploadsError::TooMany`]; for a concatenation also
    /// [`UploadsError::Piece`] and [`UploadsError::PieceCount`].
    pub async fn create(&self, user: UserId, mut new: New) -> Result<Created, UploadsError> {
        if self.0.stopping.is_cancelled() {
            return Err(UploadsError::Stopping);
        }
        let metadata = &mut new.metadata;
        metadata.fingerprint = metadata
            .fingerprint
            .take()
            .filter(|print| print.len() <= MAX_FINGERPRINT && !print.contains('\0'));
        let kind = metadata.filetype.take().unwrap_or_default();
        let kind: String = kind.chars().filter(|c| !c.is_control()).take(100).collect();
        metadata.filetype = (!kind.is_empty()).then_some(kind);
        let part = std::mem::take(&mut new.part);
        if part != Part::Piece
            && !is_media(
                new.metadata.filename.as_deref(),
                new.metadata.filetype.as_deref(),
            )
        {
            return Err(UploadsError::NotMedia);
        }
        match part {
            Part::Whole => self.begin(user, &new, FlowRole::Source).await,
            Part::Piece => self.begin(user, &new, FlowRole::Piece).await,
            Part::Final(pieces) => self.concatenate(user, &new, &pieces).await,
        }
    }

    async fn begin(
        &self,
        user: UserId,
        new: &New,
        role: FlowRole,
    ) -> Result<Created, UploadsError> {
        let limit = self.options().max_size;
        if new.length.is_some_and(|length| length > limit) {
            return Err(UploadsError::TooLarge { limit });
        }
        let free = self.0.parts.storage.free().await?;
        let mut tx = self.db().write().await?;
        let begun = self.introduce(&mut tx, user, new, role).await?;
        if role == FlowRole::Source
            && let Some(created) = self.known_already(&mut tx, &begun, new.length).await?
        {
            tx.commit().await?;
            return Ok(created);
        }
        self.check_limits(&mut tx, user, new.length, free, true)
            .await?;
        let Begun { flow, now, .. } = begun;
        let expires_at = if new.length == Some(0) {
            // Complete at once, and nothing that could be played.
            let status = match role {
                FlowRole::Source => FlowStatus::Failed,
                FlowRole::Piece => FlowStatus::Uploaded,
            };
            self.insert(&mut tx, &begun, role, (0, Some(0)), None, status)
                .await?;
            if let Some(video) = begun.video {
                videos::fail(&mut tx, video, "empty_file", now).await?;
            }
            None
        } else {
            let state = (0, new.length);
            self.insert(&mut tx, &begun, role, state, None, FlowStatus::Uploading)
                .await?;
            let expires_at = self.expiry(now);
            store::begin_session(&mut tx, flow, now, expires_at).await?;
            Some(expires_at)
        };
        tx.commit().await?;
        Ok(Created {
            flow,
            video: begun.video,
            offset: 0,
            length: new.length,
            duplicate_of: None,
            expires_at,
        })
    }

    /// The person is held, and their video is there.
    pub(super) async fn introduce<'a>(
        &self,
        tx: &mut Tx,
        user: UserId,
        new: &'a New,
        role: FlowRole,
    ) -> Result<Begun<'a>, UploadsError> {
        let now = self.now();
        let person = accounts::hold(tx, user).await?;
        let person = person.ok_or(UploadsError::Unknown)?;
        let name = FileName::clean(new.metadata.filename.as_deref().unwrap_or_default());
        let video = (role == FlowRole::Source).then(VideoId::generate);
        if let Some(id) = video {
            let (title, visibility) = defaults(
                new.metadata.title.clone(),
                &name,
                new.metadata.visibility,
                person.video_defaults,
            );
            let video = videos::New {
                id,
                owner: user,
                title,
                visibility,
                now,
            };
            videos::create(tx, &video).await?;
        }
        Ok(Begun {
            flow: FlowId::generate(),
            video,
            asset: AssetId::generate(),
            name,
            metadata: &new.metadata,
            concat: new.concat.as_deref(),
            user,
            now,
        })
    }

    pub(super) async fn insert(
        &self,
        tx: &mut Tx,
        begun: &Begun<'_>,
        role: FlowRole,
        (received, total): (u64, Option<u64>),
        known: Option<&Asset>,
        status: FlowStatus,
    ) -> Result<(), UploadsError> {
        let flow = store::New {
            id: begun.flow,
            owner: begun.user,
            video: begun.video,
            role,
            asset: begun.asset,
            file_name: &begun.name,
            metadata: begun.metadata,
            concat: begun.concat,
            hash: known.map(|asset| asset.hash),
            received,
            total,
            status,
            now: begun.now,
        };
        store::insert(tx, &flow).await?;
        if let Some(flow) = store::find(&mut **tx, begun.flow).await? {
            self.tell_after(tx, flow.changed(status, received, false));
        }
        Ok(())
    }

    /// Content that is this person's already needs no bytes: its video is complete at once.
    pub(super) async fn known_already(
        &self,
        tx: &mut Tx,
        begun: &Begun<'_>,
        length: Option<u64>,
    ) -> Result<Option<Created>, UploadsError> {
        let (Some(claim), Some(video)) = (begun.metadata.blake3, begun.video) else {
            return Ok(None);
        };
        let who = (video, begun.user);
        let claimed = self.0.parts.assets.claim(tx, claim, who, begun.now).await?;
        let Some((asset, duplicate_of)) = claimed else {
            return Ok(None);
        };
        if length.is_some_and(|length| length != asset.size) {
            // It cannot be true; the end will show. Now, nobody may learn whether we know it.
            return Ok(None);
        }
        self.check_quota(tx, begun.user, asset.size).await?;
        let state = (asset.size, Some(asset.size));
        let role = FlowRole::Source;
        self.insert(tx, begun, role, state, Some(&asset), FlowStatus::Uploaded)
            .await?;
        videos::attach(tx, video, &asset, begun.now).await?;
        let changed = asset.shown_by(video, begun.user);
        self.0.parts.videos.tell_after(tx, changed);
        Ok(Some(Created {
            flow: begun.flow,
            video: Some(video),
            offset: asset.size,
            length: Some(asset.size),
            duplicate_of: Some(duplicate_of),
            expires_at: None,
        }))
    }

    /// Whether this person may have so many bytes more, and whether they fit.
    pub(super) async fn check_limits(
        &self,
        tx: &mut Tx,
        user: UserId,
        length: Option<u64>,
        free: u64,
        receives: bool,
    ) -> Result<(), UploadsError> {
        let options = self.options();
        let running = self.check_quota(tx, user, length.unwrap_or(0)).await?;
        if receives && running >= u64::from(options.parallel) {
            return Err(UploadsError::TooMany {
                limit: options.parallel,
            });
        }
        self.check_room(tx, length.unwrap_or(0), free).await
    }

    /// Whether so many bytes more fit beside what is promised already.
    pub(super) async fn check_room(
        &self,
        tx: &mut Tx,
        more: u64,
        free: u64,
    ) -> Result<(), UploadsError> {
        let since = self.now() - ms(self.options().promise);
        let promised = store::promised(&mut **tx, since).await?;
        let needed = promised
            .saturating_add(self.options().reserve)
            .saturating_add(more);
        if needed > free {
            return Err(UploadsError::NoRoom);
        }
        Ok(())
    }

    /// Answers how many of their uploads are unfinished.
    pub(super) async fn check_quota(
        &self,
        tx: &mut Tx,
        user: UserId,
        more: u64,
    ) -> Result<u64, UploadsError> {
        let (used, running) = store::usage(&mut **tx, user).await?;
        match self.options().quota {
            Some(quota) if used.saturating_add(more) > quota => {
                Err(UploadsError::Quota { quota, used })
            }
            _ => Ok(running),
        }
    }
}
