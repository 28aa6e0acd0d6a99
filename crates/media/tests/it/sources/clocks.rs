//! When things are shown and heard: other lengths, odd clocks, holes, ends.

use std::fs;

use domain::media::{SECOND, facts::Warning};

use super::{Frames, SIZE, both, case, small};
use crate::{
    clips::{H264, Home, picture, tone},
    whole::{try_whole, whole},
};

#[test]
fn sound_and_picture_of_different_lengths() {
    for (name, shown, heard, shift) in [
        ("long-sound.mp4", 7.0, 11.0, ""),
        ("short-sound.mp4", 9.0, 5.0, ""),
        ("late-sound.mp4", 9.0, 8.0, "-itsoffset 0.7"),
        ("early-sound.mp4", 9.0, 8.0, "-itsoffset -0.7"),
    ] {
        let (arguments, late) = match shift {
            "-itsoffset -0.7" => (
                format!(
                    "-itsoffset 0.7 {} {}",
                    small("25", shown),
                    tone(48_000, heard)
                ),
                true,
            ),
            shift => (
                format!("{} {shift} {}", small("25", shown), tone(48_000, heard)),
                false,
            ),
        };
        let (_home, made) = case(
            name,
            format!("{arguments} {H264} -vsync passthrough -g 1000 -c:a aac"),
            SIZE,
            Frames::Same(1e-4),
            1,
        )
        .check();
        let (pictures, sounds) = made.check();
        let seconds = |rendition: &crate::parts::Rendition| {
            rendition.end() as f64 / f64::from(rendition.timescale)
        };
        let (picture_end, sound_end) = (seconds(&pictures[0]), seconds(&sounds[0]));
        assert!(
            sound_end > picture_end - 0.03,
            "{name}: {sound_end} {picture_end}"
        );
        if late {
            assert!(
                (made.facts.video.as_ref().unwrap().start - 700_000).abs() < 30_000,
                "{name}"
            );
            assert!((picture_end - 9.7).abs() < 0.05, "{name}: {picture_end}");
        }
    }
}

#[test]
fn odd_clocks() {
    // Far from zero.
    case(
        "far.ts",
        format!(
            "{} {H264} -g 1000 -c:a aac -output_ts_offset 5000",
            both("25", 9.0)
        ),
        SIZE,
        Frames::Same(5e-5),
        1,
    )
    .check();
    case(
        "far.mkv",
        format!(
            "{} {H264} -g 1000 -c:a aac -output_ts_offset 5000",
            both("25", 9.0)
        ),
        SIZE,
        Frames::Same(0.0011),
        1,
    )
    .check();
    // Key frames twenty seconds apart, open groups, uneven frames.
    case(
        "rare.mp4",
        format!(
            "{} {H264} -g 500 -keyint_min 500 -sc_threshold 0",
            small("25", 41.0)
        ),
        SIZE,
        Frames::Same(1e-5),
        0,
    )
    .check();
    case(
        "open.mp4",
        format!(
            "{} {H264} -x264-params open-gop=1:bframes=3:keyint=50:min-keyint=50:scenecut=0",
            small("25", 13.0)
        ),
        SIZE,
        Frames::Same(1e-5),
        0,
    )
    .check();
    case("uneven.mp4", format!("{} -vf select='mod(n,7)*mod(n,11)' -vsync vfr -video_track_timescale 90000 {H264} -g 1000", small("30", 13.0)), SIZE, Frames::Same(5e-5), 0).check();
}

#[test]
fn a_gap_is_filled_and_told() {
    let home = Home::new();
    let source = home.clip(
        "gap.mkv",
        &format!(
            "{} -vf setpts='PTS+gte(T,5)*8/TB' -vsync vfr {H264} -g 1000",
            small("25", 10.0)
        ),
    );
    let made = whole(&home, &source);
    let (pictures, _) = made.check();
    assert!(
        made.facts.warnings.contains(&Warning::Gaps),
        "{:?}",
        made.facts.warnings
    );
    // 250 frames and one more for the segment from 8 to 12 seconds, which has none.
    for rendition in &pictures {
        assert_eq!(rendition.times().len(), 251);
    }
    assert!((made.facts.video.unwrap().end - 18 * SECOND).abs() < SECOND / 10);
}

