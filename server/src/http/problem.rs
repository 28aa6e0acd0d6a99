//! Why a request is refused, and how that is said.
//!
//! Handlers return a [`Fault`] (their own errors become one through `From`). It travels in
//! the answer's extensions; `front` writes it as a page for people and as problem+json for
//! programs. What went wrong inside is logged here, once, and never leaves the server.

use std::error::Error;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use domain::problem::Problem;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};

/// A refused request. Every text is a sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("The address of this request is no valid text.")]
    AddressUnreadable,
    #[error("The address of this request is too long.")]
    AddressTooLong,
    #[error("The headers of this request are too large. Clearing this site's cookies may help.")]
    HeadersTooLarge,
    /// A parameter is wrong; whoever reads it has a code and a sentence of its own for it.
    #[error("{detail}")]
    Invalid { code: &'static str, detail: String },
    /// A service said no; see [`Fault::refused`].
    #[error("{detail}")]
    Refused {
        status: StatusCode,
        code: &'static str,
        detail: String,
    },
    #[error("This request came from another site, so it was not carried out.")]
    ForeignOrigin,
    #[error("Log in first. Whoever did: the session or the token is not valid any more.")]
    NotLoggedIn,
    #[error("Who is logged in here may not do this.")]
    Forbidden,
    #[error("There is nothing at this address.")]
    NotFound,
    #[error("This address does not take such requests.")]
    MethodNotAllowed,
    #[error("What was sent is larger than the {limit_bytes} bytes this address takes.")]
    BodyTooLarge { limit_bytes: usize },
    #[error("What was sent could not be read.")]
    BodyUnreadable,
    #[error("The request took too long to arrive.")]
    TooSlow,
    #[error("That was too often. Try again in {wait_seconds} s.")]
    TooMany { wait_seconds: u64 },
    #[error("The server cannot do this right now. Try again in a moment.")]
    Unavailable,
    /// What a library below us refused; only its status is known.
    #[error("{}", sentence(*.0))]
    Other(StatusCode),
    #[error("Something went wrong on the server. It has been written down.")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
    /// The hook has logged what and where.
    #[error("Something went wrong on the server. It has been written down.")]
    Panicked,
}

impl Fault {
    /// An error of ours, whose text stays inside.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// What a service said no to, its words made a sentence.
    #[must_use]
    pub(super) fn refused(status: StatusCode, code: &'static str, words: &str) -> Self {
        let mut letters = words.chars();
        let first = letters.next().map(char::to_uppercase);
        let detail = first
            .into_iter()
            .flatten()
            .chain(letters.as_str().chars())
            .chain(std::iter::once('.'))
            .collect();
        Self::Refused {
            status,
            code,
            detail,
        }
    }

    /// Whether a page can tell its reader what to do: mend it, or try again in a while.
    #[must_use]
    pub(super) fn is_for_the_sender(&self) -> bool {
        self.is_client_fault()
            || matches!(
                self.status(),
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE
            )
    }

    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AddressUnreadable => "unreadable_address",
            Self::AddressTooLong => "address_too_long",
            Self::HeadersTooLarge => "headers_too_large",
            Self::Invalid { code, .. } | Self::Refused { code, .. } => code,
            Self::ForeignOrigin => "foreign_origin",
            Self::NotLoggedIn => "not_logged_in",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyUnreadable => "unreadable_body",
            Self::TooSlow => "too_slow",
            Self::TooMany { .. } => "too_many_requests",
            Self::Unavailable => "unavailable",
            Self::Other(status) if status.is_client_error() => "refused",
            Self::Other(_) | Self::Internal(_) | Self::Panicked => "internal",
        }
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::AddressUnreadable | Self::Invalid { .. } | Self::BodyUnreadable => {
                StatusCode::BAD_REQUEST
            }
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::NotLoggedIn => StatusCode::UNAUTHORIZED,
            Self::ForeignOrigin | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Other(status) | Self::Refused { status, .. } => *status,
            Self::Internal(_) | Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the sender can do something about it.
    #[must_use]
    pub fn is_client_fault(&self) -> bool {
        self.status().is_client_error()
    }

    /// The fault an answer without words of its own stands for.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::NotLoggedIn,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            StatusCode::REQUEST_TIMEOUT => Self::TooSlow,
            other => Self::Other(other),
        }
    }

    fn log(&self) {
        if let Self::Internal(error) = self {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(inner) = cause {
                text.push_str(": ");
                text.push_str(&inner.to_string());
                cause = inner.source();
            }
            tracing::error!(error = text, "a request failed");
        }
    }
}

