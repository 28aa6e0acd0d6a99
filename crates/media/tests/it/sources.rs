//! The sources that must come out right, each generated, made whole, and judged.

use std::{fs, path::PathBuf};

use domain::media::{SECOND, facts::Warning};

use crate::{
    clips::{H264, Home, ffprobe, frame_times, picture, tone},
    parts::assert_same_times,
    pixels::shot,
    whole::{Whole, try_whole, whole},
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

fn case(name: &'static str, arguments: String, size: (u32, u32), frames: Frames, sounds: usize) -> Case {
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
        let made = judge(self, &home, source);
        (home, made)
    }
}

fn judge(case: &Case, home: &Home, source: PathBuf) -> Whole {
    let name = case.name;
    let made = whole(home, &source);
    let (pictures, sounds) = made.check();
    assert_eq!(sounds.len(), case.sounds, "{name}");
    let copied = made.plan.picture.as_ref().is_some_and(|picture| picture.copy.is_some());
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
            let mut times = frame_times(&source, "v:0");
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
            &["-select_streams", "v:0", "-show_entries", "stream=codec_name,width,height,sample_aspect_ratio,pix_fmt,field_order"],
        );
        assert_eq!(
            told.trim(),
            format!("h264,{width},{height},1:1,yuv420p,progressive"),
            "{name}: {folder}"
        );
        let seen = frame_times(&judged, "v:0").len();
        assert_eq!(seen, pictures[0].times().len(), "{name}: all can be decoded");
    }
    // Picture and sound end together, within a segment's crumb and a packet.
    made
}

fn small(rate: &str, seconds: f64) -> String {
    picture("320x180", rate, seconds)
}

fn both(rate: &str, seconds: f64) -> String {
    format!("{} {}", small(rate, seconds), tone(48_000, seconds))
}

const SIZE: (u32, u32) = (320, 180);

#[test]
fn containers_and_codecs() {
    for case in [
        case("moov-at-end.mp4", format!("{} {H264} -g 50 -c:a aac -ac 2", both("25", 9.0)), SIZE, Frames::Same(5e-5), 1).copied(),
        case("vp9.webm", format!("{} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 60 -c:a libopus", both("30", 6.0)), SIZE, Frames::Same(0.0011), 1),
        case("av1.mp4", format!("{} -c:v libsvtav1 -preset 12 -g 60 -c:a aac", both("30", 6.0)), SIZE, Frames::Same(5e-5), 1),
        case("prores.mov", format!("{} -c:v prores_ks -profile:v 2 -c:a pcm_s16le", both("25", 6.0)), SIZE, Frames::Same(5e-5), 1),
        case("one.mpg", format!("{} -c:v mpeg1video -q:v 4 -bf 2 -c:a mp2", both("25", 6.0)), SIZE, Frames::Same(5e-5), 1),
        case("two.ts", format!("{} -c:v mpeg2video -q:v 4 -bf 2 -c:a mp2", both("25", 6.0)), SIZE, Frames::Same(5e-5), 1),
        case("xvid.avi", format!("{} -c:v mpeg4 -vtag xvid -q:v 4 -c:a libmp3lame", both("25", 6.0)), SIZE, Frames::Same(5e-5), 1),
        case("many.mkv", format!("{} {} {H264} -g 50 -map 0 -map 1 -map 2 -map 1 -c:a:0 aac -c:a:1 ac3 -c:a:2 flac", both("25", 6.0), tone(44_100, 6.0)), SIZE, Frames::Same(0.0011), 3).copied(),
        case("flash.flv", format!("{} -c:v flv1 -q:v 4 -c:a libmp3lame -ar 44100", both("25", 6.0)), SIZE, Frames::Same(0.0011), 1),
        case("phone.3gp", format!("{} {} -c:v h263 -c:a aac -ar 8000 -ac 1", picture("176x144", "15", 6.0), tone(8000, 6.0)), (176, 144), Frames::Same(5e-5), 1),
        case("moving.gif", small("10", 5.0), SIZE, Frames::Same(0.011), 0),
        case("loud.wmv", format!("{} -c:v wmv2 -q:v 4 -c:a wmav2", both("25", 6.0)), SIZE, Frames::Same(0.0011), 1),
    ] {
        let (_home, made) = case.check();
        assert!(made.facts.warnings.is_empty(), "{}: {:?}", case.name, made.facts.warnings);
    }
}

