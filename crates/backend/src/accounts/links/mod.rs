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

/// Makes a link; the older ones of that kind of that person (or of nobody) end.
pub(super) async fn make(
    tx: &mut Tx,
    kind: Kind,
    user: Option<UserId>,
    email: Option<&str>,
    now: i64,
    lasts: Duration,
) -> Result<Secret, DbError> {
    let secret = Secret::generate();
    store::delete_kind(tx, kind.code(), user).await?;
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
