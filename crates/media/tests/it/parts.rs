//! Parts of one picture stream: encoded apart, they join without a seam.

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::media::{
    Micros, SECOND,
    facts::{Facts, Ratio},
    line::Done,
    spec::{self, Command, EncodePart, Pace, Picture, Rung, Stretch},
};

use crate::{
    boxes::{self, Fragment},
    clips::{H264, Home, frame_times, picture},
    helper::{self, Answer},
};

pub fn rung(width: u32, height: u32) -> Rung {
    Rung {
        folder: format!("v{height}"),
        width,
        height,
        crf: 23,
        max_rate: 2_000_000,
        buffer: 4_000_000,
        preset: "veryfast".to_owned(),
        level: 31,
    }
}

/// What the plan would say: constant where the file is.
pub fn pace(facts: &Facts) -> Pace {
    let video = facts.video.as_ref().expect("pictures");
    match video.real_rate {
        Some(rate) if !video.variable_rate => Pace::Constant { rate },
        _ => Pace::Variable { step: 0 },
    }
}

pub fn as_it_is(facts: &Facts) -> Picture {
    let video = facts.video.as_ref().expect("pictures");
    Picture {
        rotation: video.rotation,
        mirrored: video.mirrored,
        fields: video.field_order,
        hdr: video.hdr,
        pace: pace(facts),
    }
}

/// Cuts a file at these seconds into parts with segments of four seconds and keys of two.
pub fn stretches(facts: &Facts, cuts: &[i64]) -> Vec<Stretch> {
    let video = facts.video.as_ref().expect("pictures");
    let mut borders: Vec<Micros> = cuts.iter().map(|at| at * SECOND).collect();
    borders.insert(0, 0);
    let mut parts = Vec::new();
    for (number, start) in borders.iter().copied().enumerate() {
        let end = borders.get(number + 1).copied();
        let until = end.unwrap_or(video.end.max(start + 1));
        let every = |step: i64| -> Vec<Micros> {
            (0..)
                .map(|n| start + n * step * SECOND)
                .take_while(|at| *at < until)
                .collect()
        };
        let seek = video
            .key_frames
            .iter()
            .filter(|key| key.at <= start)
            .map(|key| key.at);
        parts.push(Stretch {
            number: number as u32,
            start,
            end,
            seek: seek.max().filter(|_| number > 0),
            first: (start / (4 * SECOND)) as u32,
            segments: every(4),
            keys: every(2),
        });
    }
    parts
}

pub fn encode(source: &Path, out: &Path, facts: &Facts, part: &Stretch, rungs: &[Rung]) -> Answer {
    helper::run(&helper::spec(
        source,
        out,
        facts.start,
        Command::EncodePart(EncodePart {
            stream: facts.video.as_ref().expect("pictures").index,
            part: part.clone(),
            picture: as_it_is(facts),
            rungs: rungs.to_vec(),
            tiles: None,
            // One and two by turns: it makes no difference where they meet.
            threads: 1 + part.number % 2,
        }),
    ))
}

/// Everything of a rendition, as a player sees it.
pub struct Rendition {
    pub folder: PathBuf,
    pub timescale: u32,
    pub track: u32,
    pub segments: Vec<Vec<Fragment>>,
}

impl Rendition {
    pub fn read(out: &Path, name: &str) -> Self {
        let folder = out.join(name);
        let init = fs::read(folder.join(spec::INIT)).expect("an init");
        let (timescale, track) = boxes::init(&init);
        let segments: Vec<_> = (0..)
            .map(|number| folder.join(spec::segment_file(number)))
            .take_while(|path| path.exists())
            .map(|path| boxes::fragments(&fs::read(path).expect("a segment")))
            .collect();
        let files = fs::read_dir(&folder).expect("a folder").count();
        assert_eq!(
            files,
            segments.len() + 1,
            "no number missing, nothing left beside"
        );
        Self {
            folder,
            timescale,
            track,
            segments,
        }
    }

    pub fn fragments(&self) -> impl Iterator<Item = &Fragment> {
        self.segments.iter().flatten()
    }

    /// Times of showing, in order, in ticks.
    pub fn times(&self) -> Vec<i64> {
        let samples = self.fragments().flat_map(|fragment| &fragment.samples);
        let mut times: Vec<i64> = samples.map(|sample| sample.pts).collect();
        times.sort_unstable();
        times
    }

    pub fn seconds(&self) -> Vec<f64> {
        let scale = f64::from(self.timescale);
        self.times()
            .into_iter()
            .map(|time| time as f64 / scale)
            .collect()
    }

