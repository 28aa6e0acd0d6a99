//! What is made beside picture and sound: poster, storyboard, waveform, subtitles.

use super::{
    super::{
        Micros, SECOND,
        facts::{Facts, FieldOrder, Rotation, VideoFacts, Warning},
        spec::{Image, Pace, Picture, Poster, PosterFrom, Storyboard, TileSource, Tiles, Waveform},
    },
    PicturePlan, Policy, SoundPlan, StoryboardPlan, SubtitlePlan, ladder,
    sound::warn,
};

/// Small pictures of a storyboard fit into this.
const TILE: (f64, f64) = (160.0, 160.0);
const COLUMNS: u32 = 10;
const ROWS: u32 = 10;
/// Not more of them than this, however long a video is.
const MOST_TILES: Micros = 400;
/// Posters: short sides.
const POSTERS: [u32; 2] = [720, 360];
const POINTS: u32 = 1000;

pub(super) fn poster(
    facts: &Facts,
    picture: Option<&PicturePlan>,
    duration: Micros,
) -> Option<Poster> {
    if let (Some(video), Some(plan)) = (&facts.video, picture) {
        let near = |at: Micros| {
            let keys = &video.key_frames;
            let before = keys.partition_point(|key| key.at <= at);
            before
                .checked_sub(1)
                .map_or(at, |last| keys[last].at)
                .max(0)
        };
        let end = video.end.min(duration);
        let mut at: Vec<Micros> = Vec::new();
        for time in [end / 10, end / 5, end / 20, end / 3, end / 2, 0] {
            let time = near(time);
            if !at.contains(&time) {
                at.push(time);
            }
        }
        return Some(Poster {
            from: PosterFrom::Video {
                stream: plan.stream,
            },
            at,
            picture: plan.picture.clone(),
            sizes: sizes(ladder::upright(video)),
        });
    }
    let cover = facts.cover.as_ref()?;
    Some(Poster {
        from: PosterFrom::Cover {
            stream: cover.index,
        },
        at: vec![0],
        picture: Picture {
            rotation: Rotation::None,
            mirrored: false,
            fields: FieldOrder::Progressive,
            hdr: None,
            pace: Pace::Variable { step: 1 },
        },
        sizes: sizes((f64::from(cover.width), f64::from(cover.height))),
    })
}

/// Never larger than what there is, and each size once.
fn sizes((width, height): (f64, f64)) -> Vec<Image> {
    let short = width.min(height).max(1.0);
    let mut sizes: Vec<Image> = Vec::new();
    for side in POSTERS {
        let scale = (f64::from(side) / short)
            .min(4096.0 / width.max(height))
            .min(1.0);
        let (width, height) = (ladder::even(width * scale), ladder::even(height * scale));
        if sizes.iter().all(|image| image.width != width) {
            let file = format!("poster-{side}.jpg");
            sizes.push(Image {
                file,
                width,
                height,
            });
        }
    }
    sizes
}

pub(super) fn storyboard(
    video: Option<&VideoFacts>,
    picture: Option<&PicturePlan>,
    duration: Micros,
    policy: &Policy,
) -> Option<StoryboardPlan> {
    let (video, plan) = (video?, picture?);
    let end = video.end.min(duration);
    if video.frames < 2 || end < SECOND {
        return None;
    }
    let seconds = (end / MOST_TILES).div_euclid(SECOND) + 1;
    let every = seconds.max(policy.key_every / SECOND) * SECOND;
    let (width, height) = ladder::upright(video);
    let scale = (TILE.0 / width).min(TILE.1 / height).min(1.0);
    let tiles = Tiles {
        folder: "tiles".to_owned(),
        every,
        width: ladder::even(width * scale),
        height: ladder::even(height * scale),
    };
    let count = u32::try_from((end - 1) / every + 1).unwrap_or(1);
    let board = Storyboard {
        folder: "storyboard".to_owned(),
        tiles: tiles.clone(),
        count,
        columns: COLUMNS,
        rows: ROWS,
        // Nothing is decoded when everything is copied: then key frames have to do.
        source: plan.rungs.is_empty().then(|| TileSource {
            stream: plan.stream,
            picture: plan.picture.clone(),
        }),
    };
    Some(StoryboardPlan { tiles, board })
}

pub(super) fn waveform(
    facts: &Facts,
    without_picture: bool,
    sound: &[SoundPlan],
    duration: Micros,
) -> Option<Waveform> {
    let track = sound.iter().find(|track| track.default)?;
    if !without_picture || !facts.audio.iter().any(|audio| audio.index == track.stream) {
        return None;
    }
    Some(Waveform {
        stream: track.stream,
        file: "waveform.bin".to_owned(),
        points: POINTS,
        until: duration,
    })
}

pub(super) fn subtitles(
    facts: &Facts,
    policy: &Policy,
    warnings: &mut Vec<Warning>,
) -> Vec<SubtitlePlan> {
    let (text, pictures): (Vec<_>, Vec<_>) = facts.subtitles.iter().partition(|track| track.text);
    if !pictures.is_empty() {
        warn(warnings, Warning::PictureSubtitles);
    }
    if text.len() > policy.max_subtitles {
        warn(warnings, Warning::TooManyStreams);
    }
    text.into_iter()
        .take(policy.max_subtitles)
        .enumerate()
        .map(|(number, track)| SubtitlePlan {
            stream: track.index,
            file: format!("s{number}/text.vtt"),
            language: track.language.clone(),
            title: track.title.clone(),
            default: track.default,
            forced: track.forced,
        })
        .collect()
}
