//! The server of Kadr: subcommands, HTTP, worker and scheduler; it wires everything together.
//!
//! Rules live in `backend`, pages in `app`. Here is what they need to meet the world:
//! settings, the command line, HTTP with its security, the log, and the loop that runs jobs.

pub mod cli;
pub mod config;
pub mod http;
pub mod logging;
pub mod start;
pub mod worker;
