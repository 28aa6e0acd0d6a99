//! Files nobody asks for any more: finding them, and keeping those aside that nobody knows.

use std::{ffi::OsStr, time::Duration};

use super::{Storage, StorageError, blocking, entries, gone, make};

/// Where files go that nobody knows.
const ASIDE: &str = "lost";

impl Storage {
    /// The last parts of all keys two folders below `key` that were not touched for `age`:
    /// what a search for the lost looks at.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn old_names(&self, key: &str, age: Duration) -> Result<Vec<String>, StorageError> {
        let path = self.path(key);
        blocking(move || {
            let mut found = Vec::new();
            for folder in entries(&path)? {
                for file in entries(&folder)? {
                    let touched = file.metadata().and_then(|file| file.modified());
                    let Ok(touched) = touched else { continue };
                    if touched.elapsed().is_ok_and(|since| since >= age)
                        && let Some(name) = file.file_name().and_then(OsStr::to_str)
                    {
                        found.push(name.to_owned());
                    }
                }
            }
            Ok(found)
        })
        .await
    }

    /// Puts a file aside that nobody knows, with the time in its name. It goes by
    /// [`Storage::clear_aside`], later.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn put_aside(&self, key: &str, now: i64) -> Result<(), StorageError> {
        let from = self.path(key);
        let name = key.replace('/', "-");
        let to = self.path(&format!("{ASIDE}/{now}-{name}"));
        blocking(move || {
            if let Some(folder) = to.parent() {
                make(folder)?;
            }
            gone(std::fs::rename(from, to))
        })
        .await
    }

    /// Forgets what was put aside before then. Answers how many files.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn clear_aside(&self, before: i64) -> Result<u64, StorageError> {
        let folder = self.path(ASIDE);
        blocking(move || {
            let mut cleared = 0;
            for file in entries(&folder)? {
                let name = file.file_name().and_then(OsStr::to_str);
                let time = name.and_then(|name| name.split_once('-'));
                if time.is_some_and(|(time, _)| time.parse().is_ok_and(|time: i64| time < before)) {
                    gone(std::fs::remove_file(file))?;
                    cleared += 1;
                }
            }
            Ok(cleared)
        })
        .await
    }
}
