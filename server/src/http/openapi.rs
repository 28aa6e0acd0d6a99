//! `/api/openapi.json`: what programs can call, described beside each handler.

use axum::{
    Router,
    body::Bytes,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use domain::routes;
use http::{HeaderValue, header};
use utoipa::OpenApi;

use super::{Fault, State};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kadr",
        description = "The API of a Kadr server. Every error is `application/problem+json` (RFC 9457) \
                       with a `code` that does not change.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later"),
    ),
    paths(description),
    components(schemas(domain::problem::Problem)),
    tags((name = "api", description = "About this API"), (name = "events", description = "What changes while somebody looks"), (name = "videos", description = "What there is, and what is done with it"), (name = "people", description = "Who is who: log-ins of programs"), (name = "health", description = "For who looks after the server"))
)]
struct Base;

/// The description without the routes that describe themselves.
pub(super) fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// The description of everything, and the answer to addresses below `/api` that are nothing.
pub(super) fn routes(description: &utoipa::openapi::OpenApi) -> Router<State> {
    let json = Bytes::from(serde_json::to_vec(description).unwrap_or_default());
    Router::new()
        .route(routes::OPENAPI, get(move || answer(json.clone())))
        .route("/api", any(nothing))
        .route("/api/", any(nothing))
        .route("/api/{*rest}", any(nothing))
}

async fn answer(json: Bytes) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let cache = HeaderValue::from_static("public, max-age=300");
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)],
        json,
    )
        .into_response()
}

async fn nothing() -> Fault {
    Fault::NotFound
}

/// This description
#[utoipa::path(
    get, path = routes::OPENAPI, tag = "api",
    responses((status = 200, description = "The description of this API.", content_type = "application/json"))
)]
#[expect(dead_code, reason = "carries the description of the route above")]
fn description() {}
