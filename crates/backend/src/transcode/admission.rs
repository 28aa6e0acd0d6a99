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
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{jobs::JobError, storage::Storage};

/// How long a job that does not fit waits in its place, so that it goes on at once when a
/// neighbour ends; then it makes room in the queue for smaller ones.
const IN_PLACE: Duration = Duration::from_secs(1);

/// What all media jobs of this process may take together.
#[derive(Debug, Clone)]
pub(super) struct Admission(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    storage: Storage,
    /// Bytes of memory to plan with.
    memory: u64,
    /// Bytes of the disk that are left alone.
    reserve: u64,
    planned: AtomicU64,
    promised: AtomicU64,
    freed: Notify,
}

/// Room that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    inner: Arc<Inner>,
    estimate: Estimate,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.inner
            .planned
            .fetch_sub(self.estimate.memory, Ordering::SeqCst);
        self.inner
            .promised
            .fetch_sub(self.estimate.disk, Ordering::SeqCst);
        self.inner.freed.notify_waiters();
    }
}

impl Admission {
    pub(super) fn new(storage: Storage, memory: u64, reserve: u64) -> Self {
        Self(Arc::new(Inner {
            storage,
            memory,
            reserve,
            planned: AtomicU64::new(0),
            promised: AtomicU64::new(0),
            freed: Notify::new(),
        }))
    }

    /// Takes what a piece of work needs, or says what it waits for. `promised` are bytes that
    /// others were promised and have not written yet.
    pub(super) async fn admit(
        &self,
        estimate: Estimate,
        promised: u64,
    ) -> Result<Admitted, JobError> {
        let until = Instant::now() + IN_PLACE;
        loop {
            let freed = self.0.freed.notified();
            if let Some(admitted) = self.remember(estimate) {
                return self.check_disk(admitted, promised).await;
            }
            if timeout_at(until, freed).await.is_err() {
                return Err(JobError::wait(
                    WaitingFor::Memory,
                    "It waits until other videos leave it enough memory.",
                ));
            }
        }
    }

    /// Takes the memory if it is there. What is larger than everything runs alone: else it would
    /// never run.
    fn remember(&self, estimate: Estimate) -> Option<Admitted> {
        let fits = |planned: u64| {
            let sum = planned.saturating_add(estimate.memory);
            (planned == 0 || sum <= self.0.memory).then_some(sum)
        };
        self.0
            .planned
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fits)
            .ok()?;
        self.0.promised.fetch_add(estimate.disk, Ordering::SeqCst);
        Some(Admitted {
            inner: Arc::clone(&self.0),
            estimate,
        })
    }

    /// Everything that runs was promised its bytes, this one included.
    async fn check_disk(&self, admitted: Admitted, promised: u64) -> Result<Admitted, JobError> {
        let free = self.0.storage.free().await.map_err(super::of_storage)?;
        let needed = promised
            .saturating_add(self.0.reserve)
            .saturating_add(self.0.promised.load(Ordering::SeqCst));
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

    #[tokio::test]
    async fn memory_is_shared_and_the_largest_runs_alone() {
        let folder = tempfile::tempdir().unwrap();
        let room = Admission::new(Storage::below(folder.path()), 100, 0);
        let first = room.admit(needs(60, 0), 0).await.unwrap();
        let second = room.admit(needs(40, 0), 0).await.unwrap();
        assert_eq!(
            waits(&room.admit(needs(1, 0), 0).await),
            Some(WaitingFor::Memory)
        );
        drop(first);
        let third = room.admit(needs(60, 0), 0).await.unwrap();
        assert_eq!(
            waits(&room.admit(needs(500, 0), 0).await),
            Some(WaitingFor::Memory)
        );
        drop((second, third));
        let alone = room.admit(needs(500, 0), 0).await.unwrap();
        assert_eq!(
            waits(&room.admit(needs(1, 0), 0).await),
            Some(WaitingFor::Memory)
        );
        // Who waits in its place goes on as soon as there is room.
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { room.admit(needs(1, 0), 0).await.is_ok() }
        });
        tokio::task::yield_now().await;
        drop(alone);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test]
    async fn space_is_promised_once() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::below(folder.path());
        storage.room().pretend(1000);
        let room = Admission::new(storage.clone(), 100, 100);
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
        storage.room().pretend(u64::MAX);
        assert!(room.admit(needs(1, 1), 0).await.is_ok());
    }
}
