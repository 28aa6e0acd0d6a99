//! Who asks, on the server: the cookies people carry, the tokens programs show, and the
//! extractors that make a [`Visitor`] of them, for axum routes and server functions alike.
//!
//! A request is looked up once, when somebody first asks; files and whoever does not care
//! cost no query. A request with `Authorization` is who its token says, whatever its cookies.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use backend::{
    Backend,
    accounts::{Accounts, AccountsError, Client, NewSession, Secret, User},
};
use domain::{
    accounts::{Scope, Scopes},
    ids::{FamilyId, SessionId},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use tokio::sync::OnceCell;

use super::Viewer;

/// Who is logged in.
pub const SESSION_COOKIE: &str = "kadr_session";
/// Whose registration is under way.
pub const REGISTRATION_COOKIE: &str = "kadr_registration";
/// The draft behind it lives for a day after its last answer; the cookie is never the first
/// to go.
pub const REGISTRATION_LASTS: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How programs of a certain age show their token; for media processing only.
const BARE: HeaderName = HeaderName::from_static("auth");

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub user: User,
    pub proof: Proof,
    /// What may be done in their name: everything, but for API tokens.
    pub scopes: Scopes,
}

/// What somebody has shown to be who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The cookie of a browser.
    Session(SessionId),
    /// An access token of a program that logged in with name and password.
    Program(FamilyId),
    /// A token made for some purposes, be it all there are: never the person.
    ApiToken,
}

impl Visitor {
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        let user = &self.user;
        Viewer {
            id: user.id,
            nick: user.nick.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            avatar: user.avatar,
            role: user.role,
            leaving: user.is_leaving(),
        }
    }

    /// Whether a person may change their account this way. API tokens are for media.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.proof != Proof::ApiToken
    }

    /// The browser they sit at; none for a program.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self.proof {
            Proof::Session(id) => Some(id),
            Proof::Program(_) | Proof::ApiToken => None,
        }
    }

    /// # Errors
    /// [`Refused::Scope`] when the token was not made for this.
    pub fn may(&self, scope: Scope) -> Result<(), Refused> {
        if self.scopes.allow(scope) {
            Ok(())
        } else {
            Err(Refused::Scope)
        }
    }
}

/// What a request shows of who sent it. The server puts it into the extensions of every
/// request. Cheap to clone; clones look up together once.
#[derive(Debug, Clone)]
pub struct Identity(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    accounts: Accounts,
    client: Client,
    secure: bool,
    shown: Shown,
    bare: Option<String>,
    found: OnceCell<Found>,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    Session(Secret),
    Token(String),
    /// An `Authorization` that is none of ours.
    Foreign,
}

#[derive(Debug)]
enum Found {
    Nobody,
    BadToken,
    Visitor {
        visitor: Box<Visitor>,
        /// The cookie is to be sent again with this `Max-Age`.
        renewed: Option<Duration>,
    },
}

impl Identity {
    /// `secure`: the visitor came by https.
    #[must_use]
    pub fn of(accounts: &Accounts, headers: &HeaderMap, client: Client, secure: bool) -> Self {
        let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
        let shown = match (authorization.next(), authorization.next()) {
            (Some(value), None) => bearer(value).map_or(Shown::Foreign, Shown::Token),
            (Some(_), Some(_)) => Shown::Foreign,
            (None, _) => cookie(headers, SESSION_COOKIE)
                .and_then(|text| Secret::parse(&text))
                .map_or(Shown::Nothing, Shown::Session),
        };
        let bare = headers
            .get(BARE)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.trim().to_owned());
        Self(Arc::new(Inner {
            accounts: accounts.clone(),
            client,
            secure,
            shown,
            bare,
            found: OnceCell::new(),
        }))
    }

    /// Whether the visitor came by https.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.secure
    }

    /// Address and program, as throttles and lists of sessions want them.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Who it is, if anybody.
    ///
    /// # Errors
    /// [`Refused::BadToken`], [`Refused::Unknowable`].
    pub async fn visitor(&self) -> Result<Option<&Visitor>, Refused> {
        let found = self.0.found.get_or_try_init(|| self.look()).await;
        match found.map_err(Refused::unknowable)? {
            Found::Nobody => Ok(None),
            Found::BadToken => Err(Refused::BadToken),
            Found::Visitor { visitor, .. } => Ok(Some(visitor)),
        }
    }

    async fn look(&self) -> Result<Found, AccountsError> {
        match &self.0.shown {
            Shown::Nothing => Ok(Found::Nobody),
            Shown::Foreign => Ok(Found::BadToken),
            Shown::Token(token) => self.by_token(token).await,
            Shown::Session(secret) => {
                let visit = self.0.accounts.visit(secret, &self.0.client).await?;
                Ok(visit.map_or(Found::Nobody, |visit| Found::Visitor {
                    visitor: Box::new(Visitor {
                        user: visit.visitor.user,
                        proof: Proof::Session(visit.visitor.session),
                        scopes: Scopes::all(),
                    }),
                    renewed: visit.renewed,
                }))
            }
        }
    }

    async fn by_token(&self, token: &str) -> Result<Found, AccountsError> {
        match self.0.accounts.bearer(token).await {
            Ok(bearer) => Ok(Found::Visitor {
                visitor: Box::new(Visitor {
                    user: bearer.user,
                    proof: bearer.program.map_or(Proof::ApiToken, Proof::Program),
                    scopes: bearer.scopes,
                }),
                renewed: None,
            }),
            Err(AccountsError::NotLoggedIn) => Ok(Found::BadToken),
            Err(error) => Err(error),
        }
    }

    /// The cookie to send again, since its session goes on longer than it.
    #[must_use]
    pub fn renewal(&self) -> Option<HeaderValue> {
        let (Shown::Session(secret), Some(Found::Visitor { renewed, .. })) =
            (&self.0.shown, self.0.found.get())
        else {
            return None;
        };
        let max_age = (*renewed)?;
        secret_cookie(
            SESSION_COOKIE,
            secret.reveal(),
            Some(max_age),
            self.0.secure,
        )
    }
}