#[test]
fn rates() {
    for (name, rate) in [
        ("23.976.mp4", "24000/1001"),
        ("25.mp4", "25"),
        ("29.97.mp4", "30000/1001"),
        ("50.mp4", "50"),
        ("59.94.mp4", "60000/1001"),
        ("60.mp4", "60"),
    ] {
        // Long groups, so that it is encoded.
        case(name, format!("{} {H264} -g 1000 -sc_threshold 0", small(rate, 9.0)), SIZE, Frames::Same(1e-5), 0).check();
    }
    case("120.mp4", format!("{} {H264} -g 1000", small("120", 6.0)), SIZE, Frames::Count(360), 0).check();
    case("119.88.mkv", format!("{} {H264} -g 1000", small("120000/1001", 6.0)), SIZE, Frames::Count(360), 0).check();
}

#[test]
fn shapes_of_samples() {
    for case in [
        case("422.mkv", format!("{} -c:v libx264 -preset ultrafast -pix_fmt yuv422p", small("25", 5.0)), SIZE, Frames::Same(0.0011), 0),
        case("444.mp4", format!("{} -c:v libx264 -preset ultrafast -pix_fmt yuv444p", small("25", 5.0)), SIZE, Frames::Same(1e-5), 0),
        case("10bit.mkv", format!("{} -c:v libx264 -preset ultrafast -pix_fmt yuv420p10le", small("25", 5.0)), SIZE, Frames::Same(0.0011), 0),
        case("grey.mkv", format!("{} -c:v ffv1 -pix_fmt gray", small("25", 5.0)), SIZE, Frames::Same(0.0011), 0),
        case("rgb.avi", format!("{} -c:v rawvideo -pix_fmt bgr24", small("25", 3.0)), SIZE, Frames::Same(1e-5), 0),
        case("odd.mkv", format!("{} -c:v ffv1 -pix_fmt yuv444p", picture("321x181", "25", 5.0)), (320, 180), Frames::Same(0.0011), 0),
        case("wide.mp4", format!("{} {H264} -aspect 16:9 -g 1000", picture("320x240", "25", 7.0)), (426, 240), Frames::Same(1e-5), 0),
        case("portrait.mp4", format!("{} {H264} -g 1000", picture("180x320", "25", 7.0)), (180, 320), Frames::Same(1e-5), 0),
        case("full.mp4", format!("{} -c:v libx264 -preset ultrafast -pix_fmt yuvj420p -g 1000", small("25", 7.0)), SIZE, Frames::Same(1e-5), 0),
    ] {
        let (home, made) = case.check();
        // And it looks the same.
        let (one, other) = (shot(&made.source, 2.0), shot(&home.file("judged.mp4"), 2.0));
        if (one.width, one.height) == (other.width, other.height) && case.name != "grey.mkv" {
            let difference = one.difference(&other);
            assert!(difference < 9.0, "{}: {difference}", case.name);
        } else {
            for part in 0..16 {
                let (one, other) = (one.sixteenth(part), other.sixteenth(part));
                let far = one.iter().zip(other).any(|(one, other)| (one - other).abs() > 16.0);
                assert!(!far, "{}: {one:?} {other:?}", case.name);
            }
        }
    }
}

/// Each corner of a picture has another colour: red, lime, blue, white from the top left.
fn corners(home: &Home) -> PathBuf {
    home.clip(
        "corners.mp4",
        &format!(
            "-f lavfi -i color=red:size=160x90:rate=25:duration=3 -f lavfi -i color=lime:size=160x90:rate=25:duration=3 \
             -f lavfi -i color=blue:size=160x90:rate=25:duration=3 -f lavfi -i color=white:size=160x90:rate=25:duration=3 \
             -filter_complex [0][1]hstack[a];[2][3]hstack[b];[a][b]vstack {H264} -g 1000"
        ),
    )
}

/// The corners as one sees them, from the top left, row by row.
fn seen(home: &Home) -> String {
    let shot = shot(&home.file("judged.mp4"), 1.0);
    [(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)]
        .iter()
        .map(|(x, y)| match shot.colour(*x, *y).map(|number| number > 128) {
            [true, false, false] => 'r',
            [false, true, false] => 'g',
            [false, false, true] => 'b',
            [true, true, true] => 'w',
            _ => '?',
        })
        .collect()
}

