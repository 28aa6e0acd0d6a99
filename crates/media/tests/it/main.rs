//! The helper, as the server starts it: generated clips go in, what comes out is judged by
//! `ffprobe` and by a reader of boxes.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "nobody imports a test, and one that can't go on has failed"
)]

mod boxes;
mod clips;
mod helper;
mod hostile;
mod parts;
mod pixels;
mod probe;
mod serve;
mod sound;
mod sources;
mod stills;
mod subtitles;
mod together;
mod whole;
