//! `kadr-media`: the process in which FFmpeg touches uploaded files.
//!
//! Without arguments it serves: specs come in as lines on standard input
//! ([`domain::media::spec::Spec`]), answers go out as lines on standard output
//! ([`domain::media::line::Line`]), standard error is the log. When its standard input ends, so does
//! it, at once. Exit code 0 when all went as it should, 2 when called wrongly.

use std::{path::PathBuf, process::ExitCode, sync::LazyLock};

use clap::{Parser, Subcommand};
use domain::media::line::Line;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{} (libavformat {})",
        env!("CARGO_PKG_VERSION"),
        media::libavformat_version()
    )
});

#[derive(Parser)]
#[command(name = "kadr-media", version = VERSION.as_str(), about = "Touches media for kadr, in a process of its own")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Says what a file is, as one line of JSON.
    Probe { file: PathBuf },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    media::log_errors_only();
    match cli.command {
        None => media::serve::serve(),
        Some(Command::Probe { file }) => {
            let line = media::serve::probe_only(&file);
            match media::serve::say(&line) {
                Ok(()) if matches!(line, Line::Result(_)) => ExitCode::SUCCESS,
                // Nobody to talk to any more is a failure, too.
                _ => ExitCode::FAILURE,
            }
        }
    }
}
