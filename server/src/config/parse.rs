//! What a person reads when a setting cannot be understood: one sentence that names the
//! variable and what it should be.

use clap::{
    Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Variables that are there but empty count as not there: compose files and unit files
/// write `REDIS_URL=` for "none".
#[must_use]
pub fn without_empty_variables(command: Command) -> Command {
    command.mut_subcommands(|sub| {
        sub.mut_args(|arg| {
            let empty = arg
                .get_env()
                .and_then(std::env::var_os)
                .is_some_and(|value| value.is_empty());
            if empty { arg.env(None::<&str>) } else { arg }
        })
    })
}

/// The sentence for a value that was refused; `None` for every other kind of error.
#[must_use]
pub fn sentence(command: &Command, error: &clap::Error) -> Option<String> {
    if !matches!(
        error.kind(),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue | ErrorKind::InvalidUtf8
    ) {
        return None;
    }
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let flag = shown.split([' ', '=']).next()?;
    let arg = command
        .get_subcommands()
        .flat_map(Command::get_arguments)
        .find(|arg| {
            arg.get_long()
                .is_some_and(|long| flag == format!("--{long}"))
        })?;
    let name = arg.get_env().map_or_else(
        || flag.to_owned(),
        |env| format!("{} ({flag})", env.to_string_lossy()),
    );
    // Values of secrets and of addresses with passwords are not repeated.
    let given = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if !arg.is_hide_env_values_set() => {
            format!(" is “{value}”, which")
        }
        _ => " has a value that".to_owned(),
    };
    let expected = std::error::Error::source(error)
        .map_or_else(|| "valid text".to_owned(), ToString::to_string);
    Some(format!(
        "{name}{given} can't be understood: expected {expected}."
    ))
}
