//! Kinds of jobs that only tests know.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use backend::jobs::{Context, Job, JobError, Registry};
use domain::jobs::{Lane, WaitingFor};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

/// What a handler does when it is its turn.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum Deed {
    Nothing,
    Sleep(u64),
    SleepFirst(u64),
    /// Goes on when the test opens its gate.
    Wait,
    FailFirst,
    Refuse,
    Panic,
    WaitOnce,
    /// Is half through, and goes on when the test opens its gate.
    Progress,
}

/// A light job that does a deed and leaves notes under its key.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Act {
    pub(super) key: String,
    pub(super) deed: Deed,
}

/// The same in the media lane, with little time.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Film {
    pub(super) key: String,
    pub(super) deed: Deed,
}

const OPEN: &str = "open";

static NOTES: Mutex<Option<HashMap<String, Vec<String>>>> = Mutex::new(None);

fn note(key: &str, text: impl Into<String>) {
    let mut notes = NOTES.lock().unwrap_or_else(PoisonError::into_inner);
    let notes = notes.get_or_insert_default();
    notes.entry(key.to_owned()).or_default().push(text.into());
}

/// What handlers have noted under a key, in order.
pub(super) fn notes(key: &str) -> Vec<String> {
    let mut notes = NOTES.lock().unwrap_or_else(PoisonError::into_inner);
    let notes = notes.get_or_insert_default();
    notes.get(key).cloned().unwrap_or_default()
}

/// Opens the gate of the handlers of this key.
pub(super) fn open(key: &str) {
    note(key, OPEN);
}

fn is_open(key: &str) -> bool {
    notes(key).iter().any(|note| note == OPEN)
}

/// Notes the end of a handler, however it comes.
struct AtEnd<'a> {
    key: &'a str,
    through: bool,
}

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        note(self.key, if self.through { "through" } else { "dropped" });
    }
}

async fn act(key: &str, deed: Deed, ctx: &Context) -> Result<(), JobError> {
    note(key, "begun");
    let mut end = AtEnd {
        key,
        through: false,
    };
    let first = ctx.attempt() == 1;
    let result = match deed {
        Deed::Nothing => Ok(()),
        Deed::Sleep(ms) => {
            sleep(Duration::from_millis(ms)).await;
            Ok(())
        }
        Deed::SleepFirst(ms) if first => {
            sleep(Duration::from_millis(ms)).await;
            Ok(())
        }
        Deed::SleepFirst(_) => Ok(()),
        Deed::Wait => {
            while !is_open(key) {
                sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        }
        Deed::FailFirst if first => Err(JobError::retry("The first try never works.")),
        Deed::FailFirst => Ok(()),
        Deed::Refuse => Err(JobError::permanent("This is no film.")),
        Deed::Panic => panic!("a handler's mistake"),
        Deed::WaitOnce if first => Err(JobError::wait(WaitingFor::Memory, "No memory yet.")),
        Deed::WaitOnce => Ok(()),
        Deed::Progress => {
            ctx.progress(0.5);
            while !is_open(key) {
                sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        }
    };
    end.through = true;
    result
}

impl Job for Act {
    const KIND: &'static str = "test_act";
    const MAX_TRIES: u32 = 2;

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        act(&self.key, self.deed, ctx).await
    }
}

impl Job for Film {
    const KIND: &'static str = "test_film";
    const LANE: Lane = Lane::Media;
    const MAX_TRIES: u32 = 2;
    const TIMEOUT: Duration = Duration::from_millis(400);

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        act(&self.key, self.deed, ctx).await
    }
}

pub(super) fn registry() -> Registry {
    Registry::new()
        .with::<Act>()
        .with::<Film>()
        .with::<super::witness::Witnessed>()
        .with::<backend::jobs::Sweep>()
        .with::<backend::accounts::TidyAccounts>()
        .with::<backend::uploads::TidyUploads>()
}
