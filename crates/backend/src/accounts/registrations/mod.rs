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

use domain::{
    accounts::{Progress, RegistrationMode, Step},
    ids::{AvatarId, UserId},
    language::Language,
};

pub use self::confirm::Confirmed;
use super::{Accounts, AccountsError, Secret, invitations, links};

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
    /// The draft of this cookie, if it is not over.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn draft(&self, secret: &Secret) -> Result<Option<Draft>, AccountsError> {
        let now = self.0.clock.now();
        let found = store::find(&self.0.db, &secret.hash(), now).await?;
        Ok(found.map(|row| row.draft(now)))
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
                link.map(drop).ok_or(AccountsError::LinkGone)
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
        let mut tx = self.0.db.write().await?;
        let Some(gone) = store::take(&mut tx, &secret.hash()).await? else {
            return Ok(());
        };
        tx.commit().await?;
        if let Some(avatar) = gone.avatar {
            self.drop_avatar(gone.user, avatar).await;
        }
        Ok(())
    }

    /// The row of a draft at which `step` may be answered.
    async fn at(&self, secret: &Secret, step: Step) -> Result<store::Row, AccountsError> {
        let found = store::find(&self.0.db, &secret.hash(), self.0.clock.now()).await?;
        let row = found.ok_or(AccountsError::DraftGone)?;
        row.progress().open(step)?;
        Ok(row)
    }
}
