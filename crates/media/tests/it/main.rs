//! The helper, as the server starts it: generated clips go in, what comes out is judged by
//! `ffprobe` and by a reader of boxes.

mod boxes;
mod clips;
mod helper;
mod parts;
mod probe;
mod sound;
