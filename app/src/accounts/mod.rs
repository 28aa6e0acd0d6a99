//! People: registering, logging in, settings, profiles, and the picture beside a name.

pub mod avatar;
pub mod login;
pub mod profile;
pub mod register;
pub mod reset;
pub mod settings;
