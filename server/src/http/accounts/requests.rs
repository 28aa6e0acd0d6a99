//! Small requests of programs: JSON, or the form that OAuth 2 libraries send.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use http::{StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::http::Fault;

/// Names and tokens are short.
const BYTES: usize = 16 << 10;
const ARRIVAL: std::time::Duration = std::time::Duration::from_secs(10);

/// A body of either kind.
pub(super) struct JsonOrForm<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonOrForm<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .map(|kind| kind.trim().to_ascii_lowercase());
        let body = whole(request).await?;
        match kind.as_deref() {
            // Who says nothing sends JSON.
            None | Some("application/json") => serde_json::from_slice(&body)
                .map(Self)
                .map_err(|_| unreadable("no JSON object with texts in it")),
            Some("application/x-www-form-urlencoded") => of_pairs(&body).map(Self),
            Some(_) => Err(Fault::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send JSON (application/json) or a form (application/x-www-form-urlencoded)",
            )),
        }
    }
}

/// Pairs to an object of texts; the last of equal names counts.
fn of_pairs<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    let pairs = url::form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    serde_json::from_value(serde_json::Value::Object(pairs))
        .map_err(|_| unreadable("no form with texts in it"))
}

fn unreadable(why: &str) -> Fault {
    Fault::refused(
        StatusCode::BAD_REQUEST,
        "unreadable_body",
        &format!("what was sent could not be read: it is {why}"),
    )
}

async fn whole(request: Request) -> Result<Bytes, Fault> {
    let read = Limited::new(request.into_body(), BYTES).collect();
    match tokio::time::timeout(ARRIVAL, read).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Fault::BodyTooLarge { limit_bytes: BYTES })
        }
        Ok(Err(_)) => Err(Fault::BodyUnreadable),
        Err(_) => Err(Fault::TooSlow),
    }
}
