//! How much background work this machine takes on.

use std::num::NonZeroUsize;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Background work")]
pub struct Work {
    /// Media jobs at once [default: the number of cores]
    #[arg(long, env = "KADR_WORKERS", value_name = "NUMBER", value_parser = workers)]
    pub workers: Option<usize>,
}

impl Work {
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }
}

fn workers(text: &str) -> Result<usize, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|n| (1..=1024).contains(n))
        .ok_or_else(|| "a number from 1 to 1024".to_owned())
}
