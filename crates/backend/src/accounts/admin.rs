//! The first admin: from the settings, or by a link that is printed at the start.

use domain::{
    accounts::{Role, paths},
    forms::{Fault, email::Email},
    language::Language,
};

use super::{Accounts, AccountsError, NewUser, clock, links, users};

/// What came of looking for an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstAdmin {
    /// There is one.
    Present,
    /// From `KADR_ADMIN_EMAIL`; the nick.
    Created(String),
    /// Whoever opens this address first registers as admin. To be printed.
    Link(String),
}

impl Accounts {
    /// Sees to it that there is, or can be, an admin. To be called once when the server starts;
    /// each call without an admin makes one more link: what an earlier start printed, or that of
    /// another server, goes on working. They all end when there is an admin.
    ///
    /// # Errors
    /// [`AccountsError::Field`] when `KADR_ADMIN_EMAIL` or `KADR_ADMIN_PASSWORD` will not do.
    pub async fn first_admin(&self) -> Result<FirstAdmin, AccountsError> {
        if users::store::has_admin(&self.0.db).await? {
            let mut tx = self.0.db.write().await?;
            links::end_first_admin(&mut tx).await?;
            tx.commit().await?;
            return Ok(FirstAdmin::Present);
        }
        if let Some((email, password)) = &self.0.options.admin {
            let email =
                Email::parse(email).map_err(|fault| AccountsError::field("email", fault))?;
            let new = NewUser {
                email: email.clone(),
                nick: None,
                name: None,
                role: Role::Admin,
                language: Language::default(),
                password: Some(password.clone()),
            };
            // Somebody who registered with it, or whom another server has just made, is the one.
            let user = match self.set_role(email.as_str(), Role::Admin).await {
                Err(AccountsError::Unknown) => match self.create_user(new).await {
                    Err(AccountsError::Field {
                        field: "email",
                        fault: Fault::Taken,
                    }) => self.set_role(email.as_str(), Role::Admin).await?,
                    created => created?.0,
                },
                known => known?,
            };
            return Ok(FirstAdmin::Created(user.nick.into()));
        }
        let mut tx = self.0.db.write().await?;
        let now = self.0.clock.now();
        let secret = links::make(
            &mut tx,
            links::Kind::Admin,
            None,
            None,
            now,
            clock::days(30),
        )
        .await?;
        tx.commit().await?;
        Ok(FirstAdmin::Link(
            self.url(&paths::first_admin(secret.reveal())),
        ))
    }
}
