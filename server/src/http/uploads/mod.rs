//! `/uploads`: tus 1.0.0 with all its extensions over [`backend::uploads`], and `POST /upload`,
//! the plain form for browsers without scripts.
//!
//! An upload is `/uploads/{flow}`. Whoever asks shows a session or a token that may upload;
//! what is another person's is not there. `X-HTTP-Method-Override` is obeyed, and `front` has
//! [`dress`] put the headers of the protocol on every answer, its own refusals included.

mod announce;
mod append;
mod create;
mod description;
mod fields;
mod form;
mod linger;
mod metadata;
mod receive;
mod stop;

use app::context::Identity;
use axum::{
    Router,
    body::Body,
    extract::{self, DefaultBodyLimit, Extension, Path, Request},
    response::{IntoResponse, Response},
    routing::{any, post},
};
use backend::uploads::{Algorithm, Status, UploadsError};
use domain::{accounts::Scope, ids::FlowId, uploads::FlowStatus};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request};
use utoipa_axum::router::OpenApiRouter;

use self::{
    fields::{
        TUS_CHECKSUMS, TUS_EXTENSION, TUS_MAX_SIZE, TUS_RESUMABLE, TUS_VERSION, UPLOAD_CONCAT,
        UPLOAD_DEFER_LENGTH, UPLOAD_METADATA, VERSION,
    },
    linger::{Drain, Lingering, Rest},
    stop::Stop,
};
use super::{
    Caller, Fault, State,
    security::{
        limits::Bucket,
        origin::{self, Verdict},
    },
};

pub use self::receive::Patience;

/// Where uploads are.
const UPLOADS: &str = "/uploads";
/// The page, whose form works without scripts.
const UPLOAD: &str = "/upload";

const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// Everything the protocol allows on top of its core.
const EXTENSIONS: HeaderValue = HeaderValue::from_static(
    "creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,\
     termination,concatenation",
);

/// A begun upload costs a durable commit. Somebody who drops a folder begins hundreds.
const BEGINNINGS: Bucket = Bucket::per_second("uploads", 20.0, 600.0);

/// The calls of programs, with their description.
pub(super) fn described() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(description::uploads())
        .route(UPLOADS, any(all))
        .route("/uploads/", any(all))
        .route("/uploads/{flow}", any(one))
}

/// The form of browsers without scripts.
pub(super) fn routes() -> Router<State> {
    Router::new()
        .route(UPLOAD, post(form::upload))
        // The service says how much is too much.
        .layer(DefaultBodyLimit::disable())
}