    /// The times to which the rendition goes, in ticks.
    pub fn end(&self) -> i64 {
        let last = self.fragments().last().expect("a fragment");
        last.tfdt + last.duration()
    }

    /// What must be true of every rendition of pictures.
    pub fn check_pictures(&self) {
        assert!(!self.segments.is_empty());
        assert_eq!(self.track, 1);
        let mut next = None;
        for (number, fragment) in self.fragments().enumerate() {
            let first = &fragment.samples[0];
            assert_eq!(fragment.track, 1);
            assert_eq!(
                boxes::slice_kind(&first.data),
                5,
                "fragment {number} begins with an IDR"
            );
            assert_eq!(
                first.pts, fragment.tfdt,
                "fragment {number} begins at its first picture"
            );
            assert!(
                fragment
                    .samples
                    .iter()
                    .all(|sample| sample.pts >= fragment.tfdt)
            );
            assert!(fragment.samples.iter().all(|sample| sample.duration > 0));
            if let Some(next) = next {
                assert_eq!(
                    fragment.tfdt, next,
                    "fragment {number} begins where the one before ends"
                );
            }
            next = Some(fragment.tfdt + fragment.duration());
        }
        let times = self.times();
        assert!(
            times.windows(2).all(|pair| pair[0] < pair[1]),
            "no time twice"
        );
    }

    /// One file for judges that want one.
    pub fn whole(&self, home: &Home, name: &str) -> PathBuf {
        let mut bytes = fs::read(self.folder.join(spec::INIT)).expect("an init");
        for number in 0..self.segments.len() {
            let path = self.folder.join(spec::segment_file(number as u32));
            bytes.extend(fs::read(path).expect("a segment"));
        }
        let path = home.file(name);
        fs::write(&path, bytes).expect("written");
        path
    }
}

/// Compares with a tolerance of a tick of the coarser of two clocks.
pub fn assert_same_times(made: &[f64], source: &[f64], tolerance: f64) {
    assert_eq!(made.len(), source.len(), "as many frames");
    let first = source.first().copied().unwrap_or(0.0);
    for (number, (made, source)) in made.iter().zip(source).enumerate() {
        assert!(
            (made - (source - first)).abs() <= tolerance,
            "frame {number}: {made} instead of {}",
            source - first
        );
    }
}

/// Encodes in parts and as one, and compares at the level of boxes.
fn joins(name: &str, clip: &str, cuts: &[i64], tolerance: f64, constant: Option<Ratio>) {
    let home = Home::new();
    let source = home.clip(name, clip);
    let facts = helper::facts(&source);
    let video = facts.video.as_ref().expect("pictures");
    assert!(video.decodes && video.times_rise, "{video:?}");
    assert_eq!(
        (!video.variable_rate).then_some(video.real_rate).flatten(),
        constant,
        "{video:?}"
    );
    let rungs = [rung(320, 180), rung(160, 90)];
    let out = home.out("out");
    let mut frames = 0;
    let parts = stretches(&facts, cuts);
    // Not in their order: they know nothing of each other.
    for part in parts.iter().rev() {
        let answer = encode(&source, &out, &facts, part, &rungs);
        let Done::Part { frames: made } = answer.done() else {
            panic!("{answer:?}");
        };
        frames += made;
        assert_eq!(answer.segments.len(), 2 * part.segments.len(), "{answer:?}");
        assert_eq!(answer.inits.len(), 2);
        for init in &answer.inits {
            assert_eq!(init.codec, "avc1.64001f");
        }
        // What is told is what lies there.
        for told in &answer.segments {
            let path = out.join(&told.folder).join(spec::segment_file(told.number));
            let bytes = fs::read(path).expect("a segment");
            let read = boxes::fragments(&bytes);
            assert_eq!(told.bytes(), bytes.len() as u64);
            assert_eq!(told.start, read[0].tfdt as u64);
            assert_eq!(told.fragments.len(), read.len());
            for (told, read) in told.fragments.iter().zip(&read) {
                assert_eq!(told.duration, read.duration() as u64);
                assert_eq!(told.bytes, read.size as u64);
                let rest: usize = read.samples[1..]
                    .iter()
                    .map(|sample| sample.data.len())
                    .sum();
                assert_eq!(told.key, (read.size - rest) as u64);
            }
        }
    }
    let whole = home.out("whole");
    encode(&source, &whole, &facts, &stretches(&facts, &[])[0], &rungs).done();
    let source_times = frame_times(&source, "v:0");
    assert_eq!(frames, source_times.len() as u64);
    let mut fragments = None;
    for folder in ["v180", "v90"] {
        let parts = Rendition::read(&out, folder);
        parts.check_pictures();
        assert_same_times(&parts.seconds(), &source_times, tolerance);
        let one = Rendition::read(&whole, folder);
        one.check_pictures();
        assert_eq!(parts.times(), one.times(), "the same times as in one go");
        assert_eq!(parts.end(), one.end());
        assert_eq!(
            fs::read(out.join(folder).join(spec::INIT)).unwrap(),
            fs::read(whole.join(folder).join(spec::INIT)).unwrap(),
        );
        let starts = |rendition: &Rendition| -> Vec<i64> {
            rendition
                .segments
                .iter()
                .map(|segment| segment[0].tfdt)
                .collect()
        };
        assert_eq!(starts(&parts), starts(&one), "cut at the same places");
        // A judge that has its own idea of decoding, and of when what is shown.
        let judged = frame_times(&parts.whole(&home, "judged.mp4"), "v:0");
        let alone = frame_times(&one.whole(&home, "alone.mp4"), "v:0");
        assert_eq!(judged, alone, "decoded as what was made in one go");
        // FFmpeg moves all pictures where one is shown before it is decoded; players do not.
        let moved = judged.first().copied().unwrap_or(0.0);
        let judged: Vec<f64> = judged.iter().map(|time| time - moved).collect();
        assert_same_times(&judged, &source_times, tolerance.max(2e-6));
        // All rungs begin their fragments at the same ticks.
        let begins: Vec<i64> = parts.fragments().map(|fragment| fragment.tfdt).collect();
        let known = fragments.get_or_insert_with(|| begins.clone());
        assert_eq!(*known, begins, "rungs are cut alike");
    }
}

