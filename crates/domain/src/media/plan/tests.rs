//! The plan as a table: what goes in, what comes out.

use super::*;
use crate::media::facts::{
    AudioFacts, Chroma, Colour, CoverFacts, FieldOrder, Hdr, KeyFrame, Rotation, SubtitleFacts,
};
use crate::media::spec::Pace;

fn seconds(time: f64) -> Micros {
    (time * 1e6).round() as Micros
}

/// H.264 in 16:9 or whatever it is told, with key frames every `gop` seconds.
fn h264(width: u32, height: u32, rate: Ratio, length: f64, gop: f64) -> VideoFacts {
    let value = rate.value().unwrap();
    let end = seconds(length);
    let keys = (0..)
        .map(|n| seconds(f64::from(n) * gop))
        .take_while(|at| *at < end)
        .map(|at| KeyFrame {
            at,
            bytes: 500_000,
            closed: true,
        })
        .collect();
    VideoFacts {
        index: 0,
        codec: "h264".to_owned(),
        profile: Some(100),
        level: Some(40),
        pixel_format: "yuv420p".to_owned(),
        depth: 8,
        chroma: Chroma::C420,
        width,
        height,
        sample_aspect: Ratio::new(1, 1),
        rotation: Rotation::None,
        mirrored: false,
        field_order: FieldOrder::Progressive,
        colour: Colour::default(),
        hdr: None,
        real_rate: Some(rate),
        average_rate: Some(rate),
        variable_rate: false,
        frames: (length * value).round() as u64,
        bytes: (length * 2_000_000.0 / 8.0) as u64,
        start: 0,
        end,
        longest_step: (1e6 / value) as Micros,
        key_frames: keys,
        longest_gop: seconds(gop),
        times_rise: true,
        seeks: true,
        parameter_sets: 1,
        edit_list_cuts: false,
        decodes: true,
    }
}

fn hd(length: f64, gop: f64) -> VideoFacts {
    h264(1920, 1080, Ratio::new(30, 1), length, gop)
}

/// The same, but to be made anew.
fn hevc(width: u32, height: u32, length: f64) -> VideoFacts {
    VideoFacts {
        codec: "hevc".to_owned(),
        ..h264(width, height, Ratio::new(30, 1), length, 2.0)
    }
}

/// Every `step`th key frame after the first is no clean start.
fn open_gops(video: &mut VideoFacts, step: usize) {
    for key in video.key_frames.iter_mut().skip(1).step_by(step) {
        key.closed = false;
    }
}

fn aac(index: usize, length: f64) -> AudioFacts {
    AudioFacts {
        index,
        codec: "aac".to_owned(),
        profile: Some("LC".to_owned()),
        sample_rate: 48_000,
        channels: 2,
        layout: Some("stereo".to_owned()),
        bit_rate: 128_000,
        language: None,
        title: None,
        default: false,
        start: 0,
        end: seconds(length),
        times_rise: true,
        longest_gap: 0,
        changes: false,
        decodes: true,
    }
}

fn file(video: Option<VideoFacts>, audio: Vec<AudioFacts>) -> Facts {
    let ends = video
        .iter()
        .map(|v| v.end)
        .chain(audio.iter().map(|a| a.end));
    Facts {
        container: "mov,mp4,m4a,3gp,3g2,mj2".to_owned(),
        size: 1 << 24,
        start: 0,
        end: ends.max().unwrap_or(0),
        duration: None,
        video,
        audio,
        subtitles: Vec::new(),
        cover: None,
        warnings: Vec::new(),
    }
}

fn of(video: VideoFacts) -> Plan {
    plan(&file(Some(video), Vec::new()), &Policy::default()).unwrap()
}

fn sizes(plan: &Plan) -> Vec<(&str, u32, u32)> {
    let picture = plan.picture.as_ref().unwrap();
    let copy = picture.copy.iter().map(|copy| &copy.rendition);
    let made = picture.rungs.iter().map(|rung| &rung.rendition);
    copy.chain(made)
        .map(|rendition| (rendition.name.as_str(), rendition.width, rendition.height))
        .collect()
}

