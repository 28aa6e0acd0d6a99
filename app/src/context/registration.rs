//! The server's side of the registration pages: from a draft to what a page shows, from an
//! answer to where to go on. Only server functions call it.

use backend::accounts::{AccountsError, Availability, Draft, Entry, Secret};
use domain::{
    accounts::{Step, paths},
    forms::{Fault, FieldFaults},
    routes,
};

use super::{
    FLASH_COOKIE, account::why, begin_registration, redirect, registration_secret, set_cookie,
    use_client, use_services,
};
use crate::{
    accounts::register::{Checked, DraftSight, Note, Sight, What, path},
    shell::flash::Flash,
    ui::form::{Failure, FormError},
};

/// Leads somebody in who has just become a user.
pub fn welcome() -> String {
    // An island leaves its page, too: it cannot say it by itself.
    set_cookie(FLASH_COOKIE, Flash::Welcome.code(), 60);
    routes::HOME.to_owned()
}

/// What lets somebody in, as the address of the page says.
#[must_use]
pub fn entry(invite: &str, admin: &str) -> Entry {
    match (Secret::parse(invite), Secret::parse(admin)) {
        (_, Some(secret)) => Entry::FirstAdmin(secret),
        (Some(secret), None) => Entry::Invitation(secret),
        (None, None) => Entry::Open,
    }
}

/// The cookie, sent again with every answer: it lives as long as the draft.
pub fn keep(secret: &Secret) {
    begin_registration(secret);
}

/// How far somebody is who wants to see `wanted`.
///
/// # Errors
/// When nobody can tell.
pub async fn look(wanted: Option<Step>, entry: Entry) -> Result<Sight, FormError> {
    let accounts = use_services().accounts;
    let secret = registration_secret();
    let mut draft = match &secret {
        None => None,
        Some(secret) => accounts.draft(secret).await.map_err(|e| failed(&e))?,
    };
    let step = match (&draft, wanted) {
        (None, _) => Step::Email,
        (Some(draft), None) => draft.step(),
        (Some(draft), Some(wanted)) => match draft.progress.open(wanted) {
            Ok(()) => wanted,
            Err(not_yet) => not_yet.missing,
        },
    };
    let mut sight = Sight {
        step,
        shut: None,
        draft: None,
        suggestions: Vec::new(),
        sent: false,
        unsent: None,
    };
    let entered = match (&draft, &secret) {
        (Some(_), Some(secret)) => accounts.enter(secret, &entry).await,
        _ => accounts.may_register(&entry).await,
    };
    if let Err(error) = entered {
        sight.shut = Some(why(&error).ok_or_else(|| failed(&error))?);
    }
    if let (Some(found), Some(secret)) = (&mut draft, &secret) {
        // Who is there already, or has proven the address, needs no code.
        if step == Step::Confirm && !found.confirmed {
            match accounts.ensure_code(secret, &use_client()).await {
                Ok(fresh) => {
                    let sent_at = |draft: &Draft| draft.code.map(|code| code.sent_at);
                    sight.sent = sent_at(found) != sent_at(&fresh);
                    *found = fresh;
                }
                Err(error) => sight.unsent = Some(why(&error).ok_or_else(|| failed(&error))?),
            }
        }
        if step == Step::Nick
            && !found.progress.nick
            && let Some(nick) = &found.nick
            && let Ok(Availability::Taken(free)) = accounts.nick_available(nick).await
        {
            sight.suggestions = free;
        }
        sight.draft = Some(seen(found, accounts.clock().now()));
    }
    Ok(sight)
}

fn seen(draft: &Draft, now: i64) -> DraftSight {
    let resend_in = draft.code.map_or(0, |code| {
        u64::try_from(code.resend_at - now)
            .unwrap_or(0)
            .div_ceil(1000)
    });
    DraftSight {
        progress: draft.progress,
        email: draft.email.clone().unwrap_or_default(),
        nick: draft.nick.clone().unwrap_or_default(),
        name: draft.name.clone().unwrap_or_default(),
        user: draft.user,
        avatar: draft.avatar,
        confirmed: draft.confirmed,
        resend_in,
    }
}

