//! A file that is written in pieces, over hours, by one writer at a time.
//!
//! The writer holds a lock on the file that ends with its process, so two processes on one
//! folder can never write the same file, whatever either believes. Everything here blocks: call
//! it off the async threads.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, IoSlice, Read, Seek as _, SeekFrom, Write as _},
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::{Buf as _, Bytes};

use super::Room;

/// Slices in one write.
const SLICES: usize = 64;

/// Why a spool cannot be had or written.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another writer has it.
    #[error("another writer has this file")]
    Held,
    #[error("there is no such file")]
    Missing,
    /// The file is shorter than what was made durable of it: somebody else cut or removed it.
    #[error("the file holds {there} bytes of {known}")]
    Short { there: u64, known: u64 },
    #[error("no space is left for files")]
    Full,
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

/// The file, and the lock on it. It is given up by name, not only by closing: a child that is just
/// being started has the same open file, and its lock, until it has become another program.
#[derive(Debug)]
struct Locked(File);

impl Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing does it as well, a little later.
        let _ = self.0.unlock();
    }
}

/// The open file, at its end.
#[derive(Debug)]
pub struct Spool {
    file: Arc<Locked>,
    length: u64,
    locked: bool,
    room: Room,
    syncer: Syncer,
}

/// Makes durable what was written, while more is being written.
#[derive(Debug, Clone)]
pub struct Syncer {
    file: Arc<Locked>,
    /// Folders whose entries are not durable yet.
    folders: Arc<[PathBuf]>,
    fresh: Arc<AtomicBool>,
}

impl Syncer {
    /// When this returns, everything written before the call survives a loss of power.
    ///
    /// # Errors
    /// When the disk refuses. What was written since the last success is then in doubt for
    /// good: the kernel says it only once.
    pub fn sync(&self) -> Result<(), SpoolError> {
        self.file.sync_data()?;
        if self.fresh.load(Ordering::Acquire) {
            for folder in &*self.folders {
                match File::open(folder)?.sync_all() {
                    // Some file systems know no such thing as the sync of a folder.
                    Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                    synced => synced?,
                }
            }
            self.fresh.store(false, Ordering::Release);
        }
        Ok(())
    }
}

