//! A writer that never makes its caller wait: lines go through a bounded channel to a thread.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait. A disk that stands still costs lines of the log, not requests.
const WAITING: usize = 8192;
/// What is written in one go.
const BATCH: usize = 64 << 10;

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// The end that takes lines.
#[derive(Clone)]
pub(super) struct NonBlocking {
    lines: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

/// Waits, when dropped, until what was taken has been written.
#[derive(Clone)]
pub(super) struct Flusher(SyncSender<Message>);

impl std::fmt::Debug for Flusher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Flusher")
    }
}

impl NonBlocking {
    pub(super) fn new(sink: impl Write + Send + 'static) -> (Self, Flusher) {
        let (lines, waiting) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&lost);
        // Without a thread (limits) there is no log, which is no reason not to serve.
        let started = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(&waiting, sink, &counter));
        if let Err(error) = started {
            eprintln!("kadr: no log, the system gives no thread for it ({error})");
        }
        (
            Self {
                lines: lines.clone(),
                lost,
            },
            Flusher(lines),
        )
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        let mut message = Message::Flush(done);
        // The channel may be full for a moment, or for ever when the sink stands still.
        for _ in 0..200 {
            match self.0.try_send(message) {
                Ok(()) => {
                    let _in_time = written.recv_timeout(Duration::from_secs(2));
                    return;
                }
                Err(TrySendError::Full(back)) => {
                    message = back;
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
    }
}

fn write_all(waiting: &Receiver<Message>, mut sink: impl Write, lost: &AtomicU64) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Ok(first) = waiting.recv() {
        let mut flushed = None;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Line(line) => batch.extend_from_slice(&line),
                Message::Flush(done) => flushed = Some(done),
            }
            next = (flushed.is_none() && batch.len() < BATCH)
                .then(|| waiting.try_recv().ok())
                .flatten();
        }
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let _full = writeln!(
                batch,
                "{{\"level\":\"WARN\",\"message\":\"{missing} lines of the log were lost: they came faster than they could be written\"}}"
            );
        }
        // A full disk or a closed pipe takes the line with it; there is nobody left to tell.
        let _written = sink.write_all(&batch).and_then(|()| sink.flush());
        batch.clear();
        if let Some(done) = flushed {
            let _gone = done.try_send(());
        }
    }
}

impl<'a> MakeWriter<'a> for NonBlocking {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self)
    }
}

/// Takes one line; the subscriber writes each event in one piece.
pub(super) struct Line<'a>(&'a NonBlocking);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.lines.try_send(Message::Line(line.to_vec())).is_err() {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_taken_is_written_before_the_guard_is_gone() {
        let sink = Shared::default();
        let (writer, flusher) = NonBlocking::new(sink.clone());
        for n in 0..1000 {
            writeln!(writer.make_writer(), "{n}").unwrap();
        }
        drop(flusher);
        let written = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 1000);
        assert!(written.ends_with("999\n"));
    }

    /// Stands still until it is let go.
    struct Stuck(mpsc::Receiver<()>, Shared);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _gone = self.0.recv();
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_sink_that_stands_still_costs_lines_and_no_time() {
        let (go, stuck) = mpsc::channel();
        let sink = Shared::default();
        let (writer, flusher) = NonBlocking::new(Stuck(stuck, sink.clone()));
        let line = vec![b'x'; 100];
        for _ in 0..WAITING + 2000 {
            writer.make_writer().write_all(&line).unwrap();
        }
        assert!(writer.lost.load(Ordering::Relaxed) > 0);
        drop(go);
        drop(flusher);
        let written = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert!(
            written.contains("lines of the log were lost"),
            "{}",
            written.len()
        );
    }
}
