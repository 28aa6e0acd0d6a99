//! Where files of the house lie: `fs:{data}/media`, by key. A small seam, so that an object
//! store can take its place.
//!
//! A key is a relative path of our own making; nothing a person sent ever becomes one.

mod lost;
mod mark;
mod room;
mod spool;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;

pub use self::{
    room::Room,
    spool::{Spool, SpoolError, Syncer},
};

/// The files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    root: Arc<Path>,
    room: Room,
    /// What must be in the folder, once it is known.
    mark: Arc<OnceLock<String>>,
}

/// Why a file could not be kept or given.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("no space is left for files; free some, and try again")]
    Full,
    #[error("the files are away: is the disk mounted?")]
    Away,
    #[error("a file could not be kept or read: {0}")]
    Io(io::Error),
}

impl StorageError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Full => "storage_full",
            Self::Away => "storage_away",
            Self::Io(_) => "storage_error",
        }
    }

    #[must_use]
    pub const fn is_client_fault(&self) -> bool {
        false
    }
}

impl From<io::Error> for StorageError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

impl Storage {
    /// Files below this folder, which is made when the first one comes.
    #[must_use]
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into().into(),
            room: Room::default(),
            mark: Arc::default(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there is anything below a key.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn holds(&self, key: &str) -> Result<bool, StorageError> {
        let path = self.path(key);
        blocking(move || Ok(!entries(&path)?.is_empty())).await
    }

    /// How much can still be kept.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Bytes that are free where the files lie.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn free(&self) -> Result<u64, StorageError> {
        let (root, room) = (Arc::clone(&self.root), self.room.clone());
        blocking(move || {
            std::fs::create_dir_all(&root)?;
            room.free(&root)
        })
        .await
    }

    /// Opens a file to be written in pieces, for this writer alone; see [`Spool`].
    ///
    /// # Errors
    /// [`SpoolError::Held`] while another writer has it, in this process or another.
    pub async fn spool(&self, key: &str, create: bool) -> Result<Spool, SpoolError> {
        let (path, root, room) = (self.path(key), Arc::clone(&self.root), self.room.clone());
        tokio::task::spawn_blocking(move || Spool::open(&path, &root, create, room))
            .await
            .map_err(|_| SpoolError::Io(io::Error::other("the work was dropped")))?
    }