impl Spool {
    /// Opens the file and takes it for this writer alone. Only who has it may look up how much
    /// of it is durable; [`Spool::resume`] then goes on from there.
    pub(super) fn open(
        path: &Path,
        root: &Path,
        create: bool,
        room: Room,
    ) -> Result<Self, SpoolError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        if create {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            options.create(true);
        }
        let file = match options.open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SpoolError::Missing);
            }
            Err(error) => return Err(error.into()),
        };
        let locked = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return Err(SpoolError::Held),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => false,
            Err(TryLockError::Error(error)) => return Err(error.into()),
        };
        let length = file.metadata()?.len();
        let file = Arc::new(Locked(file));
        let folders: Vec<PathBuf> = path
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(root))
            .map(Path::to_owned)
            .collect();
        let syncer = Syncer {
            file: Arc::clone(&file),
            folders: folders.into(),
            fresh: Arc::new(AtomicBool::new(create)),
        };
        Ok(Self {
            file,
            length,
            locked,
            room,
            syncer,
        })
    }

    /// Goes on where it was durable: what comes after that was never acknowledged.
    ///
    /// # Errors
    /// [`SpoolError::Short`] when not even that much is there.
    pub fn resume(&mut self, durable: u64) -> Result<(), SpoolError> {
        if self.length < durable {
            return Err(SpoolError::Short {
                there: self.length,
                known: durable,
            });
        }
        self.cut(durable)
    }

    /// Whether no other process can have it; there are file systems without locks.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    #[must_use]
    pub fn syncer(&self) -> Syncer {
        self.syncer.clone()
    }

    /// Writes one after the other at the end. `each` sees the bytes that are written, in
    /// order, and nothing else: also when the disk is full in the middle.
    ///
    /// # Errors
    /// When the disk refuses; [`Spool::length`] then tells how far it came.
    pub fn write(
        &mut self,
        mut batch: Vec<Bytes>,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), SpoolError> {
        let mut next = 0;
        while next < batch.len() {
            if batch[next].is_empty() {
                next += 1;
                continue;
            }
            let written = self.some(&batch[next..])?;
            let mut left = written;
            while left > 0 {
                let bytes = &mut batch[next];
                let taken = left.min(bytes.len());
                each(&bytes[..taken]);
                bytes.advance(taken);
                left -= taken;
                if bytes.is_empty() {
                    // Its memory goes now, not when the whole batch is through.
                    *bytes = Bytes::new();
                    next += 1;
                }
            }
            self.length += written as u64;
        }
        Ok(())
    }

    fn some(&mut self, batch: &[Bytes]) -> Result<usize, SpoolError> {
        let wanted = batch.iter().take(SLICES).map(Bytes::len).sum();
        let fits = self.room.take(wanted);
        if fits == 0 {
            return Err(SpoolError::Full);
        }
        let mut left = fits;
        let slices: Vec<IoSlice<'_>> = batch
            .iter()
            .take(SLICES)
            .map_while(|bytes| {
                let some = left.min(bytes.len());
                left -= some;
                (some > 0 || bytes.is_empty()).then(|| IoSlice::new(&bytes[..some]))
            })
            .collect();
        loop {
            match (&**self.file).write_vectored(&slices) {
                Ok(0) => return Err(SpoolError::Full),
                Ok(written) => return Ok(written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Forgets everything after `length`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn cut(&mut self, length: u64) -> Result<(), SpoolError> {
        if length < self.length {
            self.file.set_len(length)?;
            self.length = length;
        }
        (&**self.file).seek(SeekFrom::Start(self.length))?;
        Ok(())
    }

    /// Reads a stretch that was written before.
    ///
    /// # Errors
    /// When the disk refuses, or does not have it.
    pub fn read(&self, from: u64, to: u64, mut each: impl FnMut(&[u8])) -> Result<(), SpoolError> {
        use std::os::unix::fs::FileExt as _;

        let mut buffer = vec![0; 1 << 20];
        let mut at = from;
        while at < to {
            let most = usize::try_from(to - at).map_or(buffer.len(), |n| n.min(buffer.len()));
            let read = match self.file.read_at(&mut buffer[..most], at) {
                Ok(0) => {
                    return Err(SpoolError::Short {
                        there: at,
                        known: to,
                    });
                }
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            each(&buffer[..read]);
            at += read as u64;
        }
        Ok(())
    }

    /// Appends `size` bytes of another file. The kernel copies, or only notes where they lie
    /// on a file system that can share blocks.
    ///
    /// # Errors
    /// When the disk refuses, or the other file has not that many.
    pub fn append(&mut self, path: &Path, from: u64, size: u64) -> Result<(), SpoolError> {
        let fits = self.room.take(usize::try_from(size).unwrap_or(usize::MAX)) as u64;
        if fits < size {
            return Err(SpoolError::Full);
        }
        let mut source = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SpoolError::Missing);
            }
            opened => opened?,
        };
        source.seek(SeekFrom::Start(from))?;
        let mut source = source.take(size);
        // On Linux this is `copy_file_range`.
        let copied = io::copy(&mut source, &mut &**self.file)?;
        self.length += copied;
        if copied < size {
            return Err(SpoolError::Short {
                there: copied,
                known: size,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, length: u64, room: &Room) -> Result<Spool, SpoolError> {
        let root = path.parent().unwrap();
        let mut spool = Spool::open(path, root, length == 0, room.clone())?;
        spool.resume(length)?;
        Ok(spool)
    }

    fn text(spool: &Spool) -> String {
        let mut all = Vec::new();
        spool
            .read(0, spool.length(), |some| all.extend_from_slice(some))
            .unwrap();
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn one_writer_at_a_time_who_goes_on_where_it_was_durable() {
        let folder = tempfile::tempdir().unwrap();
        let (path, room) = (folder.path().join("a/b"), Room::default());
        let mut spool = open(&path, 0, &room).unwrap();
        let mut seen = Vec::new();
        let batch = vec!["one ".into(), Bytes::new(), "two ".into(), "three".into()];
        spool
            .write(batch, |some| seen.extend_from_slice(some))
            .unwrap();
        assert_eq!(
            (seen.as_slice(), spool.length()),
            (&b"one two three"[..], 13)
        );
        spool.syncer().sync().unwrap();
        assert!(matches!(open(&path, 8, &room), Err(SpoolError::Held)));
        drop(spool);
        let mut spool = open(&path, 8, &room).unwrap();
        spool.write(vec!["four".into()], |_| {}).unwrap();
        assert_eq!(text(&spool), "one two four");
        drop(spool);
        assert!(matches!(
            open(&path, 99, &room),
            Err(SpoolError::Short {
                there: 12,
                known: 99
            })
        ));
        assert!(matches!(
            open(&folder.path().join("none"), 1, &room),
            Err(SpoolError::Missing)
        ));
    }

    #[test]
    fn a_child_that_is_being_started_keeps_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (path, room) = (folder.path().join("a"), Room::default());
        let spool = open(&path, 0, &room).unwrap();
        // What a child has of it between `fork` and `exec`.
        let child = spool.file.try_clone().unwrap();
        drop(spool);
        assert!(open(&path, 0, &room).is_ok());
        drop(child);
    }

    #[test]
    fn a_full_disk_takes_what_fits_and_tells_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let (path, room) = (folder.path().join("b"), Room::default());
        let mut spool = open(&path, 0, &room).unwrap();
        room.pretend(6);
        let mut seen = Vec::new();
        let error = spool
            .write(vec!["abcd".into(), "efgh".into()], |some| {
                seen.extend_from_slice(some);
            })
            .unwrap_err();
        assert!(matches!(error, SpoolError::Full));
        assert_eq!(
            (seen.as_slice(), text(&spool).as_str()),
            (&b"abcdef"[..], "abcdef")
        );
        room.pretend(u64::MAX);
        spool.write(vec!["gh".into()], |_| {}).unwrap();
        assert_eq!(text(&spool), "abcdefgh");
        let mut joined = open(&folder.path().join("c"), 0, &room).unwrap();
        joined.append(&path, 2, 4).unwrap();
        joined.append(&path, 0, 8).unwrap();
        assert_eq!(text(&joined), "cdefabcdefgh");
        assert!(joined.append(&path, 4, 5).is_err());
    }
}
