//! What people decide about themselves, and what admins decide about them.

use bytes::Bytes;
use domain::{
    accounts::{Bio, Crop, Nick, Role, VideoDefaults},
    forms::{Fault, email::Email, name::DisplayName},
    ids::{AvatarId, UserId},
    language::Language,
    theme::Theme,
};
use unicode_normalization::UnicodeNormalization as _;

use super::{
    super::{Accounts, AccountsError, Secret, clock, fold, links},
    User, store,
};
use crate::db::DbError;

/// Settings to change; what is not given stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    pub language: Option<Language>,
    pub theme: Option<Theme>,
    pub video_defaults: Option<VideoDefaults>,
}

/// The answer to "may I have this one?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    Free,
    /// With others that are free, for a nick.
    Taken(Vec<String>),
    /// Nobody can have it.
    Refused(Fault),
}

/// Somebody an admin adds.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: Email,
    /// Without one, the e-mail's local part, digits after it if taken.
    pub nick: Option<Nick>,
    pub name: Option<DisplayName>,
    pub role: Role,
    pub language: Language,
    /// Without one, a link to set it is made.
    pub password: Option<String>,
}

/// How many suggestions a person wants to read.
const SUGGESTIONS: usize = 3;

impl Accounts {
    /// Whether an address is free. Answers nothing else, so that nobody learns whose it is.
    ///
    /// # Errors
    /// When the database refuses: "could not check" is not "free".
    pub async fn email_available(&self, text: &str) -> Result<Availability, AccountsError> {
        Ok(match self.email(text) {
            Err(fault) => Availability::Refused(fault),
            Ok((_, key)) if store::email_taken(&self.0.db, &key).await? => {
                Availability::Taken(Vec::new())
            }
            Ok(_) => Availability::Free,
        })
    }

