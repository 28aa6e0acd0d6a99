//! Makes everything of a file, as the server would: facts, plan, each command in one child.

use std::path::{Path, PathBuf};

use domain::media::{
    facts::Facts,
    line::Done,
    plan::{Plan, Policy, plan},
    spec::{Audio, Command, EncodePart, RepackagePart, Subtitles},
};

use crate::{
    clips::Home,
    helper::{Answer, Helper, spec},
    parts::Rendition,
};

pub struct Whole {
    pub source: PathBuf,
    pub out: PathBuf,
    pub facts: Facts,
    pub plan: Plan,
    /// Encoded frames of all parts.
    pub frames: u64,
}

/// Quick, and otherwise as it is.
pub fn policy() -> Policy {
    Policy {
        preset: "ultrafast".to_owned(),
        ..Policy::default()
    }
}

pub fn whole(home: &Home, source: &Path) -> Whole {
    try_whole(home, source).unwrap_or_else(|answer| panic!("{}: {answer:?}", source.display()))
}

/// The first refusal ends it.
pub fn try_whole(home: &Home, source: &Path) -> Result<Whole, Box<Answer>> {
    let name = source
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let out = home.out(&format!("{name}.out"));
    let mut child = Helper::start();
    let mut run = |start: i64, command: Command| -> Result<Answer, Box<Answer>> {
        let answer = child.run(&spec(source, &out, start, command));
        match answer.result() {
            Ok(_) => Ok(answer),
            Err(_) => Err(Box::new(answer)),
        }
    };
    let answer = run(0, Command::Probe)?;
    let Done::Facts { facts } = answer.done() else {
        panic!("{answer:?}");
    };
    let facts = (**facts).clone();
    let plan = plan(&facts, &policy()).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    let mut frames = 0;
    if let Some(picture) = &plan.picture {
        if let Some(copy) = &picture.copy {
            for (number, part) in (0..).zip(&copy.parts) {
                run(
                    plan.start,
                    Command::RepackagePart(RepackagePart {
                        stream: picture.stream,
                        folder: copy.rendition.folder.clone(),
                        part: picture.stretch(&plan, part, number),
                    }),
                )?;
            }
        }
        for (number, part) in (0..).zip(&picture.parts) {
            let answer = run(
                plan.start,
                Command::EncodePart(EncodePart {
                    stream: picture.stream,
                    part: picture.stretch(&plan, part, number),
                    picture: picture.picture.clone(),
                    rungs: picture.rungs.iter().map(|rung| rung.rung.clone()).collect(),
                    tiles: plan
                        .storyboard
                        .as_ref()
                        .filter(|board| board.board.source.is_none())
                        .map(|board| board.tiles.clone()),
                    threads: part.threads,
                }),
            )?;
            let Done::Part { frames: made } = answer.done() else {
                panic!("{answer:?}");
            };
            frames += made;
        }
    }
    for track in &plan.sound {
        run(
            plan.start,
            Command::Audio(Audio {
                stream: track.stream,
                folder: track.folder.clone(),
                track: track.track,
                how: track.how,
                segments: plan.segments[..track.segments].to_vec(),
                until: track.until,
            }),
        )?;
    }
    if let Some(poster) = &plan.poster {
        run(plan.start, Command::Poster(poster.clone()))?;
    }
    if let Some(board) = &plan.storyboard {
        run(plan.start, Command::Storyboard(board.board.clone()))?;
    }
    if let Some(waveform) = &plan.waveform {
        run(plan.start, Command::Waveform(waveform.clone()))?;
    }
    for track in &plan.subtitles {
        run(
            plan.start,
            Command::Subtitles(Subtitles {
                stream: track.stream,
                file: track.file.clone(),
            }),
        )?;
    }
    assert_eq!(child.end(), 0, "{name}");
    Ok(Whole {
        source: source.to_path_buf(),
        out,
        facts,
        plan,
        frames,
    })
}

impl Whole {
    /// The folders of pictures, the largest first.
    pub fn pictures(&self) -> Vec<(String, u32, u32)> {
        let picture = self.plan.picture.iter();
        picture
            .flat_map(|picture| {
                let copied = picture.copy.iter().map(|copy| &copy.rendition);
                copied.chain(picture.rungs.iter().map(|rung| &rung.rendition))
            })
            .map(|rendition| (rendition.folder.clone(), rendition.width, rendition.height))
            .collect()
    }

    /// Reads all renditions and checks what must be true of any.
    pub fn check(&self) -> (Vec<Rendition>, Vec<Rendition>) {
        let name = self.source.display();
        let pictures: Vec<Rendition> = self
            .pictures()
            .iter()
            .map(|(folder, ..)| Rendition::read(&self.out, folder))
            .collect();
        let count = self
            .plan
            .picture
            .as_ref()
            .map_or(0, |picture| picture.segments);
        for rendition in &pictures {
            rendition.check_pictures();
            assert_eq!(
                rendition.segments.len(),
                count,
                "{name}: segments as planned"
            );
            assert_eq!(rendition.segments[0][0].tfdt, 0, "{name}: begins at 0");
        }
        // The parts told how many they made: no more, no fewer lie in each encoded rung.
        let made = self
            .plan
            .picture
            .as_ref()
            .map_or(0, |plan| plan.rungs.len());
        for rendition in pictures.iter().rev().take(made) {
            assert_eq!(rendition.times().len() as u64, self.frames, "{name}");
        }
        // All rungs are cut at the same times.
        for pair in pictures.windows(2) {
            for (one, other) in pair[0].segments.iter().zip(&pair[1].segments) {
                let at = |fragments: &[crate::boxes::Fragment], scale: u32| {
                    fragments[0].tfdt as f64 / f64::from(scale)
                };
                let (one, other) = (at(one, pair[0].timescale), at(other, pair[1].timescale));
                assert!((one - other).abs() < 0.001, "{name}: {one} {other}");
            }
        }
        let sounds: Vec<Rendition> = self
            .plan
            .sound
            .iter()
            .map(|track| {
                let made = Rendition::read(&self.out, &track.folder);
                assert_eq!(made.track, track.track, "{name}");
                assert_eq!(
                    made.segments.len(),
                    track.segments,
                    "{name}: segments of sound as planned"
                );
                let mut next = made.segments[0][0].tfdt;
                assert!(next < i64::from(made.timescale) / 10, "{name}: begins at 0");
                for fragment in made.fragments() {
                    assert_eq!(fragment.tfdt, next, "{name}");
                    next += fragment.duration();
                }
                made
            })
            .collect();
        (pictures, sounds)
    }
}
