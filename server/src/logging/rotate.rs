//! Log files that stay small: five of five megabytes, the newest without a number.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

const MAX_BYTES: u64 = 5_000_000;
/// All files together: the one being written and those with a number.
const FILES: u32 = 5;

/// The file being written.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    file: File,
    size: u64,
    max_bytes: u64,
    /// Held as long as this writes: two processes must not rotate the same files.
    _lock: File,
}

impl Rotating {
    /// Opens `{folder}/{name}.log`, or `{name}-2.log` and so on when another process writes it.
    pub(super) fn open(folder: &Path, name: &str) -> io::Result<Self> {
        Self::open_with(folder, name, MAX_BYTES)
    }

    fn open_with(folder: &Path, name: &str, max_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for number in 1..=64_u32 {
            let stem = if number == 1 {
                name.to_owned()
            } else {
                format!("{name}-{number}")
            };
            let lock = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(folder.join(format!(".{stem}.lock")))?;
            match lock.try_lock() {
                Ok(()) => {
                    let path = folder.join(format!("{stem}.log"));
                    let file = append(&path)?;
                    let size = file.metadata()?.len();
                    return Ok(Self {
                        path,
                        file,
                        size,
                        max_bytes,
                        _lock: lock,
                    });
                }
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other(
            "64 processes write logs into this folder already",
        ))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        self.path.with_extension(format!("{number}.log"))
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..FILES - 1).rev() {
            let older = self.numbered(number);
            if older.exists() {
                fs::rename(&older, self.numbered(number + 1))?;
            }
        }
        fs::rename(&self.path, self.numbered(1))?;
        self.file = append(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

impl Write for Rotating {
    /// Lines are never cut: a batch that does not fit starts the next file.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if self.size > 0 && self.size + lines.len() as u64 > self.max_bytes {
            self.rotate()?;
        }
        self.file.write_all(lines)?;
        self.size += lines.len() as u64;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".log"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn five_files_are_kept_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotating::open_with(folder.path(), "kadr", 10).unwrap();
        for n in 0..9 {
            log.write_all(format!("line {n}\n").as_bytes()).unwrap();
        }
        assert_eq!(
            names(folder.path()),
            [
                "kadr.1.log",
                "kadr.2.log",
                "kadr.3.log",
                "kadr.4.log",
                "kadr.log"
            ]
        );
        let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("kadr.log"), "line 8\n");
        assert_eq!(read("kadr.4.log"), "line 4\n");
    }

    #[test]
    fn it_goes_on_where_the_last_run_stopped() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..2 {
            let mut log = Rotating::open_with(folder.path(), "kadr", 100).unwrap();
            log.write_all(format!("run {n}\n").as_bytes()).unwrap();
        }
        let text = fs::read_to_string(folder.path().join("kadr.log")).unwrap();
        assert_eq!(text, "run 0\nrun 1\n");
    }

    #[test]
    fn two_processes_write_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Rotating::open_with(folder.path(), "worker", 100).unwrap();
        let _second = Rotating::open_with(folder.path(), "worker", 100).unwrap();
        assert_eq!(names(folder.path()), ["worker-2.log", "worker.log"]);
    }
}
