//! The sources that must come out right, each generated, made whole, and judged.

mod clocks;
mod containers;
mod shapes;

use std::path::Path;

use crate::{
    clips::{Home, ffprobe, frame_times, picture, tone},
    parts::assert_same_times,
    whole::{Whole, whole},
};

/// What is expected of the pictures.
enum Frames {
    /// As many as the source has, at the same times (within so many seconds).
    Same(f64),
    /// So many.
    Count(usize),
    None,
}

struct Case {
    name: &'static str,
    arguments: String,
    /// Of the largest rendition.
    size: (u32, u32),
    frames: Frames,
    sounds: usize,
    /// The top rung is taken over as it is.
    copied: bool,
}

fn case(
    name: &'static str,
    arguments: String,
    size: (u32, u32),
    frames: Frames,
    sounds: usize,
) -> Case {
    Case {
        name,
        arguments,
        size,
        frames,
        sounds,
        copied: false,
    }
}

impl Case {
    fn copied(mut self) -> Self {
        self.copied = true;
        self
    }

    fn check(&self) -> (Home, Whole) {
        let home = Home::new();
        let source = home.clip(self.name, &self.arguments);
        let made = judge(self, &home, &source);
        (home, made)
    }
}

fn judge(case: &Case, home: &Home, source: &Path) -> Whole {
    let name = case.name;
    let made = whole(home, source);
    let (pictures, sounds) = made.check();
    assert_eq!(sounds.len(), case.sounds, "{name}");
    let copied = made
        .plan
        .picture
        .as_ref()
        .is_some_and(|picture| picture.copy.is_some());
    let obstacles = made.plan.picture.as_ref().map(|picture| &picture.obstacles);
    assert_eq!(copied, case.copied, "{name}: {obstacles:?}");
    match case.frames {
        Frames::None => assert!(pictures.is_empty(), "{name}"),
        Frames::Count(count) => {
            for rendition in &pictures {
                assert_eq!(rendition.times().len(), count, "{name}");
            }
        }
        Frames::Same(tolerance) => {
            let mut times = frame_times(source, "v:0");
            let first = times[0];
            // On the common clock, where the sound may be before the picture.
            let start = made.facts.video.as_ref().expect("pictures").start as f64 / 1e6;
            for time in &mut times {
                *time += start - first;
            }
            // The first one stands from the beginning.
            times[0] = 0.0;
            for rendition in &pictures {
                assert_same_times(&rendition.seconds(), &times, tolerance);
            }
        }
    }
    if let Some((folder, width, height)) = made.pictures().first() {
        assert_eq!((*width, *height), case.size, "{name}");
        let judged = pictures[0].whole(home, "judged.mp4");
        let told = ffprobe(
            &judged,
            &[
                "-select_streams",
                "v:0",
                "-show_entries",
                "stream=codec_name,width,height,sample_aspect_ratio,pix_fmt,field_order",
            ],
        );
        assert_eq!(
            told.trim(),
            format!("h264,{width},{height},1:1,yuv420p,progressive"),
            "{name}: {folder}"
        );
        let seen = frame_times(&judged, "v:0").len();
        assert_eq!(
            seen,
            pictures[0].times().len(),
            "{name}: all can be decoded"
        );
    }
    made
}

fn small(rate: &str, seconds: f64) -> String {
    picture("320x180", rate, seconds)
}

fn both(rate: &str, seconds: f64) -> String {
    format!("{} {}", small(rate, seconds), tone(48_000, seconds))
}

const SIZE: (u32, u32) = (320, 180);