    /// Whether a nick is free, and what else would be.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn nick_available(&self, text: &str) -> Result<Availability, AccountsError> {
        Ok(match self.nick(text) {
            Err(fault) => Availability::Refused(fault),
            Ok((nick, _)) => {
                if store::nicks_taken(&self.0.db, &fold::all_keys(&nick))
                    .await?
                    .is_empty()
                {
                    Availability::Free
                } else {
                    Availability::Taken(self.suggest(&nick).await?)
                }
            }
        })
    }

    /// An address and its key, by all rules.
    pub(in crate::accounts) fn email(&self, text: &str) -> Result<(Email, String), Fault> {
        let email = Email::parse(text)?;
        let key = fold::email_key(&email).ok_or(Fault::NotAnEmail)?;
        Ok((email, key))
    }

    /// A nick and its key, by all rules. Letters that were typed in two strokes become one.
    pub(in crate::accounts) fn nick(&self, text: &str) -> Result<(Nick, String), Fault> {
        let composed: String = text
            .chars()
            .take(4 * domain::accounts::nick::MAX_LENGTH)
            .nfc()
            .collect();
        let nick = Nick::parse(&composed)?;
        if fold::looks_reserved(&nick) {
            return Err(Fault::Reserved);
        }
        let key = fold::nick_key(&nick);
        Ok((nick, key))
    }

    /// A few free nicks near one that is not.
    pub(in crate::accounts) async fn suggest(
        &self,
        taken: &Nick,
    ) -> Result<Vec<String>, AccountsError> {
        let mut wanted: Vec<(Nick, String)> = Vec::new();
        let mut suffixes: Vec<String> = ["2", "_tv", ".film", "7", "_1"].map(str::to_owned).into();
        suffixes.extend((0..6).map(|_| (rand::random::<u32>() % 900 + 100).to_string()));
        for suffix in suffixes {
            let room = domain::accounts::nick::MAX_LENGTH - suffix.len();
            let stem: String = taken.as_str().chars().take(room).collect();
            let stem = stem.trim_end_matches(['_', '.', '-']);
            // What mixes scripts or looks reserved is no suggestion.
            if let Ok(nick) = self.nick(&format!("{stem}{suffix}"))
                && wanted.iter().all(|(_, key)| *key != nick.1)
            {
                wanted.push(nick);
            }
        }
        let keys: Vec<String> = wanted.iter().map(|(_, key)| key.clone()).collect();
        let taken = store::nicks_taken(&self.0.db, &keys).await?;
        Ok(wanted
            .into_iter()
            .filter(|(_, key)| !taken.contains(key))
            .map(|(nick, _)| nick.into())
            .take(SUGGESTIONS)
            .collect())
    }

    /// Changes name and bio.
    ///
    /// # Errors
    /// [`AccountsError::Field`] says what to mend.
    pub async fn save_profile(
        &self,
        user: UserId,
        name: &str,
        bio: &str,
    ) -> Result<(), AccountsError> {
        let name = DisplayName::parse(name).map_err(|fault| AccountsError::field("name", fault))?;
        let bio = Bio::parse(bio).map_err(|fault| AccountsError::field("bio", fault))?;
        let mut tx = self.0.db.write().await?;
        let found = store::set_profile(&mut tx, user, &name, &bio).await?;
        tx.commit().await?;
        if found {
            Ok(())
        } else {
            Err(AccountsError::NotLoggedIn)
        }
    }

    /// Gives somebody another nick. The old one is free at once.
    ///
    /// # Errors
    /// [`AccountsError::Field`] says what to mend; it is [`Fault::Taken`] by the constraint.
    pub async fn change_nick(&self, user: UserId, nick: &str) -> Result<Nick, AccountsError> {
        let (nick, key) = self
            .nick(nick)
            .map_err(|fault| AccountsError::field("nick", fault))?;
        if let Some(small) = fold::small_key(&nick)
            && !store::nicks_taken(&self.0.db, &[small]).await?.is_empty()
        {
            return Err(AccountsError::field("nick", Fault::Taken));
        }
        let mut tx = self.0.db.write().await?;
        match store::set_nick(&mut tx, user, &nick, &key).await {
            Ok(true) => {
                tx.commit().await?;
                Ok(nick)
            }
            Ok(false) => Err(AccountsError::NotLoggedIn),
            Err(error) if error.is_unique(store::NICK) => {
                Err(AccountsError::field("nick", Fault::Taken))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Changes language, theme and the defaults of new videos.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_settings(
        &self,
        user: UserId,
        settings: Settings,
    ) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        let found = store::set_settings(&mut tx, user, &settings).await?;
        tx.commit().await?;
        if found {
            Ok(())
        } else {
            Err(AccountsError::NotLoggedIn)
        }
    }

    /// Gives somebody a new avatar; the files of the old one are dropped.
    ///
    /// # Errors
    /// [`AccountsError::Avatar`] says what is wrong with the picture.
    pub async fn change_avatar(
        &self,
        user: UserId,
        file: Bytes,
        crop: Option<Crop>,
    ) -> Result<AvatarId, AccountsError> {
        let version = self.0.avatars.make(user, file, crop).await?;
        match self.put_avatar(user, Some(version)).await {
            Ok(()) => Ok(version),
            Err(error) => {
                self.drop_avatar(user, version).await;
                Err(error)
            }
        }
    }

    /// Back to initials.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_avatar(&self, user: UserId) -> Result<(), AccountsError> {
        self.put_avatar(user, None).await
    }

    async fn put_avatar(
        &self,
        user: UserId,
        avatar: Option<AvatarId>,
    ) -> Result<(), AccountsError> {
        let mut tx = self.0.db.write().await?;
        let old = store::set_avatar(&mut tx, user, avatar)
            .await?
            .ok_or(AccountsError::NotLoggedIn)?;
        tx.commit().await?;
        if let Some(old) = old {
            self.drop_avatar(user, old).await;
        }
        Ok(())
    }

    /// Forgets files that nobody refers to. If it fails they go with the account.
    pub(in crate::accounts) async fn drop_avatar(&self, user: UserId, version: AvatarId) {
        if let Err(error) = self.0.avatars.delete(user, version).await {
            tracing::warn!(%error, %user, %version, "an old avatar could not be removed");
        }
    }

    /// Adds somebody without a registration (`kadr admin create-user`, `KADR_ADMIN_*`). With
    /// a secret when a password is still to be set: the link for it is `/reset?key=…`.
    ///
    /// # Errors
    /// [`AccountsError::Field`] says what to mend.
    pub async fn create_user(&self, new: NewUser) -> Result<(User, Option<Secret>), AccountsError> {
        let email_key =
            fold::email_key(&new.email).ok_or(AccountsError::field("email", Fault::NotAnEmail))?;
        let local = new
            .email
            .as_str()
            .rsplit_once('@')
            .map_or("", |(local, _)| local);
        let password = match &new.password {
            Some(text) => {
                let own = [local, new.nick.as_ref().map_or(local, Nick::as_str)];
                self.0.passwords.accept(text, &own, "").await?
            }
            // Nobody can log in with it.
            None => "-".to_owned(),
        };
        for round in 0..50_u32 {
            let (nick, nick_key) = match &new.nick {
                Some(nick) => self
                    .nick(nick.as_str())
                    .map_err(|f| AccountsError::field("nick", f))?,
                None => self.nick_from(local, round)?,
            };
            let name = match &new.name {
                Some(name) => name.clone(),
                None => DisplayName::parse(nick.as_str())
                    .map_err(|fault| AccountsError::field("name", fault))?,
            };
            let row = store::New {
                id: UserId::generate(),
                email: &new.email,
                email_key: &email_key,
                nick: &nick,
                nick_key: &nick_key,
                name: &name,
                password: &password,
                role: new.role,
                avatar: None,
                language: new.language,
                now: self.0.clock.now(),
            };
            let mut tx = self.0.db.write().await?;
            if store::insert(&mut tx, &row).await? {
                let link = if new.password.is_none() {
                    Some(
                        links::make(
                            &mut tx,
                            links::Kind::Reset,
                            Some(row.id),
                            None,
                            row.now,
                            clock::days(7),
                        )
                        .await?,
                    )
                } else {
                    None
                };
                tx.commit().await?;
                return Ok((self.existing(row.id).await?, link));
            }
            let (email_taken, _) = store::who_has(&mut tx, &email_key, &nick_key).await?;
            tx.rollback().await?;
            if email_taken {
                return Err(AccountsError::field("email", Fault::Taken));
            }
            if new.nick.is_some() {
                return Err(AccountsError::field("nick", Fault::Taken));
            }
        }
        Err(AccountsError::field("nick", Fault::Taken))
    }

    /// A nick from the local part of an address: what does not fit is left out, digits are
    /// added from the second round on.
    fn nick_from(&self, local: &str, round: u32) -> Result<(Nick, String), AccountsError> {
        let mut stem = String::new();
        for c in local.chars().take(20) {
            let fits = c.is_alphanumeric()
                || (matches!(c, '.' | '_' | '-') && stem.ends_with(char::is_alphanumeric));
            if fits {
                stem.push(c);
            }
        }
        let stem = stem.trim_end_matches(['.', '_', '-']);
        let digits = if round == 0 {
            String::new()
        } else {
            (round + 1).to_string()
        };
        let wanted = [
            format!("{stem}{digits}"),
            format!("{stem}.{}", round + 10),
            // The admin whose address is admin@…: the word itself is reserved.
            format!("{stem}_home{digits}"),
            format!("person{}", round + 100),
        ];
        wanted
            .iter()
            .find_map(|text| self.nick(text).ok())
            .ok_or(AccountsError::field("nick", Fault::Invalid))
    }

    /// Makes somebody an admin or no longer one.
    ///
    /// # Errors
    /// [`AccountsError::Unknown`]; [`AccountsError::LastAdmin`].
    pub async fn set_role(&self, login: &str, role: Role) -> Result<User, AccountsError> {
        let user = self.known(login).await?.ok_or(AccountsError::Unknown)?.user;
        let mut tx = self.0.db.write().await?;
        if role != Role::Admin
            && user.role.is_admin()
            && store::other_admins(&mut tx, user.id).await? == 0
        {
            return Err(AccountsError::LastAdmin);
        }
        if !store::set_role(&mut tx, user.id, role).await? {
            return Err(AccountsError::Unknown);
        }
        tx.commit().await?;
        self.user(user.id).await?.ok_or(AccountsError::Unknown)
    }

    pub(in crate::accounts) fn taken(error: DbError) -> AccountsError {
        if error.is_unique(store::EMAIL) {
            AccountsError::field("email", Fault::Taken)
        } else {
            error.into()
        }
    }
}
