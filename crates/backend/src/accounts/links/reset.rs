//! A forgotten password: a link by mail, one use, one hour.

use domain::{accounts::paths, jobs::Priority, language::Language};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        Accounts, AccountsError, Client, Secret, clock,
        throttle::{self, Purpose},
        users,
    },
    Kind, store,
};
use crate::{
    jobs::{Context, Job, JobError},
    mail::Letter,
};

const LASTS: std::time::Duration = clock::hours(1);

/// Somebody asked for a link. That it is a job is what keeps the secret: whether the address
/// is anybody's is looked up later, so asking takes the same time and writes the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestReset {
    email: String,
    #[serde(default)]
    language: Language,
}

impl Job for RequestReset {
    const KIND: &'static str = "request_reset";
    const PRIORITY: Priority = Priority::Urgent;

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        ctx.backend()
            .accounts
            .send_reset(&self.email)
            .await
            .map_err(|error| match error {
                AccountsError::Database(error) => error.into(),
                error => {
                    tracing::warn!(%error, "a reset could not be sent");
                    JobError::retry("The link for a new password could not be made.")
                }
            })
    }
}

impl Accounts {
    /// Sends a link for a new password to this address, if it is anybody's. The answer never
    /// tells.
    ///
    /// # Errors
    /// When it is no address at all, or asked for too often.
    pub async fn request_reset(
        &self,
        email: &str,
        language: Language,
        client: &Client,
    ) -> Result<(), AccountsError> {
        let (email, key) = self
            .email(email)
            .map_err(|fault| AccountsError::field("email", fault))?;
        let tallies = throttle::mail(Purpose::Reset, &key, &client.network());
        self.0.throttle.take(&tallies).await?;
        let job = RequestReset {
            email: email.into(),
            language,
        };
        self.0.jobs.submit(&job).await?;
        Ok(())
    }

    async fn send_reset(&self, email: &str) -> Result<(), AccountsError> {
        let Ok((_, key)) = self.email(email) else {
            return Ok(());
        };
        let Some(known) = users::store::by_key(&self.0.db, Some(&key), None).await? else {
            return Ok(());
        };
        let mut tx = self.0.db.write().await?;
        let (now, user) = (self.0.clock.now(), known.user);
        // Others stay: anybody can ask, and must not end what an admin has handed over.
        let secret = super::make(&mut tx, Kind::Reset, Some(user.id), None, now, LASTS).await?;
        let letter = Letter::Reset {
            path: paths::reset(secret.reveal()),
        };
        self.tell(&mut tx, &user, letter).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a link for a new password still works: what the page is to say.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reset_works(&self, secret: &Secret) -> Result<bool, AccountsError> {
        let now = self.0.clock.now();
        let link = store::find(&self.0.db, Kind::Reset, &secret.hash(), now).await?;
        Ok(link.is_some())
    }

    /// Sets a new password by a link. Every log-in of that person ends. Who reads their mail
    /// is let in from here, however many guess at their account.
    ///
    /// # Errors
    /// [`AccountsError::LinkGone`]; [`AccountsError::Field`] `new_password`, and then the link
    /// works on.
    pub async fn reset_password(
        &self,
        secret: &Secret,
        new: &str,
        client: &Client,
    ) -> Result<(), AccountsError> {
        let (hash, now) = (secret.hash(), self.0.clock.now());
        let link = store::find(&self.0.db, Kind::Reset, &hash, now).await?;
        let user = link
            .and_then(|link| link.user)
            .ok_or(AccountsError::LinkGone)?;
        let user = self.user(user).await?.ok_or(AccountsError::LinkGone)?;
        let password = self.new_password(&user, new).await?;
        let mut tx = self.0.db.write().await?;
        if store::take(&mut tx, Kind::Reset, &hash, now)
            .await?
            .is_none()
        {
            return Err(AccountsError::LinkGone);
        }
        self.replace_password(&mut tx, user.id, &password, None)
            .await?;
        let throttle = &self.0.throttle;
        throttle
            .welcome(&mut tx, user.id, &client.network())
            .await?;
        Ok(tx.commit().await?)
    }

    /// A link for a new password, to be handed over by an admin (`kadr admin reset-password`).
    ///
    /// # Errors
    /// [`AccountsError::Unknown`].
    pub async fn reset_link(&self, login: &str) -> Result<String, AccountsError> {
        let user = self.known(login).await?.ok_or(AccountsError::Unknown)?.user;
        let mut tx = self.0.db.write().await?;
        let (now, lasts) = (self.0.clock.now(), clock::days(1));
        let secret = super::replace(&mut tx, Kind::Reset, Some(user.id), None, now, lasts).await?;
        tx.commit().await?;
        Ok(self.reset_url(&secret))
    }

    /// Where the secret of a new account leads ([`Accounts::create_user`]).
    #[must_use]
    pub fn reset_url(&self, secret: &Secret) -> String {
        self.url(&paths::reset(secret.reveal()))
    }
}
