//! The services against real databases and a real Redis, from outside the crate.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod accounts;
mod db;
mod events;
mod home;
mod jobs;
mod queue;
mod transcode;
mod uploads;
