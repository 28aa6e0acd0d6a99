//! Facts of files that a probe could have looked at.

use domain::media::{
    Micros,
    facts::{
        AudioFacts, Chroma, Colour, Facts, FieldOrder, KeyFrame, Ratio, Rotation, SubtitleFacts,
        VideoFacts,
    },
};

fn micros(seconds: f64) -> Micros {
    (seconds * 1e6).round() as Micros
}

fn picture(codec: &str, height: u32, seconds: f64) -> VideoFacts {
    let end = micros(seconds);
    VideoFacts {
        index: 0,
        codec: codec.to_owned(),
        profile: Some(100),
        level: Some(40),
        pixel_format: "yuv420p".to_owned(),
        depth: 8,
        chroma: Chroma::C420,
        width: height * 16 / 9,
        height,
        sample_aspect: Ratio::new(1, 1),
        rotation: Rotation::None,
        mirrored: false,
        field_order: FieldOrder::Progressive,
        colour: Colour::default(),
        hdr: None,
        real_rate: Some(Ratio::new(25, 1)),
        average_rate: Some(Ratio::new(25, 1)),
        variable_rate: false,
        frames: (seconds * 25.0) as u64,
        bytes: (seconds * 50_000.0) as u64,
        start: 0,
        end,
        longest_step: 40_000,
        key_frames: (0..)
            .map(|n| n * 2_000_000)
            .take_while(|at| *at < end)
            .map(|at| KeyFrame {
                at,
                bytes: 100_000,
                closed: true,
            })
            .collect(),
        longest_gop: 2_000_000,
        times_rise: true,
        seeks: true,
        parameter_sets: 1,
        edit_list_cuts: false,
        decodes: true,
    }
}

pub(super) fn sound(index: usize, language: &str, seconds: f64) -> AudioFacts {
    AudioFacts {
        index,
        codec: "aac".to_owned(),
        profile: Some("LC".to_owned()),
        sample_rate: 48_000,
        channels: 2,
        layout: Some("stereo".to_owned()),
        bit_rate: 128_000,
        language: Some(language.to_owned()),
        title: None,
        default: index == 1,
        start: 0,
        end: micros(seconds),
        times_rise: true,
        longest_gap: 0,
        changes: false,
        decodes: true,
    }
}

/// A file with a picture and a sound track.
fn file(video: Option<VideoFacts>, seconds: f64) -> Facts {
    Facts {
        container: "mov,mp4,m4a,3gp,3g2,mj2".to_owned(),
        size: 1 << 20,
        start: 0,
        end: micros(seconds),
        duration: Some(micros(seconds)),
        video,
        audio: vec![sound(1, "eng", seconds)],
        subtitles: Vec::new(),
        cover: None,
        warnings: Vec::new(),
    }
}

/// What browsers play: its top rung is copied.
pub(super) fn copied(seconds: f64) -> Facts {
    file(Some(picture("h264", 720, seconds)), seconds)
}

/// What they do not play: everything is made anew.
pub(super) fn encoded(seconds: f64) -> Facts {
    file(Some(picture("hevc", 480, seconds)), seconds)
}

pub(super) fn song(seconds: f64) -> Facts {
    file(None, seconds)
}

pub(super) fn subtitles(index: usize) -> SubtitleFacts {
    SubtitleFacts {
        index,
        codec: "subrip".to_owned(),
        text: true,
        language: Some("ukr".to_owned()),
        title: None,
        default: false,
        forced: false,
    }
}
