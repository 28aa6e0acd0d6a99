//! `/avatars/*`: pictures of people. A version's address never changes its content.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    Router,
    extract::{self, Path},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use domain::{
    accounts::avatar::SIZES,
    ids::{AvatarId, UserId},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::http::{Fault, State};

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Initials change with the name.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

pub(super) fn routes() -> Router<State> {
    Router::new().route("/avatars/{user}/{file}", get(picture))
}

async fn picture(
    extract::State(state): extract::State<State>,
    Path((user, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let user: UserId = user.parse().map_err(|_| Fault::NotFound)?;
    let accounts = &state.backend.accounts;
    if file == "initials.svg" {
        let user = accounts.user(user).await?.ok_or(Fault::NotFound)?;
        let svg = user.initials().svg();
        let mut hasher = DefaultHasher::new();
        svg.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        return Ok(answer(
            &headers,
            &tag,
            HeaderValue::from_static("image/svg+xml"),
            FOR_AN_HOUR,
            Bytes::from(svg),
        ));
    }
    let (version, size) = rendition(&file).ok_or(Fault::NotFound)?;
    let webp = accounts
        .avatars()
        .get(user, version, size)
        .await?
        .ok_or(Fault::NotFound)?;
    Ok(answer(
        &headers,
        &format!("\"{version}-{size}\""),
        HeaderValue::from_static("image/webp"),
        FOR_EVER,
        webp,
    ))
}

/// `{version}-{size}.webp`, in exactly the way we write it.
fn rendition(file: &str) -> Option<(AvatarId, u32)> {
    let (version, size) = file.strip_suffix(".webp")?.split_once('-')?;
    let size = SIZES.into_iter().find(|known| known.to_string() == size)?;
    Some((version.parse().ok()?, size))
}

fn answer(
    asked: &HeaderMap,
    tag: &str,
    kind: HeaderValue,
    cache: HeaderValue,
    body: Bytes,
) -> Response {
    let known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*");
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body.into_response()
    };
    let headers = response.headers_mut();
    if known {
        headers.remove(header::CONTENT_TYPE);
    } else {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, cache);
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_names() {
        let version = AvatarId::generate();
        assert_eq!(
            rendition(&format!("{version}-192.webp")),
            Some((version, 192))
        );
        for odd in [
            format!("{version}-192.png"),
            format!("{version}-0192.webp"),
            format!("{version}-+192.webp"),
            format!("{version}-1.webp"),
            format!("{version}.webp"),
            "../x-64.webp".to_owned(),
            "-64.webp".to_owned(),
        ] {
            assert_eq!(rendition(&odd), None, "{odd}");
        }
    }
}
