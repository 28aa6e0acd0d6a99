//! A forgotten password.

use leptos::prelude::*;

use crate::ui::form::FormError;

/// Asks for a link by mail. The answer is the same for every address.
///
/// # Errors
/// When it is no address, or asked for too often.
#[server(prefix = "/ui/accounts", endpoint = "ask_reset")]
pub async fn ask_reset(#[server(default)] email: String) -> Result<(), FormError> {
    use crate::context::{self, account::settle};
    let accounts = context::use_services().accounts;
    let language = context::use_visit().language;
    let asked = accounts
        .request_reset(&email, language, &context::use_client())
        .await;
    settle(asked, &[("email", &email)])?;
    context::redirect("/reset?sent=1");
    Ok(())
}

/// Whether a link still works. Does not use it up: programs that look into mails open links.
///
/// # Errors
/// When nobody can tell.
#[server(prefix = "/ui/accounts", endpoint = "reset_works")]
pub async fn reset_works(#[server(default)] key: String) -> Result<bool, FormError> {
    use backend::accounts::Secret;

    use crate::context::{self, account::settle};
    let Some(secret) = Secret::parse(&key) else {
        return Ok(false);
    };
    let accounts = context::use_services().accounts;
    settle(accounts.reset_works(&secret).await, &[])
}

/// Sets the new password. All log-ins end, also the one of this browser.
///
/// # Errors
/// What is wrong with the password, and then the link works on; a link that is gone.
#[server(prefix = "/ui/accounts", endpoint = "reset_password")]
pub async fn reset_password(
    #[server(default)] key: String,
    #[server(default)] new_password: String,
) -> Result<(), FormError> {
    use backend::accounts::{AccountsError, Secret};
    use domain::accounts::paths;

    use crate::{
        context::{self, account::settle},
        shell::flash::Flash,
    };
    let accounts = context::use_services().accounts;
    let reset = match Secret::parse(&key) {
        Some(secret) => {
            let client = context::use_client();
            accounts
                .reset_password(&secret, &new_password, &client)
                .await
        }
        None => Err(AccountsError::LinkGone),
    };
    settle(reset, &[])?;
    context::forget_session();
    context::say_next(Flash::PasswordReset);
    context::redirect(paths::LOGIN);
    Ok(())
}