    /// How long a file is, if there is one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, StorageError> {
        let path = self.path(key);
        blocking(move || match std::fs::metadata(path) {
            Ok(file) => Ok(Some(file.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Where a file lies, for who hands it to a program of ours.
    #[must_use]
    pub fn place(&self, key: &str) -> PathBuf {
        self.path(key)
    }

    /// Keeps a file: written beside, made durable, then renamed, so that nobody ever sees half
    /// of one. An older file of that key is replaced.
    ///
    /// # Errors
    /// When the disk is full or refuses; nothing is left behind then.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), StorageError> {
        let path = self.path(key);
        blocking(move || write(&path, &bytes)).await
    }

    /// Makes files last that a program of ours has written, and their names.
    ///
    /// # Errors
    /// When the disk refuses, or one is not there.
    pub async fn sync(&self, keys: Vec<String>) -> Result<(), StorageError> {
        let paths: Vec<PathBuf> = keys.iter().map(|key| self.path(key)).collect();
        blocking(move || {
            let mut folders: Vec<&Path> = Vec::new();
            for path in &paths {
                std::fs::File::open(path)?.sync_data()?;
                if let Some(folder) = path.parent().filter(|folder| !folders.contains(folder)) {
                    folders.push(folder);
                }
            }
            // The folders, and what they are in: they may be new.
            let above: Vec<&Path> = folders
                .iter()
                .filter_map(|folder| folder.parent())
                .collect();
            folders.extend(above);
            folders.sort_unstable();
            folders.dedup();
            folders
                .into_iter()
                .try_for_each(|folder| std::fs::File::open(folder)?.sync_all())
        })
        .await
    }

    /// Forgets files below a key, and in its folders, whose name says that they are no more than
    /// a half, and which nobody has touched for so long.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn sweep(
        &self,
        key: &str,
        half: fn(&str) -> bool,
        untouched: Duration,
    ) -> Result<(), StorageError> {
        let path = self.path(key);
        blocking(move || {
            for entry in entries(&path)? {
                for file in entries(&entry)?.into_iter().chain([entry]) {
                    let name = file.file_name().and_then(std::ffi::OsStr::to_str);
                    if name.is_some_and(half) && is_left(&file, untouched)? {
                        gone(std::fs::remove_file(&file))?;
                    }
                }
            }
            Ok(())
        })
        .await
    }

    /// A whole file, if there is one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        let path = self.path(key);
        blocking(move || match std::fs::read(path) {
            Ok(bytes) => Ok(Some(Bytes::from(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Forgets a file. One that is not there is no mistake.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let path = self.path(key);
        blocking(move || gone(std::fs::remove_file(path))).await
    }

    /// Forgets everything below a key.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn delete_below(&self, key: &str) -> Result<(), StorageError> {
        let path = self.path(key);
        blocking(move || gone(std::fs::remove_dir_all(path))).await
    }

    fn path(&self, key: &str) -> PathBuf {
        debug_assert!(
            !key.is_empty() && key.split('/').all(|part| !matches!(part, "" | "." | "..")),
            "a key of our own making stays below the root: {key}"
        );
        self.root.join(key)
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Nobody has touched it for so long.
fn is_left(file: &Path, untouched: Duration) -> io::Result<bool> {
    match std::fs::metadata(file).and_then(|about| about.modified()) {
        Ok(touched) => Ok(touched.elapsed().unwrap_or_default() >= untouched),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_as(path, bytes, |beside| std::fs::rename(beside, path))
}

/// Writes a file beside its place, which it gets by `arrive`.
fn write_as(
    path: &Path,
    bytes: &[u8],
    arrive: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    use io::Write as _;

    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("a key has a folder"))?;
    make(folder)?;
    // The name is unlike any other, so that two writers of one key do not meet.
    let beside = path.with_extension(format!("{:032x}.part", rand::random::<u128>()));
    let written = std::fs::File::create_new(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| arrive(&beside))
        .and_then(|()| std::fs::File::open(folder)?.sync_all());
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Makes a folder that lasts: what it is in must know of it after a power cut, too.
fn make(folder: &Path) -> io::Result<()> {
    let changed = changed_by(folder);
    std::fs::create_dir_all(folder)?;
    changed
        .iter()
        .try_for_each(|folder| std::fs::File::open(folder)?.sync_all())
}

/// The folders that get a new one when this one is made, the deepest first.
fn changed_by(folder: &Path) -> Vec<&Path> {
    folder
        .ancestors()
        .take_while(|path| !path.exists())
        .filter_map(Path::parent)
        .map(|parent| match parent.as_os_str().is_empty() {
            true => Path::new("."),
            false => parent,
        })
        .collect()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StorageError::Io(io::Error::other("the work was dropped")))?
        .map_err(StorageError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_replaces_and_forgets() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::below(folder.path().join("media"));
        assert_eq!(storage.get("a/b.webp").await.unwrap(), None);
        storage.delete("a/b.webp").await.unwrap();
        storage.put("a/b.webp", b"one".to_vec()).await.unwrap();
        storage.put("a/b.webp", b"two".to_vec()).await.unwrap();
        storage.put("a/c.webp", b"three".to_vec()).await.unwrap();
        assert_eq!(storage.get("a/b.webp").await.unwrap().unwrap(), "two");
        let names = std::fs::read_dir(folder.path().join("media/a"))
            .unwrap()
            .count();
        assert_eq!(names, 2, "nothing is left beside");
        storage.delete("a/b.webp").await.unwrap();
        assert_eq!(storage.get("a/b.webp").await.unwrap(), None);
        storage.delete_below("a").await.unwrap();
        storage.delete_below("a").await.unwrap();
        assert_eq!(storage.get("a/c.webp").await.unwrap(), None);
    }

    #[test]
    fn new_folders_are_made_to_last() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let new = root.join("media/avatars/a");
        assert_eq!(
            changed_by(&new),
            [
                root.join("media/avatars"),
                root.join("media"),
                root.to_owned()
            ]
        );
        make(&new).unwrap();
        assert!(new.is_dir());
        assert!(changed_by(&new).is_empty());
        assert_eq!(changed_by(Path::new("no such folder")), [Path::new(".")]);
    }

    #[tokio::test]
    async fn a_refusal_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::below(folder.path());
        std::fs::create_dir_all(folder.path().join("a/b.webp/in the way")).unwrap();
        let error = storage.put("a/b.webp", b"one".to_vec()).await.unwrap_err();
        assert_eq!(error.code(), "storage_error");
        assert_eq!(
            std::fs::read_dir(folder.path().join("a")).unwrap().count(),
            1
        );
    }
}
