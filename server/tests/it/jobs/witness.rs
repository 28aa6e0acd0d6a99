//! Who ran what when: handlers in all processes write it down, and a judge reads it.

use std::{
    collections::{BTreeMap, HashMap},
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use backend::jobs::{Context, Job, JobError};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

/// A job that writes down when it ran.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Witnessed {
    pub(super) book: PathBuf,
    pub(super) name: u32,
    pub(super) work: Duration,
    /// Its first attempt fails.
    pub(super) fails: bool,
}

impl Job for Witnessed {
    const KIND: &'static str = "test_witnessed";
    /// Kills are tries too.
    const MAX_TRIES: u32 = 1000;

    async fn run(&self, ctx: &Context) -> Result<(), JobError> {
        let mut entry = Entry::begin(&self.book, self.name, ctx.attempt());
        sleep(self.work).await;
        if self.fails && ctx.attempt() == 1 {
            entry.how = "failed";
            return Err(JobError::retry("The first try never works."));
        }
        entry.how = "through";
        Ok(())
    }
}

/// Writes its end also when the handler is dropped. A killed process writes none.
struct Entry<'a> {
    book: &'a Path,
    name: u32,
    attempt: i64,
    how: &'static str,
}

impl<'a> Entry<'a> {
    fn begin(book: &'a Path, name: u32, attempt: i64) -> Self {
        write(book, "begun", name, attempt);
        Self {
            book,
            name,
            attempt,
            how: "dropped",
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        write(self.book, self.how, self.name, self.attempt);
    }
}

/// One line, written at once: lines of several processes do not mix.
fn write(book: &Path, what: &str, name: u32, attempt: i64) {
    let line = format!("{what} {name} {attempt} {} {}\n", std::process::id(), now());
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(book)
        .unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

/// Called by who killed a process: whatever it was running ended then.
pub(super) fn killed(book: &Path, pid: u32) {
    let line = format!("killed 0 0 {pid} {}\n", now());
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(book)
        .unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

fn now() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_micros()
}

/// What the book says in the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Jobs whose handler came through at least once.
    pub(super) done: usize,
    /// Attempts that failed as they were meant to.
    pub(super) failed: usize,
    /// Attempts that were cut short by a kill or a lost lease.
    pub(super) interrupted: usize,
    /// Pairs of attempts of one job that ran at the same time.
    pub(super) overlaps: Vec<String>,
}

pub(super) fn judge(book: &Path) -> Verdict {
    let text = std::fs::read_to_string(book).unwrap();
    let mut begun: BTreeMap<(u32, i64), (u32, u128)> = BTreeMap::new();
    let mut ended: HashMap<(u32, i64), (&str, u128)> = HashMap::new();
    let mut kills: HashMap<u32, u128> = HashMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [what, name, attempt, pid, at] = words[..] else {
            panic!("a torn line: {line}");
        };
        let run = (name.parse().unwrap(), attempt.parse().unwrap());
        let (pid, at): (u32, u128) = (pid.parse().unwrap(), at.parse().unwrap());
        match what {
            "begun" => {
                let twice = begun.insert(run, (pid, at));
                assert!(twice.is_none(), "attempt {run:?} ran twice");
            }
            "killed" => {
                kills.insert(pid, at);
            }
            _ => {
                ended.insert(run, (what, at));
            }
        }
    }
    let mut verdict = Verdict::default();
    let mut last: Option<(u32, i64, u128)> = None;
    let mut done: Option<u32> = None;
    for ((name, attempt), (pid, from)) in begun {
        let (how, until) = ended.get(&(name, attempt)).copied().unwrap_or_else(|| {
            let killed = kills.get(&pid).copied();
            (
                "killed",
                killed.unwrap_or_else(|| panic!("{name} never ended, nobody killed {pid}")),
            )
        });
        if let Some((other, before, end)) = last
            && other == name
            && end > from
        {
            verdict.overlaps.push(format!(
                "job {name}: attempt {before} ran until {} µs after attempt {attempt} began",
                end - from
            ));
        }
        last = Some((name, attempt, until));
        match how {
            "through" if done == Some(name) => {}
            "through" => {
                done = Some(name);
                verdict.done += 1;
            }
            "failed" => verdict.failed += 1,
            _ => verdict.interrupted += 1,
        }
    }
    verdict
}

#[test]
fn the_judge_sees_overlaps_and_kills() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book");
    std::fs::write(
        &book,
        "begun 1 1 10 100\nkilled 0 0 10 200\nbegun 1 2 11 300\nthrough 1 2 11 400\n\
         begun 2 1 11 100\nbegun 2 2 12 150\ndropped 2 1 11 160\nthrough 2 2 12 170\n",
    )
    .unwrap();
    let verdict = judge(&book);
    assert_eq!((verdict.done, verdict.interrupted), (2, 2));
    assert_eq!(
        verdict.overlaps,
        ["job 2: attempt 1 ran until 10 µs after attempt 2 began"]
    );
}
