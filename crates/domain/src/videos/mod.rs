//! Videos: what is said about one, and how far it is.

mod details;
mod rendition;
mod status;

pub use self::{
    details::{Description, Details, Tags, Title},
    rendition::{Rendition, RenditionKind, RenditionStatus},
    status::{Stage, VideoStatus},
};
pub use crate::accounts::Visibility;
