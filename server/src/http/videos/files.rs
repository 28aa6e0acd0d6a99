//! `/media/{video}/…`: the files players read, as they lie on the disk.

use app::context::MaybeUser;
use axum::{
    body::Body,
    extract::{self, Path, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use super::{
    super::{Fault, State},
    progressive, visible,
};

/// Segments never change; who may see them was asked for this very request.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// Playlists grow.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("private, no-cache");
const MP4: &str = "video/mp4";
const NEVER: HeaderValue = HeaderValue::from_static("no-store");

pub(super) async fn file(
    extract::State(state): extract::State<State>,
    MaybeUser(visitor): MaybeUser,
    Path((video, file)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let (kind, cache) = kind(&file).ok_or(Fault::NotFound)?;
    let (video, _) = visible(&state, &video, visitor.as_ref()).await?;
    let asset = video.asset.ok_or(Fault::NotFound)?;
    let storage = state.backend.uploads.storage();
    if !file.contains('/') && kind == MP4 {
        let film = state.backend.transcode.progressive(asset, &file).await;
        let film = film.map_err(Fault::internal)?.ok_or(Fault::NotFound)?;
        let mut response =
            progressive::answer(&film, storage, request.method(), request.headers())?;
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, ASK_AGAIN);
        return Ok(response);
    }
    let key = format!("{}/{file}", backend::assets::media(asset));
    let place = storage.place(&key);
    let mut request = request.map(|_| Body::empty());
    // Times count in seconds, and a playlist may grow twice in one: "not modified since" would
    // keep its reader at the first text for good.
    let grows = cache == ASK_AGAIN;
    if grows {
        for name in [header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE] {
            request.headers_mut().remove(name);
        }
    }
    let answer = ServeFile::new(place).oneshot(request).await;
    let mut response = answer.map_err(Fault::internal)?.into_response();
    let status = response.status();
    if status.is_client_error() && status != http::StatusCode::RANGE_NOT_SATISFIABLE {
        return Err(Fault::of_status(status));
    }
    let headers = response.headers_mut();
    if status.is_success() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if grows {
        headers.remove(header::LAST_MODIFIED);
    }
    // A failure must not be kept for a year.
    let good = status.is_success() || status == http::StatusCode::NOT_MODIFIED;
    headers.insert(header::CACHE_CONTROL, if good { cache } else { NEVER });
    Ok(response)
}

/// What kind of file that is; nothing for what is none of ours.
fn kind(file: &str) -> Option<(&'static str, HeaderValue)> {
    let ours = |part: &str| {
        let letter =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(letter)
    };
    let parts: Vec<&str> = file.split('/').collect();
    if parts.len() > 2 || !parts.iter().all(|part| ours(part)) || parts[0] == "tiles" {
        return None;
    }
    let (_, extension) = file.rsplit_once('.')?;
    Some(match extension {
        "m3u8" => ("application/vnd.apple.mpegurl", ASK_AGAIN),
        "mpd" => ("application/dash+xml", ASK_AGAIN),
        "m4s" => ("video/iso.segment", FOR_EVER),
        "mp4" => (MP4, FOR_EVER),
        "jpg" => ("image/jpeg", ASK_AGAIN),
        "vtt" => ("text/vtt; charset=utf-8", ASK_AGAIN),
        "bin" => ("application/octet-stream", ASK_AGAIN),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_ours_are_files() {
        for ours in [
            "master.m3u8",
            "manifest.mpd",
            "720.mp4",
            "v720/index.m3u8",
            "v720/init.mp4",
            "v720/00012.m4s",
            "a0/00000.m4s",
            "poster-720.jpg",
            "storyboard/000.jpg",
            "storyboard/index.vtt",
            "s0/text.vtt",
            "waveform.bin",
        ] {
            assert!(kind(ours).is_some(), "{ours}");
        }
        for other in [
            "",
            "..",
            "../secret",
            "v720/../../secret.jpg",
            "v720//00000.m4s",
            "v720/.index.m3u8",
            "v720/00000.m4s.tmp",
            "v720/00000.0123.part",
            "tiles/00000.jpg",
            "a/b/c.jpg",
            "720.mp4.list",
            "720.mp4.head",
            "V720/index.m3u8",
            "v720/index.m3u8\0.jpg",
            "v720/%2e%2e/x.jpg",
        ] {
            assert!(kind(other).is_none(), "{other:?}");
        }
    }
}
