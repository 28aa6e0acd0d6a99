//! Threads of one's own for work that takes much memory.
//!
//! The allocator keeps for each thread what it once needed. Spread over the hundreds of blocking
//! threads of the runtime, a crowd of log-ins left 400 MB behind; here it is a few threads that
//! use theirs again.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

type Work = Box<dyn FnOnce() + Send>;

/// So many threads, which come with the first work and go with the last clone.
#[derive(Debug, Clone)]
pub(crate) struct Hands {
    name: &'static str,
    count: usize,
    turns: Arc<Semaphore>,
    line: Arc<OnceLock<mpsc::Sender<Work>>>,
}

/// A thread is free for whoever holds this.
#[derive(Debug)]
pub(crate) struct Turn {
    hands: Hands,
    held: OwnedSemaphorePermit,
}

/// The work panicked, or no thread could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work was not finished")]
pub(crate) struct Dropped;

impl Hands {
    pub(crate) fn new(name: &'static str, count: usize) -> Self {
        Self {
            name,
            count,
            turns: Arc::new(Semaphore::new(count)),
            line: Arc::default(),
        }
    }

    /// Waits until one of the threads is free; first come, first served. Nothing when none is
    /// in that time.
    pub(crate) async fn turn(&self, patience: Duration) -> Option<Turn> {
        let held = timeout(patience, Arc::clone(&self.turns).acquire_owned());
        Some(Turn {
            held: held.await.ok()?.ok()?,
            hands: self.clone(),
        })
    }

    fn begin(&self) -> mpsc::Sender<Work> {
        let (line, works) = mpsc::channel::<Work>();
        let works = Arc::new(Mutex::new(works));
        for _ in 0..self.count {
            let works = Arc::clone(&works);
            let begun = thread::Builder::new()
                .name(self.name.to_owned())
                .spawn(move || {
                    loop {
                        // The lock is for taking only, not for the work.
                        let next = works.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(work) = next else { return };
                        // Told by the other end of its channel; the thread goes on.
                        let _ = catch_unwind(AssertUnwindSafe(work));
                    }
                });
            if let Err(error) = begun {
                tracing::error!(%error, name = self.name, "no thread for heavy work");
            }
        }
        line
    }
}

impl Turn {
    /// Does it on one of the threads.
    ///
    /// # Errors
    /// [`Dropped`].
    pub(crate) async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Dropped> {
        let Self { hands, held } = self;
        let (done, end) = oneshot::channel();
        let work = move || {
            // The turn ends with the work, also when nobody waits for it any more.
            let _held = held;
            let _ = done.send(work());
        };
        hands
            .line
            .get_or_init(|| hands.begin())
            .send(Box::new(work))
            .map_err(|_| Dropped)?;
        end.await.map_err(|_| Dropped)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[tokio::test]
    async fn few_hands_do_it_all_and_outlive_a_panic() {
        const LONG: Duration = Duration::from_secs(60);
        let hands = Hands::new("hands", 2);
        let turn = hands.turn(LONG).await.unwrap();
        assert_eq!(
            turn.work(|| panic!("on purpose")).await,
            Err::<(), _>(Dropped)
        );
        let works = (0..100).map(|n| {
            let hands = hands.clone();
            tokio::spawn(async move {
                let turn = hands.turn(LONG).await.unwrap();
                turn.work(move || (n, thread::current().id())).await
            })
        });
        let mut threads = HashSet::new();
        for (n, work) in works.enumerate() {
            let (answer, thread) = work.await.unwrap().unwrap();
            assert_eq!(answer, n);
            threads.insert(thread);
        }
        assert!(threads.len() <= 2, "{threads:?}");
        // Both are busy: whoever has no patience is told so.
        let held = (hands.turn(LONG).await, hands.turn(LONG).await);
        assert!(hands.turn(Duration::from_millis(1)).await.is_none());
        drop(held);
        assert!(hands.turn(LONG).await.is_some());
    }
}
