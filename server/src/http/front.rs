//! What happens to every request, in order, around its handler.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use app::context::{Identity, SESSION_COOKIE, Visit};
use axum::{
    body::Body,
    extract::{self, MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{HeaderValue, Method, Uri, header};
use tracing::Instrument;

use super::{
    Caller, Fault, State,
    caller::REQUEST_ID,
    pages::{self, PageNonce},
    problem::{Form, Refusal},
    security::{
        headers::{self, Framing},
        origin,
    },
    uploads, visit, wellformed,
};

pub(super) async fn front(
    extract::State(state): extract::State<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let arrived = Instant::now();
    let caller = Caller::of(request.extensions(), request.headers(), &state.proxies);
    let about = About::of(&request);
    let span = tracing::info_span!("request", id = %caller.request_id);

    let mut response = async {
        let admitted = admit(&mut request, &caller);
        let visit = visit::visit(&state, request.headers(), &caller);
        let identity = visit::identity(&state, request.headers(), &caller);
        request.extensions_mut().insert(identity.clone());
        request.extensions_mut().insert(visit.clone());
        request.extensions_mut().insert(caller.clone());
        let response = match admitted {
            Ok(()) => AssertUnwindSafe(next.run(request))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Fault::Panicked.into_response()),
            Err(fault) => fault.into_response(),
        };
        let response = match about.is_question && response.status().is_server_error() {
            true => uploads::not_now(),
            false => response,
        };
        let mut response = explained(&about, visit, &identity, response).await;
        renew(&identity, response.headers_mut());
        response
    }
    .instrument(span)
    .await;
    record(
        &state,
        &about,
        &caller,
        response.status().as_u16(),
        arrived.elapsed(),
    );

    let nonce = response.extensions_mut().remove::<PageNonce>();
    let headers = response.headers_mut();
    if uploads::is_below(about.uri.path()) {
        uploads::dress(headers);
    }
    headers::dress(
        headers,
        nonce.as_ref().map(|n| n.0.as_str()),
        about.framing(),
        state.is_https(),
    );
    if let Ok(id) = HeaderValue::from_str(caller.request_id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// What is remembered of a request after a handler has taken it.
struct About {
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    form: Form,
    /// It asks how an upload stands.
    is_question: bool,
}

impl About {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            form: Form::wanted(
                request.method(),
                request.uri(),
                request.headers().get(header::ACCEPT),
            ),
            is_question: uploads::is_question(request),
        }
    }

    fn framing(&self) -> Framing {
        if self.uri.path().starts_with("/embed/") {
            Framing::Anywhere
        } else {
            Framing::SameSite
        }
    }

    /// Requests that come by the dozen for each page, or every few seconds for ever; what is
    /// refused shows its id, and the log has to know it.
    fn is_noise(&self) -> bool {
        match &self.route {
            Some(route) => matches!(
                route.as_str(),
                domain::routes::HEALTHZ | domain::routes::READYZ | domain::routes::METRICS
            ),
            None => true,
        }
    }
}

fn admit(request: &mut Request, caller: &Caller) -> Result<(), Fault> {
    wellformed::check(request.uri(), request.headers())?;
    match origin::judge(
        request.method(),
        request.uri(),
        request.headers(),
        caller.by_proxy,
    ) {
        origin::Verdict::Pass => Ok(()),
        origin::Verdict::PassWithoutCookies => {
            request.headers_mut().remove(header::COOKIE);
            Ok(())
        }
        origin::Verdict::Refuse => Err(Fault::ForeignOrigin),
    }
}

/// Gives words to an answer that is a refusal and has none. Answers of handlers with a body
/// of their own stay as they are.
async fn explained(
    about: &About,
    visit: Visit,
    identity: &Identity,
    mut response: Response,
) -> Response {
    let refusal = match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) => refusal,
        None if is_mute(&response) => {
            let mut mute = Fault::of_status(response.status()).into_response();
            let Some(refusal) = mute.extensions_mut().remove::<Refusal>() else {
                return response;
            };
            refusal
        }
        None => return response,
    };
    let request_id = visit.request_id.clone();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match about.form {
        Form::Page => {
            match pages::error_page(visit::of_viewer(visit, identity).await, refusal.status) {
                Ok(page) => {
                    headers.insert(
                        header::CONTENT_TYPE,
                        HeaderValue::from_static("text/html; charset=utf-8"),
                    );
                    headers.insert(
                        header::VARY,
                        HeaderValue::from_static("Cookie, Accept-Language"),
                    );
                    *response.body_mut() = page;
                }
                Err(_) => plain(&mut response, format!("{} ({request_id})", refusal.detail)),
            }
        }
        Form::Json => {
            let (name, value, body) = refusal.json(&request_id);
            headers.insert(name, value);
            *response.body_mut() = body;
        }
        Form::Text => plain(&mut response, refusal.detail),
    }
    response
}

/// Sends the cookie of a session again whose use was just noted, so that the browser keeps it
/// as long as we do. A handler that sent another one knows better.
fn renew(identity: &Identity, headers: &mut http::HeaderMap) {
    let sent = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .any(|cookie| cookie.as_bytes().starts_with(SESSION_COOKIE.as_bytes()));
    if !sent && let Some(cookie) = identity.renewal() {
        headers.append(header::SET_COOKIE, cookie);
    }
}

fn plain(response: &mut Response, text: String) {
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    *response.body_mut() = Body::from(text);
}

/// A refusal without a body, or with the English line of a library.
fn is_mute(response: &Response) -> bool {
    let refused = response.status().is_client_error() || response.status().is_server_error();
    refused
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

/// One line in the log and one observation, without the query, which may carry keys.
fn record(state: &State, about: &About, caller: &Caller, status: u16, took: Duration) {
    let route = about.route.as_ref().map_or("(file)", MatchedPath::as_str);
    state.metrics.observe(&about.method, route, status, took);
    let path = about.uri.path();
    let took_ms = (took.as_secs_f64() * 1e4).round() / 10.0;
    let (request_id, address) = (caller.request_id.as_str(), caller.address);
    if about.is_noise() && status < 400 {
        tracing::debug!(request_id, method = %about.method, path, status, took_ms, %address, "answered");
    } else {
        tracing::info!(request_id, method = %about.method, path, status, took_ms, %address, "answered");
    }
}
