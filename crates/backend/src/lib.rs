//! The services: rules and the storage behind them, one folder a feature.
//!
//! The only crate that knows sqlx, fred and lettre. Pages, the API, the command line and
//! jobs all call what is here, so each thing is done in one way.

pub mod accounts;
pub mod assets;
pub mod db;
pub mod events;
mod hands;
mod home;
pub mod jobs;
pub mod mail;
pub mod queue;
mod redis;
mod rows;
mod settings;
pub mod shares;
pub mod storage;
pub mod transcode;
pub mod uploads;
pub mod videos;

pub use home::HomeError;
pub use settings::Settings;

/// Every service, ready to use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Backend {
    pub db: db::Db,
    pub jobs: jobs::Jobs,
    pub events: events::Events,
    pub mail: mail::Mail,
    pub accounts: accounts::Accounts,
    pub assets: assets::Assets,
    pub videos: videos::Videos,
    pub uploads: uploads::Uploads,
    pub transcode: transcode::Transcode,
    settings: std::sync::Arc<Settings>,
}

/// Why the services cannot start. Every variant is a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Database(#[from] db::OpenError),
    #[error(transparent)]
    Queue(#[from] queue::QueueError),
    #[error(transparent)]
    Events(#[from] events::EventsError),
    #[error(transparent)]
    Mail(#[from] mail::MailError),
    #[error(transparent)]
    Key(#[from] accounts::ShortSecret),
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl OpenError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Database(error) => error.code(),
            Self::Queue(error) => error.code(),
            Self::Events(error) => error.code(),
            Self::Mail(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Home(error) => error.code(),
        }
    }
}

impl Backend {
    /// Opens the database (and migrates it, under a lock) and starts queue, events and mail.
    /// Redis may be away: the queue is then slower, never wrong.
    ///
    /// # Errors
    /// When a setting is wrong, or the database cannot be had.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let db = db::Db::open(&settings.database_url, &settings.data).await?;
        Self::open_with(db, settings).await
    }

    /// As [`Backend::open`], with a database that is open already.
    ///
    /// # Errors
    /// As [`Backend::open`].
    pub async fn open_with(db: db::Db, settings: Settings) -> Result<Self, OpenError> {
        let backend = Self::over(db, settings)?;
        home::settle(&backend.db, backend.uploads.storage()).await?;
        Ok(backend)
    }

    /// As [`Backend::open_with`], without a look at whose files those in the folder are.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn over(db: db::Db, settings: Settings) -> Result<Self, OpenError> {
        let (queue, events) = match &settings.redis_url {
            Some(url) => (queue::redis(url)?, events::Events::redis(url)?),
            None => (queue::in_process(), events::Events::in_process()),
        };
        let mail = mail::Mail::open(&settings)?;
        let jobs = jobs::Jobs::new(db.clone(), queue, events.clone(), settings.timing);
        let storage = storage::Storage::below(settings.data.join("media"));
        let accounts =
            accounts::Accounts::open(db.clone(), jobs.clone(), storage.clone(), &settings)?;
        let assets = assets::Assets::new(db.clone(), jobs.clone(), storage.clone());
        let videos =
            videos::Videos::new(db.clone(), events.clone(), assets.clone(), storage.clone());
        let transcode = transcode::Transcode::new(
            db.clone(),
            events.clone(),
            jobs.clone(),
            assets.clone(),
            storage.clone(),
            &settings.transcode,
        );
        let uploads = uploads::Uploads::new(uploads::Parts {
            db: db.clone(),
            jobs: jobs.clone(),
            events: events.clone(),
            storage,
            accounts: accounts.clone(),
            assets: assets.clone(),
            videos: videos.clone(),
            options: settings.uploads.clone(),
        });
        Ok(Self {
            db,
            jobs,
            events,
            mail,
            accounts,
            assets,
            videos,
            uploads,
            transcode,
            settings: std::sync::Arc::new(settings),
        })
    }

    /// Applies what is missing to the database and leaves again (`kadr migrate`).
    ///
    /// # Errors
    /// When the database cannot be had, or is newer than this program.
    pub async fn migrate(settings: &Settings) -> Result<db::Status, OpenError> {
        let db = db::Db::open(&settings.database_url, &settings.data).await?;
        let status = db.status().await?;
        db.close().await;
        Ok(status)
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Writes down what uploads have received, sends what is still on its way and closes every
    /// connection. The rest all at once, so that the database does not wait for a Redis that is
    /// away; those two bound themselves.
    pub async fn close(&self) {
        self.uploads.stop().await;
        tokio::join!(self.jobs.close(), self.events.close(), self.db.close());
    }
}
