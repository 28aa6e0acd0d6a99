//! How many streams one visitor may hold: the newest count, the oldest makes room.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::ids::UserId;
use tokio::sync::oneshot;

use crate::http::security::limits::prefix;

/// Browsers need one each (`live.js` shares it between tabs).
const PER_VISITOR: usize = 8;

/// Who holds streams: people by their account, so that a household behind one address does
/// not push each other out; everybody else by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Visitor {
    Person(UserId),
    Network(u128),
}

impl Visitor {
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Network(prefix(address))
    }
}

#[derive(Debug, Default)]
pub(super) struct Places {
    held: Mutex<HashMap<Visitor, VecDeque<Held>>>,
    taken: AtomicUsize,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Held {
    number: usize,
    /// Dropped to ask the stream to end.
    _leave: oneshot::Sender<()>,
}

/// The right to one stream, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    visitor: Visitor,
    number: usize,
    /// Resolves (with an error) when a newer stream needs the place.
    pub(super) leave: oneshot::Receiver<()>,
}

impl Places {
    /// Always succeeds; who came first has to go.
    pub(super) fn take(self: &Arc<Self>, visitor: Visitor) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, leave) = oneshot::channel();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.entry(visitor).or_default();
        if own.len() >= PER_VISITOR {
            own.pop_front();
        }
        own.push_back(Held {
            number,
            _leave: sender,
        });
        drop(held);
        self.taken.fetch_add(1, Ordering::Relaxed);
        Place {
            places: Arc::clone(self),
            visitor,
            number,
            leave,
        }
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken.fetch_sub(1, Ordering::Relaxed);
        let mut held = self
            .places
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.get_mut(&self.visitor) {
            own.retain(|held| held.number != self.number);
            if own.is_empty() {
                held.remove(&self.visitor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_the_same_visitor_makes_room_and_nothing_is_left_behind() {
        let places = Arc::<Places>::default();
        let me = Visitor::Person(UserId::generate());
        let other = Visitor::at([192, 0, 2, 2].into());
        let mut theirs = places.take(other);
        let mut mine: Vec<Place> = (0..PER_VISITOR).map(|_| places.take(me)).collect();
        assert!(mine.iter_mut().all(|place| {
            place
                .leave
                .try_recv()
                .is_err_and(|e| e == oneshot::error::TryRecvError::Empty)
        }));
        mine.push(places.take(me));
        let told: Vec<bool> = mine
            .iter_mut()
            .map(|place| place.leave.try_recv() == Err(oneshot::error::TryRecvError::Closed))
            .collect();
        assert_eq!(told.iter().filter(|told| **told).count(), 1);
        assert!(told[0]);
        assert_eq!(
            theirs.leave.try_recv(),
            Err(oneshot::error::TryRecvError::Empty)
        );
        assert_eq!(places.taken(), PER_VISITOR + 2);
        // One that goes by itself makes room for one.
        mine.truncate(PER_VISITOR);
        mine.push(places.take(me));
        assert_eq!(
            mine[1].leave.try_recv(),
            Err(oneshot::error::TryRecvError::Empty)
        );
        drop((mine, theirs));
        assert_eq!(places.taken(), 0);
        assert!(places.held.lock().unwrap().is_empty());
    }
}
