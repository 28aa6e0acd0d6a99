//! `/metrics`: figures for Prometheus.

use std::{
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use axum::{
    extract,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, header};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use tokio::sync::Mutex;

use super::{Fault, State};

/// The table of jobs is asked at most this often, however many scrape.
const JOBS_FRESH: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Jobs {
    lane: &'static str,
    state: &'static str,
}

/// All figures of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    started: Instant,
    requests: Family<Request, Counter>,
    duration: Histogram,
    jobs: Family<Jobs, Gauge>,
    jobs_asked: Mutex<Option<Instant>>,
    event_streams: Gauge,
    resident: Gauge,
    uptime: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("kadr");
        let requests = Family::default();
        registry.register("http_requests", "Answered requests", requests.clone());
        let duration = Histogram::new([
            0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ]);
        registry.register_with_unit(
            "http_request_duration",
            "From the first byte of a request to the head of its answer",
            Unit::Seconds,
            duration.clone(),
        );
        let jobs = Family::default();
        registry.register("jobs", "Jobs in the table", jobs.clone());
        let event_streams = Gauge::default();
        registry.register("event_streams", "Open event streams", event_streams.clone());
        let resident = Gauge::default();
        registry.register_with_unit(
            "process_resident_memory",
            "Memory of this process that is in RAM",
            Unit::Bytes,
            resident.clone(),
        );
        let uptime = Gauge::default();
        registry.register_with_unit(
            "process_uptime",
            "Time since this process started",
            Unit::Seconds,
            uptime.clone(),
        );
        Self {
            registry,
            started: Instant::now(),
            requests,
            duration,
            jobs,
            jobs_asked: Mutex::default(),
            event_streams,
            resident,
            uptime,
        }
    }
}

impl Metrics {
    pub(super) fn observe(&self, method: &Method, route: &str, status: u16, took: Duration) {
        self.requests
            .get_or_create(&Request {
                method: known(method),
                route: route.to_owned(),
                status,
            })
            .inc();
        self.duration.observe(took.as_secs_f64());
    }

    async fn refresh(&self, state: &State) {
        self.uptime.set(self.started.elapsed().as_secs_f64());
        if let Some(bytes) = resident_bytes() {
            self.resident.set(bytes);
        }
        self.event_streams
            .set(i64::try_from(state.streams.open_count()).unwrap_or(i64::MAX));
        let mut asked = self.jobs_asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < JOBS_FRESH) {
            return;
        }
        *asked = Some(Instant::now());
        match state.backend.jobs.load().await {
            Ok(load) => {
                self.jobs.clear();
                for part in load {
                    self.jobs
                        .get_or_create(&Jobs {
                            lane: part.lane.code(),
                            state: part.state.code(),
                        })
                        .set(part.jobs);
                }
            }
            // Old figures are worse than none.
            Err(error) => {
                tracing::warn!(%error, "the jobs could not be counted");
                self.jobs.clear();
            }
        }
    }
}

/// Anybody can invent methods; a figure each would fill the memory.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<i64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = statm.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(i64::try_from(rustix::param::page_size()).ok()?)
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<i64> {
    None
}

/// Figures for Prometheus
#[utoipa::path(
    get, path = domain::routes::METRICS, tag = "health",
    responses((status = 200, description = "OpenMetrics text.", content_type = "application/openmetrics-text"))
)]
pub(super) async fn metrics(
    extract::State(state): extract::State<State>,
) -> Result<Response, Fault> {
    state.metrics.refresh(&state).await;
    let mut text = String::new();
    encode(&mut text, &state.metrics.registry).map_err(Fault::internal)?;
    let kind =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    let cache = HeaderValue::from_static("no-store");
    Ok((
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)],
        text,
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_methods_share_one_figure() {
        let metrics = Metrics::default();
        for name in ["FOO", "BAR", "BAZ"] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            metrics.observe(&method, "(file)", 404, Duration::ZERO);
        }
        let mut text = String::new();
        encode(&mut text, &metrics.registry).unwrap();
        assert_eq!(
            text.matches("kadr_http_requests_total{").count(),
            1,
            "{text}"
        );
    }

    #[test]
    fn a_process_has_memory() {
        if cfg!(target_os = "linux") {
            assert!(resident_bytes().unwrap() > 1 << 20);
        }
    }
}
