//! `kadr-media`: the process in which FFmpeg touches uploaded files.
//!
//! Answers with JSON lines on standard output ([`domain::media::Line`]); standard error is the
//! log. Exit code 0 with a result, 1 with an error, 2 when called wrongly.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::LazyLock,
};

use clap::{Parser, Subcommand};
use domain::media::{Line, MediaFault};

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
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says what a file is, as one line of JSON.
    Probe { file: PathBuf },
}

fn main() -> ExitCode {
    let Command::Probe { file } = Cli::parse().command;
    media::log_errors_only();
    let line = match media::probe(&file) {
        Ok(facts) => Line::Result(facts),
        Err(error) => Line::Error(MediaFault::from(&error)),
    };
    match say(&line) {
        Ok(()) if matches!(line, Line::Result(_)) => ExitCode::SUCCESS,
        // Nobody to talk to any more is a failure, too.
        _ => ExitCode::FAILURE,
    }
}

fn say(line: &Line) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, line)?;
    out.write_all(b"\n")?;
    out.flush()
}
