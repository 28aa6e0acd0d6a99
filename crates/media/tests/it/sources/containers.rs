//! Containers, codecs, rates, lengths.

use domain::media::SECOND;

use super::{Frames, SIZE, both, case, small};
use crate::clips::{H264, picture, tone};

#[test]
fn containers_and_codecs() {
    for case in [
        case(
            "moov-at-end.mp4",
            format!("{} {H264} -g 50 -c:a aac -ac 2", both("25", 9.0)),
            SIZE,
            Frames::Same(5e-5),
            1,
        )
        .copied(),
        case(
            "vp9.webm",
            format!(
                "{} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 60 -c:a libopus",
                both("30", 6.0)
            ),
            SIZE,
            Frames::Same(0.0011),
            1,
        ),
        case(
            "av1.mp4",
            format!(
                "{} -c:v libsvtav1 -preset 12 -g 60 -c:a aac",
                both("30", 6.0)
            ),
            SIZE,
            Frames::Same(5e-5),
            1,
        ),
        case(
            "prores.mov",
            format!(
                "{} -c:v prores_ks -profile:v 2 -c:a pcm_s16le",
                both("25", 6.0)
            ),
            SIZE,
            Frames::Same(5e-5),
            1,
        ),
        case(
            "one.mpg",
            format!("{} -c:v mpeg1video -q:v 4 -bf 2 -c:a mp2", both("25", 6.0)),
            SIZE,
            Frames::Same(5e-5),
            1,
        ),
        case(
            "two.ts",
            format!("{} -c:v mpeg2video -q:v 4 -bf 2 -c:a mp2", both("25", 6.0)),
            SIZE,
            Frames::Same(5e-5),
            1,
        ),
        case(
            "xvid.avi",
            format!(
                "{} -c:v mpeg4 -vtag xvid -q:v 4 -c:a libmp3lame",
                both("25", 6.0)
            ),
            SIZE,
            Frames::Same(5e-5),
            1,
        ),
        case(
            "many.mkv",
            format!(
                "{} {} {H264} -g 50 -map 0 -map 1 -map 2 -map 1 -c:a:0 aac -c:a:1 ac3 -c:a:2 flac",
                both("25", 6.0),
                tone(44_100, 6.0)
            ),
            SIZE,
            Frames::Same(0.0011),
            3,
        )
        .copied(),
        case(
            "flash.flv",
            format!(
                "{} -c:v flv1 -q:v 4 -c:a libmp3lame -ar 44100",
                both("25", 6.0)
            ),
            SIZE,
            Frames::Same(0.0011),
            1,
        ),
        case(
            "phone.3gp",
            format!(
                "{} {} -c:v h263 -c:a aac -ar 8000 -ac 1",
                picture("176x144", "15", 6.0),
                tone(8000, 6.0)
            ),
            (176, 144),
            Frames::Same(5e-5),
            1,
        ),
        case("moving.gif", small("10", 5.0), SIZE, Frames::Same(0.011), 0),
        case(
            "loud.wmv",
            format!("{} -c:v wmv2 -q:v 4 -c:a wmav2", both("25", 6.0)),
            SIZE,
            Frames::Same(0.0011),
            1,
        ),
    ] {
        let (_home, made) = case.check();
        assert!(
            made.facts.warnings.is_empty(),
            "{}: {:?}",
            case.name,
            made.facts.warnings
        );
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
        case(
            name,
            format!("{} {H264} -g 1000 -sc_threshold 0", small(rate, 9.0)),
            SIZE,
            Frames::Same(1e-5),
            0,
        )
        .check();
    }
    case(
        "120.mp4",
        format!("{} {H264} -g 1000", small("120", 6.0)),
        SIZE,
        Frames::Count(360),
        0,
    )
    .check();
    case(
        "119.88.mkv",
        // As an input of its own, FFmpeg would make it 120, with a hole.
        format!("-filter_complex testsrc2=size=320x180:rate=120000/1001:duration=6 {H264} -g 1000"),
        SIZE,
        Frames::Count(360),
        0,
    )
    .check();
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
        (
            "a.m4a",
            format!(
                "{} {} -map 0 -map 1 -frames:v 1 -c:v mjpeg -disposition:v attached_pic -c:a aac",
                tone(44_100, 9.0),
                picture("300x300", "1", 1.0)
            ),
        ),
    ] {
        let (_home, made) = case(name, arguments, (0, 0), Frames::None, 1).check();
        assert!(
            (made.facts.end - 9 * SECOND).abs() < SECOND / 4,
            "{name}: {}",
            made.facts.end
        );
        assert!(made.plan.waveform.is_some(), "{name}");
        assert_eq!(made.facts.cover.is_some(), name == "a.m4a", "{name}");
    }
}

#[test]
fn very_short_ones() {
    case(
        "one.mp4",
        format!("{} {H264} -frames:v 1", small("25", 1.0)),
        SIZE,
        Frames::Count(1),
        0,
    )
    .copied()
    .check();
    case(
        "half.mp4",
        format!("{} {H264} -c:a aac", both("25", 0.5)),
        SIZE,
        Frames::Same(5e-5),
        1,
    )
    .copied()
    .check();
    case(
        "one.gif",
        format!("{} -frames:v 1", small("10", 1.0)),
        SIZE,
        Frames::Count(1),
        0,
    )
    .check();
    case(
        "short.mp3",
        format!("{} -c:a libmp3lame", tone(44_100, 0.1)),
        (0, 0),
        Frames::None,
        1,
    )
    .check();
}