/// The token of `Authorization: Bearer …`.
fn bearer(value: &HeaderValue) -> Option<String> {
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

/// Why a request is not let in. The words are the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("nobody is logged in")]
    NotLoggedIn,
    #[error("the token is not valid, or no longer")]
    BadToken,
    #[error("the token was not made for this")]
    Scope,
    /// The database does not answer. It has been logged.
    #[error("nobody can tell who this is")]
    Unknowable,
}

impl Refused {
    fn unknowable(error: AccountsError) -> Self {
        tracing::error!(%error, "nobody can tell who sends this request");
        Self::Unknowable
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, challenge) = match self {
            Self::NotLoggedIn => (StatusCode::UNAUTHORIZED, Some("Bearer")),
            Self::BadToken => (
                StatusCode::UNAUTHORIZED,
                Some("Bearer error=\"invalid_token\""),
            ),
            Self::Scope => (
                StatusCode::FORBIDDEN,
                Some("Bearer error=\"insufficient_scope\""),
            ),
            Self::Unknowable => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        let mut response = status.into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        response
    }
}

/// Somebody who is logged in, by cookie or token. Others are refused with 401; a browser that
/// wants a page is sent to log in first.
#[derive(Debug, Clone)]
pub struct CurrentUser(pub Visitor);

/// Who is not let in by [`CurrentUser`].
#[derive(Debug)]
pub enum TurnedAway {
    ToLogin { next: String },
    Refused(Refused),
}

impl IntoResponse for TurnedAway {
    fn into_response(self) -> Response {
        match self {
            Self::ToLogin { next } => {
                axum::response::Redirect::to(&super::login(&next)).into_response()
            }
            Self::Refused(refused) => refused.into_response(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = TurnedAway;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, TurnedAway> {
        match look(parts).await {
            Ok(Some(visitor)) => Ok(Self(visitor)),
            Err(refused) => Err(TurnedAway::Refused(refused)),
            Ok(None) => {
                let page = parts.method.is_safe()
                    && super::accepts_page(&parts.headers)
                    && !parts.uri.path().starts_with("/api/");
                Err(if page {
                    TurnedAway::ToLogin {
                        next: super::address(&parts.uri),
                    }
                } else {
                    TurnedAway::Refused(Refused::NotLoggedIn)
                })
            }
        }
    }
}

/// `Option<CurrentUser>` is the same as [`MaybeUser`].
impl<S: Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        Ok(look(parts).await?.map(Self))
    }
}

/// Somebody who may be logged in. A token that is not good is refused all the same: a program
/// that shows one wants to be who it says.
#[derive(Debug, Clone)]
pub struct MaybeUser(pub Option<Visitor>);

impl<S: Sync> FromRequestParts<S> for MaybeUser {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        look(parts).await.map(Self)
    }
}

/// As [`CurrentUser`], for the media-processing calls: their programs may also show the token
/// in a bare `auth` header. It counts nowhere else, and cookies do not count here.
#[derive(Debug, Clone)]
pub struct ProcessingUser(pub Visitor);