/// By the matrix in the header of the track, as telephones write it; `ffmpeg` agrees where it can.
#[test]
fn turned_and_mirrored_pictures_stand_upright() {
    let one = 0x1_0000;
    for (name, [a, b, c, d], looks) in [
        ("none.mp4", [one, 0, 0, one], "rgbw"),
        ("right.mp4", [0, one, -one, 0], "brwg"),
        ("half.mp4", [-one, 0, 0, -one], "wbgr"),
        ("left.mp4", [0, -one, one, 0], "gwrb"),
        ("mirror.mp4", [-one, 0, 0, one], "grwb"),
        ("upside.mp4", [one, 0, 0, -one], "bwrg"),
        ("transposed.mp4", [0, one, one, 0], "rbgw"),
        ("crossed.mp4", [0, -one, -one, 0], "wgbr"),
    ] {
        let home = Home::new();
        let mut bytes = fs::read(corners(&home)).unwrap();
        let at = bytes.windows(4).position(|four| four == b"tkhd").unwrap();
        // Behind name, version, times, ids, duration, layer, volume.
        let matrix = at + 4 + 40;
        for (place, number) in [(0, a), (1, b), (3, c), (4, d)] {
            let four = i32::to_be_bytes(number);
            bytes[matrix + place * 4..matrix + place * 4 + 4].copy_from_slice(&four);
        }
        let source = home.file(name);
        fs::write(&source, bytes).unwrap();
        let size = if b == 0 { (320, 180) } else { (180, 320) };
        let mut case = case(name, String::new(), size, Frames::Same(1e-5), 0);
        case.copied = name == "none.mp4";
        judge(&case, &home, source);
        assert_eq!(seen(&home), looks, "{name}");
    }
}

#[test]
fn light_beyond_the_screen_is_pressed_into_it() {
    for (name, transfer) in [("hdr10.mp4", "smpte2084"), ("hlg.mp4", "arib-std-b67")] {
        let home = Home::new();
        let source = home.clip(
            name,
            &format!(
                "{} -vf format=yuv420p10le -c:v libx265 -preset ultrafast -tag:v hvc1 -color_primaries bt2020 -color_trc {transfer} -colorspace bt2020nc \
                 -x265-params log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc",
                small("25", 5.0)
            ),
        );
        let made = judge(&case(name, String::new(), SIZE, Frames::Same(1e-5), 0), &home, source);
        assert!(made.facts.video.as_ref().unwrap().hdr.is_some(), "{:?}", made.facts);
        let told = ffprobe(
            &home.file("judged.mp4"),
            &["-select_streams", "v:0", "-show_entries", "stream=color_range,color_space,color_transfer,color_primaries"],
        );
        assert_eq!(told.trim(), "tv,bt709,bt709,bt709", "{name}");
        // It is a picture, neither black nor white.
        let shot = shot(&home.file("judged.mp4"), 2.0);
        let bright: u32 = (0..10).map(|n| shot.colour(f64::from(n) / 10.0, 0.5).iter().map(|n| u32::from(*n)).sum::<u32>() / 3).sum::<u32>() / 10;
        assert!((30..230).contains(&bright), "{name}: {bright}");
    }
}

