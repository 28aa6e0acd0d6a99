//! API tokens: what a program shows instead of a password. Named, scoped, shown once.

pub(super) mod store;

use std::time::Duration;

use domain::{
    accounts::Scopes,
    forms::{Fault, name::DisplayName},
    ids::{TokenId, UserId},
};

use super::{Accounts, AccountsError, Secret, User, clock};

/// How old the time of the last use may be.
const TOUCH: Duration = clock::minutes(5);
/// Nobody has that many programs.
const MAX: u32 = 100;

/// A line in the list of one's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    pub scopes: Scopes,
    /// Its last four characters.
    pub hint: String,
    pub created_at: i64,
    /// Exact to five minutes.
    pub used_at: Option<i64>,
    pub expires_at: Option<i64>,
}

impl Accounts {
    /// Makes a token. The secret is not shown again.
    ///
    /// # Errors
    /// [`AccountsError::Field`] for `name` and `scopes`; [`AccountsError::TooMany`].
    pub async fn create_token(
        &self,
        user: UserId,
        name: &str,
        scopes: &Scopes,
        days: Option<u32>,
    ) -> Result<(TokenId, Secret), AccountsError> {
        let name = DisplayName::parse(name).map_err(|fault| AccountsError::field("name", fault))?;
        if scopes.is_empty() {
            return Err(AccountsError::field("scopes", Fault::Required));
        }
        let (id, secret, now) = (
            TokenId::generate(),
            Secret::generate_token(),
            self.0.clock.now(),
        );
        let lasts = days.map(|days| clock::ms(clock::days(u64::from(days.clamp(1, 3660)))));
        let row = store::Row {
            id,
            hash: &secret.hash(),
            user,
            name: name.as_str(),
            scopes: &scopes.to_string(),
            hint: secret.hint(),
            now,
            expires_at: lasts.map(|lasts| now + lasts),
        };
        let mut tx = self.0.db.write().await?;
        if !store::insert(&mut tx, &row, MAX).await? {
            return Err(AccountsError::TooMany { limit: MAX });
        }
        tx.commit().await?;
        Ok((id, secret))
    }

    /// Somebody's tokens, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tokens(&self, user: UserId) -> Result<Vec<Token>, AccountsError> {
        Ok(store::list(&self.0.db, user).await?)
    }

    /// Ends one of somebody's tokens.
    ///
    /// # Errors
    /// [`AccountsError::Unknown`] when it is not theirs.
    pub async fn revoke_token(&self, user: UserId, token: TokenId) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        if !store::delete(&mut tx, user, token).await? {
            return Err(AccountsError::Unknown);
        }
        Ok(tx.commit().await?)
    }

    /// Whose token that is, and what it may do.
    pub(super) async fn token_owner(
        &self,
        secret: &Secret,
    ) -> Result<Option<(User, Scopes)>, AccountsError> {
        let now = self.0.clock.now();
        let Some(found) = store::find(&self.0.db, &secret.hash(), now).await? else {
            return Ok(None);
        };
        if found
            .used_at
            .is_none_or(|used| used + clock::ms(TOUCH) <= now)
        {
            let noted = async {
                let mut tx = self.0.db.write().await?;
                store::touch(&mut tx, found.id, now, now - clock::ms(TOUCH)).await?;
                tx.commit().await
            };
            if let Err(error) = noted.await {
                tracing::warn!(%error, token = %found.id, "use not noted");
            }
        }
        Ok(Some((found.user, found.scopes)))
    }
}

pub(super) struct Found {
    id: TokenId,
    scopes: Scopes,
    used_at: Option<i64>,
    user: User,
}
