//! Tokens for programs.

use leptos::prelude::*;

use super::super::sight::TokensSight;
use crate::ui::form::FormError;

/// The tokens there are, and the one that was made just now.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/accounts", endpoint = "tokens")]
pub async fn tokens() -> Result<TokensSight, FormError> {
    use super::super::sight::TokenSight;
    use crate::context::{
        self,
        account::{self, Once},
    };
    let user = account::person().await?.user;
    let accounts = context::use_services().accounts;
    let tokens = account::settle(accounts.tokens(user.id).await, &[])?;
    Ok(TokensSight {
        now: accounts.clock().now(),
        is_admin: user.role.is_admin(),
        fresh: Once::Token.take(),
        tokens: tokens
            .into_iter()
            .map(|token| TokenSight {
                id: token.id,
                name: token.name,
                scopes: token.scopes,
                hint: token.hint,
                created_at: token.created_at,
                used_at: token.used_at,
                expires_at: token.expires_at,
            })
            .collect(),
    })
}

/// Makes a token, which the next page shows once.
///
/// # Errors
/// What is wrong with its name; when it may do nothing.
#[server(prefix = "/ui/accounts", endpoint = "create_token")]
pub async fn create_token(
    #[server(default)] name: String,
    #[server(default)] read: bool,
    #[server(default)] upload: bool,
    #[server(default)] write: bool,
    #[server(default)] admin: bool,
    /// For how long; empty for ever.
    #[server(default)]
    days: String,
) -> Result<(), FormError> {
    use domain::accounts::{Scope, Scopes};

    use crate::context::{
        self,
        account::{self, Once},
    };
    let user = account::person().await?.user;
    let wanted = [
        (Scope::Read, read),
        (Scope::Upload, upload),
        (Scope::Write, write),
        // Nobody gives away what they do not have.
        (Scope::Admin, admin && user.role.is_admin()),
    ];
    let scopes: Scopes = wanted
        .iter()
        .filter_map(|(scope, wanted)| wanted.then_some(*scope))
        .collect();
    let ticked = wanted
        .iter()
        .map(|(scope, wanted)| (scope.code(), if *wanted { "true" } else { "" }));
    let values: Vec<_> = [("name", name.as_str()), ("days", days.as_str())]
        .into_iter()
        .chain(ticked)
        .collect();
    let lasts = match days.as_str() {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|_| account::invalid("days", &values))?,
        ),
    };
    let made = context::use_services()
        .accounts
        .create_token(user.id, &name, &scopes, lasts)
        .await;
    let (_, secret) = account::settle(made, &values)?;
    Once::Token.carry(secret.reveal());
    Ok(())
}

/// Ends a token.
///
/// # Errors
/// When it is gone already.
#[server(prefix = "/ui/accounts", endpoint = "revoke_token")]
pub async fn revoke_token(#[server(default)] id: String) -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    let accounts = context::use_services().accounts;
    let revoked = accounts.revoke_token(user, account::id(&id)?).await;
    account::settle(revoked, &[])?;
    context::say_next(Flash::TokenRevoked);
    Ok(())
}
