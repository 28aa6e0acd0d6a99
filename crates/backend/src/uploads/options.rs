//! What is set about uploads from outside, and how patient they are.

use std::time::Duration;

/// The defaults are those of the documentation; times are changed by tests only.
#[derive(Debug, Clone)]
pub struct Options {
    /// `KADR_MAX_UPLOAD`: bytes of one file.
    pub max_size: u64,
    /// `KADR_QUOTA`: bytes of all files of one person.
    pub quota: Option<u64>,
    /// Unfinished uploads of one person at a time.
    pub parallel: u32,
    /// Bytes of the disk that uploads leave to the database and to everything else.
    pub reserve: u64,
    /// An upload is given up so long after its last byte.
    pub keep: Duration,
    /// Room is kept so long for the rest of an upload to which nothing comes.
    pub promise: Duration,
    /// Inside a request: what has come is made durable when it is so much, or so old.
    pub flush_bytes: u64,
    pub flush_after: Duration,
    /// A connection that has sent nothing for so long may be taken over from.
    pub silence: Duration,
    /// How long taking over waits for the older writer to end.
    pub take_over: Duration,
    /// How often open pages hear of bytes that have come.
    pub tell_every: Duration,
}

impl Options {
    /// A writer of another process is heard of so often, or is not alive.
    #[must_use]
    pub fn alive(&self) -> Duration {
        self.silence + self.flush_after
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_size: 64 << 30,
            quota: None,
            parallel: 200,
            reserve: 256 << 20,
            keep: Duration::from_secs(24 * 60 * 60),
            promise: Duration::from_secs(60 * 60),
            flush_bytes: 16 << 20,
            flush_after: Duration::from_secs(2),
            silence: Duration::from_secs(2),
            take_over: Duration::from_secs(8),
            tell_every: Duration::from_millis(400),
        }
    }
}
