//! What people see: pages and islands, and the server functions behind them.
//!
//! One folder a feature; `ui` holds the components every feature uses, `shell` the page
//! around them. Code that only the server may have lives inside `#[server]` bodies and in
//! `context`, nowhere else.

#![allow(
    unreachable_pub,
    reason = "what `#[component]` makes of a function is public, wherever the function is"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "the properties of a component are values, whether it consumes them or not"
)]

pub mod accounts;
pub mod admin;
pub mod context;
pub mod i18n;
pub mod shell;
pub mod ui;
pub mod uploads;
pub mod videos;
