//! `GET /events`: what changes while a page is open, as server-sent events.
//!
//! A stream begins with a snapshot from the database and begins anew with one whenever
//! something may have been missed, so nobody needs to remember what they have heard. In
//! between travel the events about what was asked for, progress at a pace a page can show,
//! and a beat every 15 seconds. Nobody hears of another person's private video, from the moment
//! on in which it becomes one; a stream ends soon after its listener's session. Messages without
//! a name are events as `domain::events` writes them; `snapshot`, `beat` and `bye` (make room, do
//! not come back at once) have theirs.

mod asked;
mod listener;
mod pace;
mod places;
mod stream;

use std::{sync::Arc, time::Duration};

use app::context::{Identity, Refused};
use axum::{
    body::Body,
    extract::{self, RawQuery},
    response::Response,
};
use backend::Backend;
use domain::{accounts::Scope, problem::Problem};
use http::{HeaderMap, HeaderValue, header};
use tokio_util::sync::CancellationToken;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    asked::Asked,
    listener::Listener,
    places::{Places, Visitor},
    stream::Stream,
};
use super::{Caller, Fault, State};

/// How often what happens. Only tests are in a hurry.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A sign of life for browsers and proxies.
    pub beat: Duration,
    /// Progress of one job on one stream comes at most this often.
    pub progress: Duration,
    /// Snapshots of one stream come at most this often.
    pub snapshot: Duration,
    /// How often it is looked whether the listener is still logged in.
    pub proof: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(15),
            progress: Duration::from_millis(250),
            snapshot: Duration::from_secs(1),
            proof: Duration::from_secs(30),
        }
    }
}

/// All open streams of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Streams {
    places: Arc<Places>,
    pace: Pace,
}

impl Default for Streams {
    fn default() -> Self {
        Self::new(Pace::default())
    }
}

impl Streams {
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            places: Arc::default(),
            pace,
        }
    }

    /// How many are open: the gauge `kadr_event_streams`.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.places.taken()
    }
}

/// What a stream needs.
#[derive(Debug, Clone)]
pub struct EventsState {
    pub backend: Backend,
    pub streams: Streams,
    /// Cancelled when the server stops; every stream then ends.
    pub stopping: CancellationToken,
}

impl extract::FromRef<State> for EventsState {
    fn from_ref(state: &State) -> Self {
        Self {
            backend: state.backend.clone(),
            streams: state.streams.clone(),
            stopping: state.stopping.clone(),
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(events))
}

/// What changes, as it happens; to who is logged in also their uploads and notices
#[utoipa::path(
    get, path = domain::routes::EVENTS, tag = "events",
    params(
        ("videos" = Option<String>, Query, description = "Ids of videos, with commas between them."),
        ("jobs" = Option<String>, Query, description = "Ids of jobs, with commas between them."),
    ),
    responses(
        (status = 200, description = "Server-sent events: first a `snapshot`, then messages, a `beat` every 15 s.", content_type = "text/event-stream"),
        (status = 400, description = "An id is none.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Opened too often.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn events(
    extract::State(state): extract::State<EventsState>,
    extract::Extension(caller): extract::Extension<Caller>,
    extract::Extension(identity): extract::Extension<Identity>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let asked = Asked::parse(query.as_deref().unwrap_or_default())?;
    let person = match identity.visitor().await {
        Ok(visitor) => visitor.filter(|visitor| visitor.may(Scope::Read).is_ok()),
        // What everybody may hear is not refused to who shows something that is no good.
        Err(Refused::BadToken) => None,
        Err(_) => return Err(Fault::Unavailable),
    };
    let listener = Listener::new(state.backend.clone(), person, &headers);
    let asked = asked.by(listener.user());
    let visitor = person.map_or_else(
        || Visitor::at(caller.address),
        |person| Visitor::Person(person.user.id),
    );
    let place = state.streams.places.take(visitor);
    let stream = Stream::open(state, asked, listener, place)
        .await
        .map_err(|error| {
            tracing::warn!(%error, code = error.code(), "no snapshot for an event stream");
            Fault::Unavailable
        })?;
    let mut response = Response::new(Body::from_stream(stream.into_bytes()));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would keep events back until its buffer is full.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
