//! Answers to the steps before the code. Each is checked by all rules when it is given, and
//! may be given again.

use bytes::Bytes;
use domain::{
    accounts::{Crop, Step},
    forms::{Fault, name::DisplayName},
    ids::{AvatarId, UserId},
    language::Language,
};

use super::{
    super::{Accounts, AccountsError, Client, Secret, clock, fold, users},
    Draft, Entry, store, traces,
};

/// A draft lives that long after its last answer.
pub(super) const LASTS: std::time::Duration = clock::hours(24);

impl Accounts {
    /// The first answer. Begins a draft, or goes on with the one of the cookie; the secret that
    /// comes back belongs into the cookie. Another address asks for another code,
    /// and for another password when the one before could hold it.
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
        let (invitation, admin_link) = entry.hashes();
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
        let mut row = store::begin(&mut tx, &new).await?;
        if traces::could_hold(&self.0.key, &secret, &row, email.as_str()) {
            row = store::lose_password(&mut tx, &row.id).await?.unwrap_or(row);
        }
        tx.commit().await?;
        Ok((secret, row.draft(now)))
    }

    /// The second answer: nick and display name. Without a name the nick is the name. A password
    /// that was chosen before and could hold the nick is asked for anew.
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
        if !users::store::nicks_taken(&self.0.db, &fold::all_keys(&nick))
            .await?
            .is_empty()
        {
            return Err(AccountsError::field("nick", Fault::Taken));
        }
        self.change(secret, async |tx, id, now, until| {
            let row = store::set_nick(tx, id, &nick, &key, &name, now, until).await?;
            match row {
                Some(row) if traces::could_hold(&self.0.key, secret, &row, nick.as_str()) => {
                    store::lose_password(tx, id).await
                }
                row => Ok(row),
            }
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
        let traces = traces::of(&self.0.key, secret, password);
        self.change(secret, async |tx, id, now, until| {
            store::set_password(tx, id, &hash, &traces, now, until).await
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
        let kept = self.put_draft_avatar(secret, Some(version)).await;
        if kept.is_err() {
            self.drop_avatar(row.user, version).await;
        }
        kept
    }

    /// The fourth answer: no picture, or the one that is there already.
    ///
    /// # Errors
    /// [`AccountsError::NotYet`], [`AccountsError::DraftGone`].
    pub async fn keep_avatar(&self, secret: &Secret) -> Result<Draft, AccountsError> {
        self.at(secret, Step::Avatar).await?;
        self.change(secret, store::keep_avatar).await
    }

    /// The fourth answer: not the picture that was chosen before.
    ///
    /// # Errors
    /// [`AccountsError::NotYet`], [`AccountsError::DraftGone`].
    pub async fn drop_draft_avatar(&self, secret: &Secret) -> Result<Draft, AccountsError> {
        self.at(secret, Step::Avatar).await?;
        self.put_draft_avatar(secret, None).await
    }

    /// Puts a picture, or none, in the place of the one that is there by now.
    async fn put_draft_avatar(
        &self,
        secret: &Secret,
        avatar: Option<AvatarId>,
    ) -> Result<Draft, AccountsError> {
        let mut old = None;
        let draft = self
            .change(secret, async |tx, id, now, until| {
                let Some(before) = store::keep_avatar(tx, id, now, until).await? else {
                    return Ok(None);
                };
                old = before.avatar;
                store::set_avatar(tx, id, avatar).await
            })
            .await?;
        if let Some(old) = old {
            self.drop_avatar(draft.user, old).await;
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
