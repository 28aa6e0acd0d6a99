//! Profile, address, password, leaving.

use leptos::prelude::*;

use super::super::sight::AccountSight;
use crate::ui::form::FormError;

/// The account of who is logged in.
///
/// # Errors
/// When nobody is.
#[server(prefix = "/ui/accounts", endpoint = "account")]
pub async fn account() -> Result<AccountSight, FormError> {
    let visitor = crate::context::account::person().await?;
    let picture = visitor.viewer();
    let user = visitor.user;
    Ok(AccountSight {
        picture: user.avatar.map(|_| picture.avatar_href(192)),
        initials: user.initials().svg(),
        email: user.email.into(),
        nick: user.nick.into(),
        name: user.name.into(),
        bio: user.bio.into(),
        visibility: user.video_defaults.visibility,
        leaves_at: user.leaves_at,
    })
}

/// Changes name and bio.
///
/// # Errors
/// What is wrong at which field.
#[server(prefix = "/ui/accounts", endpoint = "save_profile")]
pub async fn save_profile(
    #[server(default)] name: String,
    #[server(default)] bio: String,
) -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    let saved = context::use_services()
        .accounts
        .save_profile(user, &name, &bio)
        .await;
    account::settle(saved, &[("name", &name), ("bio", &bio)])?;
    context::say_next(Flash::Saved);
    Ok(())
}

/// Back to initials.
///
/// # Errors
/// When nobody is logged in.
#[server(prefix = "/ui/accounts", endpoint = "remove_avatar")]
pub async fn remove_avatar() -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    let removed = context::use_services().accounts.remove_avatar(user).await;
    account::settle(removed, &[])?;
    context::say_next(Flash::Saved);
    Ok(())
}

/// Changes what new videos begin with.
///
/// # Errors
/// When there is no such choice.
#[server(prefix = "/ui/accounts", endpoint = "save_defaults")]
pub async fn save_defaults(#[server(default)] visibility: String) -> Result<(), FormError> {
    use backend::accounts::UserSettings;
    use domain::{
        accounts::{VideoDefaults, Visibility},
        forms::{Fault, FieldFaults},
    };

    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    let visibility: Visibility = visibility
        .parse()
        .map_err(|_| FormError::refused(FieldFaults::one("visibility", Fault::Invalid), []))?;
    let settings = UserSettings {
        video_defaults: Some(VideoDefaults { visibility }),
        ..UserSettings::default()
    };
    let accounts = context::use_services().accounts;
    account::settle(accounts.save_settings(user, settings).await, &[])?;
    context::say_next(Flash::Saved);
    Ok(())
}

/// Sends a link to a new address.
///
/// # Errors
/// What is wrong with address or password.
#[server(prefix = "/ui/accounts", endpoint = "ask_email")]
pub async fn ask_email(
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let visitor = account::person().await?;
    let asked = context::use_services()
        .accounts
        .request_email_change(visitor.user.id, visitor.session(), &password, &email)
        .await;
    account::settle(asked, &[("email", &email)])?;
    context::say_next(Flash::EmailAsked);
    Ok(())
}

/// Makes a new address true, by the link in the mail to it.
///
/// # Errors
/// A link that is gone; an address that somebody else has by now.
#[server(prefix = "/ui/accounts", endpoint = "confirm_email")]
pub async fn confirm_email(#[server(default)] key: String) -> Result<(), FormError> {
    use backend::accounts::{AccountsError, Secret};
    use domain::accounts::paths;

    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let accounts = context::use_services().accounts;
    let confirmed = match Secret::parse(&key) {
        Some(secret) => accounts.confirm_email_change(&secret).await,
        None => Err(AccountsError::LinkGone),
    };
    account::settle(confirmed, &[])?;
    context::say_next(Flash::EmailChanged);
    // Straight to where it is said: a page that only leads on would swallow the sentence.
    let there = context::current_visitor().await.is_some();
    context::redirect(if there {
        paths::SETTINGS_ACCOUNT
    } else {
        paths::LOGIN
    });
    Ok(())
}

/// Changes the password; all other log-ins end.
///
/// # Errors
/// What is wrong with the present one or the new one.
#[server(prefix = "/ui/accounts", endpoint = "change_password")]
pub async fn change_password(
    #[server(default)] password: String,
    #[server(default)] new_password: String,
) -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let visitor = account::person().await?;
    let changed = context::use_services()
        .accounts
        .change_password(visitor.user.id, &password, &new_password, visitor.session())
        .await;
    account::settle(changed, &[])?;
    context::say_next(Flash::PasswordChanged);
    Ok(())
}

/// Leaves, with seven days to change one's mind.
///
/// # Errors
/// A wrong password; the last admin stays.
#[server(prefix = "/ui/accounts", endpoint = "leave")]
pub async fn leave(#[server(default)] password: String) -> Result<(), FormError> {
    use crate::context::{self, account};
    let visitor = account::person().await?;
    let left = context::use_services()
        .accounts
        .leave(visitor.user.id, &password, visitor.session())
        .await;
    account::settle(left, &[])?;
    Ok(())
}

/// Changes one's mind.
///
/// # Errors
/// When nobody wants to leave.
#[server(prefix = "/ui/accounts", endpoint = "stay")]
pub async fn stay() -> Result<(), FormError> {
    use backend::accounts::AccountsError;

    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    match context::use_services().accounts.stay(user).await {
        // Twice is no mistake.
        Ok(_) | Err(AccountsError::Unknown) => {}
        Err(error) => account::settle(Err(error), &[])?,
    }
    context::say_next(Flash::Staying);
    Ok(())
}