/// Whether an address is one of the protocol.
pub(super) fn is_below(path: &str) -> bool {
    path.strip_prefix(UPLOADS)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What every answer of the protocol carries, also a refusal from before the routes. Pages of
/// other sites may use it with a token; cookies never travel there.
pub(super) fn dress(headers: &mut HeaderMap) {
    headers.insert(TUS_RESUMABLE, VERSION);
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "Location, Upload-Offset, Upload-Length, Upload-Defer-Length, Upload-Metadata, \
             Upload-Concat, Upload-Expires, Tus-Resumable, Tus-Version, Tus-Extension, \
             Tus-Max-Size, Tus-Checksum-Algorithm, Kadr-Video, Kadr-Duplicate-Of, Retry-After, \
             X-Request-Id",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Whether a request only asks how an upload stands.
pub(super) fn is_question(request: &Request) -> bool {
    let named = request.headers().get(METHOD_OVERRIDE);
    let method = named.map_or(request.method().as_str().as_bytes(), HeaderValue::as_bytes);
    method == b"HEAD" && is_below(request.uri().path())
}

/// What is said to such a question when we fail, however we do: clients begin again at byte 0
/// after any other refusal than this one.
pub(super) fn not_now() -> Response {
    Stop::from(UploadsError::Busy).into_response()
}

/// `/uploads`: what there is, and the beginning of an upload.
async fn all(
    extract::State(state): extract::State<State>,
    Extension(caller): Extension<Caller>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Response {
    let (head, body, rest) = taken_apart(request);
    let outcome = async {
        match asked(&head, &caller)? {
            Method::OPTIONS => Ok(options(&state)),
            Method::POST => {
                let user = admitted(&head.headers, &identity).await?;
                state.limits.take(BEGINNINGS, caller.address)?;
                create::create(&state, user, &head.headers, body).await
            }
            _ => Err(Stop::Method("OPTIONS, POST")),
        }
    }
    .await;
    answered(outcome, &rest)
}

/// `/uploads/{flow}`: everything about one upload.
async fn one(
    extract::State(state): extract::State<State>,
    Extension(caller): Extension<Caller>,
    Extension(identity): Extension<Identity>,
    Path(flow): Path<String>,
    request: Request,
) -> Response {
    let (head, body, rest) = taken_apart(request);
    let outcome = async {
        let method = asked(&head, &caller)?;
        if method == Method::OPTIONS {
            return Ok(options(&state));
        }
        if ![Method::HEAD, Method::PATCH, Method::DELETE].contains(&method) {
            return Err(Stop::Method("OPTIONS, HEAD, PATCH, DELETE"));
        }
        let user = admitted(&head.headers, &identity).await?;
        let flow: FlowId = flow.parse().map_err(|_| UploadsError::Unknown)?;
        let uploads = &state.backend.uploads;
        match method {
            Method::HEAD => Ok(status(&uploads.status(user, flow).await?)),
            Method::PATCH => append::append(&state, user, flow, &head.headers, body).await,
            _ => {
                uploads.terminate(user, flow).await?;
                Ok(StatusCode::NO_CONTENT.into_response())
            }
        }
    }
    .await;
    answered(outcome, &rest)
}

/// The head of a request, and its body that is read to its end whoever refuses it.
fn taken_apart(request: Request) -> (request::Parts, Body, Rest) {
    let (head, body) = request.into_parts();
    let waits = head.headers.contains_key(header::EXPECT);
    let (body, rest) = Lingering::over(body, waits, Drain::PROGRAM);
    (head, Body::new(body), rest)
}

fn answered(outcome: Result<Response, Stop>, rest: &Rest) -> Response {
    let mut response = outcome.unwrap_or_else(IntoResponse::into_response);
    if rest.is_unread() {
        // Who sends on would send for nothing.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// What is to be done. A method in the header outranks the one of the request, which then has
/// to come from where that method may come from.
fn asked(head: &request::Parts, caller: &Caller) -> Result<Method, Stop> {
    let Some(name) = head.headers.get(METHOD_OVERRIDE) else {
        return Ok(head.method.clone());
    };
    let method = Method::from_bytes(name.as_bytes())
        .map_err(|_| Stop::Method("OPTIONS, POST, HEAD, PATCH, DELETE"))?;
    if head.method.is_safe() && !method.is_safe() {
        let verdict = origin::judge(&method, &head.uri, &head.headers, caller.by_proxy);
        let by_token = head.headers.contains_key(header::AUTHORIZATION);
        if verdict != Verdict::Pass && !by_token {
            return Err(Fault::ForeignOrigin.into());
        }
    }
    Ok(method)
}

/// Who it is, after the version of the protocol, which costs nothing to look at.
async fn admitted(headers: &HeaderMap, identity: &Identity) -> Result<domain::ids::UserId, Stop> {
    let spoken = headers.get_all(TUS_RESUMABLE);
    if spoken.iter().count() != 1 || !spoken.iter().all(|version| *version == VERSION) {
        return Err(Stop::Version);
    }
    let visitor = identity.visitor().await.map_err(Stop::Visitor)?;
    let visitor = visitor.ok_or(Fault::NotLoggedIn)?;
    visitor.may(Scope::Upload).map_err(Stop::Visitor)?;
    Ok(visitor.user.id)
}

fn options(state: &State) -> Response {
    let limits = state.backend.uploads.limits();
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_VERSION, VERSION);
    headers.insert(TUS_EXTENSION, EXTENSIONS);
    headers.insert(TUS_MAX_SIZE, HeaderValue::from(limits.max_size));
    let algorithms = Algorithm::ALL.map(Algorithm::code).join(",");
    fields::insert(headers, TUS_CHECKSUMS, &algorithms);
    for (name, value) in [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "POST, HEAD, PATCH, DELETE, OPTIONS",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Tus-Resumable, Upload-Length, Upload-Defer-Length, \
             Upload-Offset, Upload-Metadata, Upload-Concat, Upload-Checksum, \
             X-HTTP-Method-Override, X-Request-Id, X-Requested-With",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// How an upload stands.
fn status(status: &Status) -> Response {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    fields::stands(headers, status.offset, status.expires_at);
    match status.length {
        Some(length) => {
            headers.insert(fields::UPLOAD_LENGTH, HeaderValue::from(length));
        }
        None => {
            headers.insert(UPLOAD_DEFER_LENGTH, HeaderValue::from_static("1"));
        }
    }
    if let Some(metadata) = &status.metadata {
        fields::insert(headers, UPLOAD_METADATA, metadata);
    }
    if let Some(concat) = &status.concat {
        fields::insert(headers, UPLOAD_CONCAT, concat);
    }
    if let Some(video) = status
        .video
        .filter(|_| status.status != FlowStatus::Abandoned)
    {
        fields::insert(headers, fields::KADR_VIDEO, &video.to_string());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_protocol_are_its_own() {
        for path in ["/uploads", "/uploads/", "/uploads/abc", "/uploads/a/b"] {
            assert!(is_below(path), "{path}");
        }
        for path in ["/upload", "/", "/uploadsx", "/api/uploads"] {
            assert!(!is_below(path), "{path}");
        }
    }
}
