//! How pictures are stored: samples, corners, light, fields.

use std::{fs, path::PathBuf};

use super::{Frames, SIZE, case, judge, small};
use crate::{
    clips::{H264, Home, ffprobe, picture},
    pixels::shot,
};

#[test]
fn shapes_of_samples() {
    for case in [
        case(
            "422.mkv",
            format!(
                "{} -c:v libx264 -preset ultrafast -pix_fmt yuv422p",
                small("25", 5.0)
            ),
            SIZE,
            Frames::Same(0.0011),
            0,
        ),
        case(
            "444.mp4",
            format!(
                "{} -c:v libx264 -preset ultrafast -pix_fmt yuv444p",
                small("25", 5.0)
            ),
            SIZE,
            Frames::Same(1e-5),
            0,
        ),
        case(
            "10bit.mkv",
            format!(
                "{} -c:v libx264 -preset ultrafast -pix_fmt yuv420p10le",
                small("25", 5.0)
            ),
            SIZE,
            Frames::Same(0.0011),
            0,
        ),
        case(
            "grey.mkv",
            format!("{} -c:v ffv1 -pix_fmt gray", small("25", 5.0)),
            SIZE,
            Frames::Same(0.0011),
            0,
        ),
        case(
            "rgb.avi",
            format!("{} -c:v rawvideo -pix_fmt bgr24", small("25", 3.0)),
            SIZE,
            Frames::Same(1e-5),
            0,
        ),
        case(
            "odd.mkv",
            format!(
                "{} -c:v ffv1 -pix_fmt yuv444p",
                picture("321x181", "25", 5.0)
            ),
            (320, 180),
            Frames::Same(0.0011),
            0,
        ),
        case(
            "wide.mp4",
            format!(
                "{} {H264} -aspect 16:9 -g 1000",
                picture("320x240", "25", 7.0)
            ),
            (426, 240),
            Frames::Same(1e-5),
            0,
        ),
        case(
            "portrait.mp4",
            format!("{} {H264} -g 1000", picture("180x320", "25", 7.0)),
            (180, 320),
            Frames::Same(1e-5),
            0,
        ),
        case(
            "full.mp4",
            format!(
                "{} -c:v libx264 -preset ultrafast -pix_fmt yuvj420p -g 1000",
                small("25", 7.0)
            ),
            SIZE,
            Frames::Same(1e-5),
            0,
        ),
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
                let far = one
                    .iter()
                    .zip(other)
                    .any(|(one, other)| (one - other).abs() > 16.0);
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
        .map(
            |(x, y)| match shot.colour(*x, *y).map(|number| number > 128) {
                [true, false, false] => 'r',
                [false, true, false] => 'g',
                [false, false, true] => 'b',
                [true, true, true] => 'w',
                _ => '?',
            },
        )
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
        judge(&case, &home, &source);
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
        let made = judge(
            &case(name, String::new(), SIZE, Frames::Same(1e-5), 0),
            &home,
            &source,
        );
        assert!(
            made.facts.video.as_ref().unwrap().hdr.is_some(),
            "{:?}",
            made.facts
        );
        let told = ffprobe(
            &home.file("judged.mp4"),
            &[
                "-select_streams",
                "v:0",
                "-show_entries",
                "stream=color_range,color_space,color_transfer,color_primaries",
            ],
        );
        assert_eq!(told.trim(), "tv,bt709,bt709,bt709", "{name}");
        // It is a picture, neither black nor white.
        let shot = shot(&home.file("judged.mp4"), 2.0);
        let bright: u32 = (0..10)
            .map(|n| {
                shot.colour(f64::from(n) / 10.0, 0.5)
                    .iter()
                    .map(|n| u32::from(*n))
                    .sum::<u32>()
                    / 3
            })
            .sum::<u32>()
            / 10;
        assert!((30..230).contains(&bright), "{name}: {bright}");
    }
}

#[test]
fn fields_become_whole_pictures() {
    for (name, order, codec) in [
        (
            "tff.mpg",
            "tff",
            "-c:v mpeg2video -q:v 3 -flags +ilme+ildct -top 1",
        ),
        (
            "bff.mpg",
            "bff",
            "-c:v mpeg2video -q:v 3 -flags +ilme+ildct -top 0",
        ),
        (
            "h264.mp4",
            "tff",
            "-c:v libx264 -preset ultrafast -flags +ilme+ildct -x264-params tff=1 -pix_fmt yuv420p",
        ),
    ] {
        let home = Home::new();
        let mode = if order == "tff" {
            "interleave_top"
        } else {
            "interleave_bottom"
        };
        let source = home.clip(
            name,
            &format!(
                "{} -vf tinterlace=mode={mode},fieldorder={order} {codec}",
                picture("320x192", "50", 6.0)
            ),
        );
        let made = judge(
            &case(name, String::new(), (320, 192), Frames::Same(5e-5), 0),
            &home,
            &source,
        );
        assert_ne!(
            made.facts.video.as_ref().unwrap().field_order,
            domain::media::facts::FieldOrder::Progressive,
            "{name}"
        );
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
                    let (up, here, down) =
                        (brightness(x, y - 1), brightness(x, y), brightness(x, y + 1));
                    if (here - up).signum() == (here - down).signum() {
                        (here - up).abs().min((here - down).abs()) as u32
                    } else {
                        0
                    }
                })
                .sum()
        };
        let (before, after) = (comb(&source), comb(&home.file("judged.mp4")));
        assert!(after * 10 < before * 8, "{name}: {before} {after}");
    }
}
