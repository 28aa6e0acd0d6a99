//! The server functions of the settings. All of them are about who is logged in; there is no
//! way to name somebody else.

mod account;
mod invitations;
mod sessions;
mod tokens;

pub(super) use self::{
    account::{
        AskEmail, ChangePassword, ConfirmEmail, Leave, RemoveAvatar, SaveDefaults, SaveProfile,
        Stay, account,
    },
    invitations::{Invite, RevokeInvitation, invitations},
    sessions::{RevokeOthers, RevokeProgram, RevokeSession, sessions},
    tokens::{CreateToken, RevokeToken, tokens},
};
