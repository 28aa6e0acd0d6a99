//! Another e-mail address: confirmed at the new one, told to the old one.

use domain::{
    accounts::paths,
    forms::{Fault, email::Email},
    ids::UserId,
};

use super::{
    super::{
        Accounts, AccountsError, Secret, SessionId, User, clock,
        throttle::{self, Purpose},
        users,
    },
    Kind, store,
};
use crate::mail::{Letter, Recipient, SendMail};

const LASTS: std::time::Duration = clock::hours(24);

impl Accounts {
    /// Sends a link to the new address, and tells the old one. Nothing changes until the link is
    /// opened; another password ends it.
    ///
    /// # Errors
    /// [`AccountsError::Field`] for `password` and `email`.
    pub async fn request_email_change(
        &self,
        user: UserId,
        session: Option<SessionId>,
        password: &str,
        email: &str,
    ) -> Result<(), AccountsError> {
        let (email, key) = self
            .email(email)
            .map_err(|fault| AccountsError::field("email", fault))?;
        self.confirm_password(user, session, password).await?;
        let user = self.existing(user).await?;
        // One's own address in other letters is a change; somebody else's is not possible.
        let owner = users::store::by_key(&self.0.db, Some(&key), None).await?;
        if owner.is_some_and(|owner| owner.user.id != user.id) || email == user.email {
            return Err(AccountsError::field("email", Fault::Taken));
        }
        let tallies = throttle::mail(Purpose::Address, &key, &user.id.to_string());
        self.0.throttle.take(&tallies).await?;
        let mut tx = self.0.db.write().await?;
        let now = self.0.clock.now();
        let (address, shown) = (Some(email.as_str()), masked(&email));
        // A mistyped address must not keep its link.
        let secret =
            super::replace(&mut tx, Kind::Email, Some(user.id), address, now, LASTS).await?;
        let letter = Letter::EmailChange {
            path: paths::email(secret.reveal()),
            nick: user.nick.to_string(),
        };
        let mail = SendMail {
            to: Recipient {
                address: email.into(),
                // A stranger, until the link is opened: no words of others.
                name: None,
                language: user.language,
            },
            letter,
        };
        self.0.jobs.enqueue(&mut tx, &mail).await?;
        // Whoever knows the password need not be the owner, who can stop it until then.
        let warning = Letter::EmailChangeAsked { address: shown };
        self.tell(&mut tx, &user, warning).await?;
        Ok(tx.commit().await?)
    }

    /// Makes the new address true. Works without being logged in: mail is read elsewhere.
    ///
    /// # Errors
    /// [`AccountsError::LinkGone`]; [`AccountsError::Field`] when somebody else has the
    /// address by now.
    pub async fn confirm_email_change(&self, secret: &Secret) -> Result<User, AccountsError> {
        let mut tx = self.0.db.write().await?;
        let now = self.0.clock.now();
        let link = store::take(&mut tx, Kind::Email, &secret.hash(), now).await?;
        let (user, email) = link
            .and_then(|link| Some((link.user?, link.email?)))
            .ok_or(AccountsError::LinkGone)?;
        let old = users::store::within(&mut tx, user)
            .await?
            .ok_or(AccountsError::LinkGone)?;
        let (email, key) = self.email(&email).map_err(|_| AccountsError::LinkGone)?;
        if !users::store::set_email(&mut tx, user, &email, &key)
            .await
            .map_err(Self::taken)?
        {
            return Err(AccountsError::LinkGone);
        }
        // What was mailed to the old address opens nothing any more.
        store::delete_of(&mut tx, user).await?;
        let letter = Letter::EmailChanged {
            address: masked(&email),
        };
        self.tell(&mut tx, &old, letter).await?;
        tx.commit().await?;
        self.user(user).await?.ok_or(AccountsError::LinkGone)
    }
}

/// Enough of the new address to recognise it; whoever reads the old mailbox need not learn it.
fn masked(email: &Email) -> String {
    let (local, domain) = email.as_str().rsplit_once('@').unwrap_or_default();
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}
