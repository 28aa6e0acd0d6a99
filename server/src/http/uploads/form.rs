//! `POST /upload`: files from a browser without scripts, as a form of several parts.
//!
//! `title` and `visibility`, if they are there, stand before the files, which are called
//! `file`. Nothing is kept in memory: each file goes into an upload of the service as it
//! comes. A browser is led back to the page, with `?sent={video},{video}` or
//! `?refused={code}`; programs get JSON and problem+json.

use app::context::{Identity, Visitor, login};
use axum::{
    Json,
    body::Body,
    extract::{
        self, Extension, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    response::{IntoResponse, Redirect, Response},
};
use backend::uploads::{self, Metadata, New, UploadsError, Writer};
use domain::{
    accounts::Scope,
    ids::{FlowId, UserId, VideoId},
    videos::{Title, Visibility},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tokio::time::timeout;

use super::{
    BEGINNINGS, UPLOAD,
    linger::{Drain, Lingering},
};
use crate::http::{Caller, Fault, State};

/// Fields beside the files are short.
const FIELD: usize = 4096;
/// Files of one form.
const FILES: usize = 100;

pub(super) async fn upload(
    extract::State(state): extract::State<State>,
    Extension(caller): Extension<Caller>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Response, Fault> {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let waits = request.headers().contains_key(header::EXPECT);
    let drain = Drain::form(state.patience.0, state.backend.uploads.limits().max_size);
    let request = request.map(|body| Body::new(Lingering::over(body, waits, drain).0));
    let user = match admitted(&identity, wants_page).await {
        Ok(user) => user,
        Err(response) => return Ok(*response),
    };
    state.limits.take(BEGINNINGS, caller.address)?;
    // It outlives the connection: what broke off in the middle is cleared away.
    let taken = tokio::spawn(take(state, user, request));
    let (videos, outcome) = taken.await.map_err(Fault::internal)?;
    let sent: Vec<String> = videos.iter().map(ToString::to_string).collect();
    match outcome {
        Ok(()) if wants_page => {
            Ok(Redirect::to(&format!("{UPLOAD}?sent={}", sent.join(","))).into_response())
        }
        Ok(()) => {
            let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            let body = Json(json!({ "videos": sent }));
            Ok((StatusCode::CREATED, no_store, body).into_response())
        }
        Err(fault) if wants_page && fault.is_for_the_sender() => {
            let mut to = format!("{UPLOAD}?refused={}", fault.code());
            if !sent.is_empty() {
                to.push_str(&format!("&sent={}", sent.join(",")));
            }
            Ok(Redirect::to(&to).into_response())
        }
        Err(fault) => Err(fault),
    }
}

async fn admitted(identity: &Identity, wants_page: bool) -> Result<UserId, Box<Response>> {
    let allowed = |visitor: &Visitor| visitor.may(Scope::Upload).map(|()| visitor.user.id);
    match identity.visitor().await {
        Ok(Some(visitor)) => allowed(visitor).map_err(|no| Box::new(no.into_response())),
        Ok(None) if wants_page => Err(Box::new(Redirect::to(&login(UPLOAD)).into_response())),
        Ok(None) => Err(Box::new(Fault::NotLoggedIn.into_response())),
        Err(refused) => Err(Box::new(refused.into_response())),
    }
}

/// Takes the files of a form; answers the videos of those that came in, also when a later one
/// did not.
async fn take(state: State, user: UserId, request: Request) -> (Vec<VideoId>, Result<(), Fault>) {
    let mut videos = Vec::new();
    let outcome = match Multipart::from_request(request, &()).await {
        Ok(form) => read(&state, user, form, &mut videos).await,
        Err(_) => Err(Fault::refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_a_form",
            "send files as a form (multipart/form-data) with the field file",
        )),
    };
    let outcome = outcome.and_then(|()| {
        if videos.is_empty() {
            return Err(missing());
        }
        Ok(())
    });
    (videos, outcome)
}

fn missing() -> Fault {
    Fault::refused(
        StatusCode::UNPROCESSABLE_ENTITY,
        "upload_missing",
        "no file was chosen",
    )
}

async fn read(
    state: &State,
    user: UserId,
    mut form: Multipart,
    videos: &mut Vec<VideoId>,
) -> Result<(), Fault> {
    let mut said = Metadata::default();
    loop {
        let field = timeout(state.patience.0, form.next_field()).await;
        let field = field
            .map_err(|_| Fault::TooSlow)?
            .map_err(|error| unreadable(&error))?;
        let Some(field) = field else {
            return Ok(());
        };
        match field.name().unwrap_or_default() {
            "file" => {
                // A form without a chosen file sends an empty one without a name.
                if field.file_name().is_none_or(str::is_empty) {
                    continue;
                }
                if videos.len() >= FILES {
                    return Err(Fault::refused(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "upload_too_many_files",
                        "one form takes 100 files at most",
                    ));
                }
                let mut metadata = said.clone();
                metadata.filename = field.file_name().map(str::to_owned);
                metadata.filetype = field.content_type().map(str::to_owned);
                videos.push(file(state, user, metadata, field).await?);
                // It was said of one file.
                said.title = None;
            }
            "title" => said.title = Title::fit(&text(state, field).await?),
            "visibility" => said.visibility = visibility(&text(state, field).await?)?,
            _ => drop(text(state, field).await?),
        }
    }
}

fn visibility(text: &str) -> Result<Option<Visibility>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        Fault::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "visibility_unknown",
            "the visibility of a video is public, unlisted or private",
        )
    })
}

