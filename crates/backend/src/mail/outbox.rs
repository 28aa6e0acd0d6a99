//! Mails as files, for a house without a mail server.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use domain::ids::JobId;

use super::{MailError, compose::created};

#[derive(Debug)]
pub(super) struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes beside and renames: whoever watches the folder sees whole mails only. The name
    /// follows from the id, so that a second try replaces the first.
    pub(super) async fn write(&self, id: JobId, mail: Vec<u8>) -> Result<PathBuf, MailError> {
        let path = self.folder.join(format!("{}-{id}.eml", stamp(created(id))));
        self.blocking(path, move |folder, path| {
            let beside = folder.join(format!(".{id}.part"));
            let written = put(&beside, &mail)
                .and_then(|()| fs::rename(&beside, path))
                .and_then(|()| File::open(folder)?.sync_all());
            if written.is_err() {
                let _ = fs::remove_file(&beside);
            }
            written
        })
        .await
    }

    /// Whether a mail could be written.
    pub(super) async fn check(&self) -> Result<(), MailError> {
        let path = self.folder.join(".check");
        self.blocking(path, |_, path| {
            put(path, b"")?;
            fs::remove_file(path)
        })
        .await
        .map(drop)
    }

    async fn blocking<F>(&self, path: PathBuf, work: F) -> Result<PathBuf, MailError>
    where
        F: FnOnce(&Path, &Path) -> io::Result<()> + Send + 'static,
    {
        let folder = self.folder.clone();
        let file = path.clone();
        let done = tokio::task::spawn_blocking(move || {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)?;
            work(&folder, &file)
        })
        .await
        .map_err(io::Error::other)
        .flatten();
        match done {
            Ok(()) => Ok(path),
            Err(source) => Err(MailError::Outbox { path, source }),
        }
    }
}

/// Mails carry codes and links that open doors: for the owner's eyes only.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// `20261121T104240Z`: sorts, and reads.
pub(super) fn stamp(time: SystemTime) -> String {
    let seconds = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, clock) = (seconds / 86_400, seconds % 86_400);
    // Days to a date in years that begin in March (Howard Hinnant's `civil_from_days`).
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        clock / 3600,
        clock / 60 % 60,
        clock % 60
    )
}
