//! Throwing away what is over: drafts, sessions, links, tokens, counts of tries.

use domain::jobs::Priority;
use serde::{Deserialize, Serialize};

use super::{
    Accounts, AccountsError, RemoveAccount, access, clock, invitations, links, registrations,
    sessions, users,
};
use crate::jobs::{Context, Job, JobError};

/// To be enqueued once an hour by the scheduler.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TidyAccounts {}

impl Job for TidyAccounts {
    const KIND: &'static str = "tidy_accounts";
    const PRIORITY: Priority = Priority::Bulk;

    fn dedup(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        match ctx.backend().accounts.tidy().await {
            Ok(removed) => {
                if removed > 0 {
                    tracing::info!(removed, "drafts, sessions and links that are over are gone");
                }
                Ok(())
            }
            Err(AccountsError::Database(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "tidying up failed");
                Err(JobError::retry(
                    "Files of old registrations could not be removed.",
                ))
            }
        }
    }
}

impl Accounts {
    /// Removes what is over. Answers how much it was.
    ///
    /// # Errors
    /// When files or database refuse.
    pub async fn tidy(&self) -> Result<u64, AccountsError> {
        let now = self.0.clock.now();
        let mut removed = 0;
        for draft in registrations::store::expired(&self.0.db, now).await? {
            // One folder that refuses to go must not keep everything else.
            match self.remove_draft(&draft, now).await {
                Ok(()) => removed += 1,
                Err(error) => tracing::warn!(%error, "a draft that is over could not be removed"),
            }
        }
        // A removal that failed for good, or that was lost, is asked for again.
        for user in users::store::overdue(&self.0.db, now).await? {
            self.0.jobs.submit(&RemoveAccount { user }).await?;
        }
        let day_ago = now - clock::ms(clock::days(1));
        let mut tx = self.0.db.write().await?;
        removed += sessions::store::tidy(&mut tx, now).await?;
        removed += links::store::tidy(&mut tx, now).await?;
        removed += access::store::tidy(&mut tx, day_ago).await?;
        let month_ago = now - clock::ms(clock::days(30));
        removed += invitations::store::tidy(&mut tx, month_ago).await?;
        tx.commit().await?;
        Ok(removed + self.0.throttle.tidy().await?)
    }
}
