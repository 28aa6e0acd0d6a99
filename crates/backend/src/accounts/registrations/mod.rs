//! Registration, step by step.
//!
//! A draft is a row from the first answer on, found again by the hash of a cookie: it survives
//! the browser and the server. It reserves nothing. Whoever confirms first gets the nick and
//! the address; whoever loses one of them is led back to that step and keeps everything else,
//! also the proof that the address is theirs.

mod answer;
mod code;
mod confirm;
pub(super) mod store;
mod traces;

use domain::{
    accounts::{Progress, RegistrationMode, Step},
    ids::{AvatarId, UserId},
    language::Language,
};

pub use self::confirm::Confirmed;
use super::{Accounts, AccountsError, Secret, User, invitations, links, users};

/// What lets somebody in, as the address of the page says.
#[derive(Debug, Clone, Default)]
pub enum Entry {
    /// Nothing but the wish.
    #[default]
    Open,
    /// `/register?invite=…`
    Invitation(Secret),
    /// `/register?admin=…`
    FirstAdmin(Secret),
}

impl Entry {
    /// As it is kept with a draft: the invitation, and the link of the first admin.
    fn hashes(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Open => (None, None),
            Self::Invitation(secret) => (Some(secret.hash()), None),
            Self::FirstAdmin(secret) => (None, Some(secret.hash())),
        }
    }
}

/// How far somebody has come, and what they answered. No secrets: it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub progress: Progress,
    pub language: Language,
    /// Answers as they were given; also one that was lost and must be given anew.
    pub email: Option<String>,
    pub nick: Option<String>,
    pub name: Option<String>,
    /// The id the person will have: the avatar's files are under it already.
    pub user: UserId,
    pub avatar: Option<AvatarId>,
    /// The code that was sent last, if it is still good.
    pub code: Option<CodeSent>,
    /// The code was right once, so none is asked for.
    pub confirmed: bool,
    pub expires_at: i64,
}

impl Draft {
    /// Where to go on.
    #[must_use]
    pub fn step(&self) -> Step {
        self.progress.current()
    }
}

/// About a code that is on its way. Times in ms UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSent {
    pub sent_at: i64,
    pub expires_at: i64,
    /// Another one may be asked for from then on.
    pub resend_at: i64,
    pub tries_left: u32,
}

impl Accounts {
    /// The draft of this cookie, if it is not over. One that has become somebody a moment ago
    /// still stands at its last step: who did not hear of it takes that step once more.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn draft(&self, secret: &Secret) -> Result<Option<Draft>, AccountsError> {
        let now = self.0.clock.now();
        let found = store::find(&self.0.db, &secret.hash(), now).await?;
        match found {
            Some(row) => Ok(Some(row.draft(now))),
            None => Ok(self.arrived(secret).await?.map(|user| done(&user, now))),
        }
    }

    /// Lets a draft that is under way in by what the address of the page says now.
    ///
    /// # Errors
    /// As [`Accounts::may_register`].
    pub async fn enter(&self, secret: &Secret, entry: &Entry) -> Result<(), AccountsError> {
        if matches!(entry, Entry::Open) {
            return Ok(());
        }
        self.may_register(entry).await?;
        let (invitation, admin_link) = entry.hashes();
        let mut tx = self.0.db.write().await?;
        store::set_entry(&mut tx, &secret.hash(), invitation, admin_link).await?;
        Ok(tx.commit().await?)
    }

    /// Whether somebody who comes this way may register at all: what the page is to say before
    /// anything was typed.
    ///
    /// # Errors
    /// [`AccountsError::Closed`], [`AccountsError::InvitationNeeded`],
    /// [`AccountsError::InvitationGone`], [`AccountsError::LinkGone`].
    pub async fn may_register(&self, entry: &Entry) -> Result<(), AccountsError> {
        let now = self.0.clock.now();
        match (entry, self.registration()) {
            (Entry::FirstAdmin(secret), _) => {
                let hash = secret.hash();
                let link = links::store::find(&self.0.db, links::Kind::Admin, &hash, now).await?;
                if link.is_some() && !users::store::has_admin(&self.0.db).await? {
                    Ok(())
                } else {
                    Err(AccountsError::LinkGone)
                }
            }
            (_, RegistrationMode::Open) => Ok(()),
            (_, RegistrationMode::Closed) => Err(AccountsError::Closed),
            (Entry::Open, RegistrationMode::Invite) => Err(AccountsError::InvitationNeeded),
            (Entry::Invitation(secret), RegistrationMode::Invite) => {
                if invitations::store::works(&self.0.db, &secret.hash(), now).await? {
                    Ok(())
                } else {
                    Err(AccountsError::InvitationGone)
                }
            }
        }
    }

    /// Throws a draft away: "start over".
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn discard_draft(&self, secret: &Secret) -> Result<(), AccountsError> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.write().await?;
        let Some(over) = store::end(&mut tx, &secret.hash(), now).await? else {
            return Ok(());
        };
        tx.commit().await?;
        if let Err(error) = self.remove_draft(&over, now).await {
            tracing::warn!(%error, "a draft is over, and will be removed when tidying up");
        }
        Ok(())
    }

    /// Removes a draft that is over. Files first: what is left after a crash is a row that is
    /// found again.
    pub(super) async fn remove_draft(
        &self,
        over: &store::Expired,
        now: i64,
    ) -> Result<(), AccountsError> {
        self.0.avatars.delete_all(over.user).await?;
        let mut tx = self.0.db.write().await?;
        store::delete_expired(&mut tx, &over.id, now).await?;
        Ok(tx.commit().await?)
    }

    /// The row of a draft at which `step` may be answered.
    async fn at(&self, secret: &Secret, step: Step) -> Result<store::Row, AccountsError> {
        let found = store::find(&self.0.db, &secret.hash(), self.0.clock.now()).await?;
        let row = found.ok_or(AccountsError::DraftGone)?;
        row.progress().open(step)?;
        Ok(row)
    }
}

/// The draft of somebody who is there: nothing is left to do but to be let in.
fn done(user: &User, now: i64) -> Draft {
    Draft {
        progress: Progress {
            email: true,
            nick: true,
            password: true,
            avatar: true,
        },
        language: user.language,
        email: Some(user.email.as_str().to_owned()),
        nick: Some(user.nick.as_str().to_owned()),
        name: Some(user.name.as_str().to_owned()),
        user: user.id,
        avatar: user.avatar,
        code: None,
        confirmed: true,
        expires_at: now,
    }
}
