//! People: registration step by step, logging in, sessions and tokens, profile and settings,
//! leaving. Everything about them that pages, the API and the command line can do is a method
//! of [`Accounts`].
//!
//! What proves who somebody is (passwords, secrets, codes) is kept as a hash only. What two
//! people could want at the same moment is decided by constraints and conditional updates,
//! never by having looked before.

mod access;
mod admin;
pub mod avatar;
mod client;
mod clock;
mod error;
mod fold;
mod invitations;
mod key;
mod leaving;
mod links;
mod passwords;
mod registrations;
mod rows;
mod secret;
mod sessions;
mod throttle;
mod tidy;
mod tokens;
mod users;

use std::sync::Arc;

use domain::accounts::RegistrationMode;
pub use domain::ids::SessionId;

pub(crate) use self::users::hold;
use self::{access::Signer, avatar::Avatars, passwords::Passwords, throttle::Throttle};
pub use self::{
    access::{Bearer, Program, TokenPair},
    admin::FirstAdmin,
    client::Client,
    clock::Clock,
    error::AccountsError,
    fold::{email_key, nick_key},
    invitations::{Invitation, NewInvitation},
    key::{Key, ShortSecret},
    leaving::RemoveAccount,
    links::RequestReset,
    passwords::Verdict,
    registrations::{CodeSent, Confirmed, Draft, Entry},
    secret::Secret,
    sessions::{New as NewSession, Session, Visit, Visitor},
    tidy::TidyAccounts,
    tokens::Token,
    users::{Availability, NewUser, Settings as UserSettings, User},
};
use crate::{
    Settings,
    db::{Db, Tx},
    jobs::Jobs,
    mail::{Letter, Recipient, SendMail},
    storage::Storage,
};

/// What is set about people from outside.
#[derive(Clone)]
pub struct Options {
    /// `KADR_SECRET`, or what the server keeps in its data folder. Without one, a random one:
    /// what it signs is good for this process alone.
    pub secret: String,
    /// `KADR_REGISTRATION`.
    pub registration: RegistrationMode,
    /// `KADR_TOKEN_MINUTES`.
    pub token_minutes: u32,
    /// `KADR_ADMIN_EMAIL` and `KADR_ADMIN_PASSWORD`.
    pub admin: Option<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            secret: Secret::generate().reveal().to_owned(),
            registration: RegistrationMode::default(),
            token_minutes: 60,
            admin: None,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the secret nor the password.
        f.debug_struct("Options")
            .field("registration", &self.registration)
            .field("token_minutes", &self.token_minutes)
            .finish_non_exhaustive()
    }
}

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    jobs: Jobs,
    avatars: Avatars,
    passwords: Passwords,
    throttle: Throttle,
    key: Key,
    signer: Signer,
    clock: Clock,
    options: Options,
    token_minutes: u32,
    public_url: String,
}

impl Accounts {
    /// The service over an open database.
    ///
    /// # Errors
    /// When there is no secret to sign with.
    pub fn open(
        db: Db,
        jobs: Jobs,
        storage: Storage,
        settings: &Settings,
    ) -> Result<Self, ShortSecret> {
        let options = settings.accounts.clone();
        let key = Key::of(&options.secret)?;
        let clock = Clock::default();
        Ok(Self(Arc::new(Inner {
            throttle: Throttle::new(db.clone(), clock.clone()),
            signer: Signer::new(&key),
            avatars: Avatars::new(storage),
            passwords: Passwords::default(),
            token_minutes: options.token_minutes.max(1),
            public_url: settings.public_url.trim_end_matches('/').to_owned(),
            db,
            jobs,
            key,
            clock,
            options,
        })))
    }

    /// Who may register.
    #[must_use]
    pub fn registration(&self) -> RegistrationMode {
        self.0.options.registration
    }

    /// The pictures, for who serves them.
    #[must_use]
    pub fn avatars(&self) -> &Avatars {
        &self.0.avatars
    }

    /// How strong a new password is: the answer to a field while it is typed.
    ///
    /// # Errors
    /// [`AccountsError::Busy`].
    pub async fn judge_password(
        &self,
        text: &str,
        own: &[&str],
        client: &Client,
    ) -> Result<Verdict, AccountsError> {
        let network = client.network();
        self.0.passwords.judge(text, own, &network).await
    }

    /// The time of this service. Tests let it pass.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.public_url)
    }

    /// Writes somebody a mail, in the transaction of what it is about.
    async fn tell(&self, tx: &mut Tx, user: &User, letter: Letter) -> Result<(), AccountsError> {
        let mail = SendMail {
            to: Recipient {
                address: user.email.as_str().to_owned(),
                name: Some(user.name.as_str().to_owned()),
                language: user.language,
            },
            letter,
        };
        self.0.jobs.enqueue(tx, &mail).await?;
        Ok(())
    }
}
