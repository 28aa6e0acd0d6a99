//! A video as programs see it.

use backend::{
    transcode::Overview,
    videos::{Original, Video},
};
use domain::videos::{Rendition, Stage, VideoStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Fault, State};

#[derive(Serialize, ToSchema)]
pub(super) struct VideoView {
    id: String,
    title: String,
    description: String,
    /// `public`, `unlisted` or `private`.
    visibility: &'static str,
    /// `pending`, `processing`, `completed` or `failed`.
    #[schema(value_type = String)]
    status: VideoStatus,
    /// What is being done: `queued`, `joining`, `probing`, `packaging`, `encoding`, `finishing`,
    /// `done`.
    #[schema(value_type = String)]
    stage: Stage,
    /// It can be watched, perhaps not to its end yet.
    playable: bool,
    /// Of everything, 0 to 1.
    progress: f64,
    /// A code that does not change, once it has failed.
    error: Option<String>,
    /// Codes that do not change: what its owner should know.
    warnings: Vec<String>,
    /// Seconds, once they are known.
    duration: Option<f64>,
    /// Milliseconds since 1970, UTC.
    created_at: i64,
    owner: Option<OwnerView>,
    /// The file it is made from; only its owner sees it.
    original: Option<OriginalView>,
    /// What it is made into: `{kind: video|audio, name, width, height, status, progress}`.
    #[schema(value_type = Vec<Object>)]
    renditions: Vec<Rendition>,
    poster_url: Option<String>,
    hls_url: Option<String>,
    dash_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct OwnerView {
    id: String,
    nick: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct OriginalView {
    name: String,
    /// Bytes, if they are known yet.
    size: Option<u64>,
}

impl From<Original> for OriginalView {
    fn from(original: Original) -> Self {
        Self {
            name: original.name,
            size: original.size,
        }
    }
}

impl VideoView {
    pub(super) async fn of(state: &State, video: Video, own: bool) -> Result<Self, Fault> {
        let backend = &state.backend;
        let overview = match video.asset {
            Some(asset) => backend
                .transcode
                .overview(asset)
                .await
                .map_err(Fault::internal)?,
            None => None,
        };
        let owner = backend.accounts.user(video.owner).await?;
        Ok(
            Self::from_parts(video, overview, own).by(owner.map(|user| OwnerView {
                id: user.id.to_string(),
                nick: user.nick.as_str().to_owned(),
                name: user.name.as_str().to_owned(),
            })),
        )
    }

    fn by(mut self, owner: Option<OwnerView>) -> Self {
        self.owner = owner;
        self
    }

    fn from_parts(video: Video, overview: Option<Overview>, own: bool) -> Self {
        let id = video.id;
        let media = move |file: &str| format!("/media/{id}/{file}");
        let complete = video.status == VideoStatus::Completed;
        let poster = overview
            .as_ref()
            .and_then(|overview| overview.posters.first());
        Self {
            id: id.to_string(),
            title: video.title.as_str().to_owned(),
            description: video.description.as_str().to_owned(),
            visibility: video.visibility.code(),
            status: video.status,
            stage: video.stage,
            playable: video.playable,
            progress: match &overview {
                _ if complete => 1.0,
                Some(overview) => overview.progress,
                None => 0.0,
            },
            error: video.error,
            warnings: if own { video.warnings } else { Vec::new() },
            duration: overview.as_ref().and_then(|overview| overview.duration),
            created_at: video.created_at,
            owner: None,
            original: video.original.filter(|_| own).map(OriginalView::from),
            poster_url: poster.map(|file| media(file)),
            hls_url: video.playable.then(|| media("master.m3u8")),
            dash_url: complete.then(|| media("manifest.mpd")),
            renditions: overview.map_or_else(Vec::new, |overview| overview.renditions),
        }
    }
}