/// One file. Its length is known when it has come. Without scripts nobody can go on with it
/// later, so what did not come whole goes again.
async fn file(
    state: &State,
    user: UserId,
    metadata: Metadata,
    field: Field<'_>,
) -> Result<VideoId, Fault> {
    let service = &state.backend.uploads;
    let new = New {
        metadata,
        ..New::default()
    };
    let created = service.create(user, new).await?;
    let Some(video) = created.video else {
        return Err(UploadsError::Unknown.into());
    };
    match bytes(state, user, created.flow, field).await {
        Ok(()) => Ok(video),
        Err(fault) => {
            if let Err(error) = service.terminate(user, created.flow).await
                && !matches!(error, UploadsError::Gone | UploadsError::Finished)
            {
                tracing::debug!(%error, flow = %created.flow, "half a file stays for a day");
            }
            Err(fault)
        }
    }
}

async fn bytes(
    state: &State,
    user: UserId,
    flow: FlowId,
    mut field: Field<'_>,
) -> Result<(), Fault> {
    let service = &state.backend.uploads;
    let begin = uploads::Request::default();
    let mut writer = service.open(user, flow, begin).await?;
    if let Err(fault) = stream(state, &mut field, &mut writer).await {
        // It may have ended by itself, and then that was the fault.
        let _ended = writer.discard().await;
        return Err(fault);
    }
    let written = writer.finish(None).await?;
    if written.offset == 0 {
        return Err(Fault::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "upload_empty",
            "this file is empty",
        ));
    }
    let end = uploads::Request {
        offset: written.offset,
        length: Some(written.offset),
        ..uploads::Request::default()
    };
    service.open(user, flow, end).await?.finish(None).await?;
    Ok(())
}

async fn stream(state: &State, field: &mut Field<'_>, writer: &mut Writer) -> Result<(), Fault> {
    loop {
        let chunk = tokio::select! {
            chunk = timeout(state.patience.0, field.chunk()) => chunk,
            () = state.stopping.cancelled() => return Err(UploadsError::Stopping.into()),
        };
        match chunk
            .map_err(|_| Fault::TooSlow)?
            .map_err(|error| unreadable(&error))?
        {
            Some(bytes) => writer.write(bytes).await?,
            None => return Ok(()),
        }
    }
}

async fn text(state: &State, mut field: Field<'_>) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    loop {
        let chunk = timeout(state.patience.0, field.chunk()).await;
        let chunk = chunk
            .map_err(|_| Fault::TooSlow)?
            .map_err(|error| unreadable(&error))?;
        let Some(chunk) = chunk else { break };
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FIELD {
            return Err(Fault::BodyTooLarge { limit_bytes: FIELD });
        }
    }
    String::from_utf8(bytes).map_err(|_| Fault::BodyUnreadable)
}

fn unreadable(error: &MultipartError) -> Fault {
    tracing::debug!(%error, "a form of several parts broke off");
    Fault::BodyUnreadable
}
