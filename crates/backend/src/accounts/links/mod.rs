//! Addresses that work once, sent by mail or printed at the first start: for a forgotten
//! password, for a new e-mail address, for the first admin.

mod address;
mod reset;
pub(super) mod store;

use std::time::Duration;

use domain::ids::UserId;

pub use self::reset::RequestReset;
use super::{Secret, clock};
use crate::db::{DbError, Tx};

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Reset,
    Email,
    Admin,
}

impl Kind {
    const fn code(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Email => "email",
            Self::Admin => "admin",
        }
    }
}

/// Makes a link in place of the older ones of that kind of that person (or of nobody).
pub(super) async fn replace(
    tx: &mut Tx,
    kind: Kind,
    user: Option<UserId>,
    email: Option<&str>,
    now: i64,
    lasts: Duration,
) -> Result<Secret, DbError> {
    store::delete_kind(tx, kind.code(), user).await?;
    make(tx, kind, user, email, now, lasts).await
}

/// Makes a link beside those that are there.
pub(super) async fn make(
    tx: &mut Tx,
    kind: Kind,
    user: Option<UserId>,
    email: Option<&str>,
    now: i64,
    lasts: Duration,
) -> Result<Secret, DbError> {
    let secret = Secret::generate();
    let row = store::Row {
        hash: &secret.hash(),
        kind: kind.code(),
        user,
        email,
        now,
        expires_at: now + clock::ms(lasts),
    };
    store::insert(tx, &row).await?;
    Ok(secret)
}
