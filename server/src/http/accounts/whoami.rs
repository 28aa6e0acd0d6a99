//! `/api/v1/me`: whose token that is.

use app::context::CurrentUser;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::accounts::{Role, Scope};
use http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Fault;

/// Who is logged in.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    id: String,
    nick: String,
    name: String,
    email: String,
    /// `user` or `admin`.
    #[schema(value_type = String)]
    role: Role,
    avatar_url: String,
    /// What this token may do: some of `read`, `upload`, `write`, `admin`.
    scopes: Vec<String>,
}

/// Who am I
#[utoipa::path(
    get, path = "/api/v1/me", tag = "people", operation_id = "me",
    description = "Needs a session, an access token, or an API token with the scope `read`.",
    responses(
        (status = 200, description = "Who is logged in.", body = Me),
        (status = 401, description = "Nobody is, or the token is not valid.", body = domain::problem::Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token was not made for this.", body = domain::problem::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn whoami(CurrentUser(visitor): CurrentUser) -> Result<Response, Fault> {
    if let Err(refused) = visitor.may(Scope::Read) {
        return Ok(refused.into_response());
    }
    let viewer = visitor.viewer();
    let me = Me {
        id: viewer.id.to_string(),
        avatar_url: viewer.avatar_href(512),
        nick: viewer.nick,
        name: viewer.name,
        email: visitor.user.email.as_str().to_owned(),
        role: viewer.role,
        scopes: visitor
            .scopes
            .iter()
            .map(|scope| scope.code().to_owned())
            .collect(),
    };
    let private = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((private, Json(me)).into_response())
}
