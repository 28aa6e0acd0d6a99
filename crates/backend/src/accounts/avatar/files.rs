//! The names of avatar files, spread over sub-folders.

use domain::ids::{AvatarId, UserId};

/// Everything of one person.
pub(super) fn folder(user: UserId) -> String {
    // Ids begin with the time; their ends are even.
    let name = user.to_string();
    let (_, spread) = name.split_at(name.len() - 2);
    format!("avatars/{spread}/{name}")
}

/// One rendition.
pub(super) fn key(user: UserId, version: AvatarId, size: u32) -> String {
    format!("{}/{version}-{size}.webp", folder(user))
}
