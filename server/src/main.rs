//! `kadr`: one binary, its subcommands in `server::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
