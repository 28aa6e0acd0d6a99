//! Tasks of the house: `cargo xtask build` turns the sources into binaries and a site.
//!
//! Whoever has cargo-leptos may use that; this needs nothing but cargo, Node.js and npm, and
//! every version it uses is pinned by `Cargo.lock` and `frontend/package-lock.json`.

mod build;
mod bundle;
mod compress;
mod house;
mod npm;
mod report;
mod site;
mod tools;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of the house")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds the binaries and the site (target/site).
    Build(build::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Build(options) => build::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
