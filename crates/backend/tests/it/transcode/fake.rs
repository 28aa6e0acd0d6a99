//! A media engine that makes nothing, but says and writes what a real one would: files where
//! they belong, segments with fragments, progress; and, when told so, trouble.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use backend::transcode::{Child, Engine};
use domain::media::{
    MediaFault, Micros,
    facts::Facts,
    line::{Cost, Done, Finished, Fragment, Init, Line, Output, Progress, Segment, code},
    spec::{Command, INIT, Spec, Stretch, segment_file},
};
use futures::future::BoxFuture;
use tokio::time::sleep;

/// Never gets its name.
const HALF: &[u8] = b"half a file";
const TIMESCALE: i64 = 16_000;

#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// The helper says that the file is to blame.
    Fault,
    /// It says that the disk is full.
    Space,
    /// It dies in the middle.
    Crash,
    /// It says nothing more.
    Hang,
    /// It says again and again that it is where it was.
    Babble,
    /// Its init is another one.
    OtherInit,
    /// A segment is missing.
    Short,
}

#[derive(Debug, Default)]
struct State {
    /// How often each command was begun, and how often it came to its end.
    begun: BTreeMap<String, u32>,
    ended: BTreeMap<String, u32>,
    trouble: HashMap<String, VecDeque<Trouble>>,
    held: HashSet<String>,
    pause: Duration,
    children: i32,
    specs: Vec<Spec>,
}

/// What a test holds.
#[derive(Debug, Clone)]
pub(super) struct Fake {
    facts: Arc<Facts>,
    state: Arc<Mutex<State>>,
}

impl Fake {
    pub(super) fn of(facts: Facts) -> Self {
        Self {
            facts: Arc::new(facts),
            state: Arc::default(),
        }
    }

    /// The next so many runs of a command go wrong.
    pub(super) fn trouble(&self, name: &str, trouble: Trouble, times: usize) {
        let mut state = self.state.lock().unwrap();
        let list = state.trouble.entry(name.to_owned()).or_default();
        list.extend(std::iter::repeat_n(trouble, times));
    }

    /// The command begins and goes on only when it is let go.
    pub(super) fn hold(&self, name: &str) {
        self.state.lock().unwrap().held.insert(name.to_owned());
    }

    pub(super) fn let_go(&self, name: &str) {
        self.state.lock().unwrap().held.remove(name);
    }

    /// Between two lines.
    pub(super) fn pause(&self, pause: Duration) {
        self.state.lock().unwrap().pause = pause;
    }

    pub(super) fn begun(&self, name: &str) -> u32 {
        self.state
            .lock()
            .unwrap()
            .begun
            .get(name)
            .copied()
            .unwrap_or(0)
    }

    /// Commands that came to their end, and how often.
    pub(super) fn ended(&self) -> BTreeMap<String, u32> {
        self.state.lock().unwrap().ended.clone()
    }

    /// Children that live.
    pub(super) fn children(&self) -> i32 {
        self.state.lock().unwrap().children
    }

    pub(super) fn specs(&self) -> Vec<Spec> {
        self.state.lock().unwrap().specs.clone()
    }
}

impl Engine for Fake {
    fn start(&self) -> BoxFuture<'_, io::Result<Box<dyn Child>>> {
        self.state.lock().unwrap().children += 1;
        let child: Box<dyn Child> = Box::new(FakeChild {
            fake: self.clone(),
            to_do: VecDeque::new(),
            crawled: Micros::MIN,
        });
        Box::pin(async move { Ok(child) })
    }
}

#[derive(Debug)]
enum Act {
    Say(Box<Line>),
    Write(PathBuf, Vec<u8>),
    /// Wait until the command may go on.
    Gate(String),
    End(String),
    Die,
    Hang,
    Babble,
}

#[derive(Debug)]
struct FakeChild {
    fake: Fake,
    to_do: VecDeque<Act>,
    crawled: Micros,
}

impl Drop for FakeChild {
    fn drop(&mut self) {
        self.fake.state.lock().unwrap().children -= 1;
    }
}

