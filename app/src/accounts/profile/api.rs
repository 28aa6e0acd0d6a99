//! What everybody may know about somebody.

use domain::accounts::Bio;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ui::form::FormError;

/// A person, as everybody sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileSight {
    pub nick: String,
    pub name: String,
    pub bio: Bio,
    /// The address of the picture, or of the initials.
    pub picture: String,
    pub created_at: i64,
}

/// Whose page that is; nobody's when they are about to leave.
///
/// # Errors
/// When nobody can tell.
#[server(prefix = "/ui/accounts", endpoint = "profile")]
pub async fn profile(#[server(default)] nick: String) -> Result<Option<ProfileSight>, FormError> {
    use domain::accounts::paths;

    use crate::context::{self, account::settle};
    let accounts = context::use_services().accounts;
    let found = settle(accounts.profile(&nick).await, &[])?;
    Ok(found.map(|user| ProfileSight {
        picture: user.avatar.map_or_else(
            || paths::initials(user.id),
            |version| paths::avatar(user.id, version, 512),
        ),
        nick: user.nick.into(),
        name: user.name.into(),
        bio: user.bio,
        created_at: user.created_at,
    }))
}
