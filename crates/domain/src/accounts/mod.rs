//! People: the words of registration, login and settings, and the rules of their fields.
//!
//! E-mail and display name are fields of other forms too and stay in [`crate::forms`].

pub mod avatar;
pub mod bio;
pub mod code;
pub mod defaults;
pub mod device;
pub mod nick;
pub mod password;
pub mod paths;
pub mod registration;
pub mod role;
pub mod scope;

pub use self::{
    avatar::{Crop, Initials},
    bio::Bio,
    code::Code,
    defaults::{VideoDefaults, Visibility},
    device::Device,
    nick::Nick,
    password::Strength,
    registration::{Progress, RegistrationMode, Step},
    role::Role,
    scope::{Scope, Scopes},
};