impl Child for FakeChild {
    fn tell<'a>(&'a mut self, line: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let spec: Spec = serde_json::from_str(line).unwrap();
            let name = name(&spec.command);
            let trouble = {
                let mut state = self.fake.state.lock().unwrap();
                *state.begun.entry(name.clone()).or_default() += 1;
                state.specs.push(spec.clone());
                state.trouble.get_mut(&name).and_then(VecDeque::pop_front)
            };
            self.to_do = acts(&self.fake.facts, &spec, name, trouble.as_ref());
            Ok(())
        })
    }

    fn hear(&mut self) -> BoxFuture<'_, io::Result<Option<String>>> {
        Box::pin(async move {
            loop {
                let pause = self.fake.state.lock().unwrap().pause;
                match self.to_do.front() {
                    None => return Ok(None),
                    Some(Act::Gate(name)) => {
                        // It lives, and gets on very slowly.
                        let mut held = 0;
                        while self.fake.state.lock().unwrap().held.contains(name) {
                            sleep(Duration::from_millis(5)).await;
                            held += 1;
                            if held == 20 {
                                self.crawled += 1;
                                let at = self.crawled;
                                let line = Line::Progress(Progress { done: 0.0, at });
                                return Ok(Some(serde_json::to_string(&line).unwrap()));
                            }
                        }
                    }
                    Some(Act::Write(path, bytes)) => write(path, bytes)?,
                    Some(Act::Say(line)) => {
                        sleep(pause).await;
                        let line = serde_json::to_string(line).unwrap();
                        self.to_do.pop_front();
                        return Ok(Some(line));
                    }
                    Some(Act::End(name)) => {
                        let mut state = self.fake.state.lock().unwrap();
                        *state.ended.entry(name.clone()).or_default() += 1;
                    }
                    Some(Act::Die) => return Ok(None),
                    Some(Act::Hang) => std::future::pending().await,
                    Some(Act::Babble) => {
                        sleep(Duration::from_millis(20)).await;
                        let line = Line::Progress(Progress { done: 0.1, at: 1 });
                        return Ok(Some(serde_json::to_string(&line).unwrap()));
                    }
                }
                self.to_do.pop_front();
            }
        })
    }

    fn log(&self) -> String {
        "[h264 @ 0x1] something about this file\n".to_owned()
    }

    fn end(&mut self) -> BoxFuture<'_, String> {
        Box::pin(async { "signal: 11 (SIGSEGV)".to_owned() })
    }
}

/// A real helper makes the folders of renditions, but not that of the asset: once that is gone,
/// nothing comes back.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Two parts may write the same init at once.
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().unwrap();
    if let Err(error) = fs::create_dir(folder)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_extension(format!("{number}.tmp"));
    fs::write(&beside, bytes)?;
    if bytes == HALF {
        return Ok(());
    }
    fs::rename(beside, path)
}

fn name(command: &Command) -> String {
    match command {
        Command::Probe => "probe".to_owned(),
        Command::EncodePart(part) => format!("encode:{}", part.part.number),
        Command::RepackagePart(part) => format!("copy:{}", part.part.number),
        Command::Audio(audio) => format!("audio:{}", audio.track - 2),
        Command::Poster(_) => "poster".to_owned(),
        Command::Storyboard(_) => "storyboard".to_owned(),
        Command::Waveform(_) => "waveform".to_owned(),
        Command::Subtitles(text) => format!("subtitles:{}", &text.file[1..2]),
    }
}

fn say(line: Line) -> Act {
    Act::Say(Box::new(line))
}

fn acts(facts: &Facts, spec: &Spec, name: String, trouble: Option<&Trouble>) -> VecDeque<Act> {
    let mut acts = VecDeque::from([Act::Gate(name.clone())]);
    let mut made = Maker {
        out: spec.out.clone(),
        acts: Vec::new(),
        other_init: matches!(trouble, Some(Trouble::OtherInit)),
    };
    let done = made.make(facts, &spec.command);
    match trouble {
        Some(Trouble::Fault) => {
            acts.push_back(say(Line::Error(MediaFault {
                client_fault: true,
                code: "undecodable".to_owned(),
                reason: "The picture cannot be decoded.".to_owned(),
            })));
            return acts;
        }
        Some(Trouble::Space) => {
            acts.push_back(say(Line::Error(MediaFault {
                client_fault: false,
                code: code::SPACE.to_owned(),
                reason: "No space is left.".to_owned(),
            })));
            return acts;
        }
        Some(Trouble::Short) => {
            let last = made.acts.iter().rposition(
                |act| matches!(act, Act::Say(line) if matches!(**line, Line::Output(Output::Segment(_)))),
            );
            made.acts.remove(last.unwrap());
        }
        _ => {}
    }
    let count = made.acts.len();
    for (n, act) in made.acts.into_iter().enumerate() {
        let trouble = trouble.filter(|_| n == count / 2);
        match trouble {
            Some(Trouble::Crash) => {
                let path = spec.out.join("v240").join("half.m4s");
                acts.push_back(Act::Write(path, HALF.to_vec()));
                acts.push_back(Act::Die);
            }
            Some(Trouble::Hang) => acts.push_back(Act::Hang),
            Some(Trouble::Babble) => acts.push_back(Act::Babble),
            _ => {}
        }
        acts.push_back(act);
        acts.push_back(say(Line::Progress(Progress {
            done: (n + 1) as f64 / (count + 1) as f64,
            at: n as Micros * 1000,
        })));
    }
    acts.push_back(Act::End(name));
    acts.push_back(say(Line::Result(Finished {
        done,
        cost: Cost::default(),
    })));
    acts
}

