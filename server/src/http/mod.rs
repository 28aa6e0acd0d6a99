//! HTTP: every route of the server, and what happens to each request on its way to one.
//!
//! Order for a request: `listener` (limits of the connection) → axum's routing → `front`
//! (who asks, is the request well formed, the origin rule, panics, log, headers) → the
//! handler. A handler that refuses returns a [`Fault`]; `front` turns it into a page or into
//! problem+json, whichever was asked for.

mod accounts;
mod caller;
pub mod events;
mod front;
mod health;
mod listener;
mod metrics;
mod openapi;
mod pages;
mod problem;
pub mod security;
mod shared;
mod site;
mod state;
mod ui;
mod uploads;
mod videos;
mod visit;
mod wellformed;

use axum::{Router, middleware};
use tower_http::compression::{
    CompressionLayer, CompressionLevel,
    predicate::{Predicate, SizeAbove},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::security::limits::{self, Bucket};
pub use self::{
    caller::{Caller, RequestId},
    health::Findings,
    listener::serve,
    metrics::Metrics,
    pages::addresses as page_addresses,
    problem::Fault,
    shared::SharedPages,
    site::{Site, find_site},
    state::{Parts, State},
    uploads::Patience,
};

/// A page opens one stream, and again after a break; who opens more is no page.
const EVENT_STREAMS: Bucket = Bucket::per_second("events", 1.0, 30.0);

/// Everything the server answers.
pub fn router(state: State) -> Router {
    router_with(state, Router::new())
}

/// The same with routes of a test beside it; they take the whole way a request takes.
pub fn router_with(state: State, extra: Router<State>) -> Router {
    let (described, description) = described(&state).split_for_parts();
    // Pages and descriptions shrink to a quarter; files of the site are compressed already,
    // and an event stream must not wait in a compressor.
    let compressed = Router::new()
        .merge(pages::routes(&state))
        .merge(openapi::routes(&description))
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(512).and(pages::is_text)),
        );
    Router::new()
        .merge(compressed)
        .merge(described)
        .merge(ui::routes())
        .merge(accounts::routes(&state))
        .merge(uploads::routes())
        .merge(videos::routes())
        .merge(extra)
        .fallback(site::file)
        .layer(middleware::from_fn_with_state(state.clone(), front::front))
        .with_state(state)
}

/// The routes that programs use, with their description.
fn described(state: &State) -> OpenApiRouter<State> {
    let events = events::routes().route_layer(middleware::from_fn_with_state(
        (state.clone(), EVENT_STREAMS),
        limits::bucket,
    ));
    OpenApiRouter::with_openapi(openapi::base())
        .merge(events)
        .merge(accounts::described(state))
        .merge(uploads::described())
        .merge(videos::described())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::metrics))
}
