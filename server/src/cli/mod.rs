//! The command line: `kadr serve`, `worker`, `migrate`, `admin`, `doctor`.

mod admin;
mod doctor;
mod migrate;
mod serve;

use std::{process::ExitCode, time::Duration};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    config::{Role, Settings, parse},
    logging,
    start::StartError,
};

/// A video home that one person can run.
#[derive(Debug, Parser)]
#[command(name = "kadr", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: web, worker and scheduler, unless --roles picks some of them
    Serve(Box<Settings>),
    /// Run jobs only: short for `serve --roles worker`
    Worker(Box<Settings>),
    /// Bring the database to this version and stop
    Migrate(Box<Settings>),
    /// Add people, make admins, give new passwords; also while a server runs
    Admin(Box<admin::Admin>),
    /// Check everything the server needs and say what to do about what is missing
    Doctor(Box<CheckUp>),
}

#[derive(Debug, clap::Args)]
struct CheckUp {
    /// Send a test mail to this address, too
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,

    #[command(flatten)]
    settings: Settings,
}

/// Everything went well, or the person got what was asked for.
const FINE: u8 = 0;
/// It can't go on; the sentence on standard error says why and what to do.
const BROKEN: u8 = 1;
/// The command line or a variable is wrong.
const MISUSED: u8 = 2;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let command = match parsed() {
        Ok(command) => command,
        Err(code) => return ExitCode::from(code),
    };
    let outcome = match command {
        Command::Serve(settings) => block_on(serve::run(*settings)),
        Command::Worker(mut settings) => {
            settings.roles.roles = vec![Role::Worker];
            block_on(serve::run(*settings))
        }
        Command::Migrate(settings) => block_on(migrate::run(*settings)),
        Command::Admin(admin) => block_on(admin::run(*admin)),
        Command::Doctor(check) => block_on(doctor::run(check.settings, check.mail)),
    };
    ExitCode::from(outcome.unwrap_or_else(|error| {
        let sentence = error.to_string();
        logging::last_words(&sentence);
        say(&sentence);
        BROKEN
    }))
}

/// The command, or the exit code after what there was to say has been said.
fn parsed() -> Result<Command, u8> {
    let command = parse::without_empty_variables(Cli::command())
        // Its settings may stand before and after what is to be done.
        .mut_subcommand("admin", |admin| admin.mut_args(|arg| arg.global(true)));
    let parsed = command
        .clone()
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map(|cli| cli.command).map_err(|error| {
        if let Some(sentence) = parse::sentence(&command, &error) {
            say(&sentence);
            return MISUSED;
        }
        // Help and version are no errors; clap knows which stream and code they take.
        let code = u8::try_from(error.exit_code()).unwrap_or(MISUSED);
        if error.print().is_err() {
            return MISUSED;
        }
        code
    })
}

fn say(sentence: &str) {
    eprintln!("kadr: {sentence}");
}

fn block_on(work: impl Future<Output = Result<u8, StartError>>) -> Result<u8, StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| StartError::Threads { source })?;
    let outcome = runtime.block_on(work);
    // A thread that waits for a name server or a dead disk does not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}
