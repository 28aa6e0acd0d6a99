//! `kadr serve` and `kadr worker`: from settings to a running server, and back down in order.

use std::{
    io::Write,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use backend::{Backend, accounts::FirstAdmin, transcode::Helper};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{BROKEN, FINE};
use crate::{
    config::{Role, STOP_WITHIN, Settings},
    http::{
        self, Findings, Metrics, Parts, Patience, SharedPages, Site, State, events::Streams,
        security::limits::Limits,
    },
    logging,
    start::{self, DataLock, StartError},
    worker,
};

/// After this the process goes, whatever still waits: less than what init systems allow.
const STOP_AT_LAST: Duration = Duration::from_secs(28);

/// Saying goodbye to database and Redis. Everything acknowledged is committed by then.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

pub(super) async fn run(settings: Settings) -> Result<u8, StartError> {
    let began = Instant::now();
    let mut signals = Signals::watch()?;
    let folder = &settings.data.folder;
    start::prepare(folder)?;
    let web = settings.roles.play(Role::Web);
    let _lock = web.then(|| DataLock::take(folder)).transpose()?;
    let name = if web { "kadr" } else { "worker" };
    let _log = logging::start(&settings.log, Some((&folder.join("logs"), name)));
    let secret = start::secret(&settings.data)?;
    raise_file_limit();

    // What can be refused at once is refused before the database is touched.
    let site = web
        .then(|| Site::load(&http::find_site(settings.network.site.as_deref())))
        .transpose()?;
    let listener = if web {
        Some(listen(settings.network.addr.get()).await?)
    } else {
        None
    };
    let listening = listener
        .as_ref()
        .and_then(|listener| listener.local_addr().ok())
        .unwrap_or(settings.network.addr.get());
    let public_url = settings.network.public_url(listening);

    let stopping = CancellationToken::new();
    let mut services = settings.backend(&public_url);
    secret.expose().clone_into(&mut services.accounts.secret);
    if settings.roles.play(Role::Worker)
        && let Some(helper) = start::helper()
    {
        services.transcode.engine = Some(Arc::new(Helper::at(helper)));
    }
    let backend = tokio::select! {
        opened = Backend::open(services) => opened?,
        () = signals.next() => return Ok(FINE),
    };
    let admin = if web {
        let admin = backend.accounts.first_admin().await;
        Some(admin.map_err(StartError::Admin)?)
    } else {
        None
    };
    let mut parts = Running::new(stopping.clone());

    if let (Some((site, assets)), Some(listener)) = (site, listener) {
        let state = State::new(Parts {
            backend: backend.clone(),
            site,
            assets,
            data: folder.clone(),
            public_url: public_url.clone(),
            proxies: settings.network.trusted_proxies.clone(),
            limits: Limits::default(),
            shared_pages: SharedPages::default(),
            metrics: Metrics::default(),
            findings: Findings::default(),
            streams: Streams::default(),
            patience: Patience::default(),
            stopping: stopping.clone(),
        });
        // What runs is written down before connections end, and nothing new begins.
        let (uploads, stops) = (backend.uploads.clone(), stopping.clone());
        parts.add("uploads", async move {
            stops.cancelled().await;
            uploads.stop().await;
        });
        let router = http::router(state);
        parts.add(
            "web",
            http::serve(listener, router, stopping.clone(), STOP_WITHIN),
        );
    }
    if settings.roles.play(Role::Worker) || settings.roles.play(Role::Scheduler) {
        let (backend, roles) = (backend.clone(), settings.roles.clone());
        let stopping = stopping.clone();
        parts.add("jobs", async move {
            worker::run(backend, &roles, stopping).await;
        });
    }
    if settings.roles.play(Role::Worker) {
        warn_without_helper();
    }

    announce(
        &settings,
        web.then_some(public_url.as_str()),
        listening,
        began.elapsed(),
    );
    if let Some(admin) = admin {
        introduce(&admin);
    }
    let ended_early = parts.until(&mut signals).await;
    tracing::info!("stopping");
    tokio::spawn(give_up_waiting(signals));
    let in_time = parts.stop().await;
    if tokio::time::timeout(CLOSE_WITHIN, backend.close())
        .await
        .is_err()
    {
        tracing::warn!("some connections to database or Redis were left open");
    }
    tracing::info!("stopped");
    Ok(if ended_early || !in_time {
        BROKEN
    } else {
        FINE
    })
}

async fn listen(addr: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(addr)
        .await
        .map_err(|source| StartError::listening(addr, source))
}

/// Who the admin is, or how to become it. On standard output: the link must not be in a log.
fn introduce(admin: &FirstAdmin) {
    let line = match admin {
        FirstAdmin::Present => return,
        FirstAdmin::Created(nick) => format!("The admin is {nick} (KADR_ADMIN_EMAIL)."),
        FirstAdmin::Link(url) => format!("Nobody is admin yet. Become it here: {url}"),
    };
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The line a person waits for. On standard output, since it is what the command is for; the
/// log is on standard error.
fn announce(settings: &Settings, url: Option<&str>, listening: SocketAddr, took: Duration) {
    let roles: Vec<String> = settings
        .roles
        .roles
        .iter()
        .map(ToString::to_string)
        .collect();
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        roles = roles.join(","),
        data = %settings.data.folder.display(),
        workers = settings.work.workers(),
        took_ms,
        "ready"
    );
    let line = match url {
        Some(url) if url.ends_with(&listening.to_string()) => format!("Kadr is at {url}"),
        Some(url) => format!("Kadr is at {url} (listening on {listening})"),
        None => format!("Kadr runs as {} (no web)", roles.join(", ")),
    };
    let mut out = std::io::stdout().lock();
    // Nobody has to listen to it.
    let _closed = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Media can't be processed without the helper, everything else can; `/readyz` says so too.
fn warn_without_helper() {
    tokio::spawn(async {
        match start::helper_version().await {
            Ok(version) => tracing::debug!(version, "the media helper is there"),
            Err(error) => tracing::warn!("{error}; uploads wait until then"),
        }
    });
}

/// Each connection takes a file descriptor, and the usual soft limit is for terminals.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// The tasks of this process, each with its name.
struct Running {
    stopping: CancellationToken,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
}

impl Running {
    fn new(stopping: CancellationToken) -> Self {
        Self {
            stopping,
            tasks: Vec::new(),
        }
    }

    /// Runs a part until `stopping`. None of them ends before.
    fn add(&mut self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push((name, tokio::spawn(part)));
    }

    /// Waits for a signal; true when a part ended instead, which none should.
    async fn until(&mut self, signals: &mut Signals) -> bool {
        let parts = self.tasks.iter_mut().map(|(name, task)| {
            Box::pin(async move {
                let ended = task.await;
                (*name, ended)
            })
        });
        if parts.len() == 0 {
            signals.next().await;
            return false;
        }
        let ended = tokio::select! {
            ((name, ended), _, _) = futures::future::select_all(parts) => Some((name, ended)),
            () = signals.next() => None,
        };
        let Some((name, ended)) = ended else {
            return false;
        };
        tracing::error!(
            part = name,
            panicked = ended.is_err(),
            "a part of the server ended"
        );
        self.tasks.retain(|(task, _)| *task != name);
        true
    }

    /// Stops everything; false when something had to be left behind.
    async fn stop(self) -> bool {
        self.stopping.cancel();
        let all = futures::future::join_all(self.tasks.into_iter().map(|(_, task)| task));
        match tokio::time::timeout(STOP_AT_LAST, all).await {
            Ok(_) => true,
            Err(_) => {
                tracing::warn!("stopped before everything had ended");
                false
            }
        }
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn watch() -> Result<Self, StartError> {
        let watch = |kind| signal(kind).map_err(|source| StartError::Signals { source });
        Ok(Self {
            terminate: watch(SignalKind::terminate())?,
            interrupt: watch(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Who asks twice means now. What is acknowledged is on the disk already.
async fn give_up_waiting(mut signals: Signals) {
    signals.next().await;
    std::process::exit(i32::from(BROKEN));
}
