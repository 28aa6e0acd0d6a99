//! Addresses that mails and the first start point to. The key in them is a secret.

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
pub const STAY: &str = "/settings/account";
pub const LOGIN: &str = "/login";
pub const RESET: &str = "/reset";
