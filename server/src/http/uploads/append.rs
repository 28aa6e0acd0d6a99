//! PATCH: bytes for an upload.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use backend::uploads::{Request, Status, UploadsError};
use domain::ids::{FlowId, UserId};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;

use super::{
    fields::{self, UPLOAD_LENGTH, UPLOAD_OFFSET, wrong},
    receive::receive,
    stop::Stop,
};
use crate::http::State;

pub(super) async fn append(
    state: &State,
    user: UserId,
    flow: FlowId,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Stop> {
    fields::are_bytes(headers)?;
    let code = "upload_offset_unreadable";
    let offset = fields::number(headers, &UPLOAD_OFFSET, code)?
        .ok_or_else(|| wrong(code, "Upload-Offset has to say where these bytes belong"))?;
    let request = Request {
        offset,
        length: fields::number(headers, &UPLOAD_LENGTH, "upload_length_unreadable")?,
        body: body.size_hint().exact(),
        verify: fields::verify(headers)?,
    };
    let verify = request.verify.clone();
    let uploads = &state.backend.uploads;
    let writer = match uploads.open(user, flow, request).await {
        Ok(writer) => writer,
        Err(UploadsError::Finished) => {
            return finished(&uploads.status(user, flow).await?, offset, &body);
        }
        Err(error) => return Err(error.into()),
    };
    let written = receive(state, body, writer, &verify).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    fields::stands(response.headers_mut(), written.offset, written.expires_at);
    Ok(response)
}

/// Bytes for an upload that has them all. Its sender may have missed our last answer, or not
/// know that we had these bytes already: told the offset, it sees that there is nothing to do.
fn finished(status: &Status, offset: u64, body: &Body) -> Result<Response, Stop> {
    let is_final = status
        .concat
        .as_deref()
        .is_some_and(|concat| concat != "partial");
    if is_final {
        return Err(UploadsError::Finished.into());
    }
    if offset != status.offset {
        let offset = status.offset;
        return Err(UploadsError::Offset { offset }.into());
    }
    if !body.is_end_stream() {
        return Err(UploadsError::Finished.into());
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    fields::stands(response.headers_mut(), status.offset, None);
    Ok(response)
}
