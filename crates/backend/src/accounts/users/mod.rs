//! People who have an account: finding them, their profile and settings, their password.

mod password;
mod profile;
pub(super) mod store;

use domain::{
    accounts::{Bio, Initials, Nick, Role, VideoDefaults},
    forms::{email::Email, name::DisplayName},
    ids::{AvatarId, UserId},
    language::Language,
    theme::Theme,
};

pub use self::profile::{Availability, NewUser, Settings};
use super::{Accounts, AccountsError, fold};
use crate::db::{DbError, Tx};

/// An account, as its owner and the house know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    pub nick: Nick,
    pub name: DisplayName,
    pub bio: Bio,
    pub role: Role,
    pub avatar: Option<AvatarId>,
    pub language: Language,
    pub theme: Theme,
    pub video_defaults: VideoDefaults,
    /// It will be deleted then (ms UTC), unless its owner changes their mind.
    pub leaves_at: Option<i64>,
    pub created_at: i64,
}

impl User {
    #[must_use]
    pub fn initials(&self) -> Initials {
        Initials::new(&self.name, self.id)
    }

    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        self.leaves_at.is_some()
    }

    /// Whether the time to change one's mind has passed.
    #[must_use]
    pub fn is_over(&self, now: i64) -> bool {
        self.leaves_at.is_some_and(|at| at <= now)
    }
}

/// Somebody, held until the end of the transaction: limits of a person are reckoned by one
/// transaction at a time.
pub(crate) async fn hold(tx: &mut Tx, id: UserId) -> Result<Option<User>, DbError> {
    store::hold(tx, id).await
}

impl Accounts {
    /// The account with that id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, AccountsError> {
        Ok(store::by_id(&self.0.db, id).await?)
    }

    /// Whose profile `/@{nick}` is. Who is about to leave has none. Look-alikes of a nick
    /// find it too: compare with [`User::nick`] and redirect.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn profile(&self, nick: &str) -> Result<Option<User>, AccountsError> {
        let Some(nick) = Nick::wanted(nick) else {
            return Ok(None);
        };
        let found = store::by_key(&self.0.db, None, Some(&fold::nick_key(&nick))).await?;
        Ok(found
            .map(|known| known.user)
            .filter(|user| !user.is_leaving()))
    }

    /// Whom an e-mail address or a nick means, with the hash of their password. A nick that
    /// only looks like theirs does not mean them: neither to log in nor to be made an admin.
    pub(super) async fn known(&self, login: &str) -> Result<Option<store::Known>, AccountsError> {
        let email = Email::parse(login)
            .ok()
            .and_then(|email| fold::email_key(&email));
        let nick = Nick::wanted(login).map(|nick| fold::nick_key(&nick));
        if email.is_none() && nick.is_none() {
            return Ok(None);
        }
        let found = store::by_key(&self.0.db, email.as_deref(), nick.as_deref()).await?;
        Ok(found.filter(|known| is_meant(known, login)))
    }

    /// As [`Accounts::user`], for who must exist.
    pub(super) async fn existing(&self, id: UserId) -> Result<User, AccountsError> {
        self.user(id).await?.ok_or(AccountsError::NotLoggedIn)
    }
}

/// Whether somebody was found by their address or by their very nick.
fn is_meant(known: &store::Known, login: &str) -> bool {
    let login = login.trim();
    login.contains('@') && !login.starts_with('@')
        || login.trim_start_matches('@').to_lowercase() == known.user.nick.as_str().to_lowercase()
}