/// Two recordings, one behind the other: the clock begins anew.
#[test]
fn a_clock_that_begins_anew_goes_on() {
    let home = Home::new();
    let one = home.clip(
        "one.ts",
        &format!("{} {H264} -g 50 -c:a aac", both("25", 6.0)),
    );
    let bytes = fs::read(one).unwrap();
    let source = home.file("both.ts");
    fs::write(&source, [bytes.clone(), bytes].concat()).unwrap();
    let made = whole(&home, &source);
    let (pictures, sounds) = made.check();
    assert!(
        made.facts.warnings.contains(&Warning::Times),
        "{:?}",
        made.facts.warnings
    );
    for rendition in &pictures {
        let count = rendition.times().len();
        assert!((295..=300).contains(&count), "{count}");
        let end = rendition.end() as f64 / f64::from(rendition.timescale);
        assert!((end - 12.0).abs() < 0.3, "{end}");
    }
    let end = sounds[0].end() as f64 / f64::from(sounds[0].timescale);
    assert!((end - 12.0).abs() < 0.3, "{end}");
}

/// The size changes in the middle, as when a broadcast goes from one programme to another.
#[test]
fn parameters_that_change_midway_are_followed() {
    let home = Home::new();
    let one = home.clip("one.ts", &format!("{} {H264} -g 50", small("25", 5.0)));
    let two = home.clip(
        "two.ts",
        &format!(
            "{} {H264} -g 50 -output_ts_offset 5",
            picture("640x360", "25", 5.0)
        ),
    );
    let source = home.file("both.ts");
    fs::write(
        &source,
        [fs::read(one).unwrap(), fs::read(two).unwrap()].concat(),
    )
    .unwrap();
    let made = whole(&home, &source);
    let (pictures, _) = made.check();
    assert!(made.facts.video.as_ref().unwrap().parameter_sets > 1);
    assert!(made.plan.picture.as_ref().unwrap().copy.is_none());
    for rendition in &pictures {
        let count = rendition.times().len();
        assert!((245..=250).contains(&count), "{count}");
    }
}

#[test]
fn a_file_that_breaks_off_is_made_as_far_as_it_goes() {
    let home = Home::new();
    for (name, more) in [
        ("cut.mp4", "-movflags +faststart"),
        ("cut.mkv", ""),
        ("cut.ts", ""),
        ("cut.avi", "-bf 0"),
    ] {
        let whole_file = home.clip(
            &format!("whole-{name}"),
            &format!("{} {H264} -g 50 {more} -c:a aac", both("25", 12.0)),
        );
        let bytes = fs::read(whole_file).unwrap();
        let source = home.file(name);
        fs::write(&source, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let made = try_whole(&home, &source).unwrap_or_else(|answer| panic!("{name}: {answer:?}"));
        let (pictures, _) = made.check();
        let count = pictures[0].times().len();
        assert!((120..280).contains(&count), "{name}: {count}");
        if name != "cut.ts" {
            let told = [Warning::Truncated, Warning::Damaged];
            assert!(
                told.iter()
                    .any(|warning| made.facts.warnings.contains(warning)),
                "{name}: {:?}",
                made.facts.warnings
            );
        }
    }
}

/// Two hours; slow, so only when asked for.
#[test]
#[ignore = "takes minutes"]
fn two_hours() {
    let seconds = 7200.0;
    let (_home, made) = case(
        "long.mp4",
        format!(
            "{} {} {H264} -g 1000 -c:a aac -ar 8000",
            picture("128x72", "5", seconds),
            tone(8000, seconds)
        ),
        (128, 72),
        Frames::Same(1e-4),
        1,
    )
    .check();
    let (pictures, sounds) = made.check();
    let seconds = |rendition: &crate::parts::Rendition| {
        rendition.end() as f64 / f64::from(rendition.timescale)
    };
    assert!((seconds(&pictures[0]) - 7200.0).abs() < 0.01);
    assert!((seconds(&sounds[0]) - 7200.0).abs() < 0.2);
}
