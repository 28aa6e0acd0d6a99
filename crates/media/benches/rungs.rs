//! The picture work of a whole ladder, beside FFmpeg's command line, in the same run:
//!
//! `cargo bench -p media --bench rungs [-- seconds [rounds [clip]]]`
//!
//! Two clips (a generated test picture and one with natural-looking motion and grain), each made
//! into all rungs by as many helpers as there are cores, part by part as the plan says; by one
//! `ffmpeg` with `split`; and by one `ffmpeg` for each rung. They take turns, with the same
//! priority, so that what else the machine does hits all of them. Prints medians of wall and CPU
//! time with their ratios, bytes and PSNR.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
    thread,
    time::Instant,
};

use domain::media::{
    facts::Facts,
    line::{Cost, Done, Finished, Line},
    plan::{Plan, Policy, RungPlan, plan},
    spec::{self, EncodePart, Limits, Spec},
};

const HELPER: &str = env!("CARGO_BIN_EXE_kadr-media");

/// The helper is polite; its peers are made to be.
const NICENESS: &str = "10";

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = given
        .iter()
        .filter_map(|argument| argument.parse::<u32>().ok());
    let seconds = numbers.next().unwrap_or(60);
    let rounds = numbers.next().unwrap_or(3).max(1);
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
    let asked = |name: &str| given.iter().any(|argument| argument == name);
    let some = clips.iter().any(|(name, _)| asked(name));
    for (name, graph) in clips.iter().filter(|(name, _)| !some || asked(name)) {
        let source = home.path().join(format!("{name}.mp4"));
        // Groups of ten seconds, B-frames: as cameras and editors write them.
        ffmpeg(&format!(
            "-f lavfi -i {graph} -c:v libx264 -preset veryfast -crf 18 -g 300 -bf 3 -pix_fmt yuv420p {}",
            source.display()
        ));
        one(name, &source, home.path(), rounds);
    }
}

/// Of one round.
#[derive(Clone, Copy)]
struct Spent {
    wall: f64,
    cpu: f64,
}

fn spend(work: impl FnOnce()) -> Spent {
    let (begun, before) = (Instant::now(), cpu_of_children());
    work();
    Spent {
        wall: begun.elapsed().as_secs_f64(),
        cpu: cpu_of_children() - before,
    }
}

/// Seconds of all processes that were begun and waited for.
fn cpu_of_children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, rest) = text.rsplit_once(')').expect("a name");
    let fields = rest.split_whitespace().skip(13).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

fn one(name: &str, source: &Path, home: &Path, rounds: u32) {
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
    let mut memory = 0;
    let mut ways: [(&str, Vec<Spent>); 3] = [
        ("kadr-media", Vec::new()),
        ("one ffmpeg, split", Vec::new()),
        ("one ffmpeg a rung", Vec::new()),
    ];
    for _ in 0..rounds {
        let _ = std::fs::remove_dir_all(&out);
        std::fs::create_dir_all(&out).expect("a folder");
        let ours = spend(|| memory = parts(source, &out, &plan).memory.max(memory));
        ways[0].1.push(ours);
        ways[1].1.push(spend(|| split(source, home, name, rungs)));
        ways[2].1.push(spend(|| each(source, home, name, rungs)));
    }
    println!(
        "\n{name}, {} parts, {} helpers of at most {} MB, {rounds} rounds",
        plan.picture
            .as_ref()
            .map_or(0, |picture| picture.parts.len()),
        cores(),
        memory >> 20
    );
    println!("| way | wall s | ours : it | CPU s | ours : it | wall s of each round |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let ours = ways[0].1.clone();
    for (way, spent) in &ways {
        // Round by round: what slowed one of them down slowed the other, too.
        let pairs = || ours.iter().zip(spent);
        let raw: Vec<String> = spent.iter().map(|one| format!("{:.1}", one.wall)).collect();
        println!(
            "| {way} | {:.1} | {:.3} | {:.1} | {:.3} | {} |",
            median(spent.iter().map(|one| one.wall)),
            median(pairs().map(|(ours, other)| ours.wall / other.wall)),
            median(spent.iter().map(|one| one.cpu)),
            median(pairs().map(|(ours, other)| ours.cpu / other.cpu)),
            raw.join(", ")
        );
    }
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
    let made = Command::new("nice")
        .args([
            "-n",
            NICENESS,
            "ffmpeg",
            "-nostdin",
            "-loglevel",
            "error",
            "-y",
        ])
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
fn split(source: &Path, home: &Path, name: &str, rungs: &[RungPlan]) {
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
    ffmpeg(&format!(
        "-i {} -filter_complex {graph} {outputs}",
        source.display()
    ));
}

fn each(source: &Path, home: &Path, name: &str, rungs: &[RungPlan]) {
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
}

/// Against the source, scaled in the same way for both, and exactly: without `accurate_rnd` FFmpeg's
/// scaler rounds down, and who rounds with it seems better. Frame by frame, whatever their times.
fn psnr(made: &Path, source: &Path, rung: &RungPlan) -> f64 {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-i"])
        .arg(made)
        .arg("-i")
        .arg(source)
        .args([
            "-lavfi",
            &format!(
                "[1:v]setpts=N,scale={}:{}:flags=bicubic+accurate_rnd[s];[0:v]setpts=N[m];[m][s]psnr",
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
            .env("MALLOC_ARENA_MAX", "1")
            .env("MALLOC_MMAP_THRESHOLD_", "262144")
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
fn parts(source: &Path, out: &Path, plan: &Plan) -> Cost {
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
                threads: part.threads,
            });
            told(source, out, plan.start, command)
        })
        .collect();
    let (list, total) = (Mutex::new(list), Mutex::new(Cost::default()));
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
    total.into_inner().expect("whole")
}
