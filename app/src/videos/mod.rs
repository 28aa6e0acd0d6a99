//! Videos: home, search and, later, the watch page.

pub mod failed;
pub mod home;
pub mod search;