type Sizes = &'static [(&'static str, u32, u32)];

#[test]
fn the_ladder_goes_up_to_the_source_and_no_further() {
    let cases: [(u32, u32, Sizes); 12] = [
        (
            3840,
            2160,
            &[
                ("2160p", 3840, 2160),
                ("1440p", 2560, 1440),
                ("1080p", 1920, 1080),
                ("720p", 1280, 720),
                ("480p", 854, 480),
                ("360p", 640, 360),
                ("240p", 426, 240),
            ],
        ),
        (
            1280,
            720,
            &[
                ("720p", 1280, 720),
                ("480p", 854, 480),
                ("360p", 640, 360),
                ("240p", 426, 240),
            ],
        ),
        // Portrait: by the short side.
        (
            1080,
            1920,
            &[
                ("1080p", 1080, 1920),
                ("720p", 720, 1280),
                ("480p", 480, 854),
                ("360p", 360, 640),
                ("240p", 240, 426),
            ],
        ),
        // Between rungs: the next one down.
        (
            960,
            540,
            &[("480p", 854, 480), ("360p", 640, 360), ("240p", 426, 240)],
        ),
        // Nearly a rung: that rung, in its own size.
        (
            1916,
            1078,
            &[
                ("1080p", 1916, 1078),
                ("720p", 1280, 720),
                ("480p", 854, 480),
                ("360p", 640, 360),
                ("240p", 426, 240),
            ],
        ),
        // Odd sizes become even ones.
        (639, 359, &[("360p", 640, 360), ("240p", 428, 240)]),
        // Smaller than the smallest: as it is.
        (176, 144, &[("144p", 176, 144)]),
        (175, 143, &[("144p", 176, 144)]),
        (2, 2, &[("2p", 2, 2)]),
        // Wider than hardware decodes.
        (
            8000,
            1000,
            &[
                ("720p", 4096, 512),
                ("480p", 3840, 480),
                ("360p", 2880, 360),
                ("240p", 1920, 240),
            ],
        ),
        // Cinema scope.
        (
            1920,
            800,
            &[
                ("720p", 1728, 720),
                ("480p", 1152, 480),
                ("360p", 864, 360),
                ("240p", 576, 240),
            ],
        ),
        (
            7680,
            4320,
            &[
                ("2160p", 3840, 2160),
                ("1440p", 2560, 1440),
                ("1080p", 1920, 1080),
                ("720p", 1280, 720),
                ("480p", 854, 480),
                ("360p", 640, 360),
                ("240p", 426, 240),
            ],
        ),
    ];
    for (width, height, expected) in cases {
        assert_eq!(
            sizes(&of(hevc(width, height, 10.0))),
            expected,
            "{width}×{height}"
        );
    }
}

#[test]
fn what_one_sees_decides_not_what_is_coded() {
    // A phone on its side, a DVD, a broken aspect.
    let turned = VideoFacts {
        rotation: Rotation::Right,
        ..hevc(1920, 1080, 10.0)
    };
    assert_eq!(sizes(&of(turned))[0], ("1080p", 1080, 1920));
    let dvd = VideoFacts {
        sample_aspect: Ratio::new(64, 45),
        ..hevc(720, 576, 10.0)
    };
    assert_eq!(sizes(&of(dvd))[0], ("480p", 854, 480));
    let broken = VideoFacts {
        sample_aspect: Ratio::new(0, 7),
        ..hevc(1280, 720, 10.0)
    };
    assert_eq!(sizes(&of(broken))[0], ("720p", 1280, 720));
}

