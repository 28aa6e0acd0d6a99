//! Coming in and going out.

use leptos::prelude::*;

use crate::ui::form::FormError;

/// Logs in. What was wrong is never told: nobody learns whose names are known here.
///
/// # Errors
/// The same for an unknown name and a wrong password; how long to wait for who tries many.
#[server(prefix = "/ui/accounts", endpoint = "log_in")]
pub async fn log_in(
    #[server(default)] login: String,
    #[server(default)] password: String,
    #[server(default)] remember: bool,
    #[server(default)] next: String,
) -> Result<(), FormError> {
    use domain::{accounts::paths, forms::required};

    use crate::context::{self, account::settle};
    let values = [
        ("login", login.as_str()),
        ("remember", if remember { "true" } else { "" }),
    ];
    required(&[("login", &login), ("password", &password)])
        .map_err(|faults| FormError::refused(faults, values))?;
    let accounts = context::use_services().accounts;
    let client = context::use_client();
    let entered = accounts.log_in(&login, &password, remember, &client).await;
    let (user, session) = settle(entered, &values)?;
    // The session before this one in this browser ends: it cannot be reached any more.
    if let Some(before) = context::session_secret() {
        settle(accounts.log_out(&before).await, &[])?;
    }
    context::begin_session(&session);
    context::set_cookie(
        context::LANGUAGE_COOKIE,
        user.language.code(),
        context::YEAR,
    );
    context::set_cookie(context::THEME_COOKIE, user.theme.code(), context::YEAR);
    context::redirect(if user.is_leaving() {
        paths::STAY
    } else {
        &next
    });
    Ok(())
}

/// Logs this browser out. Twice is no mistake.
///
/// # Errors
/// When the database refuses: then the session goes on.
#[server(prefix = "/ui/accounts", endpoint = "log_out")]
pub async fn log_out() -> Result<(), FormError> {
    use crate::{
        context::{self, account::settle},
        shell::flash::Flash,
    };
    if let Some(secret) = context::session_secret() {
        settle(context::use_services().accounts.log_out(&secret).await, &[])?;
    }
    context::forget_session();
    context::say_next(Flash::LoggedOut);
    context::redirect(domain::routes::HOME);
    Ok(())
}
