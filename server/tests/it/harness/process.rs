//! The built `kadr`, started as a person would start it.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::built_site;

/// The command, with nothing of this environment that could mean something to it.
pub(crate) fn kadr(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kadr"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("KADR_")
            || ["DATABASE_URL", "REDIS_URL", "SMTP_URL", "RUST_LOG"].contains(&&*text)
        {
            command.env_remove(&name);
        }
    }
    command
        .env("KADR_DATA", data)
        .env("KADR_SITE", built_site())
        .env("KADR_ADDR", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a command that ended left behind.
#[derive(Debug)]
pub(crate) struct Kadr {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl Kadr {
    /// Runs a command to its end, which has to come soon.
    pub(crate) fn run(command: &mut Command) -> Self {
        let began = Instant::now();
        let child = command.spawn().unwrap();
        Self::finish(child, began, Duration::from_secs(30))
    }

    fn finish(mut child: Child, began: Instant, within: Duration) -> Self {
        let read = |stream: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut text = String::new();
                if let Some(mut stream) = stream {
                    stream.read_to_string(&mut text).unwrap();
                }
                text
            })
        };
        let out = read(child.stdout.take().map(|s| Box::new(s) as _));
        let err = read(child.stderr.take().map(|s| Box::new(s) as _));
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                let took = began.elapsed();
                return Self {
                    code: status.code(),
                    out: out.join().unwrap(),
                    err: err.join().unwrap(),
                    took,
                };
            }
            if began.elapsed() > within {
                child.kill().unwrap();
                panic!("it did not end within {within:?}: {}", err.join().unwrap());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// It ended as a command does that can't go on: one sentence, no panic.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let sentences: Vec<&str> = self
            .err
            .lines()
            .filter(|line| line.starts_with("kadr: "))
            .collect();
        assert_eq!(sentences.len(), 1, "one sentence: {}", self.err);
        for word in words {
            assert!(sentences[0].contains(word), "{word:?} in: {}", sentences[0]);
        }
        assert!(
            !self.err.contains("panicked") && !self.err.contains("backtrace"),
            "{}",
            self.err
        );
    }
}

/// A server that runs.
pub(crate) struct Launch {
    child: Option<Child>,
    lines: mpsc::Receiver<String>,
    pub(crate) addr: SocketAddr,
    pub(crate) ready_after: Duration,
}

impl Launch {
    /// Starts the command and waits for its address.
    pub(crate) fn start(command: &mut Command) -> Self {
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (line, waiting) = mpsc::channel();
        std::thread::spawn(move || {
            for text in BufReader::new(stdout).lines() {
                if line.send(text.unwrap()).is_err() {
                    return;
                }
            }
        });
        let text = match waiting.recv_timeout(Duration::from_secs(30)) {
            Ok(text) => text,
            Err(_) => {
                let ended = Kadr::finish(child, began, Duration::from_secs(1));
                panic!("it did not start: {ended:?}");
            }
        };
        let ready_after = began.elapsed();
        let addr = text
            .strip_prefix("Kadr is at http://")
            .unwrap_or_else(|| panic!("an address: {text}"))
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        Self {
            child: Some(child),
            lines: waiting,
            addr,
            ready_after,
        }
    }

    /// The next line it says, after its address; none when it is silent.
    pub(crate) fn says(&self) -> Option<String> {
        self.lines.recv_timeout(Duration::from_secs(2)).ok()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.as_ref().unwrap().id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self, within: Duration) -> Kadr {
        Kadr::finish(self.child.take().unwrap(), Instant::now(), within)
    }

    pub(crate) fn stop(self) -> Kadr {
        self.signal(Signal::TERM);
        self.ended(Duration::from_secs(30))
    }
}

impl Drop for Launch {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}