#[test]
fn a_source_that_browsers_play_is_copied() {
    let plan = of(hd(60.0, 2.0));
    let picture = plan.picture.as_ref().unwrap();
    assert_eq!(picture.obstacles, []);
    assert_eq!(
        sizes(&plan),
        [
            ("1080p", 1920, 1080),
            ("720p", 1280, 720),
            ("480p", 854, 480),
            ("360p", 640, 360),
            ("240p", 426, 240)
        ]
    );
    let copy = picture.copy.as_ref().unwrap();
    assert_eq!(copy.rendition.folder, "v1080");
    assert_eq!(
        copy.parts.iter().map(|part| part.count).collect::<Vec<_>>(),
        [1, 14]
    );
    // A size of its own is a rung of its own, and the one just below it is not made.
    let own = of(h264(960, 540, Ratio::new(30, 1), 20.0, 2.0));
    assert_eq!(
        sizes(&own),
        [("540p", 960, 540), ("360p", 640, 360), ("240p", 426, 240)]
    );
    // So small that nothing is made anew.
    let mut small = h264(320, 180, Ratio::new(30, 1), 20.0, 2.0);
    small.bytes /= 10;
    let small = of(small);
    assert_eq!(sizes(&small), [("180p", 320, 180)]);
    assert!(small.picture.as_ref().unwrap().parts.is_empty());
    assert!(small.storyboard.unwrap().board.source.is_some());
}

#[test]
fn each_reason_not_to_copy_is_enough() {
    type Change = fn(&mut VideoFacts);
    let cases: [(Change, Obstacle); 22] = [
        (|v| v.codec = "vp9".to_owned(), Obstacle::Codec),
        (|v| v.profile = Some(122), Obstacle::Profile),
        (|v| v.profile = None, Obstacle::Profile),
        (|v| v.level = Some(52), Obstacle::Level),
        (|v| v.depth = 10, Obstacle::Depth),
        (|v| v.chroma = Chroma::C422, Obstacle::Chroma),
        (|v| v.hdr = Some(Hdr::Hlg), Obstacle::Hdr),
        (
            |v| v.field_order = FieldOrder::TopFirst,
            Obstacle::Interlaced,
        ),
        (|v| v.sample_aspect = Ratio::new(4, 3), Obstacle::Aspect),
        (|v| v.rotation = Rotation::Half, Obstacle::Rotated),
        (|v| v.mirrored = true, Obstacle::Mirrored),
        (|v| v.parameter_sets = 2, Obstacle::Parameters),
        (|v| open_gops(v, 1), Obstacle::OpenGops),
        (|v| v.key_frames.truncate(1), Obstacle::KeyFramesFarApart),
        (
            |v| drop(v.key_frames.drain(4..9)),
            Obstacle::KeyFramesFarApart,
        ),
        (
            |v| v.average_rate = Some(Ratio::new(120, 1)),
            Obstacle::FrameRate,
        ),
        (|v| v.bytes *= 6, Obstacle::BitRate),
        (|v| v.edit_list_cuts = true, Obstacle::EditList),
        (|v| v.times_rise = false, Obstacle::Times),
        (|v| v.start = 500_000, Obstacle::Start),
        (|v| v.key_frames[0].closed = false, Obstacle::Start),
        (|v| (v.width, v.level) = (5000, Some(51)), Obstacle::Size),
    ];
    for (change, obstacle) in cases {
        let mut video = hd(60.0, 2.0);
        change(&mut video);
        let found = obstacles(&video, &Policy::default());
        assert_eq!(found, [obstacle], "{obstacle:?}");
        assert!(of(video).picture.unwrap().copy.is_none());
    }
    // At the edge of what is allowed.
    for (change, what) in [
        ((|v| v.level = Some(51)) as Change, "level 5.1"),
        (|v| v.average_rate = Some(Ratio::new(60, 1)), "60 fps"),
        (|v| v.bytes = 60 * 7_790_000 / 8, "1.3 × the cap"),
        (|v| v.profile = Some(578), "constrained baseline"),
        (|v| v.start = 90_000, "a little late"),
        (
            |v| v.key_frames.retain(|key| key.at % seconds(6.0) == 0),
            "6 s",
        ),
    ] {
        let mut video = hd(60.0, 2.0);
        change(&mut video);
        assert_eq!(obstacles(&video, &Policy::default()), [], "{what}");
    }
}

