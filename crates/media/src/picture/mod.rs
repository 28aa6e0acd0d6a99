//! From packets to upright pictures with square samples in the sizes that are wanted.

mod cascade;
mod deinterlace;
mod frames;
mod graph;
pub(crate) mod jpeg;

pub(crate) use self::{
    cascade::{Cascade, Samples, Size},
    frames::{Decoded, Frames, Reading},
};
