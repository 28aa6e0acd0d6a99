//! The hands of one lane: how many there are, how many are busy, whether there is work.

use std::sync::Arc;

use backend::{
    jobs::{Registry, Want},
    queue::Queue,
};
use domain::jobs::Lane;
use futures::future::BoxFuture;

/// Light jobs at once: they mostly wait for the network, and share one commit.
const LIGHT: usize = 32;

pub(super) struct Hands {
    pub(super) lane: Lane,
    slots: usize,
    kinds: Vec<&'static str>,
    busy: usize,
    /// There is, or may be, something to claim.
    pub(super) hungry: bool,
    /// A ticket is being waited for already.
    waiting: bool,
}

impl Hands {
    pub(super) fn new(lane: Lane, media_slots: usize, registry: &Registry) -> Self {
        Self {
            lane,
            slots: match lane {
                Lane::Light => LIGHT,
                Lane::Media => media_slots.max(1),
            },
            kinds: registry.names(lane),
            busy: 0,
            // What waited before we came.
            hungry: true,
            waiting: false,
        }
    }

    pub(super) fn free(&self) -> usize {
        if self.kinds.is_empty() {
            return 0;
        }
        self.slots.saturating_sub(self.busy)
    }

    pub(super) fn take(&mut self) {
        self.busy += 1;
    }

    pub(super) fn put_down(&mut self) {
        self.busy = self.busy.saturating_sub(1);
    }

    pub(super) fn want(&self) -> Want {
        Want {
            lane: self.lane,
            slots: self.free(),
            kinds: self.kinds.clone(),
        }
    }

    /// A wait for the next ticket, unless one is under way or no hand is free for it.
    pub(super) fn wait(&mut self, queue: &Arc<dyn Queue>) -> Option<BoxFuture<'static, Lane>> {
        if self.waiting || self.free() == 0 {
            return None;
        }
        self.waiting = true;
        let (queue, lane) = (Arc::clone(queue), self.lane);
        Some(Box::pin(async move {
            queue.take(lane).await;
            lane
        }))
    }

    /// A ticket has come. With full hands it is passed on: others may have some free.
    pub(super) fn ticket(&mut self, queue: &Arc<dyn Queue>) {
        self.waiting = false;
        if self.free() == 0 {
            queue.announce(self.lane);
        } else {
            self.hungry = true;
        }
    }

    /// So many were claimed where `wanted` had been asked for. As many as asked means that
    /// there is probably more, for us or for others.
    pub(super) fn claimed(&mut self, claimed: usize, wanted: usize, queue: &Arc<dyn Queue>) {
        self.hungry = claimed > 0 && claimed >= wanted;
        if self.hungry {
            queue.announce(self.lane);
        }
    }
}
