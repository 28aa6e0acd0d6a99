//! People, for programs and for bytes: tokens, who one is, pictures. Pages about people are
//! in `app`.

mod pictures;
mod refusals;
mod requests;
mod tokens;
mod upload;
mod whoami;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::post};
use domain::accounts::paths;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    State,
    security::limits::{self, Bucket},
};

/// On top of what the service itself slows down: a try costs an argon2 hash.
pub(super) const GUESSES: Bucket = Bucket::per_second("guesses", 2.0, 120.0);
/// Names that somebody types; a page asks at most three times a second.
pub(super) const CHECKS: Bucket = Bucket::per_second("checks", 3.0, 30.0);
/// A picture costs a decoder.
const PICTURES: Bucket = Bucket::per_second("pictures", 1.0, 60.0);

/// The calls of programs, with their description.
pub(super) fn described(state: &State) -> OpenApiRouter<State> {
    let tokens = OpenApiRouter::new()
        .routes(routes!(tokens::issue))
        .routes(routes!(tokens::refresh))
        .routes(routes!(tokens::revoke))
        .route("/auth/token", post(tokens::issue))
        .route("/auth/refresh", post(tokens::refresh))
        .route("/auth/revoke", post(tokens::revoke))
        .route_layer(middleware::from_fn_with_state(
            (state.clone(), GUESSES),
            limits::bucket,
        ));
    OpenApiRouter::new()
        .merge(tokens)
        .routes(routes!(whoami::whoami))
}

/// Pictures, in and out.
pub(super) fn routes(state: &State) -> Router<State> {
    let upload = Router::new()
        .route(paths::REGISTER_AVATAR, post(upload::to_registration))
        .route(paths::SETTINGS_AVATAR, post(upload::to_account))
        // They count for themselves, in order to say it with words.
        .layer(DefaultBodyLimit::disable())
        .route_layer(middleware::from_fn_with_state(
            (state.clone(), PICTURES),
            limits::bucket,
        ));
    pictures::routes().merge(upload)
}
