//! What work takes of the machine.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    sync::Mutex,
    time::Instant,
};

use domain::media::line::Cost;

/// Clock ticks a second in `/proc`, the same on every Linux.
const TICKS: u64 = 100;

/// Files that the kernel writes, held open.
pub(super) struct Meter {
    stat: Option<Mutex<File>>,
    status: Option<Mutex<File>>,
}

pub(super) struct Begun {
    at: Instant,
    cpu: u64,
}

impl Meter {
    pub(super) fn open() -> Self {
        let open = |path| File::open(path).ok().map(Mutex::new);
        Self {
            stat: open("/proc/self/stat"),
            status: open("/proc/self/status"),
        }
    }

    pub(super) fn now(&self) -> Begun {
        Begun {
            at: Instant::now(),
            cpu: self.cpu(),
        }
    }

    pub(super) fn since(&self, begun: &Begun) -> Cost {
        Cost {
            cpu: self.cpu().saturating_sub(begun.cpu),
            wall: u64::try_from(begun.at.elapsed().as_millis()).unwrap_or(u64::MAX),
            memory: self.memory(),
        }
    }

    /// Milliseconds of this process so far.
    fn cpu(&self) -> u64 {
        let text = read(self.stat.as_ref());
        // The name of the program may hold anything, and stands in parentheses.
        let Some((_, rest)) = text.rsplit_once(')') else {
            return 0;
        };
        let fields = rest.split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
        ticks * 1000 / TICKS
    }

    /// The most bytes that were resident at a time.
    fn memory(&self) -> u64 {
        let text = read(self.status.as_ref());
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or(0) * 1024
    }
}

fn read(file: Option<&Mutex<File>>) -> String {
    let mut text = String::new();
    if let Some(Ok(mut file)) = file.map(Mutex::lock) {
        let read = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_string(&mut text));
        if read.is_err() {
            text.clear();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_measured() {
        let meter = Meter::open();
        let begun = meter.now();
        let mut sum = 0_u64;
        while begun.at.elapsed().as_millis() < 60 {
            sum = sum.wrapping_mul(3).wrapping_add(1);
        }
        assert_ne!(sum, 0);
        let cost = meter.since(&begun);
        assert!((60..5000).contains(&cost.wall), "{cost:?}");
        assert!((10..5000).contains(&cost.cpu), "{cost:?}");
        assert!(cost.memory > 1_000_000, "{cost:?}");
    }
}
