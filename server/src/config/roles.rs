//! Which parts of the server this process plays.

use std::{fmt, str::FromStr};

/// One part. A single machine plays all of them in one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Answers HTTP.
    Web,
    /// Runs jobs.
    Worker,
    /// Sweeps and starts what is due; one process at a time holds the lease.
    Scheduler,
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "web" => Ok(Self::Web),
            "worker" => Ok(Self::Worker),
            "scheduler" => Ok(Self::Scheduler),
            _ => Err("some of web, worker and scheduler, with commas between them".to_owned()),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Web => "web",
            Self::Worker => "worker",
            Self::Scheduler => "scheduler",
        })
    }
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Parts")]
pub struct Roles {
    /// The parts this process plays
    #[arg(
        long,
        env = "KADR_ROLES",
        value_name = "ROLES",
        value_delimiter = ',',
        default_value = "web,worker,scheduler"
    )]
    pub roles: Vec<Role>,
}

impl Roles {
    #[must_use]
    pub fn play(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
