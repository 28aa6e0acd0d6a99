//! What is listed when, and what the numbers are.

use domain::media::{
    facts::{AudioFacts, Chroma, Colour, Facts, FieldOrder, KeyFrame, Ratio, Rotation, VideoFacts},
    line::Fragment,
    plan::{Policy, plan},
};

use super::*;

const SECOND: i64 = 1_000_000;

fn sound(index: usize, title: &str, seconds: i64) -> AudioFacts {
    AudioFacts {
        index,
        codec: "aac".to_owned(),
        profile: Some("LC".to_owned()),
        sample_rate: 48_000,
        channels: 2,
        layout: None,
        bit_rate: 128_000,
        language: Some("eng".to_owned()),
        title: Some(title.to_owned()),
        default: false,
        start: 0,
        end: seconds * SECOND,
        times_rise: true,
        longest_gap: 0,
        changes: false,
        decodes: true,
    }
}

/// 20 s in 480p with two sound tracks, the second of which has a name that was made to harm.
fn planned(codec: &str) -> Plan {
    let video = VideoFacts {
        index: 0,
        codec: codec.to_owned(),
        profile: Some(100),
        level: Some(30),
        pixel_format: "yuv420p".to_owned(),
        depth: 8,
        chroma: Chroma::C420,
        width: 854,
        height: 480,
        sample_aspect: Ratio::new(1, 1),
        rotation: Rotation::None,
        mirrored: false,
        field_order: FieldOrder::Progressive,
        colour: Colour::default(),
        hdr: None,
        real_rate: Some(Ratio::new(30_000, 1001)),
        average_rate: Some(Ratio::new(30_000, 1001)),
        variable_rate: false,
        frames: 600,
        bytes: 1_000_000,
        start: 0,
        end: 20 * SECOND,
        longest_step: 33_367,
        key_frames: (0..10)
            .map(|n| KeyFrame {
                at: n * 2 * SECOND,
                bytes: 100_000,
                closed: true,
            })
            .collect(),
        longest_gop: 2 * SECOND,
        times_rise: true,
        seeks: true,
        parameter_sets: 1,
        edit_list_cuts: false,
        decodes: true,
    };
    let facts = Facts {
        container: "matroska,webm".to_owned(),
        size: 1 << 20,
        start: 0,
        end: 20 * SECOND,
        duration: None,
        video: Some(video),
        audio: vec![
            sound(1, "Director", 20),
            sound(2, "\"evil\"\n#EXT-X-ENDLIST", 20),
        ],
        subtitles: Vec::new(),
        cover: None,
        warnings: Vec::new(),
    };
    plan(&facts, &Policy::default()).unwrap()
}

fn segment(folder: &str, number: u32, bytes: u64) -> Segment {
    Segment {
        folder: folder.to_owned(),
        number,
        start: u64::from(number) * 40_000,
        fragments: vec![Fragment {
            duration: 40_000,
            bytes,
            key: bytes / 10,
        }],
    }
}

/// Segments `numbers` of a rendition, a second long for each 10,000 ticks.
fn part(folder: &str, numbers: std::ops::Range<u32>) -> PartRow {
    PartRow {
        folder: folder.to_owned(),
        segments: numbers
            .map(|number| segment(folder, number, 1000))
            .collect(),
    }
}

fn rows(folders: &[&str], parts: Vec<PartRow>, states: &[(Step, StepState)]) -> Rows {
    Rows {
        steps: states
            .iter()
            .map(|(step, state)| StepRow {
                step: *step,
                state: *state,
                progress: None,
                code: None,
            })
            .collect(),
        renditions: folders
            .iter()
            .map(|folder| RenditionRow {
                folder: (*folder).to_owned(),
                init: Some(("avc1.64001e".to_owned(), 10_000)),
            })
            .collect(),
        parts,
    }
}

const MADE: [&str; 5] = ["v480", "v360", "v240", "a0", "a1"];

#[test]
fn only_the_unbroken_beginning_that_all_have_is_listed() {
    use StepState::{Done, Waiting};
    let plan = planned("hevc");
    let states = [
        (Step::Encode(0), Done),
        (Step::Encode(1), Waiting),
        (Step::Audio(0), Waiting),
        (Step::Audio(1), Waiting),
    ];
    let picture = |of: &[(u32, u32)]| {
        ["v480", "v360", "v240"]
            .iter()
            .flat_map(|folder| of.iter().map(|(from, to)| part(folder, *from..*to)))
            .collect::<Vec<_>>()
    };
    type Numbers = &'static [(u32, u32)];
    // (segments of the picture, of the sound, how many are listed)
    let cases: [(Numbers, u32, usize); 5] = [
        (&[(0, 1)], 3, 1),
        (&[(0, 1), (1, 3)], 5, 3),
        (&[(0, 1), (3, 5)], 5, 1),
        (&[(1, 3)], 5, 0),
        (&[(0, 1), (1, 3)], 2, 2),
    ];
    for (numbers, heard, listed) in cases {
        let mut parts = picture(numbers);
        // The second sound is not waited for: it comes with everything else.
        parts.extend([part("a0", 0..heard)]);
        let rows = rows(&MADE, parts, &states);
        let sheet = Sheet::of(&plan, &rows, false).unwrap();
        assert_eq!(sheet.prefix, listed, "{numbers:?} {heard}");
        assert!(!sheet.ended);
        assert!(
            sheet
                .tracks
                .iter()
                .all(|track| track.segments.len() == listed)
        );
    }
    // A rendition that has not begun: nothing can be listed yet.
    let rows = rows(&MADE[..3], picture(&[(0, 1)]), &states);
    assert!(Sheet::of(&plan, &rows, false).is_none());
}