struct Maker {
    out: PathBuf,
    acts: Vec<Act>,
    other_init: bool,
}

impl Maker {
    fn make(&mut self, facts: &Facts, command: &Command) -> Done {
        match command {
            Command::Probe => {
                return Done::Facts {
                    facts: Box::new(facts.clone()),
                };
            }
            Command::EncodePart(encode) => {
                let end = facts.video.as_ref().unwrap().end;
                for rung in &encode.rungs {
                    self.init(&rung.folder, "avc1.64001e");
                }
                for n in 0..encode.part.segments.len() {
                    for rung in &encode.rungs {
                        self.segment(&rung.folder, &encode.part, n, end, rung.height as usize * 4);
                    }
                }
                if let Some(tiles) = &encode.tiles {
                    let until = encode.part.end.unwrap_or(end);
                    let numbers = (encode.part.start + tiles.every - 1) / tiles.every..;
                    for n in numbers.take_while(|n| n * tiles.every < until) {
                        self.file(&format!("{}/{n:05}.jpg", tiles.folder));
                    }
                }
                return Done::Part { frames: 1 };
            }
            Command::RepackagePart(copy) => {
                let end = facts.video.as_ref().unwrap().end;
                self.init(&copy.folder, "avc1.640028");
                for n in 0..copy.part.segments.len() {
                    self.segment(&copy.folder, &copy.part, n, end, 5000);
                }
            }
            Command::Audio(audio) => {
                self.init(&audio.folder, "mp4a.40.2");
                let stretch = Stretch {
                    number: 0,
                    start: 0,
                    end: None,
                    seek: None,
                    first: 0,
                    segments: audio.segments.clone(),
                    keys: audio.segments.clone(),
                };
                for n in 0..audio.segments.len() {
                    self.segment(&audio.folder, &stretch, n, facts.end, 400);
                }
                return Done::Audio { samples: 1 };
            }
            Command::Poster(poster) => {
                for size in &poster.sizes {
                    self.file(&size.file);
                }
                return Done::Poster { at: 0 };
            }
            Command::Storyboard(board) => {
                if board.source.is_none() {
                    // It is made of what lies there.
                    let first = self.out.join(&board.tiles.folder).join("00000.jpg");
                    assert!(first.exists(), "no tiles for the storyboard");
                }
                self.file(&format!("{}/000.jpg", board.folder));
            }
            Command::Waveform(waveform) => self.file(&waveform.file),
            Command::Subtitles(text) => self.file(&text.file),
        }
        Done::Made { count: 1 }
    }

    fn init(&mut self, folder: &str, codec: &str) {
        let bytes = format!("init of {folder}").into_bytes();
        self.acts
            .push(Act::Write(self.out.join(folder).join(INIT), bytes.clone()));
        let digest = if self.other_init { "other" } else { folder };
        self.acts.push(say(Line::Output(Output::Init(Init {
            folder: folder.to_owned(),
            bytes: bytes.len() as u64,
            timescale: TIMESCALE as u32,
            codec: codec.to_owned(),
            digest: digest.to_owned(),
        }))));
    }

    fn segment(&mut self, folder: &str, part: &Stretch, n: usize, end: Micros, size: usize) {
        let start = part.segments[n];
        let until = part
            .segments
            .get(n + 1)
            .copied()
            .or(part.end)
            .unwrap_or(end);
        let keys: Vec<Micros> = part
            .keys
            .iter()
            .copied()
            .filter(|key| (start..until).contains(key))
            .collect();
        assert_eq!(
            keys.first(),
            Some(&start),
            "every segment begins with a key"
        );
        let ticks = |time: Micros| (time * TIMESCALE / 1_000_000) as u64;
        let fragments: Vec<Fragment> = keys
            .iter()
            .zip(keys.iter().skip(1).chain([&until]))
            .map(|(from, to)| Fragment {
                duration: ticks(*to) - ticks(*from),
                bytes: size as u64 / keys.len() as u64,
                key: size as u64 / keys.len() as u64 / 3,
            })
            .collect();
        let number = part.first + n as u32;
        let bytes = vec![0; fragments.iter().map(|f| f.bytes as usize).sum()];
        let path = self.out.join(folder).join(segment_file(number));
        self.acts.push(Act::Write(path, bytes));
        self.acts.push(say(Line::Output(Output::Segment(Segment {
            folder: folder.to_owned(),
            number,
            start: ticks(start),
            fragments,
        }))));
    }

    fn file(&mut self, name: &str) {
        self.acts
            .push(Act::Write(self.out.join(name), b"picture".to_vec()));
        self.acts.push(say(Line::Output(Output::File {
            file: name.to_owned(),
            bytes: 7,
        })));
    }
}
