//! Leaving: seven days to change one's mind, then a job removes everything.

use std::time::Duration;

use domain::{
    ids::UserId,
    jobs::{Priority, WaitingFor},
};
use serde::{Deserialize, Serialize};

use super::{
    Accounts, AccountsError, SessionId, User, access, clock, invitations,
    sessions::store as sessions, users::store as users,
};
use crate::{
    Backend,
    jobs::{Context, Job, JobError},
    mail::Letter,
};

const GRACE: Duration = clock::days(7);

/// Removes somebody whose time has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoveAccount {
    pub user: UserId,
}

impl Job for RemoveAccount {
    const KIND: &'static str = "remove_account";
    const PRIORITY: Priority = Priority::Bulk;

    fn dedup(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.user))
    }

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        match remove(ctx.backend(), self.user).await {
            Ok(removed) => {
                if removed {
                    tracing::info!(user = %self.user, "an account was removed");
                }
                Ok(())
            }
            Err(AccountsError::Database(error)) => Err(error.into()),
            Err(error) if error.code() == "storage_full" => Err(JobError::wait(
                WaitingFor::Space,
                "There is no space left on the disk.",
            )),
            Err(error) => {
                tracing::warn!(%error, user = %self.user, "an account could not be removed");
                Err(JobError::retry(
                    "The files of the account could not be removed.",
                ))
            }
        }
    }
}

/// Files first: without their owner nobody would know whose they are.
async fn remove(backend: &Backend, user: UserId) -> Result<bool, AccountsError> {
    if backend.accounts.is_over(user).await? {
        let stay = |error: &dyn std::fmt::Display| {
            tracing::warn!(%error, %user, "files of an account stay for now");
            AccountsError::Busy
        };
        let videos = backend.videos.remove_all(user).await;
        videos.map_err(|error| stay(&error))?;
        let uploads = backend.uploads.give_up_all(user).await;
        uploads.map_err(|error| stay(&error))?;
    }
    backend.accounts.remove(user).await
}

impl Accounts {
    /// Marks an account for removal in seven days. All its log-ins but `keep` end, its profile
    /// is hidden at once. Answers when (ms UTC).
    ///
    /// # Errors
    /// [`AccountsError::Field`] for a wrong password; [`AccountsError::LastAdmin`];
    /// [`AccountsError::Unknown`] when it is marked already.
    pub async fn leave(
        &self,
        user: UserId,
        password: &str,
        keep: Option<SessionId>,
    ) -> Result<i64, AccountsError> {
        self.confirm_password(user, keep, password).await?;
        let (now, known) = (self.0.clock.now(), self.existing(user).await?);
        let leaves_at = now + clock::ms(GRACE);
        let mut tx = self.0.db.write().await?;
        if known.role.is_admin() && users::other_admins(&mut tx, user).await? == 0 {
            return Err(AccountsError::LastAdmin);
        }
        let known = users::set_leaving(&mut tx, user, Some(leaves_at))
            .await?
            .ok_or(AccountsError::Unknown)?;
        sessions::delete_all(&mut tx, user, keep).await?;
        access::store::revoke_all(&mut tx, user, now).await?;
        self.0
            .jobs
            .enqueue_later(&mut tx, &RemoveAccount { user }, GRACE)
            .await?;
        self.tell(&mut tx, &known, Letter::Leaving).await?;
        tx.commit().await?;
        Ok(leaves_at)
    }

    /// Changes one's mind in time.
    ///
    /// # Errors
    /// [`AccountsError::Unknown`] when the account is not marked.
    pub async fn stay(&self, user: UserId) -> Result<User, AccountsError> {
        let mut tx = self.0.db.write().await?;
        // The job is still there. It will find nobody who wants to leave.
        let user = users::set_leaving(&mut tx, user, None)
            .await?
            .ok_or(AccountsError::Unknown)?;
        tx.commit().await?;
        Ok(user)
    }

    /// Whether somebody wanted to leave, and their time has come.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn is_over(&self, user: UserId) -> Result<bool, AccountsError> {
        let known = self.user(user).await?;
        Ok(known.is_some_and(|user| user.is_over(self.0.clock.now())))
    }

    /// Removes the account of somebody whose time has come, their videos being gone. May be repeated: files first, the
    /// row last. Answers whether there was anything to do.
    ///
    /// # Errors
    /// When files or database refuse.
    pub async fn remove(&self, user: UserId) -> Result<bool, AccountsError> {
        let now = self.0.clock.now();
        let Some(known) = self.user(user).await?.filter(|user| user.is_over(now)) else {
            return Ok(false);
        };
        self.0.avatars.delete_all(user).await?;
        let mut tx = self.0.db.write().await?;
        if !users::delete(&mut tx, user, now).await? {
            return Ok(false);
        }
        let (_, key) = self
            .email(known.email.as_str())
            .map_err(|fault| AccountsError::field("email", fault))?;
        invitations::store::forget(&mut tx, &key).await?;
        self.tell(&mut tx, &known, Letter::Left).await?;
        tx.commit().await?;
        Ok(true)
    }
}
