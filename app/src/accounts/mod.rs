//! People: registering, logging in, settings, profiles, and the picture beside a name.

pub mod avatar;
pub mod register;
