//! What is known about a media file, what is to be made of it, and the words between `kadr` and
//! its helper `kadr-media`.
//!
//! [`facts`]: what a probe found. [`spec`]: one line of what the server writes to the helper.
//! [`line`]: one line of what comes back. [`plan`]: what is to be made of a file. Times are whole
//! microseconds after [`facts::Facts::start`], rounded to the nearest, so that the same tick of a
//! file is the same number everywhere.

pub mod facts;
pub mod line;
pub mod plan;
pub mod spec;

pub use self::line::MediaFault;

/// Microseconds after the origin of a file; negative before it.
pub type Micros = i64;

/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;
