//! Whether there is room for a piece of work: memory that the worker may plan with, and bytes
//! of the disk. What does not fit waits and says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{jobs::WaitingFor, media::plan::Estimate};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{jobs::JobError, storage::Storage};

/// Memory is given out in pieces of this size.
const PIECE: u64 = 1 << 20;

/// What all media jobs of this process may take together.
#[derive(Debug, Clone)]
pub(super) struct Admission(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    storage: Storage,
    /// Memory to plan with, in pieces. Whoever waits is served in turn: a large piece of work is
    /// not overtaken by small ones for ever.
    memory: Arc<Semaphore>,
    pieces: u32,
    /// How long work that does not fit waits in its place.
    patience: Duration,
    /// Bytes of the disk that are left alone.
    reserve: u64,
    promised: AtomicU64,
}

/// Room that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    inner: Arc<Inner>,
    disk: u64,
    _memory: OwnedSemaphorePermit,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.inner.promised.fetch_sub(self.disk, Ordering::SeqCst);
    }
}

impl Admission {
    pub(super) fn new(storage: Storage, memory: u64, reserve: u64, patience: Duration) -> Self {
        let pieces = u32::try_from(memory / PIECE).unwrap_or(u32::MAX).max(1);
        // (A semaphore has fewer places than an usize.)
        let pieces = pieces.min(u32::MAX >> 4);
        Self(Arc::new(Inner {
            storage,
            memory: Arc::new(Semaphore::new(pieces as usize)),
            pieces,
            patience,
            reserve,
            promised: AtomicU64::new(0),
        }))
    }

    /// Takes what a piece of work needs, or says what it waits for. `promised` are bytes that
    /// others were promised and have not written yet.
    pub(super) async fn admit(
        &self,
        estimate: Estimate,
        promised: u64,
    ) -> Result<Admitted, JobError> {
        let wanted = estimate.memory.div_ceil(PIECE);
        // What is larger than everything runs alone: else it would never run.
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.0.pieces);
        let memory = Arc::clone(&self.0.memory).acquire_many_owned(wanted);
        let Ok(Ok(memory)) = timeout(self.0.patience, memory).await else {
            return Err(JobError::wait(
                WaitingFor::Memory,
                "It waits until other videos leave it enough memory.",
            ));
        };
        let before = self.0.promised.fetch_add(estimate.disk, Ordering::SeqCst);
        let admitted = Admitted {
            inner: Arc::clone(&self.0),
            disk: estimate.disk,
            _memory: memory,
        };
        // Who came before was promised theirs; of two that come together the first gets in.
        let free = self.0.storage.free().await.map_err(super::of_storage)?;
        let needed = promised
            .saturating_add(self.0.reserve)
            .saturating_add(before)
            .saturating_add(estimate.disk);
        if needed > free {
            Err(full())
        } else {
            Ok(admitted)
        }
    }
}

/// There is no room on the disk.
pub(super) fn full() -> JobError {
    JobError::wait(
        WaitingFor::Space,
        "It waits until there is enough space on the disk.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(memory: u64, disk: u64) -> Estimate {
        Estimate { disk, memory }
    }

    fn waits(result: &Result<Admitted, JobError>) -> Option<WaitingFor> {
        match result {
            Err(JobError::Wait { waiting_for, .. }) => Some(*waiting_for),
            _ => None,
        }
    }

    const MB: u64 = PIECE;

    fn of(storage: Storage, reserve: u64) -> Admission {
        Admission::new(storage, 100 * MB, reserve, Duration::from_millis(50))
    }

    #[tokio::test]
    async fn memory_is_shared_and_the_largest_runs_alone() {
        let folder = tempfile::tempdir().unwrap();
        let room = of(Storage::below(folder.path()), 0);
        let first = room.admit(needs(60 * MB, 0), 0).await.unwrap();
        let second = room.admit(needs(40 * MB, 0), 0).await.unwrap();
        assert_eq!(
            waits(&room.admit(needs(MB, 0), 0).await),
            Some(WaitingFor::Memory)
        );
        drop(first);
        let third = room.admit(needs(60 * MB, 0), 0).await.unwrap();
        assert_eq!(
            waits(&room.admit(needs(500 * MB, 0), 0).await),
            Some(WaitingFor::Memory)
        );
        drop((second, third));
        let alone = room.admit(needs(500 * MB, 0), 0).await.unwrap();
        assert_eq!(
            waits(&room.admit(needs(MB, 0), 0).await),
            Some(WaitingFor::Memory)
        );
        drop(alone);
        assert!(room.admit(needs(MB, 0), 0).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_is_not_overtaken() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::below(folder.path());
        let room = Admission::new(storage, 100 * MB, 0, Duration::from_secs(60));
        let first = room.admit(needs(60 * MB, 0), 0).await.unwrap();
        let large = tokio::spawn({
            let room = room.clone();
            async move { room.admit(needs(90 * MB, 0), 0).await }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let small = tokio::spawn({
            let room = room.clone();
            async move { room.admit(needs(30 * MB, 0), 0).await }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!small.is_finished(), "it would fit, and has come later");
        drop(first);
        let large = large.await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!small.is_finished());
        drop(large);
        assert!(small.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn space_is_promised_once() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::below(folder.path());
        storage.room().pretend(1000);
        let room = of(storage.clone(), 100);
        let first = room.admit(needs(1, 600), 0).await.unwrap();
        assert_eq!(
            waits(&room.admit(needs(1, 400), 0).await),
            Some(WaitingFor::Space)
        );
        let second = room.admit(needs(1, 300), 0).await.unwrap();
        drop(first);
        // Uploads were promised theirs, too.
        assert_eq!(
            waits(&room.admit(needs(1, 300), 500).await),
            Some(WaitingFor::Space)
        );
        assert!(room.admit(needs(1, 300), 200).await.is_ok());
        drop(second);
        // Of two that come together one gets in.
        let (one, other) = tokio::join!(room.admit(needs(1, 600), 0), room.admit(needs(1, 600), 0));
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
        drop((one, other));
        storage.room().pretend(u64::MAX);
        assert!(room.admit(needs(1, 1), 0).await.is_ok());
    }
}