#[test]
fn segments_begin_on_the_grid_and_leave_no_crumb() {
    let starts = |length: f64| of(hevc(1280, 720, length)).segments.len();
    let cases = [
        (0.04, 1),
        (0.5, 1),
        (4.0, 1),
        (4.2, 1),
        (4.3, 2),
        (8.0, 2),
        (60.0, 15),
        (7200.0, 1800),
    ];
    for (length, expected) in cases {
        assert_eq!(starts(length), expected, "{length} s");
    }
    let plan = of(hevc(1280, 720, 10.1));
    assert_eq!(plan.segments, [0, seconds(4.0), seconds(8.0)]);
    let keys: Vec<f64> = plan
        .picture
        .unwrap()
        .keys
        .iter()
        .map(|key| *key as f64 / 1e6)
        .collect();
    // An IDR every 2 s, but none for the last tenth of a second.
    assert_eq!(keys, [0.0, 2.0, 4.0, 6.0, 8.0]);
    assert_eq!(plan.target, 4);
}

#[test]
fn a_copied_source_is_cut_at_its_own_key_frames() {
    // (every how many seconds, the first boundaries, target duration)
    let cases: [(f64, &[f64], u32); 6] = [
        (1.0, &[0.0, 4.0, 8.0], 4),
        (2.0, &[0.0, 4.0, 8.0], 4),
        (3.0, &[0.0, 3.0, 6.0], 3),
        (5.0, &[0.0, 5.0, 10.0], 5),
        (6.0, &[0.0, 6.0, 12.0], 6),
        (2.002, &[0.0, 4.004, 8.008], 4),
    ];
    for (gop, expected, target) in cases {
        let plan = of(hd(60.0, gop));
        assert!(plan.picture.as_ref().unwrap().copy.is_some(), "{gop}");
        let begin: Vec<Micros> = expected.iter().map(|at| seconds(*at)).collect();
        assert_eq!(plan.segments[..3], begin, "{gop}");
        assert_eq!(plan.target, target, "{gop}");
        let keys: Vec<Micros> = (0..)
            .map(|n| seconds(f64::from(n) * gop))
            .take(31)
            .collect();
        assert!(
            plan.segments.iter().all(|at| keys.contains(at)) || gop < 1.9,
            "{gop}"
        );
    }
    // Key frames of a camera: fragments about every two seconds, segments of at most four.
    let picture = of(hd(60.0, 0.5)).picture.unwrap();
    assert_eq!(
        picture.keys[..4],
        [0, seconds(2.0), seconds(4.0), seconds(6.0)]
    );
    // Only closed ones count.
    let mut mixed = hd(60.0, 2.0);
    open_gops(&mut mixed, 2);
    assert_eq!(of(mixed).segments[..3], [0, seconds(4.0), seconds(8.0)]);
}

fn counts(plan: &Plan) -> Vec<u32> {
    let parts = &plan.picture.as_ref().unwrap().parts;
    // They are a partition, whatever else they are.
    let mut next = 0;
    for part in parts {
        assert_eq!(part.first, next);
        assert_eq!(part.start, plan.segments[part.first as usize]);
        next += part.count;
        assert_eq!(part.end, plan.segments.get(next as usize).copied());
    }
    parts.iter().map(|part| part.count).collect()
}

#[test]
fn parts_grow_from_one_segment_to_half_a_minute() {
    assert_eq!(counts(&of(hevc(1280, 720, 2.0))), [1]);
    assert_eq!(counts(&of(hevc(1280, 720, 8.0))), [1, 1]);
    // At the end they get smaller again, so that all hands end together.
    assert_eq!(counts(&of(hevc(1280, 720, 60.0))), [1, 2, 3, 3, 3, 3]);
    let long = counts(&of(hevc(1280, 720, 7200.0)));
    assert_eq!(long[..6], [1, 2, 4, 8, 8, 8]);
    assert!(long.len() < 240, "{}", long.len());
    // They end right after key frames where there are some, but at the end, where they are short.
    let mut far = hevc(1280, 720, 600.0);
    far.key_frames.retain(|key| key.at % seconds(20.0) == 0);
    let plan = of(far);
    let parts = &plan.picture.as_ref().unwrap().parts;
    assert!(
        parts[4..parts.len() - 6]
            .iter()
            .all(|part| part.start % seconds(20.0) == 0),
        "{parts:?}"
    );
    assert!(parts.iter().skip(3).all(|part| part.seek.is_some()));
}

