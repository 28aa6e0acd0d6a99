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
    /// The log-in that an access token came from; none for an API token, whatever it may do.
    pub program: Option<FamilyId>,
}

/// A program that is logged in: a line in the list of where one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub id: FamilyId,
    /// Of its log-in.
    pub address: String,
    pub agent: String,
    pub created_at: i64,
    /// When it last logged in or traded its refresh token.
    pub used_at: i64,
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
            return Ok(Bearer {
                user,
                scopes,
                program: None,
            });
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
            program: Some(claims.family),
        })
    }

    /// Logs a program out: ends the log-in that a refresh or access token belongs to. Nobody
    /// learns whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn log_out_program(&self, token: &str) -> Result<(), AccountsError> {
        let (token, now) = (token.trim(), self.0.clock.now());
        let mut tx = self.0.db.write().await?;
        if let Some(secret) = Secret::parse(token) {
            store::revoke_by_token(&mut tx, &secret.hash(), now).await?;
        } else if let Some(claims) = self.0.signer.read(token, now / 1000) {
            store::revoke(&mut tx, claims.family, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The programs somebody is logged in with, the last used first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn programs(&self, user: UserId) -> Result<Vec<Program>, AccountsError> {
        let lasts = clock::ms(REFRESH);
        Ok(store::list(&self.0.db, user, self.0.clock.now(), lasts).await?)
    }

    /// Ends the log-in of one program of somebody.
    ///
    /// # Errors
    /// [`AccountsError::Unknown`] when it is not theirs or is over.
    pub async fn revoke_program(
        &self,
        user: UserId,
        program: FamilyId,
    ) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        if !store::revoke_of(&mut tx, user, program, self.0.clock.now()).await? {
            return Err(AccountsError::Unknown);
        }
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
}
