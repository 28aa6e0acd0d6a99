//! How much background work this machine takes on.

use std::num::NonZeroUsize;

use backend::transcode::Options;

use super::uploads::size;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Background work")]
pub struct Work {
    /// Media jobs at once [default: the number of cores]
    #[arg(long, env = "KADR_WORKERS", value_name = "NUMBER", value_parser = workers)]
    pub workers: Option<usize>,

    /// Memory that media jobs may plan with [default: half of the machine's]
    #[arg(long, env = "KADR_WORKER_MEMORY", value_name = "SIZE", value_parser = size)]
    pub worker_memory: Option<u64>,
}

impl Work {
    /// As the service wants it; which engine there is, is found at the start.
    #[must_use]
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        if let Some(memory) = self.worker_memory {
            options.memory = memory;
        }
        // What is left of a video at the end is shared among so many.
        options.policy.hands = u32::try_from(self.workers()).unwrap_or(1).clamp(1, 8);
        options
    }

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
