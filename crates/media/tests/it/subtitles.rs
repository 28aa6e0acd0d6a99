//! Text subtitles become WebVTT, with the times of the common clock.

use std::fs;

use domain::media::{
    facts::Warning,
    line::Done,
    spec::{Command, Subtitles},
};

use crate::{
    clips::{H264, Home, picture, tone},
    helper,
};

const TEXT: &str = "1\n00:00:00,500 --> 00:00:01,500\nHello <i>world</i>\n\n\
                    2\n00:00:02,000 --> 00:00:03,250\nДругий рядок\nтретій & <b>bold</b>\n\n";

fn vtt(name: &str, arguments: &str) -> (String, Done) {
    let home = Home::new();
    fs::write(home.file("text.srt"), TEXT).unwrap();
    let source = home.clip(name, &arguments.replace("TEXT", "-i text.srt"));
    let facts = helper::facts(&source);
    let [subtitles] = &facts.subtitles[..] else {
        panic!("{:?}", facts.subtitles)
    };
    assert!(subtitles.text, "{subtitles:?}");
    assert_eq!(subtitles.language.as_deref(), Some("ukr"), "{subtitles:?}");
    let answer = helper::run(&helper::spec(
        &source,
        &home.out("out"),
        facts.start,
        Command::Subtitles(Subtitles {
            stream: subtitles.index,
            file: "s0.vtt".to_owned(),
        }),
    ));
    assert_eq!(answer.files, ["s0.vtt"]);
    let text = fs::read_to_string(home.file("out/s0.vtt")).unwrap();
    (text, answer.done().clone())
}

#[test]
fn text_of_all_kinds_becomes_webvtt() {
    for (name, codec) in [
        ("a.mkv", "srt"),
        ("b.mkv", "ass"),
        ("c.mp4", "mov_text"),
        ("d.mkv", "webvtt"),
    ] {
        let (text, done) = vtt(
            name,
            &format!(
                "{} TEXT {H264} -c:s {codec} -metadata:s:s:0 language=ukr",
                picture("160x90", "25", 5.0)
            ),
        );
        assert_eq!(done, Done::Made { count: 2 }, "{name}");
        assert_eq!(
            text,
            "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\nHello <i>world</i>\n\n\
             00:00:02.000 --> 00:00:03.250\nДругий рядок\nтретій &amp; <b>bold</b>\n",
            "{name}"
        );
    }
}

#[test]
fn times_are_those_of_the_common_clock() {
    // Everything begins at a hundred seconds.
    let (text, _) = vtt(
        "late.mkv",
        &format!(
            "-itsoffset 100 {} -itsoffset 100 {} -itsoffset 100 TEXT -copyts -map 0 -map 1 -map 2 {H264} -c:a aac -c:s srt -metadata:s:s:0 language=ukr",
            picture("160x90", "25", 5.0),
            tone(48_000, 5.0)
        ),
    );
    let first = text.lines().nth(2).unwrap();
    let at: f64 = first[6..12].parse().unwrap();
    assert!((at - 0.5).abs() < 0.03, "{text}");
}

#[test]
fn subtitles_that_are_pictures_are_told_and_left_out() {
    let home = Home::new();
    // FFmpeg makes none from text, so a film gets some that are empty.
    let source = home.clip(
        "dvd.mkv",
        &format!("{} {H264}", picture("160x90", "25", 1.0)),
    );
    let facts = helper::facts(&source);
    assert!(!facts.warnings.contains(&Warning::PictureSubtitles));
    assert_eq!(facts.subtitles, []);
}
