//! From an original to what can be watched: probe, plan, parts, manifest.
//!
//! The plan is made once and written down with its steps ([`Step`]). Each step is a job; it runs a
//! child of the media engine ([`Engine`]) for one command, and what came of it is saved in one
//! transaction with the end of the step, so that no step is done twice, however often anything
//! crashes. Whoever ends the last one enqueues the finish. What fails is written down with a
//! reason; a retry runs only that again.

mod admission;
mod engine;
mod error;
mod fail;
mod finish;
mod helper;
mod jobs;
mod made;
mod manifest;
mod pool;
mod probe;
mod progress;
mod progressive;
mod publish;
mod retry;
mod save;
mod spec;
mod step;
mod store;
mod work;

use std::sync::Arc;

use domain::{
    events::{Event, VideoChanged},
    ids::{AssetId, UserId, VideoId},
    jobs::WaitingFor,
    media::plan::Policy,
};

pub(crate) use self::jobs::LOST;
use self::{admission::Admission, pool::Pool, progress::Live, publish::Shown};
pub use self::{
    engine::{Child, Engine},
    error::TranscodeError,
    helper::Helper,
    jobs::{
        Audio, EncodePart, Finish, FirstPart, Poster, RepackagePart, Storyboard, Subtitles,
        Waveform,
    },
    pool::Patience,
    progress::Overview,
    progressive::Progressive,
    step::{Step, StepState},
};
use crate::{
    assets::Assets,
    db::{Db, DbError, Tx},
    events::Events,
    jobs::{JobError, Jobs, Registry},
    storage::{Storage, StorageError},
};

/// What is set from outside.
#[derive(Debug, Clone)]
pub struct Options {
    /// What does the work; a process without it leaves media jobs to others.
    pub engine: Option<Arc<dyn Engine>>,
    /// `KADR_WORKER_MEMORY`: bytes that media jobs of this process may plan with.
    pub memory: u64,
    /// Bytes of the disk that are left alone.
    pub reserve: u64,
    pub policy: Policy,
    pub patience: Patience,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            engine: None,
            memory: half_of_memory(),
            reserve: 256 << 20,
            policy: Policy::default(),
            patience: Patience::default(),
        }
    }
}

/// Half of what the machine has, or of what a container gives us.
fn half_of_memory() -> u64 {
    let system = rustix::system::sysinfo();
    let machine = system
        .totalram
        .saturating_mul(u64::from(system.mem_unit.max(1)));
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max");
    // (Without a limit it says `max`.)
    let container = limit.ok().and_then(|text| text.trim().parse().ok());
    (machine.min(container.unwrap_or(u64::MAX)) / 2).max(512 << 20)
}

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Transcode(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    events: Events,
    jobs: Jobs,
    assets: Assets,
    storage: Storage,
    pool: Option<Pool>,
    admission: Admission,
    policy: Policy,
    live: Live,
    shown: Shown,
}

/// The video that brought an asset, whose page shows its jobs, and whose turn they take.
#[derive(Debug, Clone, Copy)]
struct For {
    video: VideoId,
    owner: UserId,
}

impl Transcode {
    #[must_use]
    pub fn new(
        db: Db,
        events: Events,
        jobs: Jobs,
        assets: Assets,
        storage: Storage,
        options: &Options,
    ) -> Self {
        let pool = options.engine.clone();
        Self(Arc::new(Inner {
            admission: Admission::new(
                storage.clone(),
                options.memory,
                options.reserve,
                options.patience.memory,
            ),
            pool: pool.map(|engine| Pool::new(engine, options.patience)),
            policy: options.policy.clone(),
            live: Live::default(),
            shown: Shown::default(),
            db,
            events,
            jobs,
            assets,
            storage,
        }))
    }

    /// What a worker can run: with a media engine also everything that needs one. Without, those
    /// jobs wait in the queue for a worker that has it.
    #[must_use]
    pub fn registry(&self, known: Registry) -> Registry {
        if self.0.pool.is_none() {
            return known;
        }
        known
            .with::<crate::assets::Probe>()
            .with::<FirstPart>()
            .with::<RepackagePart>()
            .with::<EncodePart>()
            .with::<Audio>()
            .with::<Poster>()
            .with::<Waveform>()
            .with::<Subtitles>()
            .with::<Storyboard>()
    }

    fn pool(&self) -> Result<&Pool, JobError> {
        self.0
            .pool
            .as_ref()
            .ok_or_else(|| JobError::retry("This server has no media engine."))
    }

    /// Tells open pages how the videos of an asset stand, once the transaction is committed.
    async fn tell_videos(&self, tx: &mut Tx, asset: AssetId) -> Result<(), DbError> {
        for video in crate::videos::of_asset(&mut **tx, asset).await? {
            let changed = VideoChanged {
                id: video.id,
                owner: video.owner,
                status: video.status,
                playable: video.playable,
                error: video.error,
                removed: false,
            };
            let events = self.0.events.clone();
            tx.after_commit(move || events.publish(Event::Video(changed)));
        }
        Ok(())
    }
}

/// What a job says when files could not be kept.
fn of_storage(error: StorageError) -> JobError {
    match error {
        StorageError::Full => admission::full(),
        // However long it takes to mount the disk again, no try is lost by it.
        StorageError::Away => JobError::wait(
            WaitingFor::Space,
            "The files are away: is the disk mounted?",
        ),
        StorageError::Io(error) => {
            tracing::warn!(%error, "files of a video could not be kept or read");
            JobError::retry("The server could not use its disk.")
        }
    }
}