#[test]
fn the_last_parts_may_use_what_the_hands_leave() {
    let threads = |hands: u32, seconds: f64| -> Vec<u32> {
        let policy = Policy {
            hands,
            ..Policy::default()
        };
        let facts = file(Some(hevc(1280, 720, seconds)), Vec::new());
        let picture = plan(&facts, &policy).unwrap().picture.unwrap();
        picture.parts.iter().map(|part| part.threads).collect()
    };
    assert_eq!(threads(1, 60.0), [1; 6], "one hand has one thread");
    assert_eq!(threads(2, 60.0), [1, 1, 1, 1, 2, 2]);
    assert_eq!(threads(2, 8.0), [2, 2]);
    assert_eq!(threads(2, 3.0), [2]);
    assert!(threads(16, 60.0).iter().all(|threads| *threads == 4));
    // One that cannot be cut is not left to one thread either.
    let mut video = hevc(1280, 720, 600.0);
    video.key_frames.truncate(1);
    assert_eq!(of(video).picture.unwrap().parts[0].threads, 2);
}

#[test]
fn what_is_decoded_twice_stays_little() {
    for apart in [0.5, 2.0, 3.3, 5.0, 8.33, 10.0, 12.0, 20.0, 33.0, 59.0] {
        for length in [9.0, 30.0, 60.0, 180.0, 600.0, 3600.0] {
            for hands in [1, 2, 4, 8] {
                let video = VideoFacts {
                    codec: "hevc".to_owned(),
                    ..h264(1280, 720, Ratio::new(30, 1), length, apart)
                };
                let policy = Policy {
                    hands,
                    ..Policy::default()
                };
                let plan = plan(&file(Some(video), Vec::new()), &policy).unwrap();
                let parts = &plan.picture.as_ref().unwrap().parts;
                let twice: Micros = parts
                    .iter()
                    .map(|part| part.start - part.seek.unwrap_or(0))
                    .sum();
                let case = format!("{length} s, keys {apart} s apart, {hands} hands");
                assert!(twice <= plan.duration / 2, "{case}: {twice}");
                // Nobody waits for the last part while all others are done.
                let longest = parts.iter().map(|part| part.length(&plan)).max().unwrap();
                let share = plan.duration / i64::from(hands);
                assert!(
                    parts.len() == 1 || longest <= share.max(seconds(20.0)),
                    "{case}: {longest}"
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_cut_is_one_part() {
    type Change = fn(&mut VideoFacts);
    for (change, what) in [
        (
            (|v| v.times_rise = false) as Change,
            "times that do not rise",
        ),
        (|v| v.seeks = false, "a seek that is not exact"),
        (|v| v.key_frames.truncate(1), "one key frame"),
        (|v| v.key_frames.clear(), "no key frame"),
    ] {
        let mut video = hevc(1280, 720, 600.0);
        change(&mut video);
        let plan = of(video);
        assert_eq!(counts(&plan), [150], "{what}");
        assert_eq!(plan.picture.unwrap().parts[0].end, None);
    }
}

#[test]
fn the_helper_is_told_exactly_the_stretch() {
    let plan = of(hevc(1280, 720, 60.0));
    let picture = plan.picture.as_ref().unwrap();
    let stretch = picture.stretch(&plan, &picture.parts[1], 1);
    assert_eq!(stretch.start, seconds(4.0));
    assert_eq!(stretch.end, Some(seconds(12.0)));
    assert_eq!(stretch.first, 1);
    assert_eq!(stretch.segments, [seconds(4.0), seconds(8.0)]);
    assert_eq!(stretch.keys, [4.0, 6.0, 8.0, 10.0].map(seconds));
    let last = picture.parts.len() - 1;
    let stretch = picture.stretch(&plan, &picture.parts[last], 6);
    assert_eq!(stretch.end, None);
    assert_eq!(stretch.keys.last(), Some(&seconds(58.0)));
}

#[test]
fn paces() {
    let pace = |average: Ratio, real: Option<Ratio>, variable: bool| {
        let video = VideoFacts {
            average_rate: Some(average),
            real_rate: real,
            variable_rate: variable,
            ..hevc(1280, 720, 10.0)
        };
        of(video).picture.unwrap().picture.pace
    };
    let constant = |num, den| Pace::Constant {
        rate: Ratio::new(num, den),
    };
    for rate in [
        Ratio::new(24_000, 1001),
        Ratio::new(24, 1),
        Ratio::new(25, 1),
        Ratio::new(30_000, 1001),
        Ratio::new(50, 1),
        Ratio::new(60_000, 1001),
        Ratio::new(60, 1),
        Ratio::new(10, 1),
    ] {
        assert_eq!(pace(rate, Some(rate), false), Pace::Constant { rate });
    }
    // Measured over a file of milliseconds.
    assert_eq!(
        pace(Ratio::new(23_977, 1000), None, false),
        constant(24_000, 1001)
    );
    assert_eq!(
        pace(Ratio::new(29_969, 1000), Some(Ratio::new(1000, 1)), false),
        constant(30_000, 1001)
    );
    // Some frames are missing, the others stand where they should.
    assert_eq!(
        pace(Ratio::new(24_500, 1000), Some(Ratio::new(25, 1)), false),
        constant(25, 1)
    );
    // Too many: halved until there are few enough.
    assert_eq!(
        pace(Ratio::new(120, 1), Some(Ratio::new(120, 1)), false),
        constant(60, 1)
    );
    assert_eq!(pace(Ratio::new(240, 1), None, false), constant(60, 1));
    assert_eq!(
        pace(Ratio::new(120_000, 1001), None, false),
        constant(60_000, 1001)
    );
    assert_eq!(pace(Ratio::new(75, 1), None, false), constant(75, 2));
    let variable = Pace::Variable { step: 15_833 };
    assert_eq!(pace(Ratio::new(30, 1), None, true), variable);
    assert_eq!(pace(Ratio::new(0, 0), None, false), variable);
}

#[test]
fn sound_is_copied_only_when_it_fits() {
    type Change = fn(&mut AudioFacts);
    let copied = |change: Change| {
        let mut track = aac(1, 60.0);
        change(&mut track);
        let plan = plan(&file(Some(hd(60.0, 2.0)), vec![track]), &Policy::default()).unwrap();
        plan.sound[0].how == Sound::Copy
    };
    assert!(copied(|_| {}));
    assert!(copied(|a| a.sample_rate = 44_100));
    assert!(copied(|a| a.channels = 1));
    assert!(copied(|a| a.end = seconds(57.0)));
    assert!(copied(|a| a.start = -21_333));
    for (n, change) in [
        (|a: &mut AudioFacts| a.codec = "mp3".to_owned()) as Change,
        |a| a.profile = Some("HE-AAC".to_owned()),
        |a| a.sample_rate = 22_050,
        |a| a.channels = 6,
        |a| a.bit_rate = 320_000,
        |a| a.times_rise = false,
        |a| a.changes = true,
        |a| a.longest_gap = seconds(0.1),
        |a| a.start = seconds(0.5),
        |a| a.end = seconds(50.0),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(!copied(change), "case {n}");
    }
}

#[test]
fn every_track_is_a_rendition() {
    let named = |index, language: &str, default| AudioFacts {
        language: Some(language.to_owned()),
        default,
        ..aac(index, 60.0)
    };
    let broken = AudioFacts {
        decodes: false,
        ..aac(4, 60.0)
    };
    let audio = vec![
        named(1, "eng", false),
        named(2, "ukr", true),
        named(3, "rus", false),
        broken,
    ];
    let plan = plan(&file(Some(hd(60.0, 2.0)), audio), &Policy::default()).unwrap();
    let tracks: Vec<_> = plan
        .sound
        .iter()
        .map(|track| {
            (
                track.folder.as_str(),
                track.stream,
                track.track,
                track.default,
                track.segments,
            )
        })
        .collect();
    assert_eq!(
        tracks,
        [
            ("a0", 1, 2, false, 15),
            ("a1", 2, 3, true, 15),
            ("a2", 3, 4, false, 15)
        ]
    );
    assert_eq!(plan.warnings, [Warning::StreamsLeftOut]);
}

#[test]
fn sound_without_a_picture_and_longer_than_one() {
    let mut song = file(None, vec![aac(0, 200.0)]);
    song.cover = Some(CoverFacts {
        index: 1,
        codec: "mjpeg".to_owned(),
        width: 600,
        height: 600,
    });
    let plan_of = |facts: &Facts| plan(facts, &Policy::default()).unwrap();
    let plan = plan_of(&song);
    assert!(plan.picture.is_none() && plan.storyboard.is_none());
    assert_eq!(plan.segments.len(), 50);
    assert!(plan.sound[0].required);
    assert_eq!(plan.waveform.as_ref().unwrap().stream, 0);
    let poster = plan.poster.unwrap();
    assert_eq!(poster.from, spec::PosterFrom::Cover { stream: 1 });
    assert_eq!((poster.sizes[0].width, poster.sizes[1].width), (600, 360));

    // The picture ends after 10 s, the sound after 30.
    let plan = plan_of(&file(Some(hevc(1280, 720, 10.0)), vec![aac(1, 30.0)]));
    assert_eq!(plan.duration, seconds(30.0));
    assert_eq!(plan.picture.as_ref().unwrap().segments, 3);
    assert_eq!(plan.sound[0].segments, 8);
    // Copied, the sound goes on in segments of four seconds.
    let plan = plan_of(&file(Some(hd(10.0, 2.0)), vec![aac(1, 30.0)]));
    assert_eq!(plan.segments[..3], [0.0, 4.0, 8.0].map(seconds));
    assert_eq!(plan.picture.as_ref().unwrap().segments, 3);
    assert!(
        plan.segments
            .windows(2)
            .all(|pair| pair[1] - pair[0] <= seconds(4.3)),
        "{:?}",
        plan.segments
    );
    // The sound ends long before the picture.
    let plan = plan_of(&file(Some(hd(30.0, 2.0)), vec![aac(1, 10.0)]));
    assert_eq!(
        (plan.sound[0].segments, plan.sound[0].until),
        (8, Some(seconds(30.0)))
    );
}

#[test]
fn one_frame_and_two_hours() {
    let still = VideoFacts {
        frames: 1,
        bytes: 40_000,
        average_rate: None,
        key_frames: vec![KeyFrame {
            at: 0,
            bytes: 40_000,
            closed: true,
        }],
        ..hevc(640, 480, 0.0)
    };
    let plan = of(still);
    assert_eq!((plan.segments.len(), plan.target), (1, 1));
    assert_eq!(counts(&plan), [1]);
    assert!(plan.storyboard.is_none() && plan.poster.is_some());

    let plan = of(hd(7200.0, 2.0));
    assert_eq!(plan.segments.len(), 1800);
    let copy = plan.picture.as_ref().unwrap().copy.as_ref().unwrap();
    assert_eq!(copy.parts.len(), 13);
    let board = plan.storyboard.as_ref().unwrap();
    assert!(board.board.count <= 400, "{}", board.board.count);
    // It is written down with its asset: small enough for that.
    assert!(serde_json::to_string(&plan).unwrap().len() < 150_000);
}

#[test]
fn estimates_are_a_bit_above_what_was_measured() {
    let plan = of(hevc(1920, 1080, 60.0));
    let part = plan.picture.as_ref().unwrap().parts[2];
    assert_eq!(part.length(&plan), seconds(12.0));
    let estimate = plan.encoding(&part);
    // Five rungs of 1080p took 372 to 390 MB.
    assert!(
        (390 << 20..450 << 20).contains(&estimate.memory),
        "{}",
        estimate.memory >> 20
    );
    // With two threads 424 to 427 MB.
    let last = *plan.picture.as_ref().unwrap().parts.last().unwrap();
    let threaded = plan.encoding(&last);
    assert!(
        (427 << 20..480 << 20).contains(&threaded.memory),
        "{}",
        threaded.memory >> 20
    );
    // 6 + 3.2 + 1.5 + 0.9 + 0.45 Mbit/s.
    let most = 12.05e6 / 8.0 * 12.0;
    let disk = estimate.disk as f64;
    assert!((most..most * 1.1 + 3e5).contains(&disk), "{disk}");
    let limits = allowance(estimate, part.length(&plan));
    // Under 700 MB of address space the encoder could not begin.
    assert!(limits.memory > 1 << 30);
    // A larger picture needs more of everything, and the whole is at least its parts.
    let large = of(hevc(3840, 2160, 60.0));
    let other = large.encoding(&large.picture.as_ref().unwrap().parts[2]);
    assert!(other.memory > estimate.memory * 2 && other.disk > estimate.disk * 2);
    assert!(plan.disk() > estimate.disk * 4);
}

#[test]
fn levels_and_caps_fit_the_size() {
    let rungs = |rate: u32| {
        let video = VideoFacts {
            codec: "vp9".to_owned(),
            ..h264(3840, 2160, Ratio::new(rate, 1), 10.0, 2.0)
        };
        let plan = of(video);
        let rungs = plan.picture.unwrap().rungs;
        rungs
            .iter()
            .map(|rung| (rung.rung.max_rate / 1000, rung.rung.level))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        rungs(30),
        [
            (18_000, 51),
            (10_000, 51),
            (6_000, 40),
            (3_200, 31),
            (1_502, 31),
            (900, 30),
            (450, 21)
        ]
    );
    assert_eq!(
        rungs(60),
        [
            (27_000, 52),
            (15_000, 51),
            (9_000, 42),
            (4_800, 32),
            (2_252, 31),
            (1_350, 31),
            (674, 30)
        ]
    );
}

#[test]
fn subtitles_that_are_pictures_are_told_of() {
    let mut facts = file(Some(hd(20.0, 2.0)), Vec::new());
    let text = SubtitleFacts {
        index: 2,
        codec: "subrip".to_owned(),
        text: true,
        language: Some("ukr".to_owned()),
        title: None,
        default: true,
        forced: false,
    };
    facts.subtitles = vec![
        SubtitleFacts {
            index: 3,
            codec: "hdmv_pgs_subtitle".to_owned(),
            text: false,
            ..text.clone()
        },
        text,
    ];
    let plan = plan(&facts, &Policy::default()).unwrap();
    assert_eq!(plan.subtitles.len(), 1);
    assert_eq!(
        (plan.subtitles[0].stream, plan.subtitles[0].file.as_str()),
        (2, "s0/text.vtt")
    );
    assert_eq!(plan.warnings, [Warning::PictureSubtitles]);
}

#[test]
fn nothing_to_make_is_said_so() {
    let policy = Policy::default();
    let refused = |facts: &Facts| plan(facts, &policy).unwrap_err();
    assert_eq!(refused(&file(None, Vec::new())), Refusal::NoMedia);
    let blind = VideoFacts {
        decodes: false,
        ..hd(10.0, 2.0)
    };
    assert_eq!(
        refused(&file(Some(blind.clone()), Vec::new())),
        Refusal::NoMedia
    );
    assert_eq!(
        refused(&file(Some(hevc(60_000, 60_000, 1.0)), Vec::new())),
        Refusal::TooLarge
    );
    assert_eq!(
        refused(&file(Some(hd(200.0 * 3600.0, 3600.0)), Vec::new())),
        Refusal::TooLong
    );
    // The sound is still good.
    let plan = plan(&file(Some(blind), vec![aac(1, 10.0)]), &policy).unwrap();
    assert!(plan.picture.is_none() && plan.sound.len() == 1);
}
