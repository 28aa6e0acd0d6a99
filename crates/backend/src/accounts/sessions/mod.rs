//! Browsers that are logged in.
//!
//! *Why not `tower-sessions`*: its store trait gets the raw id, loads and saves a bag of
//! values as one blob, and decides by itself when to write. We need the opposite: the hash of
//! an id and nothing else, columns that can be listed and revoked (device, address, last use),
//! one query that answers session and user together, and at most one write in five minutes.
//! All of that would be our own code beside the crate's; without it, it is this folder. What
//! is left for `server` is one cookie, whose attributes [`Secret`] and [`New::max_age`] give.
//! Visitors who are not logged in have no session: their language and theme are plain cookies.

pub(super) mod store;

use std::time::Duration;

use domain::ids::{SessionId, UserId};

use super::{Accounts, AccountsError, Client, Secret, User, access, clock, users};
use crate::db::Tx;

/// A remembered browser may stay away that long.
const REMEMBERED: Duration = clock::days(30);
/// One that is not is forgotten by itself when it is closed; here at the latest after that.
const UNREMEMBERED: Duration = clock::hours(24);
/// How old the time of the last use may be.
const TOUCH: Duration = clock::minutes(5);

/// A session that has just begun.
#[derive(Debug)]
pub struct New {
    /// The value of the cookie.
    pub secret: Secret,
    pub id: SessionId,
    /// `Max-Age` of the cookie; none for one that ends with the browser.
    pub max_age: Option<Duration>,
}

/// Somebody who is logged in by a cookie.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub session: SessionId,
    pub user: User,
}

/// A line in the list of one's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub address: String,
    pub agent: String,
    pub remember: bool,
    pub created_at: i64,
    /// Exact to five minutes.
    pub used_at: i64,
}

impl Accounts {
    /// Logs in: who it is, and a session with a new secret.
    ///
    /// # Errors
    /// As [`Accounts::authenticate`].
    pub async fn log_in(
        &self,
        login: &str,
        password: &str,
        remember: bool,
        client: &Client,
    ) -> Result<(User, New), AccountsError> {
        let user = self.authenticate(login, password, client).await?;
        let mut tx = self.0.db.write().await?;
        let session = self
            .begin_session(&mut tx, user.id, remember, client)
            .await?;
        tx.commit().await?;
        Ok((user, session))
    }

    pub(super) async fn begin_session(
        &self,
        tx: &mut Tx,
        user: UserId,
        remember: bool,
        client: &Client,
    ) -> Result<New, AccountsError> {
        let (secret, id) = (Secret::generate(), SessionId::generate());
        let row = store::Row {
            id,
            hash: &secret.hash(),
            user,
            remember,
            client,
            now: self.0.clock.now(),
            lasts: clock::ms(lasts(remember)),
        };
        store::insert(tx, &row).await?;
        self.0.throttle.welcome(tx, user, &client.network()).await?;
        Ok(New {
            secret,
            id,
            max_age: remember.then_some(REMEMBERED),
        })
    }

    /// Who shows this cookie, if anybody. Notes the use, at most every five minutes; a cookie
    /// that was sent must then be sent again ([`Visit::renewed`]), or it ends before its row.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn visit(
        &self,
        secret: &Secret,
        client: &Client,
    ) -> Result<Option<Visit>, AccountsError> {
        let now = self.0.clock.now();
        let Some(found) = store::find(&self.0.db, &secret.hash(), now).await? else {
            return Ok(None);
        };
        let visitor = Visitor {
            session: found.id,
            user: found.user,
        };
        let mut renewed = None;
        if found.used_at + clock::ms(TOUCH) <= now {
            // A page does not fail because its reader could not be noted.
            match self.touch(found.id, found.remember, client, now).await {
                Ok(()) => renewed = found.remember.then_some(REMEMBERED),
                Err(error) => tracing::warn!(%error, session = %found.id, "use not noted"),
            }
        }
        Ok(Some(Visit { visitor, renewed }))
    }

    async fn touch(
        &self,
        id: SessionId,
        remember: bool,
        client: &Client,
        now: i64,
    ) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        let before = now - clock::ms(TOUCH);
        let expires_at = now + clock::ms(lasts(remember));
        store::touch(&mut tx, id, client, now, before, expires_at).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the session of this cookie. One that is over already is no mistake.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn log_out(&self, secret: &Secret) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        store::delete_hash(&mut tx, &secret.hash()).await?;
        Ok(tx.commit().await?)
    }

    /// Where somebody is logged in, the last used first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, AccountsError> {
        Ok(store::list(&self.0.db, user, self.0.clock.now()).await?)
    }

    /// Ends one session of somebody.
    ///
    /// # Errors
    /// [`AccountsError::Unknown`] when it is not theirs or is over.
    pub async fn revoke_session(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        if !store::delete(&mut tx, user, session).await? {
            return Err(AccountsError::Unknown);
        }
        Ok(tx.commit().await?)
    }

    /// Logs somebody out everywhere but where they sit: other browsers, and all programs.
    /// Answers how many there were.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke_others(&self, user: UserId, keep: SessionId) -> Result<u64, AccountsError> {
        let mut tx = self.0.db.write().await?;
        let mut ended = store::delete_all(&mut tx, user, Some(keep)).await?;
        ended += access::store::revoke_all(&mut tx, user, self.0.clock.now()).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

/// A request with a good cookie.
#[derive(Debug, Clone)]
pub struct Visit {
    pub visitor: Visitor,
    /// Set the cookie again with this `Max-Age`.
    pub renewed: Option<Duration>,
}

const fn lasts(remember: bool) -> Duration {
    if remember { REMEMBERED } else { UNREMEMBERED }
}

/// A session and its user, as one query finds them.
pub(super) struct Found {
    id: SessionId,
    remember: bool,
    used_at: i64,
    user: users::User,
}
