//! What is logged, and how it looks.

use std::{fmt, io::IsTerminal, str::FromStr};

use tracing_subscriber::EnvFilter;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Log")]
pub struct Log {
    /// How lines look: auto (human on a terminal, else json), human, json
    #[arg(
        long,
        env = "KADR_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,

    /// What is logged: error, warn, info, debug, trace, also by module (info,backend=debug).
    /// RUST_LOG is read when this is not given
    #[arg(long, env = "KADR_LOG", value_name = "FILTER")]
    pub log: Option<Filter>,

    /// The same by the name Rust programs share; no flag of its own.
    #[arg(long = "rust-log", env = "RUST_LOG", hide = true)]
    pub rust_log: Option<Filter>,
}

impl Log {
    /// The filter as written, `info` when nothing was said.
    #[must_use]
    pub fn filter(&self) -> &str {
        self.log
            .as_ref()
            .or(self.rust_log.as_ref())
            .map_or("info", |filter| &filter.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Auto,
    Human,
    Json,
}

impl LogFormat {
    /// Whether lines on standard error are JSON.
    #[must_use]
    pub fn is_json(self) -> bool {
        match self {
            Self::Auto => !std::io::stderr().is_terminal(),
            Self::Human => false,
            Self::Json => true,
        }
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err("auto, human or json".to_owned()),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Human => "human",
            Self::Json => "json",
        })
    }
}

/// A filter that `tracing` understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        EnvFilter::try_new(text)
            .map(|_| Self(text.to_owned()))
            .map_err(|_| "a filter like info or info,backend=debug".to_owned())
    }
}
