//! What is told while work goes on.

use std::{
    io,
    time::{Duration, Instant},
};

use domain::media::{
    Micros,
    line::{Line, Output, Progress},
};

use crate::error::MediaError;

/// Twice a second is asked for.
const PAUSE: Duration = Duration::from_millis(250);

/// Tells somebody. One who does not listen any more ends the work.
pub struct Report<'a> {
    say: &'a mut dyn FnMut(&Line) -> io::Result<()>,
    last: Instant,
    told: Progress,
}

impl<'a> Report<'a> {
    pub fn new(say: &'a mut dyn FnMut(&Line) -> io::Result<()>) -> Self {
        Self {
            say,
            last: Instant::now(),
            told: Progress { done: 0.0, at: 0 },
        }
    }

    /// How far the work has come; told now and then.
    pub(crate) fn progress(
        &mut self,
        at: Micros,
        from: Micros,
        to: Micros,
    ) -> Result<(), MediaError> {
        let length = to.saturating_sub(from);
        let done = if length > 0 {
            (at.saturating_sub(from) as f64 / length as f64).clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.told = Progress {
            // A file may go back in time; work never does.
            done: done.max(self.told.done),
            at,
        };
        self.alive()
    }

    /// The same again: something moves, even if nothing is done by it yet.
    pub(crate) fn alive(&mut self) -> Result<(), MediaError> {
        if self.last.elapsed() < PAUSE {
            return Ok(());
        }
        self.last = Instant::now();
        (self.say)(&Line::Progress(self.told)).map_err(MediaError::Io)
    }

    pub(crate) fn output(&mut self, output: Output) -> Result<(), MediaError> {
        (self.say)(&Line::Output(output)).map_err(MediaError::Io)
    }
}
