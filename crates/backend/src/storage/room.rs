//! How much room there is for files; and a way for tests to make it scarce.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Bytes that fit: what the disk says, or less. Cheap to clone; clones are of one room.
#[derive(Debug, Clone)]
pub struct Room {
    /// Tests pretend; nobody else limits it.
    left: Arc<AtomicU64>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            left: Arc::new(AtomicU64::new(u64::MAX)),
        }
    }
}

impl Room {
    /// From now on only so many bytes more can be written, as if the disk were that small.
    /// `u64::MAX` gives it its size back.
    pub fn pretend(&self, left: u64) {
        self.left.store(left, Ordering::SeqCst);
    }

    pub(super) fn free(&self, below: &Path) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(below)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        Ok(free.min(self.left.load(Ordering::SeqCst)))
    }

    /// Takes what is about to be written; answers how much of it fits.
    pub(super) fn take(&self, wanted: usize) -> usize {
        let take = |left: u64| match left {
            u64::MAX => None,
            left => Some(left - left.min(wanted as u64)),
        };
        match self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
        {
            Ok(before) => usize::try_from(before.min(wanted as u64)).unwrap_or(wanted),
            Err(_) => wanted,
        }
    }
}
