//! x

pub mod events;