#[test]
fn all_that_one_master_names_ends_together() {
    use StepState::{Done, LeftOut, Waiting};
    let plan = planned("h264");
    assert!(plan.picture.as_ref().unwrap().copy.is_some());
    let all = |encode: StepState, sound: StepState, other: StepState| {
        let states = [
            (Step::Copy(0), Done),
            (Step::Encode(0), encode),
            (Step::Audio(0), sound),
            (Step::Audio(1), other),
        ];
        let parts = ["v480", "v360", "v240", "a0", "a1"].map(|folder| part(folder, 0..5));
        rows(&MADE, parts.to_vec(), &states)
    };
    let folders = |rows: &Rows, last: bool| {
        let sheet = Sheet::of(&plan, rows, last).unwrap();
        let folders: Vec<String> = sheet
            .tracks
            .iter()
            .map(|track| track.folder.to_owned())
            .collect();
        (folders.join(" "), sheet.ended)
    };
    // What is copied stands alone, and ends as soon as its sound does.
    for (sound, other, ended) in [
        (Waiting, Waiting, false),
        (Waiting, Done, false),
        (Done, Waiting, true),
        (Done, LeftOut, true),
    ] {
        assert_eq!(
            folders(&all(Waiting, sound, other), false),
            ("v480 a0".to_owned(), ended)
        );
    }
    let (last, ended) = folders(&all(Done, Done, Done), true);
    assert!(
        ended && last.starts_with("v480 v360") && last.ends_with("a0 a1"),
        "{last}"
    );
}

#[test]
fn names_of_a_file_cannot_write_into_the_playlist() {
    use StepState::Done;
    let plan = planned("hevc");
    let states = [
        (Step::Encode(0), Done),
        (Step::Audio(0), Done),
        (Step::Audio(1), Done),
    ];
    let parts = MADE.map(|folder| part(folder, 0..5)).to_vec();
    let rows = rows(&MADE, parts, &states);
    let sheet = Sheet::of(&plan, &rows, true).unwrap();
    let files = sheet.files(true).unwrap();
    let text = |name: &str| {
        let (_, bytes) = files.iter().find(|(file, _)| file == name).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    };
    let master = text("master.m3u8");
    assert!(
        !master.lines().any(|line| line == "#EXT-X-ENDLIST"),
        "{master}"
    );
    assert!(master.contains("NAME=\"evil#EXT-X-ENDLIST\""), "{master}");
    assert!(master.contains("FRAME-RATE=29.97,"), "{master}");
    assert!(master.contains("RESOLUTION=854x480"), "{master}");
    let mpd = text("manifest.mpd");
    assert!(dash_mpd_core::parse(&mpd).is_ok(), "{mpd}");
    assert!(mpd.contains("frameRate=\"30000/1001\""), "{mpd}");
    // The master names only what was written before it.
    assert_eq!(files.last().unwrap().0, "master.m3u8");
}

#[test]
fn the_peak_is_that_of_a_whole_stretch() {
    let sized = |sizes: &[(u64, u64)]| {
        let all: Vec<Segment> = sizes
            .iter()
            .map(|(duration, bytes)| Segment {
                fragments: vec![Fragment {
                    duration: *duration,
                    bytes: *bytes,
                    key: 1,
                }],
                ..segment("v480", 0, 0)
            })
            .collect();
        measure(&all.iter().collect::<Vec<_>>(), 10_000, 4)
    };
    // 4 s of 1000 bytes each.
    assert_eq!(sized(&[(40_000, 1000), (40_000, 1000)]), (2000, 2000));
    assert_eq!(sized(&[(40_000, 1000), (40_000, 3000)]), (6000, 4000));
    // Half a second at the end is no stretch of its own, whatever is in it.
    assert_eq!(sized(&[(40_000, 1000), (5_000, 1000)]), (3556, 3556));
    // All there is, however short.
    assert_eq!(sized(&[(5_000, 1000)]), (16_000, 16_000));
    assert_eq!(sized(&[]), (1, 1));
}

#[test]
fn a_language_brings_no_lines_of_its_own() {
    for plain in ["en", "deu", "zh-Hant-TW"] {
        assert_eq!(language(Some(plain)).as_deref(), Some(plain));
    }
    for other in [
        "",
        "x\",URI=\"http://elsewhere",
        "en\n#EXT-X-ENDLIST",
        "язык",
    ] {
        assert_eq!(language(Some(other)), None, "{other:?}");
    }
}
