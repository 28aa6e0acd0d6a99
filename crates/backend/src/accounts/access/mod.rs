//! Programs that are logged in: short access tokens (JWT) and refresh tokens that are good
//! for one use each. A refresh token shown twice has been stolen by one of the two who have
//! it: the whole chain that came from that log-in is revoked.

mod jwt;
pub(super) mod store;

use std::time::Duration;

use domain::{
    accounts::Scopes,
    ids::{FamilyId, UserId},
};

use self::jwt::Claims;
use super::{Accounts, AccountsError, Client, Secret, User, clock};
use crate::db::Tx;

/// DESIGN §3.
const REFRESH: Duration = clock::days(30);

pub(super) use self::jwt::Signer;

/// As `/auth/token` answers it.
#[derive(Debug, Clone)]
pub struct TokenPair {
    pub access_token: String,
    /// In seconds.
    pub expires_in: u64,
    pub refresh_token: Secret,
}

/// Somebody who is logged in by a token.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub user: User,
    pub scopes: Scopes,
}

impl Accounts {
    /// Logs a program in with name and password.
    ///
    /// # Errors
    /// As [`Accounts::authenticate`].
    pub async fn issue(
        &self,
        login: &str,
        password: &str,
        client: &Client,
    ) -> Result<TokenPair, AccountsError> {
        let user = self.authenticate(login, password, client).await?;
        if user.is_leaving() {
            // Only a person can change their mind, on the page for it.
            return Err(AccountsError::WrongCredentials);
        }
        let (family, now) = (FamilyId::generate(), self.0.clock.now());
        let expires_at = now + clock::ms(REFRESH);
        let mut tx = self.0.db.write().await?;
        store::insert_family(&mut tx, family, user.id, client, now, expires_at).await?;
        self.0
            .throttle
            .welcome(&mut tx, user.id, &client.network())
            .await?;
        let pair = self.pair(&mut tx, &user, family, now).await?;
        tx.commit().await?;
        Ok(pair)
    }

    /// Trades a refresh token for a new pair.
    ///
    /// # Errors
    /// [`AccountsError::NotLoggedIn`]; [`AccountsError::RefreshReused`], and then everything
    /// that came from its log-in is revoked.
    pub async fn refresh(&self, token: &str) -> Result<TokenPair, AccountsError> {
        let secret = Secret::parse(token).ok_or(AccountsError::NotLoggedIn)?;
        let (hash, now) = (secret.hash(), self.0.clock.now());
        let mut tx = self.0.db.write().await?;
        let Some(family) = store::spend(&mut tx, &hash, now).await? else {
            let Some(family) = store::spent_family(&mut tx, &hash).await? else {
                return Err(AccountsError::NotLoggedIn);
            };
            let revoked = store::revoke(&mut tx, family, now).await?;
            tx.commit().await?;
            if revoked {
                tracing::warn!(%family, "a refresh token was used twice; its log-in is revoked");
            }
            return Err(AccountsError::RefreshReused);
        };
        let user = store::owner(&mut tx, family, now)
            .await?
            .ok_or(AccountsError::NotLoggedIn)?;
        store::extend(&mut tx, family, now + clock::ms(REFRESH)).await?;
        let pair = self.pair(&mut tx, &user, family, now).await?;
        tx.commit().await?;
        Ok(pair)
    }

    /// Who shows this token: an access token, or an API token (`kadr_…`).
    ///
    /// # Errors
    /// [`AccountsError::NotLoggedIn`].
    pub async fn bearer(&self, token: &str) -> Result<Bearer, AccountsError> {
        let token = token.trim();
        if Secret::is_token(token) {
            let secret = Secret::parse(token).ok_or(AccountsError::NotLoggedIn)?;
            let (user, mut scopes) = self
                .token_owner(&secret)
                .await?
                .ok_or(AccountsError::NotLoggedIn)?;
            if !user.role.is_admin() {
                // Who is no longer an admin has no admin's token either.
                scopes = scopes
                    .iter()
                    .filter(|scope| *scope != domain::accounts::Scope::Admin)
                    .collect();
            }
            return Ok(Bearer { user, scopes });
        }
        let now = self.0.clock.now();
        let claims = self
            .0
            .signer
            .read(token, now / 1000)
            .ok_or(AccountsError::NotLoggedIn)?;
        // The role and the log-in are asked for anew: what was taken away is away at once.
        let user = store::bearer(&self.0.db, claims.family, claims.sub, now)
            .await?
            .ok_or(AccountsError::NotLoggedIn)?;
        Ok(Bearer {
            user,
            scopes: Scopes::all(),
        })
    }

    /// Ends the log-in that a refresh token belongs to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke_refresh(&self, token: &str) -> Result<(), AccountsError> {
        let Some(secret) = Secret::parse(token) else {
            return Ok(());
        };
        let mut tx = self.0.db.write().await?;
        store::revoke_by_token(&mut tx, &secret.hash(), self.0.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn pair(
        &self,
        tx: &mut Tx,
        user: &User,
        family: FamilyId,
        now: i64,
    ) -> Result<TokenPair, AccountsError> {
        let refresh_token = Secret::generate();
        let expires_at = now + clock::ms(REFRESH);
        store::insert_token(tx, &refresh_token.hash(), family, now, expires_at).await?;
        let lasts = u64::from(self.0.token_minutes) * 60;
        let iat = now / 1000;
        let claims = Claims {
            sub: user.id,
            iat,
            exp: iat + i64::try_from(lasts).unwrap_or(i64::MAX),
            family,
            role: user.role,
        };
        Ok(TokenPair {
            access_token: self.0.signer.sign(&claims)?,
            expires_in: lasts,
            refresh_token,
        })
    }

    /// Ends every log-in of programs of somebody.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke_programs(&self, user: UserId) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        store::revoke_all(&mut tx, user, self.0.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}
