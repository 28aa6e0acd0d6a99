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
    /// No address: the cookie of a registration that has become somebody.
    Arrival,
}

impl Kind {
    const fn code(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Email => "email",
            Self::Admin => "admin",
            Self::Arrival => "arrival",
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

/// Ends the links for a first admin: there is one.
pub(super) async fn end_first_admin(tx: &mut Tx) -> Result<(), DbError> {
    store::delete_kind(tx, Kind::Admin.code(), None).await
}

/// For an hour the cookie of a registration says whom it has become.
pub(super) async fn keep_arrival(
    tx: &mut Tx,
    cookie: &Secret,
    user: UserId,
    now: i64,
) -> Result<(), DbError> {
    let row = store::Row {
        hash: &cookie.hash(),
        kind: Kind::Arrival.code(),
        user: Some(user),
        email: None,
        now,
        expires_at: now + clock::ms(clock::hours(1)),
    };
    store::insert(tx, &row).await
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
