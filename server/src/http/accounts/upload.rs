//! Pictures on their way in: a form of several parts, with the file in `file` and the square
//! to show in `x`, `y`, `side`.
//!
//! A browser's own form is answered with a redirect: to `next` (a field, if it came before the
//! file), or back to `back` with `?picture={code}`. Scripts get JSON and problem+json. Who
//! it is, is known before a byte of the file is taken; how much is in memory at a time is
//! bounded, and so is how long a slow sender holds its place.

use std::time::Duration;

use app::context::{Identity, REGISTRATION_COOKIE, cookie, login, own_path, secret_cookie};
use axum::{
    Json,
    body::Bytes,
    extract::{
        self, Extension, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    response::{IntoResponse, Redirect, Response},
};
use backend::accounts::{AccountsError, Secret, avatar::AvatarError};
use domain::{
    accounts::{Crop, avatar::MAX_BYTES, paths},
    ids::{AvatarId, UserId},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::http::{Fault, State};

/// Files that are on their way in at a time, 12 MB at most each.
static PLACES: Semaphore = Semaphore::const_new(8);
/// How long one waits for a place.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a file may take; who is slower than 100 kB/s has a smaller picture, too.
const ARRIVAL: Duration = Duration::from_secs(120);
/// What is too large is still read to its end, if that is near: a browser that is cut off
/// shows an error of its own instead of our sentence.
const READ_ON: usize = 64 << 20;
/// Fields beside the file are short.
const FIELD: usize = 2048;

/// How long the registration's cookie lasts is the business of `app::context`.
const NEXT_STEP: &str = "/register/confirm";
const PROFILE: &str = "/settings/profile";

/// A picture for a registration that is under way.
pub(super) async fn to_registration(
    extract::State(state): extract::State<State>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Response, Fault> {
    let way = Way::of(request.headers(), NEXT_STEP, paths::REGISTER_AVATAR);
    let gone = || Ok(way.away("/register?note=gone", AccountsError::DraftGone.into()));
    let Some(secret) =
        cookie(request.headers(), REGISTRATION_COOKIE).and_then(|text| Secret::parse(&text))
    else {
        return gone();
    };
    let accounts = &state.backend.accounts;
    if accounts.draft(&secret).await?.is_none() {
        return gone();
    }
    let (sent, way) = receive(request, way).await?;
    let taken = match sent {
        Err(fault) => Err(fault),
        Ok(sent) => match accounts.answer_avatar(&secret, sent.file, sent.crop).await {
            Ok(draft) => Ok((draft.user, draft.avatar)),
            Err(AccountsError::DraftGone) => {
                return Ok(way.away("/register?note=gone", AccountsError::DraftGone.into()));
            }
            Err(error) => Err(error.into()),
        },
    };
    let mut response = way.answer(taken)?;
    // The draft lives a day longer now.
    if let Some(cookie) = registration(&secret, identity.is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A picture for somebody who is logged in.
pub(super) async fn to_account(
    extract::State(state): extract::State<State>,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Result<Response, Fault> {
    let way = Way::of(request.headers(), PROFILE, PROFILE);
    let visitor = match identity.visitor().await {
        Ok(Some(visitor)) if visitor.is_person() => visitor,
        Ok(None) => return Ok(way.away(&login(PROFILE), Fault::NotLoggedIn)),
        Ok(Some(_)) => return Err(Fault::Forbidden),
        Err(refused) => return Ok(refused.into_response()),
    };
    let user = visitor.user.id;
    let (sent, way) = receive(request, way).await?;
    let taken = match sent {
        Err(fault) => Err(fault),
        Ok(sent) => {
            let accounts = &state.backend.accounts;
            let changed = accounts.change_avatar(user, sent.file, sent.crop).await;
            changed
                .map(|version| (user, Some(version)))
                .map_err(Fault::from)
        }
    };
    way.answer(taken)
}

fn registration(secret: &Secret, secure: bool) -> Option<HeaderValue> {
    let lasts = app::context::REGISTRATION_LASTS;
    secret_cookie(REGISTRATION_COOKIE, secret.reveal(), Some(lasts), secure)
}

/// What came in.
struct Sent {
    file: Bytes,
    crop: Option<Crop>,
}

/// How the sender wants to go on.
struct Way {
    wants_page: bool,
    next: String,
    back: String,
}

/// A picture that was taken, for scripts.
#[derive(Serialize)]
struct Taken {
    avatar: Option<AvatarId>,
    url: Option<String>,
    next: String,
}

impl Way {
    fn of(headers: &HeaderMap, next: &str, back: &str) -> Self {
        let accept = headers.get(header::ACCEPT);
        Self {
            wants_page: accept
                .and_then(|accept| accept.to_str().ok())
                .is_some_and(|accept| accept.contains("text/html")),
            next: next.to_owned(),
            back: back.to_owned(),
        }
    }

    /// Somewhere else: here is nothing to mend.
    fn away(&self, to: &str, fault: Fault) -> Response {
        if self.wants_page {
            Redirect::to(to).into_response()
        } else {
            fault.into_response()
        }
    }

    fn answer(&self, taken: Result<(UserId, Option<AvatarId>), Fault>) -> Result<Response, Fault> {
        match taken {
            Ok(_) if self.wants_page => Ok(Redirect::to(&self.next).into_response()),
            Ok((user, avatar)) => {
                let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
                let taken = Taken {
                    avatar,
                    url: avatar.map(|version| paths::avatar(user, version, 512)),
                    next: self.next.clone(),
                };
                Ok((no_store, Json(taken)).into_response())
            }
            Err(fault) if self.wants_page && fault.is_for_the_sender() => {
                let sign = if self.back.contains('?') { '&' } else { '?' };
                let to = format!("{}{sign}picture={}", self.back, fault.code());
                Ok(Redirect::to(&to).into_response())
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Reads the form. What is wrong with the picture comes back inside, to be said on the page.
async fn receive(request: Request, mut way: Way) -> Result<(Result<Sent, Fault>, Way), Fault> {
    let turn = tokio::time::timeout(PATIENCE, PLACES.acquire()).await;
    let Ok(Ok(_place)) = turn else {
        return Ok((Err(AvatarError::Busy.into()), way));
    };
    let Ok(form) = Multipart::from_request(request, &()).await else {
        let fault = Fault::refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_a_form",
            "send the picture as a form (multipart/form-data) with the field file",
        );
        return Ok((Err(fault), way));
    };
    let sent = match tokio::time::timeout(ARRIVAL, read(form, &mut way)).await {
        Ok(sent) => sent,
        Err(_) => Err(Fault::TooSlow),
    };
    Ok((sent, way))
}

async fn read(mut form: Multipart, way: &mut Way) -> Result<Sent, Fault> {
    let mut file = None;
    let mut square = [None; 3];
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => {
                let is_named = field.file_name().is_some_and(|name| !name.is_empty());
                let bytes = content(field).await?;
                // A form without a chosen file sends an empty one without a name.
                if is_named || !bytes.is_empty() {
                    file = Some(bytes);
                }
            }
            "x" => square[0] = number(&text(field).await?)?,
            "y" => square[1] = number(&text(field).await?)?,
            "side" => square[2] = number(&text(field).await?)?,
            "next" => way.next = own_path(&text(field).await?).to_owned(),
            "back" => way.back = own_path(&text(field).await?).to_owned(),
            _ => drop(text(field).await?),
        }
    }
    let file = file.ok_or_else(|| {
        Fault::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "avatar_missing",
            "no picture was chosen",
        )
    })?;
    let crop = match square {
        [Some(x), Some(y), Some(side)] => Some(Crop { x, y, side }),
        _ => None,
    };
    Ok(Sent { file, crop })
}

/// The file, up to what an avatar may have.
async fn content(mut field: Field<'_>) -> Result<Bytes, Fault> {
    let mut bytes = Vec::new();
    let mut received = 0;
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        received += chunk.len();
        if received <= MAX_BYTES {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
        if received > READ_ON {
            return Err(Fault::BodyTooLarge {
                limit_bytes: MAX_BYTES,
            });
        }
    }
    if received > MAX_BYTES {
        return Err(AvatarError::TooLarge.into());
    }
    Ok(bytes.into())
}

async fn text(mut field: Field<'_>) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FIELD {
            return Err(Fault::BodyTooLarge { limit_bytes: FIELD });
        }
    }
    String::from_utf8(bytes).map_err(|_| Fault::BodyUnreadable)
}

/// A number of the crop; nothing when the field is empty.
fn number(text: &str) -> Result<Option<f64>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number: f64 = text.parse().map_err(|_| not_a_number())?;
    if number.is_finite() {
        Ok(Some(number))
    } else {
        Err(not_a_number())
    }
}

fn not_a_number() -> Fault {
    Fault::refused(
        StatusCode::UNPROCESSABLE_ENTITY,
        "crop_unreadable",
        "the square to show is no three numbers x, y and side",
    )
}

fn unreadable(error: MultipartError) -> Fault {
    tracing::debug!(%error, "a form of several parts broke off");
    Fault::BodyUnreadable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_is_three_numbers_or_none() {
        assert_eq!(number(" 12.5 ").unwrap(), Some(12.5));
        assert_eq!(number("").unwrap(), None);
        for odd in ["a", "NaN", "inf", "1e999", "1,5"] {
            assert_eq!(number(odd).unwrap_err().code(), "crop_unreadable", "{odd}");
        }
    }
}
