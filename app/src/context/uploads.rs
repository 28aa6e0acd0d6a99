//! The server's side of the page of uploads: what the services know becomes what it shows.

use backend::{
    accounts::User,
    uploads::{Unfinished, UploadsError},
    videos::{Video, VideosError},
};
use domain::ids::{UserId, VideoId};

use super::use_services;
use crate::{
    ui::form::{Failure, FormError},
    uploads::{
        said::Said,
        sight::{KnownSight, PageSight, SentSight, UnfinishedSight},
    },
};

/// Files of one form, sizes of one question.
const MOST: usize = 100;

/// What the page begins with.
///
/// # Errors
/// When the database refuses.
pub async fn page(user: &User, sent: &str) -> Result<PageSight, FormError> {
    let services = use_services();
    let mut videos = Vec::new();
    for id in sent.split(',').filter_map(|id| id.parse().ok()).take(MOST) {
        if let Some(video) = own(user.id, id).await? {
            videos.push(sent_sight(video).await?);
        }
    }
    let limits = services.uploads.limits();
    Ok(PageSight {
        max_size: limits.max_size,
        quota: limits.quota,
        visibility: user.video_defaults.visibility,
        unfinished: unfinished(user.id).await?,
        sent: videos,
    })
}

/// What could go on, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn unfinished(user: UserId) -> Result<Vec<UnfinishedSight>, FormError> {
    let uploads = use_services().uploads.unfinished(user).await;
    let uploads = uploads.map_err(|error| of_upload(&error))?;
    Ok(uploads.into_iter().filter_map(sight).collect())
}

async fn sent_sight(video: Video) -> Result<SentSight, FormError> {
    let made = match video.asset {
        Some(asset) => use_services().transcode.overview(asset).await,
        None => Ok(None),
    };
    let made = made.map_err(|error| of_video(&error.into()))?;
    Ok(SentSight {
        video: video.id,
        title: video.title.as_str().to_owned(),
        status: video.status,
        playable: video.playable,
        stage: video.stage,
        progress: made.map_or(0.0, |made| made.progress),
        error: video.error,
    })
}

/// None for one without a video.
fn sight(upload: Unfinished) -> Option<UnfinishedSight> {
    Some(UnfinishedSight {
        flow: upload.flow,
        video: upload.video?,
        name: upload.file_name,
        fingerprint: upload.fingerprint,
        offset: upload.offset,
        length: upload.length,
        receiving: upload.receiving,
        expires_at: upload.expires_at,
        title: upload.title?.as_str().to_owned(),
        description: upload.description?.as_str().to_owned(),
        tags: upload.tags?.joined(),
        visibility: upload.visibility?,
    })
}

/// How many there are.
///
/// # Errors
/// When the database refuses.
pub async fn underway(user: UserId) -> Result<usize, FormError> {
    let uploads = use_services().uploads.unfinished(user).await;
    let uploads = uploads.map_err(|error| of_upload(&error))?;
    Ok(uploads.iter().filter(|one| one.video.is_some()).count())
}

/// Which of these sizes somebody has a file of.
///
/// # Errors
/// When the database refuses.
pub async fn owned_sizes(user: UserId, sizes: &str) -> Result<Vec<u64>, FormError> {
    let asked = sizes.split(',').filter_map(|size| size.trim().parse().ok());
    let asked: Vec<u64> = asked.take(MOST).collect();
    let owned = use_services().assets.owned_sizes(user, &asked).await;
    owned.map_err(|error| of_upload(&error.into()))
}

/// Somebody's video with exactly these bytes.
///
/// # Errors
/// When the text is no hash, or the database refuses.
pub async fn known(user: UserId, hash: &str) -> Result<Option<KnownSight>, FormError> {
    let hash = hash
        .parse()
        .map_err(|_| FormError::refused_for(Failure::NotUnderstood, []))?;
    let owned = use_services().assets.owned(user, hash).await;
    let Some((id, _)) = owned.map_err(|error| of_upload(&error.into()))? else {
        return Ok(None);
    };
    let video = own(user, id).await?;
    Ok(video.map(|video| KnownSight {
        video: video.id,
        title: video.title.as_str().to_owned(),
    }))
}

/// Keeps what can be kept of what is said about a video.
///
/// # Errors
/// What is wrong with the rest.
pub async fn describe(user: UserId, video: &str, said: &Said) -> Result<(), FormError> {
    let unknown = || FormError::refused_for(Failure::Unknown, []);
    let id = video.parse().map_err(|_| unknown())?;
    let (details, faults) = said.read();
    let edited = use_services().videos.edit(user, id, &details).await;
    edited.map_err(|error| of_video(&error))?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(FormError::refused(faults, []))
    }
}

/// Gives an upload up.
///
/// # Errors
/// When it is not there, or finished.
pub async fn give_up(user: UserId, flow: &str) -> Result<(), FormError> {
    let flow = flow
        .parse()
        .map_err(|_| FormError::refused_for(Failure::Unknown, []))?;
    match use_services().uploads.terminate(user, flow).await {
        // It was given up already: that is what was wanted.
        Ok(()) | Err(UploadsError::Gone) => Ok(()),
        Err(error) => Err(of_upload(&error)),
    }
}

/// Takes a video away again whose upload was cancelled too late: its last byte had come.
///
/// # Errors
/// When the database refuses.
pub async fn withdraw(user: UserId, video: &str) -> Result<(), FormError> {
    let id = video
        .parse()
        .map_err(|_| FormError::refused_for(Failure::Unknown, []))?;
    match use_services().videos.remove(user, id).await {
        Ok(()) | Err(VideosError::Unknown) => Ok(()),
        Err(error) => Err(of_video(&error)),
    }
}

async fn own(user: UserId, id: VideoId) -> Result<Option<Video>, FormError> {
    match use_services().videos.own(user, id).await {
        Ok(video) => Ok(Some(video)),
        Err(VideosError::Unknown) => Ok(None),
        Err(error) => Err(of_video(&error)),
    }
}

fn of_upload(error: &UploadsError) -> FormError {
    let why = match error {
        UploadsError::Unknown | UploadsError::Gone | UploadsError::Finished => Failure::Unknown,
        passing if passing.is_passing() => Failure::Busy,
        _ => Failure::Internal,
    };
    refused(why, error.code(), error)
}

fn of_video(error: &VideosError) -> FormError {
    let why = match error {
        VideosError::Unknown => Failure::Unknown,
        VideosError::Database(passing) if passing.is_passing() => Failure::Busy,
        _ => Failure::Internal,
    };
    refused(why, error.code(), error)
}

fn refused(why: Failure, code: &'static str, error: &dyn std::error::Error) -> FormError {
    if why == Failure::Internal {
        tracing::error!(code, %error, "the page of uploads could not be served");
    }
    FormError::refused_for(why, [])
}
