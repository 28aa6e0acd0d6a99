//! The picture work of a whole ladder, beside FFmpeg's command line, in the same run:
//!
//! `cargo bench -p media --bench rungs [-- seconds]`
//!
//! Two clips (a generated test picture and one with natural-looking motion and grain), each made
//! into all rungs by as many helpers as there are cores, part by part as the plan says; by one
//! `ffmpeg` with `split`; and by one `ffmpeg` for each rung. Prints wall time, its ratio to ours,
//! bytes and PSNR.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use domain::media::{
    facts::Facts,
    line::{Cost, Done, Finished, Line},
    plan::{Plan, Policy, RungPlan, plan},
    spec::{self, EncodePart, Limits, Spec},
};

const HELPER: &str = env!("CARGO_BIN_EXE_kadr-media");

fn main() {
    let seconds = std::env::args()
        .filter_map(|argument| argument.parse::<u32>().ok())
        .next()
        .unwrap_or(60);
    let home = tempfile::tempdir().expect("a temporary folder");
    let clips = [
        (
            "generated",
            format!("testsrc2=size=1920x1080:rate=30:duration={seconds}"),
        ),
        (
            "natural",
            format!(
                "mandelbrot=size=1920x1080:rate=30:end_scale=0.02,trim=duration={seconds},noise=alls=5:allf=t"
            ),
        ),
    ];
    for (name, graph) in clips {
        let source = home.path().join(format!("{name}.mp4"));
        // Groups of ten seconds, B-frames: as cameras and editors write them.
        ffmpeg(&format!(
            "-f lavfi -i {graph} -c:v libx264 -preset veryfast -crf 18 -g 300 -bf 3 -pix_fmt yuv420p {}",
            source.display()
        ));
        one(name, &source, home.path());
    }
}

