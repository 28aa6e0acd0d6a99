//! Uploads: the states a flow goes through, names of files as we show them, and what a sender
//! may say about the bytes to come.

mod hash;
mod media;
mod name;
mod refusals;
mod status;

pub use self::{
    hash::{ContentHash, NotAHash},
    media::is_media,
    name::FileName,
    refusals::REFUSALS,
    status::{FlowRole, FlowStatus, Refused},
};

/// Parts one concatenation may have.
pub const MAX_PIECES: usize = 256;

/// Characters of what a browser remembers a file by.
pub const MAX_FINGERPRINT: usize = 256;

/// Bytes of what a sender says about an upload, as it was sent.
pub const MAX_METADATA: usize = 16 * 1024;
