//! `/api/v1/videos/{id}`: what there is to know of a video and to do with it; and `/media/…`, its
//! files.

mod files;
mod progressive;
mod view;

use app::context::{CurrentUser, MaybeUser, Visitor};
use axum::{
    Json, Router,
    extract::{self, Path},
    response::{IntoResponse, Response},
    routing::get,
};
use backend::{
    transcode::TranscodeError,
    videos::{Video, VideosError},
};
use domain::{
    accounts::{Role, Scope, Visibility},
    ids::VideoId,
    problem::Problem,
};
use http::{HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::view::VideoView;
use super::{Fault, State};

/// The calls of programs, with their description.
pub(super) fn described() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(show, remove))
        .routes(routes!(retry))
}

/// Files for players.
pub(super) fn routes() -> Router<State> {
    Router::new().route("/media/{video}/{*file}", get(files::file))
}

impl From<VideosError> for Fault {
    fn from(error: VideosError) -> Self {
        match error {
            VideosError::Unknown => {
                Self::refused(StatusCode::NOT_FOUND, error.code(), &error.to_string())
            }
            VideosError::Database(_) | VideosError::Storage(_) => Self::internal(error),
        }
    }
}

impl From<TranscodeError> for Fault {
    fn from(error: TranscodeError) -> Self {
        match error {
            TranscodeError::Video(error) => error.into(),
            TranscodeError::NothingFailed => {
                Self::refused(StatusCode::CONFLICT, error.code(), &error.to_string())
            }
            TranscodeError::Database(_) | TranscodeError::Storage(_) => Self::internal(error),
        }
    }
}

/// An id that is none is the id of no video.
fn parsed(id: &str) -> Result<VideoId, Fault> {
    id.parse().map_err(|_| VideosError::Unknown.into())
}

/// The video, for whom it is visible to: private ones are not there for others. With whether it
/// is their own.
async fn visible(
    state: &State,
    id: &str,
    visitor: Option<&Visitor>,
) -> Result<(Video, bool), Fault> {
    let id = parsed(id)?;
    let video = state
        .backend
        .videos
        .get(id)
        .await
        .map_err(VideosError::from)?;
    let video = video.ok_or(VideosError::Unknown)?;
    let own = visitor.is_some_and(|visitor| {
        let theirs = visitor.user.id == video.owner || visitor.user.role == Role::Admin;
        theirs && visitor.may(Scope::Read).is_ok()
    });
    if video.visibility == Visibility::Private && !own {
        return Err(VideosError::Unknown.into());
    }
    Ok((video, own))
}

/// A video
#[utoipa::path(
    get, path = "/api/v1/videos/{id}", tag = "videos", operation_id = "video",
    description = "Private videos need a session, an access token, or an API token with the scope `read` of their owner.",
    params(("id" = String, Path, description = "The id, as in the video's address.")),
    responses(
        (status = 200, description = "The video.", body = VideoView),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn show(
    extract::State(state): extract::State<State>,
    MaybeUser(visitor): MaybeUser,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (video, own) = visible(&state, &id, visitor.as_ref()).await?;
    let view = VideoView::of(&state, video, own).await?;
    let private = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((private, Json(view)).into_response())
}

/// Remove a video
#[utoipa::path(
    delete, path = "/api/v1/videos/{id}", tag = "videos", operation_id = "remove_video",
    description = "Whatever is being done for it stops, and its files go, unless another video has the same ones. Needs a session, an access token, or an API token with the scope `write`.",
    params(("id" = String, Path, description = "The id, as in the video's address.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 401, description = "Nobody is logged in, or the token is not valid.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token was not made for this.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none, or it is not yours.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn remove(
    extract::State(state): extract::State<State>,
    CurrentUser(visitor): CurrentUser,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    if let Err(refused) = visitor.may(Scope::Write) {
        return Ok(refused.into_response());
    }
    state
        .backend
        .videos
        .remove(visitor.user.id, parsed(&id)?)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Try again what failed
#[utoipa::path(
    post, path = "/api/v1/videos/{id}/retry", tag = "videos", operation_id = "retry_video",
    description = "Only what failed is done again; what is there stays. Needs a session, an access token, or an API token with the scope `write`.",
    params(("id" = String, Path, description = "The id, as in the video's address.")),
    responses(
        (status = 202, description = "It is queued; the video says how it gets on.", body = VideoView),
        (status = 401, description = "Nobody is logged in, or the token is not valid.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token was not made for this.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none, or it is not yours.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing of it has failed (`nothing_failed`).", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn retry(
    extract::State(state): extract::State<State>,
    CurrentUser(visitor): CurrentUser,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    if let Err(refused) = visitor.may(Scope::Write) {
        return Ok(refused.into_response());
    }
    let id = parsed(&id)?;
    let owner = visitor.user.id;
    state.backend.transcode.retry(owner, id).await?;
    let video = state.backend.videos.own(owner, id).await?;
    let view = VideoView::of(&state, video, true).await?;
    let private = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::ACCEPTED, private, Json(view)).into_response())
}
