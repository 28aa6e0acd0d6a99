//! From packets to upright pictures with square samples in the sizes that are wanted.

mod deinterlace;
mod frames;
mod graph;
pub(crate) mod jpeg;
mod scaler;

pub(crate) use self::{
    frames::{Decoded, Frames, Reading},
    scaler::{Samples, Scaler, Size},
};
