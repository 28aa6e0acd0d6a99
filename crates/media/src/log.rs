//! FFmpeg's log: to standard error, line by line, and read for the one thing that its error
//! codes do not tell: that memory ran out inside an encoder.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

static MEMORY: AtomicBool = AtomicBool::new(false);
static BEGUN: Mutex<String> = Mutex::new(String::new());

/// A file of noise can make a decoder complain about each of its packets.
const LINES: u32 = 2000;

/// Whether a codec has complained that it got no memory.
pub(crate) fn memory_ran_out() -> bool {
    MEMORY.load(Ordering::Relaxed)
}

/// What was before is over.
pub(crate) fn forget() {
    MEMORY.store(false, Ordering::Relaxed);
}

/// Takes a piece of what FFmpeg says; writes it out once a line is whole.
pub(crate) fn piece(text: &str) {
    static WRITTEN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let mut begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    begun.push_str(text);
    while let Some(end) = begun.find('\n') {
        let line: String = begun.drain(..=end).collect();
        if line.contains("malloc of size") || line.contains("Cannot allocate memory") {
            MEMORY.store(true, Ordering::Relaxed);
        }
        if WRITTEN.fetch_add(1, Ordering::Relaxed) < LINES {
            eprint!("{line}");
        }
    }
    // A «line» without an end is noise from a file.
    if begun.len() > 4096 {
        begun.clear();
    }
}