impl<S: Sync> FromRequestParts<S> for ProcessingUser {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let identity = identity(parts)?;
        let found = match (&identity.0.shown, &identity.0.bare) {
            (Shown::Token(token), _) => identity.by_token(token).await,
            (Shown::Nothing | Shown::Session(_), Some(token)) => identity.by_token(token).await,
            (Shown::Foreign, _) => Ok(Found::BadToken),
            (Shown::Nothing | Shown::Session(_), None) => Ok(Found::Nobody),
        };
        match found.map_err(Refused::unknowable)? {
            Found::Nobody => Err(Refused::NotLoggedIn),
            Found::BadToken => Err(Refused::BadToken),
            Found::Visitor { visitor, .. } => Ok(Self(*visitor)),
        }
    }
}

fn identity(parts: &Parts) -> Result<&Identity, Refused> {
    parts.extensions.get().ok_or_else(|| {
        tracing::error!("a request came past the front of the server");
        Refused::Unknowable
    })
}

async fn look(parts: &Parts) -> Result<Option<Visitor>, Refused> {
    Ok(identity(parts)?.visitor().await?.cloned())
}

/// The services, inside of pages and server functions.
#[must_use]
pub fn use_services() -> Backend {
    expect_context::<Backend>()
}

/// Address and program of who asks, for throttles and lists of sessions.
#[must_use]
pub fn use_client() -> Client {
    use_identity().map_or_else(Client::default, |identity| identity.client().clone())
}

/// Who asks, inside of pages and server functions: by cookie or by an access token. API tokens
/// are nobody here: what they are for has routes of its own.
///
/// When nobody can tell (the database is away) it is nobody, and the page says what works.
pub async fn current_visitor() -> Option<Visitor> {
    let identity = use_identity()?;
    let visitor = identity.visitor().await.ok().flatten().cloned();
    visitor.filter(Visitor::is_person)
}

/// The secret of the session cookie of this request.
#[must_use]
pub fn session_secret() -> Option<Secret> {
    match &use_identity()?.0.shown {
        Shown::Session(secret) => Some(secret.clone()),
        _ => None,
    }
}

/// Carries a session that has just begun into the browser, in place of the one before.
pub fn begin_session(session: &NewSession) {
    send_secret(SESSION_COOKIE, session.secret.reveal(), session.max_age);
}

/// Takes the session out of the browser.
pub fn forget_session() {
    send_secret(SESSION_COOKIE, "", Some(Duration::ZERO));
}

/// The registration of this browser, if there is one.
#[must_use]
pub fn registration_secret() -> Option<Secret> {
    let parts = use_context::<Parts>()?;
    Secret::parse(&cookie(&parts.headers, REGISTRATION_COOKIE)?)
}

/// Carries the secret of a draft into the browser. To be sent with every answer, so that it
/// lasts as long as the draft.
pub fn begin_registration(secret: &Secret) {
    send_secret(
        REGISTRATION_COOKIE,
        secret.reveal(),
        Some(REGISTRATION_LASTS),
    );
}

/// Takes the draft out of the browser.
pub fn forget_registration() {
    send_secret(REGISTRATION_COOKIE, "", Some(Duration::ZERO));
}

pub(super) fn use_identity() -> Option<Identity> {
    use_context::<Parts>()?.extensions.get().cloned()
}

fn send_secret(name: &str, value: &str, lasts: Option<Duration>) {
    let secure = use_identity().is_some_and(|identity| identity.is_secure());
    if let (Some(options), Some(cookie)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        secret_cookie(name, value, lasts, secure),
    ) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}

/// A cookie that no script sees; without a time it ends with the browser.
#[must_use]
pub fn secret_cookie(
    name: &str,
    value: &str,
    lasts: Option<Duration>,
    secure: bool,
) -> Option<HeaderValue> {
    let max_age = lasts.map_or_else(String::new, |lasts| {
        format!("; Max-Age={}", lasts.as_secs())
    });
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/{max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

/// The value of a cookie, as sent. Browsers send the one with the most specific path first.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_cookie_has_its_flags() {
        let text = |lasts, secure| {
            let cookie = secret_cookie("a", "b", lasts, secure).unwrap();
            cookie.to_str().unwrap().to_owned()
        };
        assert_eq!(text(None, false), "a=b; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(
            text(Some(Duration::from_secs(60)), true),
            "a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn a_bearer_is_told_from_others() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            let value = HeaderValue::from_static(value);
            assert_eq!(bearer(&value).as_deref(), token, "{value:?}");
        }
    }
}
