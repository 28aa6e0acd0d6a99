//! `kadr admin`: what whoever has the machine can do about people, also while a server runs.

use std::io::{BufRead, IsTerminal, Write};

use backend::{
    Backend,
    accounts::{AccountsError, NewUser},
};
use domain::{
    accounts::{Nick, Role},
    forms::{Fault, email::Email, name::DisplayName},
    language::Language,
};

use super::{BROKEN, FINE};
use crate::{
    config::Settings,
    logging,
    start::{self, StartError},
};

#[derive(Debug, clap::Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    task: Task,

    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Add somebody, without a registration; prints their password once
    CreateUser(CreateUser),
    /// Make somebody an admin, or no longer one
    SetRole(SetRole),
    /// Give somebody a new password, printed once; ends every log-in of theirs
    ResetPassword(ResetPassword),
}

#[derive(Debug, clap::Args)]
struct CreateUser {
    /// Their e-mail address
    email: String,

    /// Their nick [default: the e-mail's local part, with digits after it if taken]
    #[arg(long, value_name = "TEXT")]
    nick: Option<String>,

    /// The name others see [default: the nick]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// user or admin
    #[arg(long, value_name = "ROLE", default_value = "user", value_parser = role)]
    role: Role,

    /// The language of mails to them: en, ru or uk
    #[arg(long, value_name = "CODE", default_value = "en", value_parser = language)]
    language: Language,

    #[command(flatten)]
    password: Password,
}

#[derive(Debug, clap::Args)]
struct SetRole {
    /// E-mail address or nick
    person: String,

    /// user or admin
    #[arg(value_parser = role)]
    role: Role,
}

#[derive(Debug, clap::Args)]
struct ResetPassword {
    /// E-mail address or nick
    person: String,

    #[command(flatten)]
    password: Password,
}

/// Without a flag one is made up and printed.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Password {
    /// Ask for the password, or read it as a line from standard input
    #[arg(long)]
    ask: bool,

    /// Print a link under which they choose one themselves
    #[arg(long)]
    link: bool,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|_| "user or admin".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    text.parse().map_err(|_| "en, ru or uk".to_owned())
}

pub(super) async fn run(admin: Admin) -> Result<u8, StartError> {
    let settings = admin.settings;
    start::prepare(&settings.data.folder)?;
    let _log = logging::start(&settings.log, None);
    let secret = start::secret(&settings.data)?;
    let public_url = settings.network.public_url(settings.network.addr.get());
    let mut services = settings.backend(&public_url);
    secret.expose().clone_into(&mut services.accounts.secret);
    let backend = Backend::open(services).await?;
    let done = match admin.task {
        Task::CreateUser(task) => create_user(&backend, task).await,
        Task::SetRole(task) => set_role(&backend, task).await,
        Task::ResetPassword(task) => reset_password(&backend, task).await,
    };
    backend.close().await;
    Ok(match done {
        Ok(lines) => {
            let mut out = std::io::stdout().lock();
            // Nobody has to listen to it.
            let _closed = writeln!(out, "{lines}").and_then(|()| out.flush());
            FINE
        }
        Err(sentence) => {
            super::say(&sentence);
            BROKEN
        }
    })
}

async fn create_user(backend: &Backend, task: CreateUser) -> Result<String, String> {
    let email = Email::parse(&task.email)
        .map_err(|fault| field(&task.email, "as an e-mail address", fault))?;
    let nick = task
        .nick
        .map(|nick| Nick::parse(&nick).map_err(|fault| field(&nick, "as a nick", fault)))
        .transpose()?;
    let name = task
        .name
        .map(|name| DisplayName::parse(&name).map_err(|fault| field(&name, "as a name", fault)))
        .transpose()?;
    let choice = task.password.choose()?;
    let new = NewUser {
        email,
        nick,
        name,
        role: task.role,
        language: task.language,
        password: choice.text().map(str::to_owned),
    };
    let accounts = &backend.accounts;
    let (user, link) = accounts
        .create_user(new)
        .await
        .map_err(|error| match error {
            AccountsError::Field {
                field: "email",
                fault,
            } => field(&task.email, "as an e-mail address", fault),
            AccountsError::Field {
                field: "nick",
                fault,
            } => field("the nick", "", fault),
            other => sentence(&other, ""),
        })?;
    let created = format!(
        "Created {} ({}), {}.",
        user.nick.as_str(),
        user.email.as_str(),
        match user.role {
            Role::User => "a user",
            Role::Admin => "an admin",
        }
    );
    Ok(match (choice, link) {
        (Choice::MadeUp(password), _) => format!("{created}\nPassword: {password}"),
        (_, Some(link)) => format!(
            "{created}\nThey choose a password here, within 7 days: {}",
            accounts.reset_url(&link)
        ),
        (_, None) => created,
    })
}

