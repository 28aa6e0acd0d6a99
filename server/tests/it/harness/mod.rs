//! What tests of the server are written with.

mod app;
mod process;
mod request;
mod site;

pub(crate) use self::{
    app::TestApp,
    process::{Kadr, Launch, kadr},
    request::{Answer, Case},
    site::built_site,
};
