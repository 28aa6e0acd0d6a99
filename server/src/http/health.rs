//! `/healthz` and `/readyz`: for load balancers and whoever looks after the server.
//!
//! Ready means: what a person sends can be accepted and will not be lost. That takes the
//! database and room on the disk. Without Redis work goes on, only slower, and without the
//! media helper everything but media: then the answer is `degraded`, with 200, so that a load
//! balancer does not take away a server that serves.

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use axum::{
    Json, extract,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tokio::{sync::Mutex, task::JoinHandle};
use utoipa::ToSchema;

use super::State;
use crate::start;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Checks write to the disk and ask the database: not more often than this.
const FRESH: Duration = Duration::from_secs(1);
/// Starting the helper costs a process.
const HELPER_FRESH: Duration = Duration::from_secs(60);

/// The process is alive.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alive {
    status: Health,
}

/// How the server, or one thing it needs, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HealthStatus)]
pub(super) enum Health {
    Ok,
    /// It works, but not as it should.
    Degraded,
    /// Nothing can be accepted.
    Failed,
}

/// One thing the server needs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Check {
    status: Health,
    /// A sentence, when it is not ok.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Whether the server can do its work, and what is missing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Readiness {
    status: Health,
    checks: BTreeMap<&'static str, Check>,
}

/// What was found last, so that nobody can keep the server busy by asking.
#[derive(Debug, Default)]
pub struct Findings {
    readiness: Mutex<Option<(Instant, Readiness)>>,
    helper: Mutex<Option<(Instant, Check)>>,
    /// A look at a disk that does not answer, which may take for ever: it keeps a thread, and
    /// there is to be only one.
    disk: Mutex<Option<JoinHandle<io::Result<start::Bytes>>>>,
}

impl Check {
    fn ok() -> Self {
        Self {
            status: Health::Ok,
            detail: None,
        }
    }

    fn of(status: Health, detail: &str) -> Self {
        Self {
            status,
            detail: Some(detail.to_owned()),
        }
    }
}

/// Whether the process is alive
#[utoipa::path(
    get, path = domain::routes::HEALTHZ, tag = "health",
    responses((status = 200, description = "The process answers.", body = Alive))
)]
pub(super) async fn healthz() -> Response {
    uncached(Json(Alive { status: Health::Ok }).into_response())
}

/// Whether the server can do its work
#[utoipa::path(
    get, path = domain::routes::READYZ, tag = "health",
    responses(
        (status = 200, description = "Everything needed answers; `degraded` when something optional does not.", body = Readiness),
        (status = 503, description = "Nothing can be accepted right now.", body = Readiness),
    )
)]
pub(super) async fn readyz(extract::State(state): extract::State<State>) -> Response {
    let readiness = readiness(&state).await;
    let status = match readiness.status {
        Health::Ok | Health::Degraded => StatusCode::OK,
        Health::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    uncached((status, Json(readiness)).into_response())
}

fn uncached(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn readiness(state: &State) -> Readiness {
    let mut found = state.findings.readiness.lock().await;
    if let Some((at, readiness)) = &*found
        && at.elapsed() < FRESH
    {
        return readiness.clone();
    }
    let (database, queue, storage, helper) =
        tokio::join!(database(state), queue(state), storage(state), helper(state));
    let checks = BTreeMap::from([
        ("database", database),
        ("queue", queue),
        ("storage", storage),
        ("media", helper),
    ]);
    let status = checks
        .values()
        .map(|check| check.status)
        .max()
        .unwrap_or(Health::Ok);
    let readiness = Readiness { status, checks };
    *found = Some((Instant::now(), readiness.clone()));
    readiness
}

async fn database(state: &State) -> Check {
    match tokio::time::timeout(PATIENCE, state.backend.db.ping()).await {
        Ok(Ok(())) => Check::ok(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer a health check");
            Check::of(Health::Failed, "The database does not answer.")
        }
        Err(_) => Check::of(Health::Failed, "The database does not answer in time."),
    }
}

async fn queue(state: &State) -> Check {
    let tickets = tokio::time::timeout(PATIENCE, state.backend.jobs.queue().health()).await;
    let events = state.backend.events.health();
    match (tickets, events) {
        (Ok(Ok(())), Ok(())) => Check::ok(),
        _ => Check::of(
            Health::Degraded,
            "Redis does not answer: work goes on through the database, more slowly.",
        ),
    }
}

async fn storage(state: &State) -> Check {
    let mut pending = state.findings.disk.lock().await;
    let look = pending.get_or_insert_with(|| {
        let folder = state.data.clone();
        tokio::task::spawn_blocking(move || {
            start::probe(&folder).and_then(|()| start::free_space(&folder))
        })
    });
    let tried = tokio::time::timeout(PATIENCE, look).await;
    if tried.is_ok() {
        *pending = None;
    }
    match tried {
        Ok(Ok(Ok(free))) if free >= start::LOW_SPACE => Check::ok(),
        Ok(Ok(Ok(free))) => Check::of(
            Health::Failed,
            &format!("Only {free} are free on the disk with the data folder."),
        ),
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "the data folder can't be written");
            Check::of(Health::Failed, "The data folder can't be written.")
        }
        Ok(Err(_)) | Err(_) => Check::of(Health::Failed, "The disk does not answer in time."),
    }
}

async fn helper(state: &State) -> Check {
    let mut found = state.findings.helper.lock().await;
    if let Some((at, check)) = &*found
        && at.elapsed() < HELPER_FRESH
    {
        return check.clone();
    }
    let check = match tokio::time::timeout(PATIENCE, start::helper_version()).await {
        Ok(Ok(_)) => Check::ok(),
        Err(_) => Check::of(
            Health::Degraded,
            "The media helper does not answer in time.",
        ),
        Ok(Err(error)) => {
            tracing::warn!(%error, "media can't be processed");
            Check::of(
                Health::Degraded,
                "The media helper is missing or does not start: run `kadr doctor`.",
            )
        }
    };
    *found = Some((Instant::now(), check.clone()));
    check
}