fn sentence(status: StatusCode) -> &'static str {
    if status.is_client_error() {
        "The server could not make sense of this request."
    } else {
        "Something went wrong on the server. It has been written down."
    }
}

/// What `front` needs to say it; the fault itself does not leave.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        self.log();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        if let Self::TooMany { wait_seconds } = self {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(wait_seconds));
        }
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(self, Self::BodyTooLarge { .. } | Self::TooSlow) {
            // What is left of the body is not read, so the connection is of no more use.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(Refusal {
            status: self.status(),
            code: self.code(),
            detail: self.to_string(),
        });
        response
    }
}

impl Refusal {
    /// As RFC 9457 writes it.
    pub(super) fn json(&self, request_id: &str) -> (HeaderName, HeaderValue, Body) {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: self
                .status
                .canonical_reason()
                .unwrap_or("Refused")
                .to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_owned(),
            request_id: Some(request_id.to_owned()),
        };
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
            Body::from(serde_json::to_vec(&problem).unwrap_or_default()),
        )
    }
}

/// In which form the sender can read an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Page,
    Json,
    /// For files that a page asked for: nobody reads more than a word.
    Text,
}

impl Form {
    pub(super) fn wanted(method: &Method, uri: &Uri, accept: Option<&HeaderValue>) -> Self {
        let path = uri.path();
        let below = |root: &str| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if ["/api", "/auth", domain::routes::EVENTS, "/uploads"]
            .into_iter()
            .any(below)
        {
            return Self::Json;
        }
        if below(domain::routes::PKG) || below(domain::accounts::paths::AVATARS) {
            return Self::Text;
        }
        let accept = accept
            .and_then(|value| value.to_str().ok())
            .unwrap_or("*/*");
        if accept.contains("text/html") {
            Self::Page
        } else if accept.contains("json") || !method.is_safe() {
            Self::Json
        } else if accept.contains("*/*") && !accept.contains("image/") {
            Self::Page
        } else {
            Self::Text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_json_people_get_pages() {
        for (method, path, accept, form) in [
            (
                Method::GET,
                "/nope",
                Some("text/html,*/*;q=0.8"),
                Form::Page,
            ),
            (Method::GET, "/nope", None, Form::Page),
            (Method::GET, "/nope", Some("*/*"), Form::Page),
            (Method::GET, "/nope", Some("application/json"), Form::Json),
            (
                Method::GET,
                "/nope.png",
                Some("image/avif,image/*,*/*;q=0.8"),
                Form::Text,
            ),
            (Method::POST, "/ui/x", Some("*/*"), Form::Json),
            (Method::POST, "/ui/x", Some("text/html"), Form::Page),
            (Method::GET, "/api/nope", Some("text/html"), Form::Json),
            (Method::GET, "/api", Some("text/html"), Form::Json),
            (Method::GET, "/apiary", Some("text/html"), Form::Page),
            (Method::GET, "/pkg/x.js", Some("*/*"), Form::Text),
            (
                Method::GET,
                "/events",
                Some("text/event-stream"),
                Form::Json,
            ),
        ] {
            let accept = accept.map(HeaderValue::from_static);
            let uri = Uri::from_static(path);
            assert_eq!(
                Form::wanted(&method, &uri, accept.as_ref()),
                form,
                "{path} {accept:?}"
            );
        }
    }

    #[test]
    fn internals_stay_inside() {
        let fault = Fault::internal("the password is hunter2");
        assert!(!fault.to_string().contains("hunter2"));
        assert!(!fault.is_client_fault());
        assert_eq!(fault.code(), "internal");
    }
}