/// Where to go on after an answer: who went back to change one is where they were at once.
pub fn after(draft: &Draft) -> String {
    let step = draft.step();
    // A later step has its answer, so this one had its own.
    if step == Step::Password && draft.progress.avatar {
        return Note::PasswordHolds.on(path(step));
    }
    path(step).to_owned()
}

/// Gives an answer in the name of the cookie.
///
/// # Errors
/// As the answer; [`AccountsError::DraftGone`] without a cookie.
pub async fn answer(
    give: impl AsyncFnOnce(&Secret) -> Result<Draft, AccountsError>,
) -> Result<String, AccountsError> {
    let secret = registration_secret().ok_or(AccountsError::DraftGone)?;
    let draft = give(&secret).await?;
    keep(&secret);
    Ok(after(&draft))
}

/// What the server thinks of a value while it is written.
///
/// # Errors
/// When nobody can tell: that is not "free".
pub async fn check(what: What, text: &str) -> Result<Checked, FormError> {
    let accounts = use_services().accounts;
    let available = match what {
        What::Email => accounts.email_available(text).await,
        What::Nick => accounts.nick_available(text).await,
        What::Password => {
            let draft = match registration_secret() {
                Some(secret) => accounts.draft(&secret).await.map_err(|e| failed(&e))?,
                None => None,
            };
            let (nick, email) = draft
                .map(|draft| (draft.nick, draft.email))
                .unwrap_or_default();
            let own = [nick.unwrap_or_default(), email.unwrap_or_default()];
            let verdict = accounts
                .judge_password(text, &[&own[0], &own[1]], &use_client())
                .await;
            let verdict = verdict.map_err(|error| match why(&error) {
                Some(why) => FormError::failed(why),
                None => failed(&error),
            })?;
            return Ok(Checked::Password(verdict.strength, verdict.fault));
        }
    };
    Ok(match available.map_err(|e| failed(&e))? {
        Availability::Free => Checked::Free,
        Availability::Taken(free) => Checked::Taken(free),
        Availability::Refused(fault) => Checked::Refused(fault),
    })
}

/// Whether the answer is that somebody has this nick.
pub fn is_taken<T>(answer: &Result<T, AccountsError>) -> bool {
    matches!(
        answer,
        Err(AccountsError::Field {
            field: "nick",
            fault: Fault::Taken
        })
    )
}

/// Sends a browser where it goes on, or back with what is wrong and what was written.
///
/// # Errors
/// What can be mended at a field of the page.
pub fn settle(
    answer: Result<String, AccountsError>,
    values: &[(&str, &str)],
) -> Result<String, FormError> {
    let to = match answer {
        Ok(to) => to,
        Err(AccountsError::NotYet(not_yet)) => path(not_yet.missing).to_owned(),
        Err(AccountsError::DraftGone) => Note::Gone.on(paths::REGISTER),
        Err(AccountsError::StepBack {
            step: step @ Step::Email,
            ..
        }) => Note::EmailLost.on(path(step)),
        Err(AccountsError::StepBack { step, .. }) => Note::NickLost.on(path(step)),
        Err(AccountsError::Field { field, fault }) => {
            return Err(FormError::refused(
                FieldFaults::one(field, fault),
                values.iter().copied(),
            ));
        }
        Err(AccountsError::WrongCode { left }) => {
            let left = left.to_string();
            let values = values.iter().copied().chain([("left", left.as_str())]);
            return Err(FormError::refused(
                FieldFaults::one("code", Fault::WrongCode),
                values,
            ));
        }
        Err(error) => {
            return Err(match why(&error) {
                Some(why) => FormError::refused_for(why, values.iter().copied()),
                None => failed(&error),
            });
        }
    };
    redirect(&to);
    Ok(to)
}

/// Our fault: the log has it.
fn failed(error: &AccountsError) -> FormError {
    tracing::error!(code = error.code(), %error, "a registration cannot go on");
    super::set_program_status(500);
    FormError::failed(Failure::Internal)
}
