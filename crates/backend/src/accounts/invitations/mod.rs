//! Invitations: links that let somebody register where not everybody may. Counted, expiring,
//! revocable; used up only by a registration that is finished.

pub(super) mod store;

use domain::{
    accounts::paths,
    forms::{Fault, email::Email},
    ids::{InvitationId, UserId},
    language::Language,
};

use super::{
    Accounts, AccountsError, Secret, clock, fold,
    throttle::{self, Purpose},
};
use crate::mail::{Letter, Recipient, SendMail};

const MAX_USES: u32 = 1_000;
const MAX_DAYS: u32 = 365;
/// Of one person, that still work.
const MAX: u32 = 200;

/// What an invitation should be like.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// Mailed there, if anywhere.
    pub email: Option<Email>,
    pub uses: u32,
    pub days: u32,
    pub language: Language,
}

/// A line in the list of invitations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    /// Who gave it; nobody when that was the command line.
    pub by: Option<UserId>,
    pub email: Option<String>,
    pub uses: u32,
    pub max_uses: u32,
    pub created_at: i64,
    pub expires_at: i64,
}

impl Accounts {
    /// Makes an invitation and answers its address, which is not shown again.
    ///
    /// # Errors
    /// [`AccountsError::TooMany`]; [`AccountsError::Wait`] when many were mailed.
    pub async fn invite(
        &self,
        by: Option<UserId>,
        new: &NewInvitation,
    ) -> Result<(InvitationId, String), AccountsError> {
        let key = match &new.email {
            Some(email) => Some(
                fold::email_key(email).ok_or(AccountsError::field("email", Fault::NotAnEmail))?,
            ),
            None => None,
        };
        if let (Some(by), Some(key)) = (by, &key) {
            let tallies = throttle::mail(Purpose::Invitation, key, &by.to_string());
            self.0.throttle.take(&tallies).await?;
        }
        let (id, secret, now) = (
            InvitationId::generate(),
            Secret::generate(),
            self.0.clock.now(),
        );
        let lasts = clock::days(u64::from(new.days.clamp(1, MAX_DAYS)));
        let row = store::Row {
            id,
            hash: &secret.hash(),
            by,
            email: new.email.as_ref().map(Email::as_str),
            email_key: key.as_deref(),
            max_uses: new.uses.clamp(1, MAX_USES),
            now,
            expires_at: now + clock::ms(lasts),
        };
        let path = paths::invitation(secret.reveal());
        let mut tx = self.0.db.write().await?;
        if !store::insert(&mut tx, &row, MAX).await? {
            return Err(AccountsError::TooMany { limit: MAX });
        }
        if let Some(email) = &new.email {
            let mail = SendMail {
                to: Recipient {
                    address: email.as_str().to_owned(),
                    name: None,
                    language: new.language,
                },
                letter: Letter::Invitation { path: path.clone() },
            };
            self.0.jobs.enqueue(&mut tx, &mail).await?;
        }
        tx.commit().await?;
        Ok((id, self.url(&path)))
    }

    /// Those that still work or did not long ago, the newest first: of one person, or all.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn invitations(&self, by: Option<UserId>) -> Result<Vec<Invitation>, AccountsError> {
        Ok(store::list(&self.0.db, by).await?)
    }

    /// Takes one back: one that this person gave, or any.
    ///
    /// # Errors
    /// [`AccountsError::Unknown`].
    pub async fn revoke_invitation(
        &self,
        by: Option<UserId>,
        id: InvitationId,
    ) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        if !store::delete(&mut tx, by, id).await? {
            return Err(AccountsError::Unknown);
        }
        Ok(tx.commit().await?)
    }
}
