//! One integration binary: real HTTP on a free port, a fresh data folder for each test, and
//! for what only a process can show, the built `kadr` itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

mod accounts;
mod arrows;
mod errors;
mod events;
mod harness;
mod health;
mod jobs;
mod limits;
mod mail;
mod openapi;
mod pages;
mod process;
mod security;
mod site;
mod uploads;
mod videos;
