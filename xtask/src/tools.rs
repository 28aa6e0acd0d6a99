//! Starting other programs: they show their own output, and a failure is one sentence.

use std::{io::ErrorKind, process::Command};

use anyhow::{Result, bail};

/// Runs a program to its end; `what` is the work it does, for the message.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{what} failed ({program}: {status}); its own messages are above"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "{what} needs `{program}`, which is not installed; ./run installs what is missing"
            )
        }
        Err(error) => bail!("{what}: `{program}` could not be started: {error}"),
    }
}

/// The cargo that runs us, so that a toolchain picked by hand stays picked.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Our own package's variables would make cargo rebuild what asks for them.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") {
            cargo.env_remove(name);
        }
    }
    cargo
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("CARGO_MANIFEST_PATH");
    cargo
}