#[test]
fn fields_become_whole_pictures() {
    for (name, order, codec) in [
        ("tff.mpg", "tff", "-c:v mpeg2video -q:v 3 -flags +ilme+ildct -top 1"),
        ("bff.mpg", "bff", "-c:v mpeg2video -q:v 3 -flags +ilme+ildct -top 0"),
        ("h264.mp4", "tff", "-c:v libx264 -preset ultrafast -flags +ilme+ildct -x264-params tff=1 -pix_fmt yuv420p"),
    ] {
        let home = Home::new();
        let mode = if order == "tff" { "interleave_top" } else { "interleave_bottom" };
        let source = home.clip(
            name,
            &format!("{} -vf tinterlace=mode={mode},fieldorder={order} {codec}", picture("320x192", "50", 6.0)),
        );
        let made = judge(&case(name, String::new(), (320, 192), Frames::Same(5e-5), 0), &home, source.clone());
        assert_ne!(made.facts.video.as_ref().unwrap().field_order, domain::media::facts::FieldOrder::Progressive, "{name}");
        // Combs are gone: rows differ from their neighbours less than before.
        let comb = |path: &std::path::Path| -> u32 {
            let shot = shot(path, 2.0);
            let rows = 1..shot.height - 1;
            let brightness = |x: usize, y: usize| -> i32 {
                shot.colour(
                    (x as f64 + 0.5) / shot.width as f64,
                    (y as f64 + 0.5) / shot.height as f64,
                )
                .iter()
                .map(|number| i32::from(*number))
                .sum()
            };
            rows.flat_map(|y| (0..shot.width).step_by(3).map(move |x| (x, y)))
                .map(|(x, y)| {
                    let (up, here, down) = (brightness(x, y - 1), brightness(x, y), brightness(x, y + 1));
                    if (here - up).signum() == (here - down).signum() { (here - up).abs().min((here - down).abs()) as u32 } else { 0 }
                })
                .sum()
        };
        let (before, after) = (comb(&source), comb(&home.file("judged.mp4")));
        assert!(after * 10 < before * 8, "{name}: {before} {after}");
    }
}

#[test]
fn sound_and_picture_of_different_lengths() {
    for (name, shown, heard, shift) in [
        ("long-sound.mp4", 7.0, 11.0, ""),
        ("short-sound.mp4", 9.0, 5.0, ""),
        ("late-sound.mp4", 9.0, 8.0, "-itsoffset 0.7"),
        ("early-sound.mp4", 9.0, 8.0, "-itsoffset -0.7"),
    ] {
        let (arguments, late) = match shift {
            "-itsoffset -0.7" => (format!("-itsoffset 0.7 {} {}", small("25", shown), tone(48_000, heard)), true),
            shift => (format!("{} {shift} {}", small("25", shown), tone(48_000, heard)), false),
        };
        let (_home, made) = case(name, format!("{arguments} {H264} -vsync passthrough -g 1000 -c:a aac"), SIZE, Frames::Same(1e-4), 1).check();
        let (pictures, sounds) = made.check();
        let seconds = |rendition: &crate::parts::Rendition| rendition.end() as f64 / f64::from(rendition.timescale);
        let (picture_end, sound_end) = (seconds(&pictures[0]), seconds(&sounds[0]));
        assert!(sound_end > picture_end - 0.03, "{name}: {sound_end} {picture_end}");
        if late {
            assert!((made.facts.video.as_ref().unwrap().start - 700_000).abs() < 30_000, "{name}");
            assert!((picture_end - 9.7).abs() < 0.05, "{name}: {picture_end}");
        }
    }
}

#[test]
fn only_sound() {
    for (name, arguments) in [
        ("a.mp3", format!("{} -c:a libmp3lame", tone(44_100, 9.0))),
        ("a.flac", format!("{} -c:a flac", tone(44_100, 9.0))),
        ("a.ogg", format!("{} -c:a libvorbis", tone(44_100, 9.0))),
        ("a.opus", format!("{} -c:a libopus", tone(48_000, 9.0))),
        ("a.wav", tone(44_100, 9.0)),
        ("a.aac", format!("{} -c:a aac", tone(44_100, 9.0))),
        ("a.m4a", format!("{} {} -map 0 -map 1 -frames:v 1 -c:v mjpeg -disposition:v attached_pic -c:a aac", tone(44_100, 9.0), picture("300x300", "1", 1.0))),
    ] {
        let (_home, made) = case(name, arguments, (0, 0), Frames::None, 1).check();
        assert!((made.facts.end - 9 * SECOND).abs() < SECOND / 4, "{name}: {}", made.facts.end);
        assert!(made.plan.waveform.is_some(), "{name}");
        assert_eq!(made.facts.cover.is_some(), name == "a.m4a", "{name}");
    }
}

