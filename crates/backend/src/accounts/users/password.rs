//! Proving who one is with the password, and changing it.

use domain::{
    accounts::{Nick, password},
    forms::{Fault, email::Email},
    ids::UserId,
};

use super::{
    super::{
        Accounts, AccountsError, Client, SessionId, access, fold, links, passwords, sessions,
        throttle,
    },
    User, store,
};
use crate::{db::Tx, mail::Letter};

impl Accounts {
    /// Who that is, by e-mail address or nick and password. The same answer after the same
    /// time for nobody and for a wrong password; slower and slower for who tries many.
    ///
    /// # Errors
    /// [`AccountsError::WrongCredentials`], [`AccountsError::Wait`], [`AccountsError::Busy`].
    pub async fn authenticate(
        &self,
        login: &str,
        password: &str,
        client: &Client,
    ) -> Result<User, AccountsError> {
        let (network, name) = (client.network(), name_of(login));
        let known = self.known(login).await?;
        let throttle = &self.0.throttle;
        let account = known.as_ref().map(|known| known.user.id);
        let here = throttle::HERE.of(&[&name, &network]);
        let mut shared = Vec::new();
        if !throttle.at_home(account, &network).await? {
            shared.push(throttle::NETWORK.of(&[&network]));
            shared.push(throttle::EVERYWHERE.of(&[&name]));
        }
        let all: Vec<_> = shared.iter().chain([&here]).cloned().collect();
        throttle.take(&all).await?;
        let hash = known.as_ref().map(|known| known.password.clone());
        let right = self.0.passwords.verify(password, hash, &network).await?;
        let user = known
            .filter(|_| right)
            .ok_or(AccountsError::WrongCredentials)?
            .user;
        throttle.right(&here, &shared).await?;
        Ok(user)
    }

    /// Asks who is logged in for their password again, before something that cannot be undone.
    /// Each browser has its own tries, so that nobody uses up somebody else's; all programs
    /// have theirs together.
    ///
    /// # Errors
    /// [`AccountsError::Field`] with [`Fault::WrongPassword`], [`AccountsError::Wait`].
    pub async fn confirm_password(
        &self,
        user: UserId,
        session: Option<SessionId>,
        password: &str,
    ) -> Result<(), AccountsError> {
        if password.is_empty() {
            return Err(AccountsError::field(passwords::FIELD, Fault::Required));
        }
        let asker = session.map(|id| id.to_string()).unwrap_or_default();
        let tally = throttle::CONFIRM.of(&[&user.to_string(), &asker]);
        self.0.throttle.take(std::slice::from_ref(&tally)).await?;
        let hash = store::password(&self.0.db, user).await?;
        let whose = user.to_string();
        if !self.0.passwords.verify(password, hash, &whose).await? {
            return Err(AccountsError::field(passwords::FIELD, Fault::WrongPassword));
        }
        self.0.throttle.right(&tally, &[]).await
    }

    /// Changes the password and ends every log-in but `keep`; its owner is told by mail.
    ///
    /// # Errors
    /// [`AccountsError::Field`]: `password` is the present one, `new_password` the other.
    pub async fn change_password(
        &self,
        user: UserId,
        present: &str,
        new: &str,
        keep: Option<SessionId>,
    ) -> Result<(), AccountsError> {
        self.confirm_password(user, keep, present).await?;
        let known = self.existing(user).await?;
        let hash = self.new_password(&known, new).await?;
        let mut tx = self.0.db.write().await?;
        self.replace_password(&mut tx, user, &hash, keep).await?;
        Ok(tx.commit().await?)
    }

    /// Sets somebody's password for them (`kadr admin reset-password`). All their log-ins end,
    /// and they are told by mail.
    ///
    /// # Errors
    /// [`AccountsError::Unknown`]; [`AccountsError::Field`] `new_password`.
    pub async fn set_password(&self, login: &str, new: &str) -> Result<User, AccountsError> {
        let user = self.known(login).await?.ok_or(AccountsError::Unknown)?.user;
        let hash = self.new_password(&user, new).await?;
        let mut tx = self.0.db.write().await?;
        self.replace_password(&mut tx, user.id, &hash, None).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// The hash of a password that is to replace another.
    pub(in crate::accounts) async fn new_password(
        &self,
        user: &User,
        text: &str,
    ) -> Result<String, AccountsError> {
        let own = [user.nick.as_str(), user.email.as_str(), user.name.as_str()];
        // The name is for the estimator; that a password holds one's first name is no fault.
        if let Err(fault) = password::check(text, &own[..2]) {
            return Err(AccountsError::field("new_password", fault));
        }
        let whose = user.id.to_string();
        let hash = self.0.passwords.accept(text, &own[..2], &whose).await;
        hash.map_err(|error| match error {
            AccountsError::Field { fault, .. } => AccountsError::field("new_password", fault),
            other => other,
        })
    }

    /// In the transaction: the new hash, the end of all log-ins but one and of all links that
    /// were on their way, and a mail.
    pub(in crate::accounts) async fn replace_password(
        &self,
        tx: &mut Tx,
        user: UserId,
        hash: &str,
        keep: Option<SessionId>,
    ) -> Result<(), AccountsError> {
        let user = store::set_password(tx, user, hash)
            .await?
            .ok_or(AccountsError::NotLoggedIn)?;
        let now = self.0.clock.now();
        sessions::store::delete_all(tx, user.id, keep).await?;
        access::store::revoke_all(tx, user.id, now).await?;
        // Whoever knew the old password may have asked for a link, or for another address.
        links::store::delete_of(tx, user.id).await?;
        self.tell(tx, &user, Letter::PasswordChanged).await
    }
}

/// The name somebody typed, as it is counted: the same for all spellings that are one, and
/// without a look at whether anybody has it.
fn name_of(login: &str) -> String {
    if let Some(key) = Email::parse(login)
        .ok()
        .and_then(|email| fold::email_key(&email))
    {
        format!("address {key}")
    } else if let Ok(nick) = Nick::parse(login) {
        format!("nick {}", fold::nick_key(&nick))
    } else {
        format!("text {}", login.trim().to_lowercase())
    }
}
