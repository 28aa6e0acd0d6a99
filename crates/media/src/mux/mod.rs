//! Encoded packets become CMAF: one init, then segments of whole fragments.

mod boxes;
mod files;
mod fragments;
mod gop;
mod track;

pub(crate) use self::{
    files::{Folder, below, write},
    fragments::{Content, Fragments, Order},
    gop::Gop,
    track::Track,
};
