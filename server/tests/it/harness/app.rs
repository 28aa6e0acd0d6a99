//! A server inside the test, over real HTTP.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use domain::accounts::RegistrationMode;
use server::http::{
    self, Findings, Metrics, Parts, Patience, SharedPages, Site, State, events::Streams,
    security::limits::Limits,
};
use testkit::{TestBackend, TestDb};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Answer, Case, built_site};

/// How a test's server differs from the usual one.
#[derive(Default)]
pub(crate) struct Builder {
    proxies: String,
    public_url: Option<String>,
    extra: Router<State>,
    streams: Option<Streams>,
    redis_url: Option<String>,
    db: Option<TestDb>,
    registration: RegistrationMode,
    patience: Patience,
    uploads: backend::uploads::Options,
}

impl Builder {
    /// Who may register.
    pub(crate) fn registration(mut self, mode: RegistrationMode) -> Self {
        self.registration = mode;
        self
    }

    pub(crate) fn proxies(mut self, networks: &str) -> Self {
        networks.clone_into(&mut self.proxies);
        self
    }

    pub(crate) fn public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.to_owned());
        self
    }

    /// How long a silent upload is waited for.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = Patience(patience);
        self
    }

    /// The limits of uploads.
    pub(crate) fn uploads(mut self, change: impl FnOnce(&mut backend::uploads::Options)) -> Self {
        change(&mut self.uploads);
        self
    }

    /// Routes that only this test has.
    pub(crate) fn routes(mut self, extra: Router<State>) -> Self {
        self.extra = extra;
        self
    }

    pub(crate) fn streams(mut self, streams: Streams) -> Self {
        self.streams = Some(streams);
        self
    }

    /// Tickets and events go through this Redis.
    pub(crate) fn redis(mut self, url: &str) -> Self {
        self.redis_url = Some(url.to_owned());
        self
    }

    /// This database instead of one on SQLite.
    pub(crate) fn over(mut self, db: TestDb) -> Self {
        self.db = Some(db);
        self
    }

    pub(crate) async fn start(mut self) -> TestApp {
        let db = match self.db.take() {
            Some(db) => db,
            None => TestDb::sqlite().await,
        };
        let (addr, state) = self.run(&db).await;
        TestApp { addr, state, db }
    }

    /// Another process on the database and the folder of a server.
    pub(crate) async fn beside(self, app: &TestApp) -> (SocketAddr, State) {
        self.run(&app.db).await
    }

    async fn run(self, db: &TestDb) -> (SocketAddr, State) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let public_url = self.public_url.unwrap_or_else(|| format!("http://{addr}"));
        let backend = TestBackend::over(db)
            .settings(|settings| {
                settings.public_url.clone_from(&public_url);
                settings.redis_url = self.redis_url;
                settings.accounts.registration = self.registration;
                settings.uploads = self.uploads;
            })
            .open(db)
            .await;
        let (site, assets) = Site::load(built_site()).unwrap();
        let stopping = CancellationToken::new();
        let state = State::new(Parts {
            backend,
            site,
            assets,
            data: db.folder().to_owned(),
            public_url,
            proxies: self.proxies.parse().unwrap(),
            limits: Limits::default(),
            shared_pages: SharedPages::default(),
            metrics: Metrics::default(),
            findings: Findings::default(),
            streams: self.streams.unwrap_or_default(),
            patience: self.patience,
            stopping: stopping.clone(),
        });
        let router = http::router_with(state.clone(), self.extra);
        tokio::spawn(http::serve(
            listener,
            router,
            stopping,
            Duration::from_secs(5),
        ));
        (addr, state)
    }
}

/// A running server; its data goes with it.
pub(crate) struct TestApp {
    pub(crate) addr: SocketAddr,
    pub(crate) state: State,
    pub(crate) db: TestDb,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Builder::default().start().await
    }

    pub(crate) fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) async fn send(&self, case: Case) -> Answer {
        case.send(self.addr).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Case::get(path).send(self.addr).await
    }
}
