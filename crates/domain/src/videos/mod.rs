//! Videos: what is said about one, and how far it is.

mod details;
mod status;

pub use self::{
    details::{Description, Details, Tags, Title},
    status::{Stage, VideoStatus},
};
pub use crate::accounts::Visibility;
