//! Says twice a second how far the work is, also while a slow picture lets nothing new be said.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use domain::media::line::{Line, Progress};

use super::say;

/// The longest silence, with room for being woken late.
const SILENCE: Duration = Duration::from_millis(400);
const LOOK: Duration = Duration::from_millis(100);

/// It needs next to nothing, and address space is counted.
const STACK: usize = 128 << 10;

/// What stands between two commands is nothing.
#[derive(Clone, Default)]
pub(super) struct Pulse(Arc<Mutex<Option<Told>>>);

struct Told {
    at: Instant,
    progress: Progress,
}

impl Pulse {
    /// Begins to say. Whoever listens tells a work that stands still from one that moves by what
    /// the lines say, not by their coming.
    pub(super) fn start() -> io::Result<Self> {
        let pulse = Self::default();
        let beating = pulse.clone();
        thread::Builder::new().stack_size(STACK).spawn(move || {
            loop {
                thread::sleep(LOOK);
                if beating.beat().is_err() {
                    // Nobody reads any more: the end of standard input ends us.
                    break;
                }
            }
        })?;
        Ok(pulse)
    }

    pub(super) fn begin(&self) {
        *self.told() = Some(Told {
            at: Instant::now(),
            progress: Progress { done: 0.0, at: 0 },
        });
    }

    /// Behind this nothing is said any more: the last line of a command is its answer.
    pub(super) fn end(&self) {
        *self.told() = None;
    }

    /// One line of the work's own.
    pub(super) fn tell(&self, line: &Line) -> io::Result<()> {
        let mut told = self.told();
        if let (Some(told), Line::Progress(progress)) = (told.as_mut(), line) {
            told.at = Instant::now();
            told.progress = *progress;
        }
        say(line)
    }

    fn beat(&self) -> io::Result<()> {
        let mut told = self.told();
        match told.as_mut().filter(|told| told.at.elapsed() >= SILENCE) {
            Some(told) => {
                told.at = Instant::now();
                say(&Line::Progress(told.progress))
            }
            None => Ok(()),
        }
    }

    fn told(&self) -> MutexGuard<'_, Option<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
