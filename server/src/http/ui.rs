//! `/ui/*`: the server functions behind forms and islands.

use std::time::Duration;

use app::context::{Identity, Visit};
use axum::{
    Router,
    body::Body,
    extract::{self, Request},
    response::{IntoResponse, Response},
    routing::{MethodRouter, on},
};
use http::{HeaderValue, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use leptos::{prelude::provide_context, server_fn::error::SERVER_FN_ERROR_HEADER};

use super::{
    Caller, Fault, State,
    accounts::{CHECKS, GUESSES},
    security::limits::Bucket,
    visit,
};

/// Forms are small; files go to addresses of their own.
const FORM_BYTES: usize = 1 << 20;
/// In this time a form has to arrive.
const ARRIVAL: Duration = Duration::from_secs(30);
/// A person clicks, a page asks while typing: both stay below this.
const CALLS: Bucket = Bucket::per_second("ui", 10.0, 60.0);

/// One route for each server function of the app, so that an unknown one is a 404 and a wrong
/// method a 405 as everywhere.
pub(super) fn routes() -> Router<State> {
    let mut paths: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    paths.sort_by_key(|(path, method)| (*path, method.as_str().to_owned()));
    paths.dedup();
    paths
        .into_iter()
        .fold(Router::new(), |router, (path, method)| {
            let route: MethodRouter<State> = match method.try_into() {
                Ok(filter) => on(filter, call),
                Err(_) => return router,
            };
            router.route(path, route)
        })
}

async fn call(
    extract::State(state): extract::State<State>,
    extract::Extension(caller): extract::Extension<Caller>,
    extract::Extension(visit): extract::Extension<Visit>,
    extract::Extension(identity): extract::Extension<Identity>,
    request: Request,
) -> Result<Response, Fault> {
    if !request.method().is_safe() {
        state.limits.take(CALLS, caller.address)?;
        if let Some(bucket) = what_guesses(request.uri().path()) {
            state.limits.take(bucket, caller.address)?;
        }
    }
    let request = whole(request).await?;
    let visit = visit::of_viewer(visit, &identity).await;
    let backend = state.backend.clone();
    let context = move || {
        provide_context(visit.clone());
        provide_context(backend.clone());
        provide_context(caller.clone());
    };
    let mut response = leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response();
    if is_error_of_the_library(&response) {
        return Err(fault(response).await);
    }
    tidy_location(&mut response);
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The library sends a form back with an empty query, of which people see a bare `?`.
fn tidy_location(response: &mut Response) {
    let Some(location) = response.headers().get(header::LOCATION) else {
        return;
    };
    let bytes = location.as_bytes();
    let end = bytes
        .iter()
        .position(|byte| *byte == b'#')
        .unwrap_or(bytes.len());
    if let Some(path) = bytes[..end].strip_suffix(b"?")
        && let Ok(tidy) = HeaderValue::from_bytes(&[path, &bytes[end..]].concat())
    {
        response.headers_mut().insert(header::LOCATION, tidy);
    }
}

/// Calls that could be used to guess have a bucket of their own: who types is never near it.
fn what_guesses(path: &str) -> Option<Bucket> {
    let call = path.strip_prefix("/ui/accounts/")?;
    // They tell whether a name is free, as the checks do.
    if call.contains("check") || ["register_email", "register_nick"].contains(&call) {
        return Some(CHECKS);
    }
    let is_guess = [
        "log_in",
        "ask_reset",
        "reset_password",
        "change_password",
        "register_password",
        "register_confirm",
        "ask_email",
        "confirm_email",
        "leave",
    ]
    .contains(&call);
    is_guess.then_some(GUESSES)
}

/// Errors of the house are typed and travel as JSON; plain text is what `server_fn` says for
/// itself, in its own words, which are not for visitors.
fn is_error_of_the_library(response: &Response) -> bool {
    response.headers().contains_key(SERVER_FN_ERROR_HEADER)
        && response.status().is_server_error()
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

async fn fault(response: Response) -> Fault {
    let text = match response.into_body().collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(error) => return Fault::internal(error),
    };
    let is_of_the_sender = ["Args|", "MissingArg|", "Deserialization|"]
        .iter()
        .any(|kind| text.starts_with(kind));
    if is_of_the_sender {
        Fault::Invalid {
            code: "invalid_arguments",
            detail: "What was sent is not what this address takes.".to_owned(),
        }
    } else {
        Fault::internal(text)
    }
}

/// The request with its body read: too large and too slow are said here, with words, and not
/// from within a deserializer.
async fn whole(request: Request) -> Result<Request, Fault> {
    let too_large = Fault::BodyTooLarge {
        limit_bytes: FORM_BYTES,
    };
    let promised = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if promised.is_some_and(|length| length > FORM_BYTES as u64) {
        return Err(too_large);
    }
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, FORM_BYTES).collect();
    match tokio::time::timeout(ARRIVAL, read).await {
        Ok(Ok(body)) => Ok(Request::from_parts(parts, Body::from(body.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large),
        Ok(Err(_)) => Err(Fault::BodyUnreadable),
        Err(_) => Err(Fault::TooSlow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_a_hash_or_tells_a_name_is_limited() {
        for (call, bucket) in [
            ("log_in", Some(GUESSES)),
            ("register_password", Some(GUESSES)),
            ("register_confirm", Some(GUESSES)),
            ("register_check", Some(CHECKS)),
            ("register_email", Some(CHECKS)),
            ("register_nick", Some(CHECKS)),
            ("save_profile", None),
        ] {
            assert_eq!(
                what_guesses(&format!("/ui/accounts/{call}")),
                bucket,
                "{call}"
            );
        }
    }
}
