//! Answers to the steps before the code. Each is checked by all rules when it is given, and
//! may be given again.

use bytes::Bytes;
use domain::{
    accounts::{Crop, Step},
    forms::{Fault, name::DisplayName},
    ids::UserId,
    language::Language,
};

use super::{
    super::{Accounts, AccountsError, Client, Secret, clock, users},
    Draft, Entry, store,
};

/// A draft lives that long after its last answer.
pub(super) const LASTS: std::time::Duration = clock::hours(24);

impl Accounts {
    /// The first answer. Begins a draft, or goes on with the one of the cookie; the secret that
    /// comes back belongs into the cookie. Another address asks for another code.
    ///
    /// # Errors
    /// As [`Accounts::may_register`]; [`AccountsError::Field`] `email`.
    pub async fn answer_email(
        &self,
        secret: Option<&Secret>,
        entry: &Entry,
        email: &str,
        language: Language,
    ) -> Result<(Secret, Draft), AccountsError> {
        let now = self.0.clock.now();
        let known = match secret {
            Some(secret) => store::find(&self.0.db, &secret.hash(), now).await?,
            None => None,
        };
        // Who began with an invitation and comes back without its address still has it.
        if known.as_ref().is_none_or(|row| !row.has_entry()) || !matches!(entry, Entry::Open) {
            self.may_register(entry).await?;
        }
        let (email, key) = self
            .email(email)
            .map_err(|fault| AccountsError::field("email", fault))?;
        if users::store::email_taken(&self.0.db, &key).await? {
            return Err(AccountsError::field("email", Fault::Taken));
        }
        let (invitation, admin_link) = match entry {
            Entry::Open => (None, None),
            Entry::Invitation(secret) => (Some(secret.hash()), None),
            Entry::FirstAdmin(secret) => (None, Some(secret.hash())),
        };
        let secret = match (secret, &known) {
            (Some(secret), Some(_)) => secret.clone(),
            _ => Secret::generate(),
        };
        let new = store::Begin {
            id: &secret.hash(),
            user: UserId::generate(),
            language,
            email: email.as_str(),
            email_key: &key,
            invitation,
            admin_link,
            now,
            expires_at: now + clock::ms(LASTS),
        };
        let mut tx = self.0.db.write().await?;
        let row = store::begin(&mut tx, &new).await?;
        tx.commit().await?;
        Ok((secret, row.draft(now)))
    }

    /// The second answer: nick and display name. Without a name the nick is the name.
    ///
    /// # Errors
    /// [`AccountsError::Field`] `nick` or `name`; for suggestions ask
    /// [`Accounts::nick_available`].
    pub async fn answer_nick(
        &self,
        secret: &Secret,
        nick: &str,
        name: &str,
    ) -> Result<Draft, AccountsError> {
        self.at(secret, Step::Nick).await?;
        let (nick, key) = self
            .nick(nick)
            .map_err(|fault| AccountsError::field("nick", fault))?;
        let name = if name.trim().is_empty() {
            nick.as_str()
        } else {
            name
        };
        let name = DisplayName::parse(name).map_err(|fault| AccountsError::field("name", fault))?;
        if !users::store::nicks_taken(&self.0.db, std::slice::from_ref(&key))
            .await?
            .is_empty()
        {
            return Err(AccountsError::field("nick", Fault::Taken));
        }
        self.change(secret, async |tx, id, now, until| {
            store::set_nick(tx, id, &nick, &key, &name, now, until).await
        })
        .await
    }

    /// The third answer.
    ///
    /// # Errors
    /// [`AccountsError::Field`] `password`.
    pub async fn answer_password(
        &self,
        secret: &Secret,
        password: &str,
        client: &Client,
    ) -> Result<Draft, AccountsError> {
        let row = self.at(secret, Step::Password).await?;
        let own = [
            row.nick.as_deref().unwrap_or(""),
            row.email.as_deref().unwrap_or(""),
        ];
        let hash = self
            .0
            .passwords
            .accept(password, &own, &client.network())
            .await?;
        self.change(secret, async |tx, id, now, until| {
            store::set_password(tx, id, &hash, now, until).await
        })
        .await
    }

    /// The fourth answer: a picture.
    ///
    /// # Errors
    /// [`AccountsError::Avatar`] says what is wrong with it; the one before stays.
    pub async fn answer_avatar(
        &self,
        secret: &Secret,
        file: Bytes,
        crop: Option<Crop>,
    ) -> Result<Draft, AccountsError> {
        let row = self.at(secret, Step::Avatar).await?;
        let version = self.0.avatars.make(row.user, file, crop).await?;
        let kept = self
            .change(secret, async |tx, id, now, until| {
                store::set_avatar(tx, id, Some(version), now, until).await
            })
            .await;
        match &kept {
            Ok(_) => {
                if let Some(old) = row.avatar {
                    self.drop_avatar(row.user, old).await;
                }
            }
            Err(_) => self.drop_avatar(row.user, version).await,
        }
        kept
    }

    /// The fourth answer: no picture, or the one that is there already.
    ///
    /// # Errors
    /// [`AccountsError::NotYet`], [`AccountsError::DraftGone`].
    pub async fn keep_avatar(&self, secret: &Secret) -> Result<Draft, AccountsError> {
        let row = self.at(secret, Step::Avatar).await?;
        self.change(secret, async |tx, id, now, until| {
            store::set_avatar(tx, id, row.avatar, now, until).await
        })
        .await
    }

    /// The fourth answer: not the picture that was chosen before.
    ///
    /// # Errors
    /// [`AccountsError::NotYet`], [`AccountsError::DraftGone`].
    pub async fn drop_draft_avatar(&self, secret: &Secret) -> Result<Draft, AccountsError> {
        let row = self.at(secret, Step::Avatar).await?;
        let draft = self
            .change(secret, async |tx, id, now, until| {
                store::set_avatar(tx, id, None, now, until).await
            })
            .await?;
        if let Some(old) = row.avatar {
            self.drop_avatar(row.user, old).await;
        }
        Ok(draft)
    }

    /// One change of a draft that is not over, which lives longer for it.
    async fn change(
        &self,
        secret: &Secret,
        change: impl AsyncFnOnce(
            &mut crate::db::Tx,
            &str,
            i64,
            i64,
        ) -> Result<Option<store::Row>, crate::db::DbError>,
    ) -> Result<Draft, AccountsError> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.write().await?;
        let row = change(&mut tx, &secret.hash(), now, now + clock::ms(LASTS))
            .await?
            .ok_or(AccountsError::DraftGone)?;
        tx.commit().await?;
        Ok(row.draft(now))
    }
}
