//! Which kinds of jobs this program knows, and how each is run.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use domain::jobs::Lane;
use futures::future::BoxFuture;

use super::{Context, Job, JobError};

type Run = Box<dyn Fn(String, Context) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

/// One kind, with its type forgotten.
pub struct Kind {
    pub name: &'static str,
    pub lane: Lane,
    pub timeout: Duration,
    run: Run,
}

impl Kind {
    /// Runs a job of this kind from its written form.
    pub fn run(&self, payload: String, ctx: Context) -> BoxFuture<'static, Result<(), JobError>> {
        (self.run)(payload, ctx)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind")
            .field("name", &self.name)
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

/// The kinds a worker can run. A worker claims only what it knows, so that old and new
/// programs can work beside each other while a fleet is being updated.
#[derive(Debug, Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Arc<Kind>>);

impl Registry {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What every worker of the product knows.
    #[must_use]
    pub fn product() -> Self {
        Self::new()
            .with::<super::Sweep>()
            .with::<crate::mail::SendMail>()
            .with::<crate::accounts::RequestReset>()
            .with::<crate::accounts::RemoveAccount>()
            .with::<crate::accounts::TidyAccounts>()
            .with::<crate::assets::RemoveAsset>()
            .with::<crate::uploads::JoinPieces>()
            .with::<crate::uploads::TidyUploads>()
            .with::<crate::transcode::Finish>()
    }

    /// Adds a kind.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        let run: Run = Box::new(|payload, ctx| {
            Box::pin(async move {
                let job: J = serde_json::from_str(&payload).map_err(|error| {
                    tracing::error!(%error, kind = J::KIND, "a job could not be read");
                    JobError::permanent("The job was written by another version of the server.")
                })?;
                job.run(&ctx).await
            })
        });
        let kind = Kind {
            name: J::KIND,
            lane: J::LANE,
            timeout: J::TIMEOUT,
            run,
        };
        self.0.insert(J::KIND, Arc::new(kind));
        self
    }

    #[must_use]
    pub fn get(&self, kind: &str) -> Option<Arc<Kind>> {
        self.0.get(kind).cloned()
    }

    /// The names of the kinds of a lane.
    #[must_use]
    pub fn names(&self, lane: Lane) -> Vec<&'static str> {
        self.0
            .values()
            .filter(|kind| kind.lane == lane)
            .map(|kind| kind.name)
            .collect()
    }
}
