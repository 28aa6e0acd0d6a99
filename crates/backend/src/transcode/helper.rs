//! The media engine as a child process: C code that reads hostile files dies alone.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{self, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::engine::{Child, Engine};

/// Facts of hours of video are some hundred kilobytes; more than this is no line of ours.
const LONGEST_LINE: u64 = 32 << 20;
/// How long one that was killed is waited for.
const FAREWELL: Duration = Duration::from_secs(10);
/// What is kept of the log.
const LOG: usize = 16 << 10;

/// Starts `kadr-media`.
#[derive(Debug, Clone)]
pub struct Helper {
    program: PathBuf,
}

impl Helper {
    #[must_use]
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
        }
    }
}

impl Engine for Helper {
    fn start(&self) -> BoxFuture<'_, io::Result<Box<dyn Child>>> {
        Box::pin(async move {
            let mut command = Command::new(&self.program);
            command
                .current_dir("/")
                .env_clear()
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                // Who stops us at the terminal stops us alone; we end our children.
                .process_group(0)
                .kill_on_drop(true);
            // It needs its libraries, and nothing of ours: no secrets, no addresses.
            for name in ["PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR"] {
                if let Some(value) = std::env::var_os(name) {
                    command.env(name, value);
                }
            }
            // One heap for all threads: each of its own reserves 64 MB of the address space that
            // its limits count.
            command.env("MALLOC_ARENA_MAX", "1");
            // Pictures are given back when a part ends, not kept in a heap full of holes.
            command.env("MALLOC_MMAP_THRESHOLD_", "262144");
            let mut process = command.spawn()?;
            let pipes = (
                process.stdin.take(),
                process.stdout.take(),
                process.stderr.take(),
            );
            let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
                return Err(io::Error::other("a child without pipes"));
            };
            let log = Log::default();
            tokio::spawn(log.clone().keep(stderr));
            let child: Box<dyn Child> = Box::new(Running {
                process,
                stdin,
                stdout: BufReader::new(stdout),
                line: Vec::new(),
                log,
            });
            Ok(child)
        })
    }
}

#[derive(Debug)]
struct Running {
    process: process::Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// What has come of the next line: kept when `hear` is dropped in the middle.
    line: Vec<u8>,
    log: Log,
}

impl Child for Running {
    fn tell<'a>(&'a mut self, line: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            self.stdin.write_all(line.as_bytes()).await?;
            self.stdin.write_all(b"\n").await?;
            self.stdin.flush().await
        })
    }

    fn hear(&mut self) -> BoxFuture<'_, io::Result<Option<String>>> {
        Box::pin(async move {
            let left = LONGEST_LINE.saturating_sub(self.line.len() as u64);
            (&mut self.stdout)
                .take(left)
                .read_until(b'\n', &mut self.line)
                .await?;
            let whole = self.line.pop_if(|last| *last == b'\n').is_some();
            let line = std::mem::take(&mut self.line);
            if !whole {
                // The end of the pipe; or a line without one.
                return match line.len() as u64 >= LONGEST_LINE {
                    true => Err(io::Error::other("a line that does not end")),
                    false => Ok(None),
                };
            }
            String::from_utf8(line).map(Some).map_err(io::Error::other)
        })
    }

    fn log(&self) -> String {
        self.log.text()
    }

    fn end(&mut self) -> BoxFuture<'_, String> {
        Box::pin(async move {
            if let Ok(Some(status)) = self.process.try_wait() {
                return status.to_string();
            }
            if let Err(error) = self.process.start_kill() {
                tracing::warn!(%error, "a media helper could not be killed");
            }
            // A disk that hangs can keep even who was killed.
            match timeout(FAREWELL, self.process.wait()).await {
                Ok(Ok(status)) => status.to_string(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "killed, and still there".to_owned(),
            }
        })
    }
}

/// The end of what a child wrote to standard error.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<VecDeque<u8>>>);

impl Log {
    async fn keep(self, mut stderr: ChildStderr) {
        let mut some = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut some).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(&some[..count]);
            let over = kept.len().saturating_sub(LOG);
            kept.drain(..over);
        }
    }

    fn text(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Databases take no zero bytes in texts.
        String::from_utf8_lossy(kept.make_contiguous()).replace('\0', "\u{fffd}")
    }
}
