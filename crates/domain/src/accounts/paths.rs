//! Addresses of people and what is theirs. Mails and the first start point to some of them;
//! the key in those is a secret.

use std::fmt::Write as _;

use crate::ids::{AvatarId, UserId};

/// A new password.
#[must_use]
pub fn reset(key: &str) -> String {
    format!("/reset?key={key}")
}

/// A new e-mail address becomes true.
#[must_use]
pub fn email(key: &str) -> String {
    format!("/settings/email?key={key}")
}

/// A registration where not everybody may register.
#[must_use]
pub fn invitation(key: &str) -> String {
    format!("/register?invite={key}")
}

/// The registration of the first admin.
#[must_use]
pub fn first_admin(key: &str) -> String {
    format!("/register?admin={key}")
}

/// Where somebody who leaves can change their mind.
pub const STAY: &str = SETTINGS_ACCOUNT;
pub const SETTINGS: &str = "/settings";
pub const SETTINGS_PROFILE: &str = "/settings/profile";
pub const SETTINGS_ACCOUNT: &str = "/settings/account";
pub const SETTINGS_SESSIONS: &str = "/settings/sessions";
pub const SETTINGS_TOKENS: &str = "/settings/tokens";
pub const SETTINGS_PREFERENCES: &str = "/settings/preferences";
pub const SETTINGS_INVITATIONS: &str = "/settings/invitations";
pub const SETTINGS_EMAIL: &str = "/settings/email";
pub const LOGIN: &str = "/login";
pub const RESET: &str = "/reset";
pub const REGISTER: &str = "/register";
/// Where browsers send pictures, as forms with the fields `file`, `x`, `y` and `side`.
pub const REGISTER_AVATAR: &str = "/register/avatar";
pub const SETTINGS_AVATAR: &str = "/settings/avatar";
/// Below it are pictures of people.
pub const AVATARS: &str = "/avatars";

/// One version of somebody's picture at one width. What it answers never changes.
#[must_use]
pub fn avatar(user: UserId, version: AvatarId, size: u32) -> String {
    format!("{AVATARS}/{user}/{version}-{size}.webp")
}

/// What stands for somebody without a picture.
#[must_use]
pub fn initials(user: UserId) -> String {
    format!("{AVATARS}/{user}/initials.svg")
}

/// Somebody's public page.
#[must_use]
pub fn profile(nick: &str) -> String {
    let mut path = String::from("/@");
    for byte in nick.bytes() {
        if byte.is_ascii() {
            path.push(char::from(byte));
        } else {
            // As headers and every browser take it; people see letters.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}
