//! Talks to the helper as the server does.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use domain::media::{
    MediaFault,
    facts::Facts,
    line::{Done, Finished, Init, Line, Output, Segment},
    spec::{self, Limits, Spec},
};

pub const HELPER: &str = env!("CARGO_BIN_EXE_kadr-media");

pub const LIMITS: Limits = Limits {
    memory: 2 << 30,
    cpu: 600,
    file: 1 << 30,
};

pub struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Helper {
    pub fn start() -> Self {
        Self::with_log(Stdio::inherit())
    }

    /// For files that make FFmpeg say a lot.
    pub fn quiet() -> Self {
        Self::with_log(Stdio::null())
    }

    fn with_log(log: Stdio) -> Self {
        let mut child = Command::new(HELPER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the helper starts");
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("still open");
        writeln!(input, "{line}").expect("the helper listens");
    }

    pub fn line(&mut self) -> Option<Line> {
        let mut text = String::new();
        let read = self.output.read_line(&mut text).expect("UTF-8");
        (read > 0).then(|| serde_json::from_str(&text).expect("a line of the protocol"))
    }

    /// All lines up to the last one.
    pub fn answer(&mut self) -> Answer {
        self.try_answer().expect("an answer")
    }

    /// Nothing when it ended before it answered.
    pub fn try_answer(&mut self) -> Option<Answer> {
        let mut answer = Answer::default();
        loop {
            match self.line()? {
                Line::Progress(progress) => answer.progress.push(progress.done),
                Line::Output(Output::Init(init)) => answer.inits.push(init),
                Line::Output(Output::Segment(segment)) => answer.segments.push(segment),
                Line::Output(Output::File { file, .. }) => answer.files.push(file),
                Line::Result(finished) => {
                    answer.end = Some(Ok(finished));
                    return Some(answer);
                }
                Line::Error(fault) => {
                    answer.end = Some(Err(fault));
                    return Some(answer);
                }
            }
        }
    }

    pub fn run(&mut self, spec: &Spec) -> Answer {
        self.tell(&serde_json::to_string(spec).expect("JSON"));
        self.answer()
    }

    /// Closes standard input and waits.
    pub fn end(mut self) -> i32 {
        drop(self.input.take());
        self.child
            .wait()
            .expect("it ends")
            .code()
            .expect("by itself")
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug, Default)]
pub struct Answer {
    pub progress: Vec<f64>,
    pub inits: Vec<Init>,
    pub segments: Vec<Segment>,
    pub files: Vec<String>,
    end: Option<Result<Finished, MediaFault>>,
}

impl Answer {
    pub fn done(&self) -> &Done {
        match self.end.as_ref().expect("an end") {
            Ok(finished) => &finished.done,
            Err(fault) => panic!("refused: {fault:?}"),
        }
    }

    pub fn fault(&self) -> &MediaFault {
        match self.end.as_ref().expect("an end") {
            Ok(finished) => panic!("accepted: {finished:?}"),
            Err(fault) => {
                assert!(fault.reason.ends_with('.'), "a sentence: {}", fault.reason);
                fault
            }
        }
    }

    pub fn result(&self) -> Result<&Finished, &MediaFault> {
        self.end.as_ref().expect("an end").as_ref()
    }
}

pub fn spec(source: &Path, out: &Path, start: i64, command: spec::Command) -> Spec {
    Spec {
        source: source.to_path_buf(),
        out: out.to_path_buf(),
        start,
        limits: LIMITS,
        command,
    }
}

/// Runs one command in a helper of its own.
pub fn run(spec: &Spec) -> Answer {
    let mut helper = Helper::start();
    let answer = helper.run(spec);
    assert_eq!(helper.end(), 0, "{answer:?}");
    answer
}

pub fn probe(path: impl AsRef<Path>) -> Answer {
    let path = path.as_ref();
    let out = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    run(&spec(path, &out, 0, spec::Command::Probe))
}

pub fn facts(path: impl AsRef<Path>) -> Facts {
    match probe(path).done() {
        Done::Facts { facts } => (**facts).clone(),
        other => panic!("{other:?}"),
    }
}
