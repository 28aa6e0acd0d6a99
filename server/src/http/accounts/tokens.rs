//! `/api/v1/auth/*`: programs log in with a password once, trade refresh tokens, log out.

use app::context::Identity;
use axum::{
    Json,
    extract::{self, Extension},
    response::{IntoResponse, Response},
};
use backend::accounts::TokenPair;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::requests::JsonOrForm;
use crate::http::{Fault, State};

/// Name and password. One of `user`, `name`, `email` and `username` is needed; each may be an
/// e-mail address or a nick.
#[derive(Deserialize, ToSchema)]
pub(super) struct Credentials {
    user: Option<String>,
    name: Option<String>,
    email: Option<String>,
    username: Option<String>,
    password: Option<String>,
    /// OAuth 2: `password`, if it is there.
    grant_type: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct Refresh {
    refresh_token: Option<String>,
    /// OAuth 2: `refresh_token`, if it is there.
    grant_type: Option<String>,
}

/// Either token of a log-in, in `token` or `refresh_token`.
#[derive(Deserialize, ToSchema)]
pub(super) struct Revoke {
    token: Option<String>,
    refresh_token: Option<String>,
}

/// An access token and what its successor is asked with.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    access_token: String,
    /// Always `bearer`.
    token_type: &'static str,
    /// In seconds.
    expires_in: u64,
    /// Good for one use.
    refresh_token: String,
}

/// Log in
#[utoipa::path(
    post, path = "/api/v1/auth/token", tag = "people", operation_id = "issue_token",
    description = "Also at `/auth/token`. Takes JSON or the OAuth 2 password form.",
    request_body(content(
        (Credentials = "application/json"), (Credentials = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The tokens.", body = Tokens),
        (status = 400, description = "Name or password is missing, or this is neither JSON nor a form.", body = domain::problem::Problem, content_type = "application/problem+json"),
        (status = 401, description = "Name or password is wrong.", body = domain::problem::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries; `Retry-After` says when to go on.", body = domain::problem::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn issue(
    extract::State(state): extract::State<State>,
    Extension(identity): Extension<Identity>,
    JsonOrForm(asked): JsonOrForm<Credentials>,
) -> Result<Response, Fault> {
    grant(asked.grant_type.as_deref(), "password")?;
    let login = asked
        .user
        .or(asked.name)
        .or(asked.email)
        .or(asked.username)
        .filter(|login| !login.trim().is_empty())
        .ok_or_else(|| missing("user"))?;
    let password = asked
        .password
        .filter(|password| !password.is_empty())
        .ok_or_else(|| missing("password"))?;
    let accounts = &state.backend.accounts;
    let pair = accounts.issue(&login, &password, identity.client()).await?;
    Ok(answer(pair))
}

/// Trade a refresh token for new tokens
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "people", operation_id = "refresh_token",
    description = "Also at `/auth/refresh`. A refresh token is good for one use; when it is \
                   used again, everything that came from its log-in is revoked.",
    request_body(content(
        (Refresh = "application/json"), (Refresh = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The new tokens.", body = Tokens),
        (status = 400, description = "The refresh token is missing, or this is neither JSON nor a form.", body = domain::problem::Problem, content_type = "application/problem+json"),
        (status = 401, description = "The token is not valid, or was used before.", body = domain::problem::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries; `Retry-After` says when to go on.", body = domain::problem::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn refresh(
    extract::State(state): extract::State<State>,
    JsonOrForm(asked): JsonOrForm<Refresh>,
) -> Result<Response, Fault> {
    grant(asked.grant_type.as_deref(), "refresh_token")?;
    let token = asked
        .refresh_token
        .ok_or_else(|| missing("refresh_token"))?;
    let pair = state.backend.accounts.refresh(token.trim()).await?;
    Ok(answer(pair))
}

/// Log out
#[utoipa::path(
    post, path = "/api/v1/auth/revoke", tag = "people", operation_id = "revoke_token",
    description = "Also at `/auth/revoke`. Ends the log-in that a refresh token or an access \
                   token belongs to, with all its tokens. A token that is over is no mistake \
                   (RFC 7009).",
    request_body(content(
        (Revoke = "application/json"), (Revoke = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 204, description = "The log-in is over, if there was one."),
        (status = 400, description = "The token is missing, or this is neither JSON nor a form.", body = domain::problem::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries; `Retry-After` says when to go on.", body = domain::problem::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    extract::State(state): extract::State<State>,
    JsonOrForm(asked): JsonOrForm<Revoke>,
) -> Result<StatusCode, Fault> {
    let token = asked
        .token
        .or(asked.refresh_token)
        .ok_or_else(|| missing("token"))?;
    state.backend.accounts.log_out_program(&token).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn grant(given: Option<&str>, expected: &str) -> Result<(), Fault> {
    match given {
        Some(other) if other != expected => Err(Fault::refused(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            &format!("grant_type must be {expected} here"),
        )),
        _ => Ok(()),
    }
}

fn missing(field: &str) -> Fault {
    Fault::refused(
        StatusCode::BAD_REQUEST,
        "field_missing",
        &format!("the field {field} is missing"),
    )
}

fn answer(pair: TokenPair) -> Response {
    let tokens = Tokens {
        access_token: pair.access_token,
        token_type: "bearer",
        expires_in: pair.expires_in,
        refresh_token: pair.refresh_token.reveal().to_owned(),
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (no_store, Json(tokens)).into_response()
}
