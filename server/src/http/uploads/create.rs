//! POST: the beginning of an upload, with or without its first bytes.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use backend::uploads::{Created, Part, Request, UploadsError, Verify};
use domain::ids::UserId;
use http::{HeaderMap, StatusCode, header};
use http_body::Body as _;

use super::{
    UPLOADS, announce,
    fields::{self, KADR_DUPLICATE_OF, KADR_VIDEO, wrong},
    receive::receive,
    stop::Stop,
};
use crate::http::State;

pub(super) async fn create(
    state: &State,
    user: UserId,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Stop> {
    let new = announce::read(headers)?;
    let brings = !body.is_end_stream();
    let length = body.size_hint().exact();
    let verify = if brings {
        fields::are_bytes(headers)?;
        if matches!(new.part, Part::Final(_)) {
            let words = "the bytes of a final upload are those of its parts";
            return Err(wrong("upload_concat_unreadable", words));
        }
        if let (Some(sent), Some(announced)) = (length, new.length)
            && sent > announced
        {
            return Err(UploadsError::TooLong.into());
        }
        fields::verify(headers)?
    } else {
        Verify::No
    };
    let mut created = state.backend.uploads.create(user, new).await?;
    if brings && created.expires_at.is_some() {
        first_bytes(state, user, &mut created, (body, length), verify).await?;
    }
    Ok(answer(&created))
}

/// The bytes that came with the request. An upload whose bytes are refused does not begin; one
/// that only did not get them all now goes on from where it is.
async fn first_bytes(
    state: &State,
    user: UserId,
    created: &mut Created,
    (body, length): (Body, Option<u64>),
    verify: Verify,
) -> Result<(), Stop> {
    let uploads = &state.backend.uploads;
    let request = Request {
        offset: 0,
        length: None,
        body: length,
        verify: verify.clone(),
    };
    let outcome = match uploads.open(user, created.flow, request).await {
        Ok(writer) => receive(state, body, writer, &verify).await,
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(written) => {
            created.offset = written.offset;
            created.expires_at = written.expires_at;
            Ok(())
        }
        Err(stop) if stop.refuses_the_bytes() => {
            if let Err(error) = uploads.terminate(user, created.flow).await
                && !matches!(error, UploadsError::Gone)
            {
                tracing::debug!(%error, flow = %created.flow, "an upload that did not begin stays for a day");
            }
            Err(stop)
        }
        Err(stop) => {
            tracing::debug!(?stop, flow = %created.flow, "first bytes did not all come in");
            let status = uploads.status(user, created.flow).await?;
            created.offset = status.offset;
            created.expires_at = status.expires_at;
            Ok(())
        }
    }
}

fn answer(created: &Created) -> Response {
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    // Relative: whatever name the sender knows us by, it is right.
    let location = format!("{UPLOADS}/{}", created.flow);
    fields::insert(headers, header::LOCATION, &location);
    fields::stands(headers, created.offset, created.expires_at);
    if let Some(video) = created.video {
        fields::insert(headers, KADR_VIDEO, &video.to_string());
    }
    if let Some(video) = created.duplicate_of {
        fields::insert(headers, KADR_DUPLICATE_OF, &video.to_string());
    }
    response
}
