//! Invitations, for who may give them.

use leptos::prelude::*;

use super::super::sight::InvitationsSight;
use crate::ui::form::FormError;

/// The invitations there are, and the one that was made just now.
///
/// # Errors
/// When one may not invite.
#[server(prefix = "/ui/accounts", endpoint = "invitations")]
pub async fn invitations() -> Result<InvitationsSight, FormError> {
    use super::super::sight::InvitationSight;
    use crate::context::{
        self,
        account::{self, Once},
    };
    let host = account::host().await?;
    let accounts = context::use_services().accounts;
    let whose = account::whose(&host);
    let all = account::settle(accounts.invitations(whose).await, &[])?;
    Ok(InvitationsSight {
        now: accounts.clock().now(),
        fresh: Once::Invitation.take(),
        invitations: all
            .into_iter()
            .map(|invitation| InvitationSight {
                id: invitation.id,
                email: invitation.email,
                uses: invitation.uses,
                max_uses: invitation.max_uses,
                created_at: invitation.created_at,
                expires_at: invitation.expires_at,
            })
            .collect(),
    })
}

/// Makes an invitation, which the next page shows once, and mails it where it is asked to.
///
/// # Errors
/// What is wrong with the address; when one may not invite.
#[server(prefix = "/ui/accounts", endpoint = "invite")]
pub async fn invite(
    #[server(default)] email: String,
    #[server(default)] uses: String,
    #[server(default)] days: String,
) -> Result<(), FormError> {
    use backend::accounts::NewInvitation;
    use domain::forms::{Fault, FieldFaults, email::Email};

    use crate::context::{
        self,
        account::{self, Once},
    };
    let host = account::host().await?;
    let values = [("email", email.as_str()), ("uses", &uses), ("days", &days)];
    let refuse = |field, fault| FormError::refused(FieldFaults::one(field, fault), values);
    let email = match email.trim() {
        "" => None,
        text => Some(Email::parse(text).map_err(|fault| refuse("email", fault))?),
    };
    let uses = match uses.trim() {
        "" => 1,
        text => text.parse().map_err(|_| refuse("uses", Fault::Invalid))?,
    };
    if !(1..=1000).contains(&uses) {
        return Err(refuse("uses", Fault::Invalid));
    }
    let days = days.parse().map_err(|_| refuse("days", Fault::Invalid))?;
    let new = NewInvitation {
        email,
        uses,
        days,
        language: context::use_visit().language,
    };
    let invited = context::use_services()
        .accounts
        .invite(Some(host.user.id), &new)
        .await;
    let (_, address) = account::settle(invited, &values)?;
    Once::Invitation.carry(&address);
    Ok(())
}

/// Takes an invitation back.
///
/// # Errors
/// When it is gone already, or is another's.
#[server(prefix = "/ui/accounts", endpoint = "revoke_invitation")]
pub async fn revoke_invitation(#[server(default)] id: String) -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let host = account::host().await?;
    let accounts = context::use_services().accounts;
    let revoked = accounts
        .revoke_invitation(account::whose(&host), account::id(&id)?)
        .await;
    account::settle(revoked, &[])?;
    context::say_next(Flash::InvitationRevoked);
    Ok(())
}
