//! What handlers share.

use std::{ops::Deref, path::PathBuf, sync::Arc};

use app::context::Assets;
use backend::Backend;
use tokio_util::sync::CancellationToken;

use super::{
    events::Streams, health::Findings, metrics::Metrics, security::limits::Limits,
    shared::SharedPages, site::Site, uploads::Patience,
};
use crate::config::Proxies;

/// Cheap to clone; handlers take it as `extract::State<http::State>`.
#[derive(Clone, Debug)]
pub struct State(Arc<Parts>);

/// See the fields.
#[derive(Debug)]
pub struct Parts {
    pub backend: Backend,
    /// The built site and the names of its files.
    pub site: Site,
    pub assets: Assets,
    /// `KADR_DATA`, whose disk the readiness check looks at.
    pub data: PathBuf,
    /// What visitors type, without a slash at the end.
    pub public_url: String,
    pub proxies: Proxies,
    pub limits: Limits,
    pub shared_pages: SharedPages,
    pub metrics: Metrics,
    pub findings: Findings,
    /// Open event streams.
    pub streams: Streams,
    /// How long a silent upload is waited for.
    pub patience: Patience,
    /// Cancelled when the server stops: streams without an end of their own end then.
    pub stopping: CancellationToken,
}

impl State {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Whether people reach us by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}

impl Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