#[test]
fn film_with_b_frames_and_long_groups() {
    let clip = format!("{} {H264} -g 250 -bf 3", picture("320x180", "25", 20.0));
    joins("film.mp4", &clip, &[4, 12], 1e-6, Some(Ratio::new(25, 1)));
}

#[test]
fn the_rates_of_television() {
    for (rate, ratio) in [
        ("24000/1001", Ratio::new(24_000, 1001)),
        ("60000/1001", Ratio::new(60_000, 1001)),
    ] {
        let clip = format!("{} {H264} -g 48", picture("320x180", rate, 13.0));
        joins("clip.mp4", &clip, &[4, 8], 1e-6, Some(ratio));
        // Milliseconds only: the grid is found again.
        joins("clip.mkv", &clip, &[4, 8], 0.0011, Some(ratio));
    }
}

#[test]
fn open_groups_of_a_transport_stream() {
    let clip = format!(
        "{} {H264} -g 25 -x264-params open-gop=1:bframes=3:keyint=25:scenecut=0",
        picture("320x180", "25", 13.0)
    );
    joins("open.ts", &clip, &[4, 8], 1e-5, Some(Ratio::new(25, 1)));
}

#[test]
fn a_program_stream() {
    let clip = format!(
        "{} -c:v mpeg2video -q:v 4 -bf 2 -g 15",
        picture("320x180", "25", 13.0)
    );
    joins("clip.mpg", &clip, &[4, 8], 1e-5, Some(Ratio::new(25, 1)));
}

#[test]
fn frames_at_uneven_times() {
    // Each seventh and each eleventh frame is missing.
    let clip = format!(
        "{} -vf select='mod(n,7)*mod(n,11)' -fps_mode vfr -video_track_timescale 90000 {H264} -g 60 -bf 3",
        picture("320x180", "30", 14.0)
    );
    joins("uneven.mp4", &clip, &[4, 8], 2e-5, None);
    // Milliseconds only.
    joins("uneven.mkv", &clip, &[4, 8], 0.0011, None);
}

fn copy(source: &Path, out: &Path, facts: &Facts, part: &Stretch) -> Answer {
    helper::run(&helper::spec(
        source,
        out,
        facts.start,
        Command::RepackagePart(spec::RepackagePart {
            stream: facts.video.as_ref().expect("pictures").index,
            folder: "v180".to_owned(),
            part: part.clone(),
        }),
    ))
}

