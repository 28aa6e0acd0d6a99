//! The server functions of registration: one look at how far somebody is, one answer a step.
//!
//! Each answer says where to go on. A browser is sent there at once; an island goes by itself.
//! Only what can be mended at a field of the same page is an error.

use domain::accounts::Step;
use leptos::prelude::*;

use super::sight::Sight;
use crate::ui::form::FormError;

/// How far the registration of this browser is. Opening the last step sends the code.
///
/// # Errors
/// When nobody can tell.
#[server(prefix = "/ui/accounts", endpoint = "register_look")]
pub async fn look(
    step: Option<Step>,
    #[server(default)] invite: String,
    #[server(default)] admin: String,
) -> Result<Sight, FormError> {
    use crate::context::registration as server;
    server::look(step, server::entry(&invite, &admin)).await
}

/// The first answer.
///
/// # Errors
/// What is wrong with the address.
#[server(prefix = "/ui/accounts", endpoint = "register_email")]
pub async fn answer_email(
    #[server(default)] email: String,
    #[server(default)] invite: String,
    #[server(default)] admin: String,
) -> Result<String, FormError> {
    use crate::context::{registration as server, registration_secret, use_services, use_visit};
    let accounts = use_services().accounts;
    let secret = registration_secret();
    let entry = server::entry(&invite, &admin);
    let answer = accounts
        .answer_email(secret.as_ref(), &entry, &email, use_visit().language)
        .await
        .map(|(secret, draft)| {
            server::keep(&secret);
            server::after(&draft)
        });
    server::settle(answer, &[("email", &email)])
}

/// The second answer.
///
/// # Errors
/// What is wrong with nick or name; suggestions for a taken one.
#[server(prefix = "/ui/accounts", endpoint = "register_nick")]
pub async fn answer_nick(
    #[server(default)] nick: String,
    #[server(default)] name: String,
) -> Result<String, FormError> {
    use backend::accounts::Availability;

    use crate::context::{registration as server, use_services};
    let accounts = use_services().accounts;
    let answer =
        server::answer(async |secret| accounts.answer_nick(secret, &nick, &name).await).await;
    let mut others = String::new();
    if server::is_taken(&answer)
        && let Ok(Availability::Taken(free)) = accounts.nick_available(&nick).await
    {
        others = free.join(" ");
    }
    server::settle(
        answer,
        &[("nick", &nick), ("name", &name), ("suggestions", &others)],
    )
}

/// The third answer. Who comes back to it and writes nothing keeps the one they chose.
///
/// # Errors
/// What is wrong with the password.
#[server(prefix = "/ui/accounts", endpoint = "register_password")]
pub async fn answer_password(#[server(default)] password: String) -> Result<String, FormError> {
    use crate::context::{registration as server, use_client, use_services};
    let accounts = use_services().accounts;
    let answer = server::answer(async |secret| {
        if password.is_empty()
            && let Some(draft) = accounts.draft(secret).await?
            && draft.progress.password
        {
            return Ok(draft);
        }
        accounts
            .answer_password(secret, &password, &use_client())
            .await
    })
    .await;
    server::settle(answer, &[])
}

/// The fourth answer, without a file: none at all, or the one that is there.
///
/// # Errors
/// When the server cannot.
#[server(prefix = "/ui/accounts", endpoint = "register_keep_avatar")]
pub async fn keep_avatar() -> Result<String, FormError> {
    use crate::context::{registration as server, use_services};
    let accounts = use_services().accounts;
    let answer = server::answer(async |secret| accounts.keep_avatar(secret).await).await;
    server::settle(answer, &[])
}

/// Takes the picture away again, and stays at its step.
///
/// # Errors
/// When the server cannot.
#[server(prefix = "/ui/accounts", endpoint = "register_drop_avatar")]
pub async fn drop_avatar() -> Result<String, FormError> {
    use crate::{
        accounts::register::path,
        context::{registration as server, use_services},
    };
    let accounts = use_services().accounts;
    let answer = server::answer(async |secret| accounts.drop_draft_avatar(secret).await)
        .await
        .map(|_| path(Step::Avatar).to_owned());
    server::settle(answer, &[])
}

/// Another code.
///
/// # Errors
/// How long to wait for it.
#[server(prefix = "/ui/accounts", endpoint = "register_send_code")]
pub async fn send_code() -> Result<String, FormError> {
    use crate::{
        accounts::register::{Note, path},
        context::{registration as server, use_client, use_services},
    };
    let (accounts, client) = (use_services().accounts, use_client());
    let answer = server::answer(async |secret| accounts.send_code(secret, &client).await)
        .await
        .map(|_| Note::Sent.on(path(Step::Confirm)));
    server::settle(answer, &[])
}

/// The last answer: the code is right, and somebody is there, logged in.
///
/// # Errors
/// The code is another one, or no longer good.
#[server(prefix = "/ui/accounts", endpoint = "register_confirm")]
pub async fn confirm(#[server(default)] code: String) -> Result<String, FormError> {
    use backend::accounts::AccountsError;

    use crate::context::{
        begin_session, forget_registration, registration as server, registration_secret,
        use_client, use_services,
    };
    let answer = match registration_secret() {
        None => Err(AccountsError::DraftGone),
        Some(secret) => {
            let accounts = use_services().accounts;
            accounts.confirm(&secret, &code, &use_client()).await
        }
    };
    let answer = answer.map(|confirmed| {
        begin_session(&confirmed.session);
        forget_registration();
        server::welcome()
    });
    server::settle(answer, &[("code", &code)])
}

/// Throws away what was answered so far.
///
/// # Errors
/// When the server cannot.
#[server(prefix = "/ui/accounts", endpoint = "register_discard")]
pub async fn discard() -> Result<String, FormError> {
    use crate::context::{
        forget_registration, registration as server, registration_secret, use_services,
    };
    let answer = match registration_secret() {
        None => Ok(()),
        Some(secret) => use_services().accounts.discard_draft(&secret).await,
    };
    let answer = answer.map(|()| {
        forget_registration();
        domain::accounts::paths::REGISTER.to_owned()
    });
    server::settle(answer, &[])
}
