//! The log: human lines on a terminal, JSON elsewhere, and JSON in `{data}/logs`.
//!
//! Rules: the id of the thing is a field, units are in field names (`took_ms`), an error is
//! logged once, where it is handled. Never in a log: passwords, tokens, cookies, queries of
//! addresses (they may carry keys).

mod rotate;
mod writer;

use std::{io, panic::PanicHookInfo, path::Path, sync::OnceLock};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::filter_fn,
    fmt::{MakeWriter, writer::MakeWriterExt},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use self::{
    rotate::Rotating,
    writer::{Flusher, NonBlocking},
};
use crate::config::Log;

/// Lines that have been logged are written before this is gone.
#[must_use]
#[derive(Debug, Clone)]
pub struct LogGuard {
    _terminal: Flusher,
    _file: Option<Flusher>,
}

/// The log of this process, once it has begun.
static STARTED: OnceLock<LogGuard> = OnceLock::new();

/// Logs why the process ends, once its own guard is gone, and waits until it is written. On a
/// terminal the person has the sentence already.
pub fn last_words(sentence: &str) {
    if let Some(guard) = STARTED.get() {
        tracing::error!(target: LAST_WORDS, "{sentence}");
        drop(guard.clone());
    }
}

const LAST_WORDS: &str = "server::last_words";

/// Starts the log of this process. `name` is the file it writes in the folder, if it may.
pub fn start(settings: &Log, file: Option<(&Path, &str)>) -> LogGuard {
    let (terminal, terminal_flusher) = NonBlocking::new(io::stderr());
    let json = settings.log_format.is_json();
    let colours = !json && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());

    let mut unwritable = None;
    let file = file.and_then(|(folder, name)| match Rotating::open(folder, name) {
        Ok(rotating) => Some(NonBlocking::new(rotating)),
        Err(error) => {
            unwritable = Some((folder.to_path_buf(), error));
            None
        }
    });
    let (file, file_flusher) = file.unzip();

    // Lines that look the same in both places are written once and sent to both.
    let layers: Vec<Box<dyn Layer<_> + Send + Sync>> = match (json, file) {
        (true, Some(file)) => vec![json_lines(terminal.and(file))],
        (true, None) => vec![json_lines(terminal)],
        (false, file) => {
            let human = tracing_subscriber::fmt::layer()
                .compact()
                .with_target(false)
                .with_ansi(colours)
                .with_writer(terminal)
                .with_filter(filter_fn(|line| line.target() != LAST_WORDS))
                .boxed();
            std::iter::once(human).chain(file.map(json_lines)).collect()
        }
    };
    // The filter was checked with the settings. A second start in one process (tests) keeps
    // the first one's log.
    let started = tracing_subscriber::registry()
        .with(EnvFilter::new(settings.filter()))
        .with(layers)
        .try_init();
    if started.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    if let Some((folder, error)) = unwritable {
        log_unwritable(&folder, &error);
    }
    let guard = LogGuard {
        _terminal: terminal_flusher,
        _file: file_flusher,
    };
    if started.is_ok() {
        // Set once: who starts a log first keeps it.
        let _first = STARTED.set(guard.clone());
    }
    guard
}

fn json_lines<S, W>(writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .boxed()
}

fn log_unwritable(folder: &Path, error: &io::Error) {
    tracing::warn!(folder = %folder.display(), %error, "no log file: this run is logged to standard error only");
}

/// A panic is a line of the log like any other, with the request or job it happened in, and
/// not a backtrace across the terminal.
fn log_panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(panic = message, place, "a part of the server panicked");
}
