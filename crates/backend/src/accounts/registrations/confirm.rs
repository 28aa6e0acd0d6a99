//! The last step: the code is right, and a person is there.

use domain::{
    accounts::{Code, Nick, RegistrationMode, Role, Step, code::TRIES},
    forms::{email::Email, name::DisplayName},
};

use super::{
    super::{
        Accounts, AccountsError, Client, NewSession, Secret, User, invitations, links, throttle,
        users::store as users,
    },
    store,
};
use crate::db::Tx;

/// Somebody new, logged in.
#[derive(Debug)]
pub struct Confirmed {
    pub user: User,
    pub session: NewSession,
}

/// Why the transaction did not make a person.
enum Lost {
    Email,
    Nick(Nick),
}

impl Accounts {
    /// Takes the code and makes the account, in one transaction that ends the draft and begins
    /// a session. Which of two gets a nick, the constraint decides.
    ///
    /// # Errors
    /// [`AccountsError::WrongCode`], [`AccountsError::CodeSpent`];
    /// [`AccountsError::StepBack`] when nick or address are somebody else's by now;
    /// [`AccountsError::InvitationGone`], [`AccountsError::LinkGone`],
    /// [`AccountsError::Closed`].
    pub async fn confirm(
        &self,
        secret: &Secret,
        code: &str,
        client: &Client,
    ) -> Result<Confirmed, AccountsError> {
        let row = match self.at(secret, Step::Confirm).await {
            Ok(row) => row,
            Err(AccountsError::DraftGone) => return self.confirm_again(secret, client).await,
            Err(error) => return Err(error),
        };
        if !row.confirmed {
            self.check_code(&row, code).await?;
        }
        let mut tx = self.0.db.write().await?;
        let Some(row) = store::take(&mut tx, &row.id, self.0.clock.now()).await? else {
            tx.rollback().await?;
            return self.confirm_again(secret, client).await;
        };
        if !row.confirmed {
            // The address was changed in another tab meanwhile: nobody has proven the new one.
            return Err(AccountsError::CodeSpent);
        }
        let role = self.let_in(&mut tx, &row).await?;
        match self.insert(&mut tx, &row, role).await? {
            Ok(()) => {
                // The answer may get lost.
                links::keep_arrival(&mut tx, secret, row.user, self.0.clock.now()).await?;
                // Remembered: it is the browser they have just set up.
                let session = self.begin_session(&mut tx, row.user, true, client).await?;
                // The code was no mail to a stranger.
                let sender = throttle::SENDER.of(&[&client.network()]);
                self.0.throttle.give_back(&mut tx, &sender).await?;
                tx.commit().await?;
                let user = self.existing(row.user).await?;
                Ok(Confirmed { user, session })
            }
            Err(lost) => {
                tx.rollback().await?;
                self.step_back(&row.id, lost).await
            }
        }
    }

    /// The draft is somebody already, who did not hear of it: the line broke, or they clicked
    /// twice. The same cookie logs them in once more, for an hour.
    async fn confirm_again(
        &self,
        secret: &Secret,
        client: &Client,
    ) -> Result<Confirmed, AccountsError> {
        let user = self
            .arrived(secret)
            .await?
            .ok_or(AccountsError::DraftGone)?;
        let mut tx = self.0.db.write().await?;
        let session = self.begin_session(&mut tx, user.id, true, client).await?;
        tx.commit().await?;
        Ok(Confirmed { user, session })
    }

    /// Who a draft has become, lately.
    pub(super) async fn arrived(&self, secret: &Secret) -> Result<Option<User>, AccountsError> {
        let (hash, now) = (secret.hash(), self.0.clock.now());
        let found = links::store::find(&self.0.db, links::Kind::Arrival, &hash, now).await?;
        match found.and_then(|link| link.user) {
            Some(user) => self.user(user).await,
            None => Ok(None),
        }
    }