fn one(name: &str, source: &Path, home: &Path) {
    let facts = probe(source, home);
    // A copy of the top rung is another matter: here everything is made.
    let policy = Policy {
        copied_gop: 0,
        hands: u32::try_from(cores()).expect("few"),
        ..Policy::default()
    };
    let plan = plan(&facts, &policy).expect("a plan");
    let rungs = &plan.picture.as_ref().expect("pictures").rungs;
    let out = home.join(format!("{name}.parts"));
    std::fs::create_dir_all(&out).expect("a folder");
    let (ours, cost) = parts(source, &out, &plan);
    let split = split(source, home, name, rungs);
    let each = each(source, home, name, rungs);
    println!(
        "\n{name}, {} parts, {} helpers",
        plan.picture
            .as_ref()
            .map_or(0, |picture| picture.parts.len()),
        cores()
    );
    println!("| way | wall s | ours is | CPU s | most memory of a process |");
    println!("| --- | --- | --- | --- | --- |");
    let ratio = |other: Duration| ours.as_secs_f64() / other.as_secs_f64();
    println!(
        "| kadr-media | {:.1} | 1 | {:.1} | {} MB |",
        ours.as_secs_f64(),
        cost.cpu as f64 / 1000.0,
        cost.memory >> 20
    );
    println!(
        "| one ffmpeg, split | {:.1} | {:.2} | | |",
        split.as_secs_f64(),
        ratio(split)
    );
    println!(
        "| one ffmpeg a rung | {:.1} | {:.2} | | |",
        each.as_secs_f64(),
        ratio(each)
    );
    println!("\n| rung | bytes, ours : split | PSNR dB, ours - split |");
    println!("| --- | --- | --- |");
    for rung in rungs {
        let folder = &rung.rung.folder;
        let joined = join(&out, folder, home);
        let other = home.join(format!("{name}.{folder}.mp4"));
        let size = |path: &Path| std::fs::metadata(path).expect("a file").len() as f64;
        let (first, second) = (psnr(&joined, source, rung), psnr(&other, source, rung));
        println!(
            "| {folder} | {:.3} | {first:.2} - {second:.2} = {:+.3} |",
            size(&joined) / size(&other),
            first - second
        );
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn ffmpeg(arguments: &str) {
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-y"])
        .args(arguments.split_whitespace())
        .status()
        .expect("ffmpeg is installed");
    assert!(made.success(), "{arguments}");
}

fn encoder(rung: &RungPlan) -> String {
    let rung = &rung.rung;
    format!(
        "-c:v libx264 -preset {} -profile:v high -crf {} -maxrate {} -bufsize {} -force_key_frames expr:gte(t,n_forced*2) -forced-idr 1 -g 100000",
        rung.preset, rung.crf, rung.max_rate, rung.buffer
    )
}

/// Everything by one command: decoded once, scaled from the source, all threads it likes.
fn split(source: &Path, home: &Path, name: &str, rungs: &[RungPlan]) -> Duration {
    let count = rungs.len();
    let mut graph = format!("[0:v]split={count}");
    graph.extend((0..count).map(|number| format!("[s{number}]")));
    let mut outputs = String::new();
    for (number, rung) in rungs.iter().enumerate() {
        let (width, height) = (rung.rung.width, rung.rung.height);
        graph.push_str(&format!(
            ";[s{number}]scale={width}:{height}:flags=bicubic[o{number}]"
        ));
        let file = home.join(format!("{name}.{}.mp4", rung.rung.folder));
        outputs.push_str(&format!(
            " -map [o{number}] {} {}",
            encoder(rung),
            file.display()
        ));
    }
    let begun = Instant::now();
    ffmpeg(&format!(
        "-i {} -filter_complex {graph} {outputs}",
        source.display()
    ));
    begun.elapsed()
}

fn each(source: &Path, home: &Path, name: &str, rungs: &[RungPlan]) -> Duration {
    let begun = Instant::now();
    for rung in rungs {
        let file = home.join(format!("{name}.{}.alone.mp4", rung.rung.folder));
        ffmpeg(&format!(
            "-i {} -vf scale={}:{}:flags=bicubic {} {}",
            source.display(),
            rung.rung.width,
            rung.rung.height,
            encoder(rung),
            file.display()
        ));
    }
    begun.elapsed()
}

/// Against the source, scaled in the same way for both.
fn psnr(made: &Path, source: &Path, rung: &RungPlan) -> f64 {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-i"])
        .arg(made)
        .arg("-i")
        .arg(source)
        .args([
            "-lavfi",
            &format!(
                "[1:v]scale={}:{}:flags=bicubic[s];[0:v][s]psnr",
                rung.rung.width, rung.rung.height
            ),
        ])
        .args(["-f", "null", "-"])
        .output()
        .expect("ffmpeg");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let rest = text.rsplit("average:").next().unwrap_or_default();
    rest.split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(f64::NAN)
}

fn join(out: &Path, folder: &str, home: &Path) -> PathBuf {
    let folder_path = out.join(folder);
    let mut bytes = std::fs::read(folder_path.join(spec::INIT)).expect("an init");
    for number in 0.. {
        match std::fs::read(folder_path.join(spec::segment_file(number))) {
            Ok(segment) => bytes.extend(segment),
            Err(_) => break,
        }
    }
    let path = home.join(format!("{folder}.joined.mp4"));
    std::fs::write(&path, bytes).expect("written");
    path
}

struct Helper {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Helper {
    fn start() -> Self {
        let mut child = Command::new(HELPER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the helper starts");
        Self {
            input: child.stdin.take().expect("a pipe"),
            output: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
        }
    }

    fn run(&mut self, spec: &Spec) -> Finished {
        writeln!(self.input, "{}", serde_json::to_string(spec).expect("JSON")).expect("it listens");
        loop {
            let mut text = String::new();
            assert!(
                self.output.read_line(&mut text).expect("UTF-8") > 0,
                "it ended"
            );
            match serde_json::from_str(&text).expect("a line") {
                Line::Result(finished) => return finished,
                Line::Error(fault) => panic!("{fault:?}"),
                Line::Progress(_) | Line::Output(_) => {}
            }
        }
    }

    fn end(mut self) {
        drop(self.input);
        let _ = self.child.wait();
    }
}

fn told(source: &Path, out: &Path, start: i64, command: spec::Command) -> Spec {
    Spec {
        source: source.to_path_buf(),
        out: out.to_path_buf(),
        start,
        limits: Limits {
            memory: 4 << 30,
            cpu: 3600,
            file: 1 << 30,
        },
        command,
    }
}

fn probe(source: &Path, home: &Path) -> Facts {
    let mut helper = Helper::start();
    let finished = helper.run(&told(source, home, 0, spec::Command::Probe));
    helper.end();
    match finished.done {
        Done::Facts { facts } => *facts,
        other => panic!("{other:?}"),
    }
}

/// Helpers take parts from one list, as workers take jobs.
fn parts(source: &Path, out: &Path, plan: &Plan) -> (Duration, Cost) {
    let picture = plan.picture.as_ref().expect("pictures");
    let list: VecDeque<Spec> = (0..)
        .zip(&picture.parts)
        .map(|(number, part)| {
            let command = spec::Command::EncodePart(EncodePart {
                stream: picture.stream,
                part: picture.stretch(plan, part, number),
                picture: picture.picture.clone(),
                rungs: picture.rungs.iter().map(|rung| rung.rung.clone()).collect(),
                tiles: None,
                threads: 1,
            });
            told(source, out, plan.start, command)
        })
        .collect();
    let (list, total) = (Mutex::new(list), Mutex::new(Cost::default()));
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                let mut helper = Helper::start();
                loop {
                    let next = list.lock().expect("whole").pop_front();
                    let Some(spec) = next else { break };
                    let cost = helper.run(&spec).cost;
                    let mut total = total.lock().expect("whole");
                    total.cpu += cost.cpu;
                    total.memory = total.memory.max(cost.memory);
                }
                helper.end();
            });
        }
    });
    let wall = begun.elapsed();
    (wall, total.into_inner().expect("whole"))
}
