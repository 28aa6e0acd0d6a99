//! The child's side of the pipes: one spec a line in, lines of answers out.

mod cost;
mod limits;
mod pulse;

use std::{
    io::{self, Write},
    path::Path,
    process::{self, ExitCode},
    sync::mpsc,
    thread,
};

use domain::media::{
    MediaFault,
    line::{Done, Finished, Line},
    spec::Spec,
};

use self::{cost::Meter, pulse::Pulse};
use crate::{MediaError, Report, probe, run};

/// Serves until standard input ends.
#[must_use]
pub fn serve() -> ExitCode {
    let Some(first) = next_line() else {
        return ExitCode::SUCCESS;
    };
    // Opened now: behind the fence there is no /proc.
    let meter = Meter::open();
    let spec = match parse(&first) {
        Ok(spec) => spec,
        Err(fault) => return told(&say(&Line::Error(fault))),
    };
    if let Err(error) = limits::apply(&spec) {
        return told(&say(&Line::Error(fault(&error))));
    }
    let (Ok(lines), Ok(pulse)) = (listen(), Pulse::start()) else {
        // There is no memory for a thread.
        return told(&say(&Line::Error(fault(&MediaError::Memory))));
    };
    // Only now: what listens and what tells is not made to wait by the work of others.
    limits::step_back();
    let mut next = Some(Ok(spec));
    while let Some(spec) = next {
        let answer = match spec {
            Ok(spec) => work(&spec, &meter, &pulse),
            Err(fault) => Line::Error(fault),
        };
        if say(&answer).is_err() {
            return ExitCode::FAILURE;
        }
        next = lines.recv().ok().map(|line| parse(&line));
    }
    ExitCode::SUCCESS
}

fn work(spec: &Spec, meter: &Meter, pulse: &Pulse) -> Line {
    let begun = meter.now();
    let mut tell = |line: &Line| pulse.tell(line);
    pulse.begin();
    let done = run(spec, &mut Report::new(&mut tell));
    pulse.end();
    match done {
        Ok(done) => Line::Result(Finished {
            done,
            cost: meter.since(&begun),
        }),
        Err(error) => Line::Error(fault(&error)),
    }
}

/// What a file is, for somebody at a terminal.
#[must_use]
pub fn probe_only(file: &Path) -> Line {
    let meter = Meter::open();
    let begun = meter.now();
    let mut nobody = |_: &Line| Ok(());
    match probe(file, &mut Report::new(&mut nobody)) {
        Ok(facts) => Line::Result(Finished {
            done: Done::Facts {
                facts: Box::new(facts),
            },
            cost: meter.since(&begun),
        }),
        Err(error) => Line::Error(fault(&error)),
    }
}

/// One line to standard output.
pub fn say(line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&text)?;
    out.flush()
}

fn told(said: &io::Result<()>) -> ExitCode {
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn parse(line: &str) -> Result<Spec, MediaFault> {
    serde_json::from_str(line).map_err(|error| MediaFault {
        client_fault: false,
        code: MediaError::Instructions("").code().to_owned(),
        reason: format!("The instructions make no sense ({error})."),
    })
}

fn fault(error: &MediaError) -> MediaFault {
    MediaFault::from(error)
}

/// Waits for lines beside the work, so that the end of standard input is noticed in its middle.
fn listen() -> io::Result<mpsc::Receiver<String>> {
    let (sender, lines) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        while let Some(line) = next_line() {
            if sender.send(line).is_err() {
                break;
            }
        }
        // The server is gone or has lost interest: nobody will read what we make. What lies under
        // its name is whole; what lies beside is swept up by whoever comes next.
        process::exit(0);
    })?;
    Ok(lines)
}

fn next_line() -> Option<String> {
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(read) if read > 0 => Some(line),
        _ => None,
    }
}