    /// Counts the try before it looks, so that five at once are five.
    async fn check_code(&self, row: &store::Row, code: &str) -> Result<(), AccountsError> {
        let (id, now) = (row.id.as_str(), self.0.clock.now());
        let code = Code::parse(code).map_err(|fault| AccountsError::field("code", fault))?;
        let mut tx = self.0.db.write().await?;
        let Some((kept, tries)) = store::try_code(&mut tx, id, TRIES, now).await? else {
            tx.rollback().await?;
            // Or it was right a moment ago, in the first of two clicks.
            return match store::find(&self.0.db, id, now).await? {
                Some(row) if !row.confirmed => Err(AccountsError::CodeSpent),
                _ => Ok(()),
            };
        };
        let email_key = row.email_key.as_deref().unwrap_or("");
        if kept == self.code_hash(id, email_key, code.as_str()) {
            store::set_confirmed(&mut tx, id).await?;
            tx.commit().await?;
            return Ok(());
        }
        tx.commit().await?;
        match TRIES.saturating_sub(tries) {
            0 => Err(AccountsError::CodeSpent),
            left => Err(AccountsError::WrongCode { left }),
        }
    }

    /// Uses up what lets this draft in; the rules of today count.
    async fn let_in(&self, tx: &mut Tx, row: &store::Row) -> Result<Role, AccountsError> {
        let now = self.0.clock.now();
        if let Some(hash) = &row.admin_link {
            return if links::store::take_first_admin(tx, hash, now).await? {
                Ok(Role::Admin)
            } else {
                Err(AccountsError::LinkGone)
            };
        }
        match (self.registration(), &row.invitation) {
            (RegistrationMode::Open, _) => {}
            (RegistrationMode::Closed, _) => return Err(AccountsError::Closed),
            (RegistrationMode::Invite, None) => return Err(AccountsError::InvitationNeeded),
            (RegistrationMode::Invite, Some(hash)) => {
                if !invitations::store::take(tx, hash, now).await? {
                    return Err(AccountsError::InvitationGone);
                }
            }
        }
        Ok(Role::User)
    }

    async fn insert(
        &self,
        tx: &mut Tx,
        row: &store::Row,
        role: Role,
    ) -> Result<Result<(), Lost>, AccountsError> {
        let broken = || AccountsError::DraftGone;
        let email = row
            .email
            .as_deref()
            .and_then(|text| Email::parse(text).ok());
        let nick = row.nick.clone().map(Nick::kept);
        let name = row
            .name
            .as_deref()
            .and_then(|text| DisplayName::parse(text).ok());
        let (email, nick) = (email.ok_or_else(broken)?, nick.ok_or_else(broken)?);
        let new = users::New {
            id: row.user,
            email: &email,
            email_key: row.email_key.as_deref().ok_or_else(broken)?,
            nick: &nick,
            nick_key: row.nick_key.as_deref().ok_or_else(broken)?,
            name: &name.ok_or_else(broken)?,
            password: row.password.as_deref().ok_or_else(broken)?,
            role,
            avatar: row.avatar,
            language: row.language,
            now: self.0.clock.now(),
        };
        if users::insert(tx, &new).await? {
            return Ok(Ok(()));
        }
        let (email_taken, _) = users::who_has(tx, new.email_key, new.nick_key).await?;
        Ok(Err(if email_taken {
            Lost::Email
        } else {
            Lost::Nick(nick)
        }))
    }

    /// Leads back to the step whose answer is somebody else's now.
    async fn step_back(&self, id: &str, lost: Lost) -> Result<Confirmed, AccountsError> {
        // Before the transaction: who holds one connection must not wait for another.
        let suggestions = match &lost {
            Lost::Email => Vec::new(),
            Lost::Nick(nick) => self.suggest(nick).await?,
        };
        let mut tx = self.0.db.write().await?;
        let step = match lost {
            Lost::Email => {
                store::lose_email(&mut tx, id).await?;
                Step::Email
            }
            Lost::Nick(_) => {
                store::lose_nick(&mut tx, id).await?;
                Step::Nick
            }
        };
        tx.commit().await?;
        Err(AccountsError::StepBack { step, suggestions })
    }
}
