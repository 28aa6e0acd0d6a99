//! What the settings show: an account as its owner may see it.

use domain::{
    accounts::{Scopes, Visibility},
    ids::{InvitationId, TokenId},
};
use serde::{Deserialize, Serialize};

/// The account itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSight {
    pub email: String,
    pub nick: String,
    pub name: String,
    pub bio: String,
    /// The address of the picture, where there is one.
    pub picture: Option<String>,
    /// An SVG for as long as there is none.
    pub initials: String,
    pub visibility: Visibility,
    /// It will be deleted then (ms UTC).
    pub leaves_at: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsSight {
    pub now: i64,
    /// Of browsers.
    pub sessions: Vec<LogInSight>,
    /// Of programs that showed name and password.
    pub programs: Vec<LogInSight>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogInSight {
    /// What ends it.
    pub id: String,
    pub address: String,
    pub agent: String,
    pub created_at: i64,
    pub used_at: i64,
    /// The one that is looking.
    pub here: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensSight {
    pub now: i64,
    pub is_admin: bool,
    /// One that was made just now, for the only time.
    pub fresh: Option<String>,
    pub tokens: Vec<TokenSight>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSight {
    pub id: TokenId,
    pub name: String,
    pub scopes: Scopes,
    /// Its last four characters.
    pub hint: String,
    pub created_at: i64,
    pub used_at: Option<i64>,
    pub expires_at: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationsSight {
    pub now: i64,
    /// The address of one that was made just now, for the only time.
    pub fresh: Option<String>,
    pub invitations: Vec<InvitationSight>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationSight {
    pub id: InvitationId,
    pub email: Option<String>,
    pub uses: u32,
    pub max_uses: u32,
    pub created_at: i64,
    pub expires_at: i64,
}
