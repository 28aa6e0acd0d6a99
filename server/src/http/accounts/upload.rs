//! Pictures on their way in: a form of several parts, with the file in `file` and the square
//! to show in `x`, `y`, `side`.
//!
//! A browser's own form is answered with a redirect: to `next` (a field, if it came before the
//! file), or back to `back` with `?picture={code}`. Scripts get JSON and problem+json. Who
//! it is, is known before a byte of the file is taken. How much is in memory at a time is
//! bounded: a file has its place from its first byte until its picture is made, each address
//! has two places at most, and who sends too slowly loses theirs.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::context::{Identity, REGISTRATION_COOKIE, cookie, login, own_path, secret_cookie};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{
        self, Extension, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    response::{IntoResponse, Redirect, Response},
};
use backend::{
    accounts::{AccountsError, Secret, avatar::AvatarError},
    shares::{Share, Shares},
};
use domain::{
    accounts::{Crop, avatar::MAX_BYTES, paths},
    ids::{AvatarId, UserId},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::{Caller, Fault, State, security::limits};

/// Files in memory at a time, 12 MB at most each.
static PLACES: Semaphore = Semaphore::const_new(8);
/// Of those, each address may have so many.
static SHARES: LazyLock<Shares> = LazyLock::new(|| Shares::new(2));
/// How long everything may take.
const PACE: Pace = Pace {
    place: Duration::from_secs(20),
    // Who is slower than 100 kB/s has a smaller picture, too.
    arrival: Duration::from_secs(120),
    begin: Duration::from_secs(10),
    look: Duration::from_secs(1),
};
/// So many bytes must have come with each look.
const RATE: u64 = 4 << 10;
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
    Extension(caller): Extension<Caller>,
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
    let (sent, way) = receive(request, way, &whose(&caller), &PACE).await?;
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
    Extension(caller): Extension<Caller>,
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
    let (sent, way) = receive(request, way, &whose(&caller), &PACE).await?;
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

/// How patient we are with a sender.
struct Pace {
    /// Until there is a place.
    place: Duration,
    /// Until the file is here.
    arrival: Duration,
    /// Until the first look at how much has come, and from each to the next.
    begin: Duration,
    look: Duration,
}

/// What came in, with its place.
struct Sent {
    file: Bytes,
    crop: Option<Crop>,
    _place: Place,
}

/// Room for one file.
struct Place {
    _share: Share,
    _place: SemaphorePermit<'static>,
}

impl Place {
    async fn take(whose: &str, patience: Duration) -> Option<Self> {
        let place = tokio::time::timeout(patience, async {
            Some(Self {
                _share: SHARES.take(whose).await?,
                _place: PLACES.acquire().await.ok()?,
            })
        });
        place.await.ok().flatten()
    }
}

fn whose(caller: &Caller) -> String {
    limits::prefix(caller.address).to_string()
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
async fn receive(
    request: Request,
    mut way: Way,
    whose: &str,
    pace: &Pace,
) -> Result<(Result<Sent, Fault>, Way), Fault> {
    let Some(place) = Place::take(whose, pace.place).await else {
        return Ok((Err(AvatarError::Busy.into()), way));
    };
    let received = Arc::new(AtomicU64::new(0));
    let request = counted(request, Arc::clone(&received));
    let Ok(form) = Multipart::from_request(request, &()).await else {
        let fault = Fault::refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_a_form",
            "send the picture as a form (multipart/form-data) with the field file",
        );
        return Ok((Err(fault), way));
    };
    let sent = tokio::select! {
        sent = read(form, &mut way) => sent,
        () = too_slow(&received, pace) => Err(Fault::TooSlow),
    };
    let sent = sent.map(|(file, crop)| Sent {
        file,
        crop,
        _place: place,
    });
    Ok((sent, way))
}

/// The request, whose bytes are counted as they come.
fn counted(request: Request, received: Arc<AtomicU64>) -> Request {
    request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            received.fetch_add(bytes, Ordering::Relaxed);
            frame
        }))
    })
}

/// Comes back when the sender has been too slow, or has taken too long.
async fn too_slow(received: &AtomicU64, pace: &Pace) {
    let (mut due, mut passed) = (0, pace.begin);
    tokio::time::sleep(pace.begin).await;
    while received.load(Ordering::Relaxed) > due && passed < pace.arrival {
        tokio::time::sleep(pace.look).await;
        passed += pace.look;
        due += RATE;
    }
}

async fn read(mut form: Multipart, way: &mut Way) -> Result<(Bytes, Option<Crop>), Fault> {
    let mut file = None;
    let mut square = [None; 3];
    while let Some(field) = form
        .next_field()
        .await
        .map_err(|error| unreadable(&error))?
    {
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
    Ok((file, crop))
}

/// The file, up to what an avatar may have.
async fn content(mut field: Field<'_>) -> Result<Bytes, Fault> {
    let mut bytes = Vec::new();
    let mut received = 0;
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
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
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
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

fn unreadable(error: &MultipartError) -> Fault {
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

    fn request(body: Body) -> Request {
        Request::post("/register/avatar")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(body)
            .unwrap()
    }

    fn whole() -> Request {
        request(Body::from(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n--x--\r\n",
        ))
    }

    /// A hundred times as fast as in life.
    const SOON: Pace = Pace {
        place: Duration::from_millis(200),
        arrival: Duration::from_millis(1200),
        begin: Duration::from_millis(100),
        look: Duration::from_millis(10),
    };

    async fn sent(request: Request, whose: &str) -> Result<Sent, &'static str> {
        let way = Way::of(&HeaderMap::new(), "/", "/");
        let (sent, _) = receive(request, way, whose, &SOON).await.unwrap();
        sent.map_err(|fault| fault.code())
    }

    #[tokio::test]
    async fn a_file_keeps_its_place_and_nobody_takes_all() {
        let first = sent(whole(), "me").await.unwrap();
        let _second = sent(whole(), "me").await.unwrap();
        // Their pictures are not made yet: there is room, but not for a third.
        let third = sent(whole(), "me").await;
        assert_eq!(third.err(), Some("avatar_busy"));
        sent(whole(), "somebody else").await.unwrap();
        drop(first);
        sent(whole(), "me").await.unwrap();
    }

    #[tokio::test]
    async fn who_hardly_sends_loses_their_place() {
        // So many bytes with each look, for ever.
        for (bytes, reaches_the_end) in [(1, false), (12 << 10, true)] {
            let drip = futures::stream::unfold(true, move |first| async move {
                tokio::time::sleep(SOON.look).await;
                let head = "--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n";
                let mut chunk = if first {
                    head.as_bytes().to_vec()
                } else {
                    Vec::new()
                };
                chunk.resize(chunk.len() + bytes, b'a');
                Some((Ok::<_, std::io::Error>(chunk), false))
            });
            let begun = std::time::Instant::now();
            let slow = sent(request(Body::from_stream(drip)), "slow").await;
            assert_eq!(slow.err(), Some("too_slow"), "{bytes}");
            assert_eq!(begun.elapsed() >= SOON.arrival, reaches_the_end, "{bytes}");
        }
    }
}
