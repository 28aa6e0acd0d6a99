//! Pages: HTML that is complete when it leaves the server.

use std::{panic::AssertUnwindSafe, time::Duration};

use app::{
    context::{Identity, Sharing, Visit},
    shell,
};
use axum::{
    Router,
    body::Body,
    extract::{self, Request},
    response::Response,
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use leptos::{nonce::Nonce, prelude::provide_context};

use super::{Fault, State, shared, visit};

/// A page that takes longer waits for something that will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The nonce of a rendered page, on its way into the policy of the answer.
#[derive(Debug, Clone)]
pub(super) struct PageNonce(pub(super) String);

/// One route for each page of the app, found by asking the app.
pub(super) fn routes(state: &State) -> Router<State> {
    addresses(state)
        .iter()
        .fold(Router::new(), |router, address| {
            router.route(address, get(page))
        })
}

/// The addresses of all pages, as the router writes them.
#[must_use]
pub fn addresses(state: &State) -> Vec<String> {
    let visit = Visit {
        language: domain::language::Language::default(),
        theme: domain::theme::Theme::default(),
        request_id: String::new(),
        assets: state.assets.clone(),
        viewer: None,
        registration: state.backend.accounts.registration(),
    };
    let backend = state.backend.clone();
    let (listings, _) = leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(
        shell::App,
        None,
        move || {
            provide_context(visit.clone());
            provide_context(backend.clone());
        },
    );
    listings
        .iter()
        .map(|listing| listing.path().to_owned())
        .collect()
}

/// Only text gains from being compressed.
pub(super) fn is_text(
    _: StatusCode,
    _: http::Version,
    headers: &http::HeaderMap,
    _: &http::Extensions,
) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"text/html") || kind.as_bytes().ends_with(b"json")
    })
}

async fn page(
    extract::State(state): extract::State<State>,
    extract::Extension(visit): extract::Extension<Visit>,
    extract::Extension(identity): extract::Extension<Identity>,
    request: Request,
) -> Result<Response, Fault> {
    let visit = visit::of_viewer(visit, &identity).await;
    render(&state, visit, request).await
}

/// The page that says what went wrong, in the visitor's language.
pub(super) fn error_page(visit: Visit, status: StatusCode) -> Result<Body, Fault> {
    // A page about a panic must not end in another one.
    std::panic::catch_unwind(AssertUnwindSafe(|| {
        Body::from(shell::error_document(visit, status.as_u16()))
    }))
    .map_err(|_| Fault::Panicked)
}

async fn render(state: &State, visit: Visit, request: Request) -> Result<Response, Fault> {
    let nonce = Nonce::new();
    let page_nonce = PageNonce(nonce.to_string());
    let key = shared::Key::of(&request, &visit);
    if let Some(key) = &key
        && let Some((headers, body)) = state.shared_pages.get(key, &page_nonce.0)
    {
        let mut response = Response::new(Body::from(body));
        *response.headers_mut() = headers;
        response.extensions_mut().insert(page_nonce);
        return Ok(response);
    }
    let sharing = Sharing::default();
    let says = sharing.clone();
    let backend = state.backend.clone();
    let renderer = leptos_axum::render_app_async_with_context(
        move || {
            provide_context(visit.clone());
            provide_context(backend.clone());
            provide_context(nonce.clone());
            provide_context(says.clone());
        },
        shell::document,
    );
    let whole = async {
        let (parts, body) = renderer(request).await.into_parts();
        // All of it at once: the length is known, and what fails fails before the status left.
        let body = body.collect().await.map_err(Fault::internal)?.to_bytes();
        Ok::<_, Fault>((parts, body))
    };
    let (mut parts, body) = tokio::time::timeout(PATIENCE, whole)
        .await
        .map_err(|_| Fault::internal("a page was not ready within 30 s"))??;
    parts
        .headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    parts.headers.insert(
        header::VARY,
        HeaderValue::from_static("Cookie, Accept-Language, Accept-Encoding"),
    );
    if let Some(key) = key
        && sharing.is_shared()
    {
        state.shared_pages.keep(key, &parts, &body, &page_nonce.0);
    }
    parts.extensions.insert(page_nonce);
    Ok(Response::from_parts(parts, Body::from(body)))
}