#[test]
fn very_short_ones() {
    case("one.mp4", format!("{} {H264} -frames:v 1", small("25", 1.0)), SIZE, Frames::Count(1), 0).copied().check();
    case("half.mp4", format!("{} {H264} -c:a aac", both("25", 0.5)), SIZE, Frames::Same(5e-5), 1).copied().check();
    case("one.gif", format!("{} -frames:v 1", small("10", 1.0)), SIZE, Frames::Count(1), 0).check();
    case("short.mp3", format!("{} -c:a libmp3lame", tone(44_100, 0.1)), (0, 0), Frames::None, 1).check();
}

#[test]
fn odd_clocks() {
    // Far from zero.
    case("far.ts", format!("{} {H264} -g 1000 -c:a aac -output_ts_offset 5000", both("25", 9.0)), SIZE, Frames::Same(5e-5), 1).check();
    case("far.mkv", format!("{} {H264} -g 1000 -c:a aac -output_ts_offset 5000", both("25", 9.0)), SIZE, Frames::Same(0.0011), 1).check();
    // Key frames twenty seconds apart, open groups, uneven frames.
    case("rare.mp4", format!("{} {H264} -g 500 -keyint_min 500 -sc_threshold 0", small("25", 41.0)), SIZE, Frames::Same(1e-5), 0).check();
    case("open.mp4", format!("{} {H264} -x264-params open-gop=1:bframes=3:keyint=50:min-keyint=50:scenecut=0", small("25", 13.0)), SIZE, Frames::Same(1e-5), 0).check();
    case("uneven.mp4", format!("{} -vf select='mod(n,7)*mod(n,11)' -vsync vfr -video_track_timescale 90000 {H264} -g 1000", small("30", 13.0)), SIZE, Frames::Same(5e-5), 0).check();
}

#[test]
fn a_gap_is_filled_and_told() {
    let home = Home::new();
    let source = home.clip(
        "gap.mkv",
        &format!("{} -vf setpts='PTS+gte(T,5)*8/TB' -vsync vfr {H264} -g 1000", small("25", 10.0)),
    );
    let made = whole(&home, &source);
    let (pictures, _) = made.check();
    assert!(made.facts.warnings.contains(&Warning::Gaps), "{:?}", made.facts.warnings);
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
    let one = home.clip("one.ts", &format!("{} {H264} -g 50 -c:a aac", both("25", 6.0)));
    let bytes = fs::read(one).unwrap();
    let source = home.file("both.ts");
    fs::write(&source, [bytes.clone(), bytes].concat()).unwrap();
    let made = whole(&home, &source);
    let (pictures, sounds) = made.check();
    assert!(made.facts.warnings.contains(&Warning::Times), "{:?}", made.facts.warnings);
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
    let two = home.clip("two.ts", &format!("{} {H264} -g 50 -output_ts_offset 5", picture("640x360", "25", 5.0)));
    let source = home.file("both.ts");
    fs::write(&source, [fs::read(one).unwrap(), fs::read(two).unwrap()].concat()).unwrap();
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
    for (name, more) in [("cut.mp4", "-movflags +faststart"), ("cut.mkv", ""), ("cut.ts", ""), ("cut.avi", "-bf 0")] {
        let whole_file = home.clip(&format!("whole-{name}"), &format!("{} {H264} -g 50 {more} -c:a aac", both("25", 12.0)));
        let bytes = fs::read(whole_file).unwrap();
        let source = home.file(name);
        fs::write(&source, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let made = try_whole(&home, &source).unwrap_or_else(|answer| panic!("{name}: {answer:?}"));
        let (pictures, _) = made.check();
        let count = pictures[0].times().len();
        assert!((120..280).contains(&count), "{name}: {count}");
        if name != "cut.ts" {
            let told = [Warning::Truncated, Warning::Damaged];
            assert!(told.iter().any(|warning| made.facts.warnings.contains(warning)), "{name}: {:?}", made.facts.warnings);
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
        format!("{} {} {H264} -g 1000 -c:a aac -ar 8000", picture("128x72", "5", seconds), tone(8000, seconds)),
        (128, 72),
        Frames::Same(1e-4),
        1,
    )
    .check();
    let (pictures, sounds) = made.check();
    let seconds = |rendition: &crate::parts::Rendition| rendition.end() as f64 / f64::from(rendition.timescale);
    assert!((seconds(&pictures[0]) - 7200.0).abs() < 0.01);
    assert!((seconds(&sounds[0]) - 7200.0).abs() < 0.2);
}
