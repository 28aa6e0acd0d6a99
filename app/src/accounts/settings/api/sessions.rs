//! Where one is logged in.

use leptos::prelude::*;

use super::super::sight::SessionsSight;
use crate::ui::form::FormError;

/// All browsers and programs that are logged in, the last used first.
///
/// # Errors
/// When nobody is.
#[server(prefix = "/ui/accounts", endpoint = "sessions")]
pub async fn sessions() -> Result<SessionsSight, FormError> {
    use super::super::sight::LogInSight;
    use crate::context::{self, Proof, account};
    let visitor = account::person().await?;
    let accounts = context::use_services().accounts;
    let sessions = account::settle(accounts.sessions(visitor.user.id).await, &[])?;
    let programs = account::settle(accounts.programs(visitor.user.id).await, &[])?;
    Ok(SessionsSight {
        now: accounts.clock().now(),
        sessions: sessions
            .into_iter()
            .map(|session| LogInSight {
                here: visitor.proof == Proof::Session(session.id),
                id: session.id.to_string(),
                address: session.address,
                agent: session.agent,
                created_at: session.created_at,
                used_at: session.used_at,
            })
            .collect(),
        programs: programs
            .into_iter()
            .map(|program| LogInSight {
                here: visitor.proof == Proof::Program(program.id),
                id: program.id.to_string(),
                address: program.address,
                agent: program.agent,
                created_at: program.created_at,
                used_at: program.used_at,
            })
            .collect(),
    })
}

/// Ends one session.
///
/// # Errors
/// When it is over already.
#[server(prefix = "/ui/accounts", endpoint = "revoke_session")]
pub async fn revoke_session(#[server(default)] id: String) -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    let accounts = context::use_services().accounts;
    let revoked = accounts.revoke_session(user, account::id(&id)?).await;
    account::settle(revoked, &[])?;
    context::say_next(Flash::SessionEnded);
    Ok(())
}

/// Ends the log-in of one program.
///
/// # Errors
/// When it is over already.
#[server(prefix = "/ui/accounts", endpoint = "revoke_program")]
pub async fn revoke_program(#[server(default)] id: String) -> Result<(), FormError> {
    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let user = account::person().await?.user.id;
    let accounts = context::use_services().accounts;
    let revoked = accounts.revoke_program(user, account::id(&id)?).await;
    account::settle(revoked, &[])?;
    context::say_next(Flash::SessionEnded);
    Ok(())
}

/// Ends every log-in but this one, of browsers and of programs.
///
/// # Errors
/// When nobody is logged in by a browser.
#[server(prefix = "/ui/accounts", endpoint = "revoke_others")]
pub async fn revoke_others() -> Result<(), FormError> {
    use backend::accounts::AccountsError;

    use crate::{
        context::{self, account},
        shell::flash::Flash,
    };
    let visitor = account::person().await?;
    let revoked = match visitor.session() {
        Some(here) => {
            let accounts = context::use_services().accounts;
            accounts.revoke_others(visitor.user.id, here).await
        }
        None => Err(AccountsError::NotLoggedIn),
    };
    account::settle(revoked, &[])?;
    context::say_next(Flash::SessionsEnded);
    Ok(())
}
