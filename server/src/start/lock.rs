//! One web server a data folder: two would each believe that they alone answer for it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::StartError;

const NAME: &str = "web.lock";

/// The lock on a data folder, held until this is dropped or the process is gone, however it
/// ends: the kernel holds it, not the file's being there.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    pub fn take(folder: &Path) -> Result<Self, StartError> {
        let writing = |source| StartError::writing(folder, source);
        let mut file = open(&path(folder)).map_err(writing)?;
        match file.try_lock() {
            Ok(()) => {
                // Who holds it, for the sentence that the next one prints.
                file.set_len(0)
                    .and_then(|()| file.rewind())
                    .and_then(|()| write!(file, "{}", std::process::id()))
                    .map_err(writing)?;
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let read = file.read_to_string(&mut text);
                Err(StartError::AlreadyServed {
                    folder: folder.to_owned(),
                    process: read.ok().and_then(|_| text.trim().parse().ok()),
                })
            }
            Err(TryLockError::Error(source)) => Err(writing(source)),
        }
    }
}

/// Whether a server is running on this folder.
pub fn is_held(folder: &Path) -> bool {
    File::open(path(folder))
        .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_on_the_same_folder_is_refused_and_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_held(folder.path()));
        let first = DataLock::take(folder.path()).unwrap();
        assert!(is_held(folder.path()));
        let Err(StartError::AlreadyServed { process, .. }) = DataLock::take(folder.path()) else {
            panic!("the second one got the lock");
        };
        assert_eq!(process, Some(std::process::id()));
        drop(first);
        DataLock::take(folder.path()).unwrap();
    }
}
