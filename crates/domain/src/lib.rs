//! The vocabulary of the house: ids, states, forms and their rules, events, routes.
//!
//! Everything here compiles for the browser too, so nothing here does I/O, and nothing
//! here pulls in what makes a wasm file heavy (regex, IDNA tables, word lists).

pub mod accounts;
pub mod events;
pub mod forms;
pub mod ids;
pub mod jobs;
pub mod language;
pub mod media;
pub mod problem;
pub mod routes;
pub mod theme;
pub mod uploads;
pub mod videos;