/// Uneven groups, as encoders make them when scenes change: their key frames are the borders.
#[test]
fn what_players_take_is_copied() {
    let home = Home::new();
    for name in ["a.mp4", "a.ts", "a.mkv"] {
        let source = home.clip(
            name,
            &format!(
                "{} {H264} -g 250 -bf 3 -force_key_frames 0,3,4.4,9,11.48",
                picture("320x180", "25", 16.0)
            ),
        );
        let facts = helper::facts(&source);
        let video = facts.video.as_ref().unwrap();
        let keys: Vec<Micros> = video.key_frames.iter().map(|key| key.at).collect();
        assert!(
            keys.len() >= 5 && video.key_frames.iter().all(|key| key.closed),
            "{keys:?}"
        );
        let part = |number: u32, first: usize, last: Option<usize>| Stretch {
            number,
            start: keys[first],
            end: last.map(|last| keys[last]),
            seek: (number > 0).then_some(keys[first]),
            first: first as u32,
            segments: keys[first..last.unwrap_or(keys.len())].to_vec(),
            keys: keys[first..last.unwrap_or(keys.len())].to_vec(),
        };
        let out = home.out(&format!("{name}.out"));
        for part in [part(1, 3, None), part(0, 0, Some(3))] {
            let answer = copy(&source, &out, &facts, &part);
            answer.done();
            assert_eq!(answer.segments.len(), part.segments.len());
            assert!(answer.inits[0].codec.starts_with("avc1.64"), "{answer:?}");
        }
        let made = Rendition::read(&out, "v180");
        made.check_pictures();
        assert_eq!(made.segments.len(), keys.len());
        let source_times = frame_times(&source, "v:0");
        assert_same_times(&made.seconds(), &source_times, 0.001);
        // The pictures are the source's, bit for bit.
        let hash = |path: &Path| {
            let output = std::process::Command::new("ffmpeg")
                .args(["-nostdin", "-loglevel", "error", "-i"])
                .arg(path)
                .args([
                    "-map",
                    "0:v:0",
                    "-fps_mode",
                    "passthrough",
                    "-f",
                    "hash",
                    "-",
                ])
                .output()
                .expect("ffmpeg");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        assert_eq!(
            hash(&made.whole(&home, "whole.mp4")),
            hash(&source),
            "{name}"
        );
    }
}

/// A lower rung beside a copied one: its keys are the source's.
#[test]
fn encoded_rungs_follow_the_borders_of_a_copied_one() {
    let home = Home::new();
    let source = home.clip(
        "a.mp4",
        &format!(
            "{} {H264} -g 250 -bf 3 -force_key_frames 0,3,4.4,9,11.48",
            picture("320x180", "30000/1001", 16.0)
        ),
    );
    let facts = helper::facts(&source);
    let keys: Vec<Micros> = facts
        .video
        .as_ref()
        .unwrap()
        .key_frames
        .iter()
        .map(|key| key.at)
        .collect();
    let out = home.out("out");
    let borders = [(0, 0, Some(2)), (1, 2, None)];
    for (number, first, last) in borders {
        let part = Stretch {
            number,
            start: keys[first],
            end: last.map(|last: usize| keys[last]),
            seek: (number > 0).then_some(keys[first]),
            first: first as u32,
            segments: keys[first..last.unwrap_or(keys.len())].to_vec(),
            keys: keys[first..last.unwrap_or(keys.len())].to_vec(),
        };
        copy(&source, &out, &facts, &part).done();
        encode(&source, &out, &facts, &part, &[rung(160, 90)]).done();
    }
    let (copied, encoded) = (Rendition::read(&out, "v180"), Rendition::read(&out, "v90"));
    copied.check_pictures();
    encoded.check_pictures();
    assert_eq!(copied.segments.len(), encoded.segments.len());
    let starts = |rendition: &Rendition| -> Vec<f64> {
        let segments = rendition.segments.iter();
        segments
            .map(|segment| segment[0].tfdt as f64 / f64::from(rendition.timescale))
            .collect()
    };
    for (one, other) in starts(&copied).iter().zip(starts(&encoded)) {
        assert!((one - other).abs() < 1e-4, "{one} {other}");
    }
}

/// A border that is no IDR is refused: the plan must encode.
#[test]
fn an_open_group_is_not_copied() {
    let home = Home::new();
    let source = home.clip(
        "open.ts",
        &format!(
            "{} {H264} -x264-params open-gop=1:bframes=3:keyint=50:min-keyint=50:scenecut=0",
            picture("320x180", "25", 8.0)
        ),
    );
    let facts = helper::facts(&source);
    let key = facts.video.as_ref().unwrap().key_frames[1].at;
    let part = Stretch {
        number: 1,
        start: key,
        end: None,
        seek: Some(key),
        first: 1,
        segments: vec![key],
        keys: vec![key],
    };
    let answer = copy(&source, &home.out("out"), &facts, &part);
    assert_eq!(answer.fault().code, "not_a_cut");
}