async fn set_role(backend: &Backend, task: SetRole) -> Result<String, String> {
    let user = backend
        .accounts
        .set_role(&task.person, task.role)
        .await
        .map_err(|error| sentence(&error, &task.person))?;
    Ok(match task.role {
        Role::User => format!("{} is a user now.", user.nick.as_str()),
        Role::Admin => format!("{} is an admin now.", user.nick.as_str()),
    })
}

async fn reset_password(backend: &Backend, task: ResetPassword) -> Result<String, String> {
    let accounts = &backend.accounts;
    let failed = |error: AccountsError| sentence(&error, &task.person);
    let choice = task.password.choose()?;
    let Some(text) = choice.text() else {
        let link = accounts.reset_link(&task.person).await.map_err(failed)?;
        return Ok(format!(
            "They choose a new password here, within a day: {link}"
        ));
    };
    let user = accounts
        .set_password(&task.person, text)
        .await
        .map_err(failed)?;
    let done = format!(
        "{} has a new password and is logged in nowhere.",
        user.nick.as_str()
    );
    Ok(match &choice {
        Choice::MadeUp(password) => format!("{done}\nPassword: {password}"),
        _ => done,
    })
}

/// Where a password comes from.
enum Choice {
    MadeUp(String),
    Typed(String),
    /// They choose it themselves.
    Theirs,
}

impl Choice {
    fn text(&self) -> Option<&str> {
        match self {
            Self::MadeUp(text) | Self::Typed(text) => Some(text),
            Self::Theirs => None,
        }
    }
}

impl Password {
    fn choose(&self) -> Result<Choice, String> {
        if self.link {
            return Ok(Choice::Theirs);
        }
        if self.ask {
            return typed().map(Choice::Typed);
        }
        Ok(Choice::MadeUp(made_up()))
    }
}

/// 100 random bits in groups that can be read out.
fn made_up() -> String {
    // Without letters and digits that look alike.
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    (0..20)
        .map(|place| {
            let letter = char::from(LETTERS[usize::from(rand::random::<u8>() % 32)]);
            if place > 0 && place % 5 == 0 {
                format!("-{letter}")
            } else {
                letter.to_string()
            }
        })
        .collect()
}

/// A password from the terminal, unseen and twice; else one line.
fn typed() -> Result<String, String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return line();
    }
    let first = unseen("Password: ")?;
    if unseen("Again: ")? == first {
        Ok(first)
    } else {
        Err("the two passwords are not the same; nothing was changed".to_owned())
    }
}

fn unseen(prompt: &str) -> Result<String, String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    let mut err = std::io::stderr();
    let _closed = write!(err, "{prompt}").and_then(|()| err.flush());
    let before = tcgetattr(&stdin).map_err(|_| no_password())?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(|_| no_password())?;
    let read = line();
    // Whatever was read: the terminal is someone's.
    let _restored = tcsetattr(&stdin, OptionalActions::Flush, &before);
    let _closed = writeln!(err);
    read
}

fn line() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut text)
        .map_err(|_| no_password())?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        Err(no_password())
    } else {
        Ok(text.to_owned())
    }
}

fn no_password() -> String {
    "no password was given; without --ask one is made up and printed".to_owned()
}

/// What is wrong with something that was typed.
fn field(given: &str, role: &str, fault: Fault) -> String {
    let what = if role.is_empty() {
        given.to_owned()
    } else {
        format!("“{given}” {role}")
    };
    match fault {
        Fault::Taken => format!("{what} is taken; nothing was changed"),
        Fault::Reserved => format!("{what} is a word of the house; choose another"),
        other => format!("{what} will not do ({}); nothing was changed", other.code()),
    }
}

fn sentence(error: &AccountsError, person: &str) -> String {
    match error {
        AccountsError::Unknown => format!("there is nobody called “{person}”"),
        AccountsError::LastAdmin => {
            "there is no other admin; make somebody else one first".to_owned()
        }
        AccountsError::Field {
            field: "password" | "new_password",
            fault,
        } => match fault {
            Fault::TooShort => "the password is too short: it needs 10 characters or more",
            Fault::TooLong => "the password is too long",
            Fault::HoldsOwnName => "the password holds the nick or the e-mail address",
            _ => "the password is too easy to guess",
        }
        .to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_passwords_are_long_and_unlike() {
        let one = made_up();
        assert_eq!(one.len(), 23);
        assert_ne!(one, made_up());
    }

    #[test]
    fn what_is_wrong_is_said_with_what_was_typed() {
        assert_eq!(
            field("ada", "as an e-mail address", Fault::NotAnEmail),
            "“ada” as an e-mail address will not do (not_an_email); nothing was changed"
        );
        assert!(sentence(&AccountsError::Unknown, "ada").contains("“ada”"));
    }
}
