//! Sound: in its place to the sample, in segments that join.

use std::{fs, path::Path, process::Command as Program};

use domain::media::{
    Micros, SECOND,
    facts::Facts,
    line::Done,
    spec::{Audio, Command, Sound, Waveform},
};

use crate::{
    boxes,
    clips::{H264, Home, picture, tone},
    helper::{self, Answer},
    parts::Rendition,
};

fn segments(until: Micros) -> Vec<Micros> {
    (0..)
        .map(|number| number * 4 * SECOND)
        .take_while(|at| *at < until)
        .collect()
}

const AAC: Sound = Sound::Encode {
    bit_rate: 128_000,
    sample_rate: 48_000,
};

fn make(source: &Path, out: &Path, facts: &Facts, how: Sound, until: Option<Micros>) -> Answer {
    helper::run(&helper::spec(
        source,
        out,
        facts.start,
        Command::Audio(Audio {
            stream: facts.audio[0].index,
            folder: "a0".to_owned(),
            track: 2,
            how,
            segments: segments(until.unwrap_or(facts.end).max(facts.end)),
            until,
        }),
    ))
}

/// Reads a rendition and checks what is true of all sound.
fn rendition(out: &Path, rate: u32) -> Rendition {
    let made = Rendition::read(out, "a0");
    assert_eq!((made.timescale, made.track), (rate, 2));
    let mut next = made.segments[0][0].tfdt;
    for (number, segment) in made.segments.iter().enumerate() {
        assert_eq!(segment.len(), 1, "one fragment a segment");
        let fragment = &segment[0];
        assert_eq!(fragment.tfdt, next, "segment {number}");
        assert_eq!(fragment.track, 2);
        assert!(
            fragment
                .samples
                .iter()
                .all(|sample| sample.duration == 1024 && sample.pts == sample.dts)
        );
        next += fragment.duration();
        let begin = number as i64 * 4 * i64::from(rate);
        assert!(
            (begin..begin + 1024).contains(&fragment.tfdt),
            "{number}: {}",
            fragment.tfdt
        );
    }
    made
}

/// Decodes to numbers: 48 kHz, one channel.
fn decoded(path: &Path) -> Vec<f32> {
    let output = Program::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-i"])
        .arg(path)
        .args([
            "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "f32le", "-",
        ])
        .output()
        .expect("ffmpeg");
    output
        .stdout
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes(four.try_into().expect("four")))
        .collect()
}

/// The first sample that is louder than a whisper.
fn onset(samples: &[f32]) -> usize {
    samples
        .iter()
        .position(|sample| sample.abs() > 0.05)
        .expect("a sound")
}

/// A beep of 1 kHz that begins at one second.
const BEEP: &str = "-f lavfi -i sine=frequency=1000:sample_rate=48000:duration=1,adelay=1000:all=1,apad=whole_dur=13";

#[test]
fn sound_stands_where_it_stood() {
    let home = Home::new();
    let shown = picture("160x90", "25", 13.0);
    for (name, codec) in [
        ("a.mp4", "-c:a aac"),
        ("a.mkv", "-c:a libopus"),
        ("a.ts", "-c:a mp2"),
        ("a.mov", "-c:a pcm_s16le"),
    ] {
        let source = home.clip(name, &format!("{shown} {BEEP} {H264} {codec} -ar 48000"));
        let facts = helper::facts(&source);
        let out = home.out(&format!("{name}.out"));
        let answer = make(&source, &out, &facts, AAC, None);
        assert_eq!(answer.inits[0].codec, "mp4a.40.2");
        assert_eq!(answer.segments.len(), 4);
        let made = rendition(&out, 48_000);
        assert_eq!(made.segments[0][0].tfdt, 0);
        let heard = onset(&decoded(&made.whole(&home, "a0.mp4")));
        // One second after the first picture. Samples that only start a decoder and are not marked
        // as such stand before it.
        let shown = facts.video.as_ref().unwrap().start as usize * 48 / 1000;
        // FFmpeg's muxer of Matroska moves the picture by the sound's pre-skip, by 7 ms.
        let near = if name.ends_with("mkv") { 400 } else { 120 };
        assert!(
            heard.abs_diff(48_000 + shown) < near,
            "{name}: {heard} {shown}"
        );
    }
}

#[test]
fn later_sound_is_preceded_by_silence() {
    let home = Home::new();
    let source = home.clip(
        "late.mp4",
        &format!(
            "{} -itsoffset 0.5 {BEEP} {H264} -c:a aac",
            picture("160x90", "25", 13.0)
        ),
    );
    let facts = helper::facts(&source);
    assert!(
        (facts.audio[0].start - SECOND / 2).abs() < 30_000,
        "{:?}",
        facts.audio
    );
    let out = home.out("out");
    make(&source, &out, &facts, AAC, None).done();
    let made = rendition(&out, 48_000);
    assert_eq!(made.segments[0][0].tfdt, 0);
    let heard = onset(&decoded(&made.whole(&home, "a0.mp4")));
    assert!(heard.abs_diff(72_000) < 120, "{heard}");
}

#[test]
fn sound_that_ends_early_goes_on_in_silence() {
    let home = Home::new();
    let source = home.clip(
        "short.mp4",
        &format!(
            "{} {} {H264} -c:a aac",
            picture("160x90", "25", 13.0),
            tone(44_100, 5.0)
        ),
    );
    let facts = helper::facts(&source);
    let out = home.out("out");
    let answer = make(&source, &out, &facts, AAC, Some(13 * SECOND));
    assert_eq!(
        answer.done(),
        &Done::Audio {
            samples: 13 * 48_000
        }
    );
    let made = rendition(&out, 48_000);
    assert_eq!(made.segments.len(), 4);
    assert!((made.end() - 13 * 48_000).abs() < 1024, "{}", made.end());
}

#[test]
fn all_shapes_become_stereo() {
    let home = Home::new();
    for (name, arguments) in [
        (
            "mono.mp3",
            "-f lavfi -i sine=frequency=440:sample_rate=22050:duration=5 -ac 1 -c:a libmp3lame",
        ),
        (
            "surround.mkv",
            "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=5 -ac 6 -c:a ac3",
        ),
        (
            "many.wav",
            "-f lavfi -i sine=frequency=440:sample_rate=96000:duration=5 -ac 8",
        ),
        (
            "phone.3gp",
            "-f lavfi -i sine=frequency=440:sample_rate=8000:duration=5 -ac 1 -c:a aac",
        ),
        (
            "song.flac",
            "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=5 -c:a flac",
        ),
        (
            "song.ogg",
            "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=5 -c:a libvorbis",
        ),
    ] {
        let source = home.clip(name, arguments);
        let facts = helper::facts(&source);
        let out = home.out(&format!("{name}.out"));
        let answer = make(&source, &out, &facts, AAC, None);
        let Done::Audio { samples } = answer.done() else {
            panic!("{name}: {answer:?}");
        };
        // AAC at 8 kHz has packets of an eighth of a second.
        assert!(samples.abs_diff(5 * 48_000) < 7000, "{name}: {samples}");
        let made = rendition(&out, 48_000);
        let heard = decoded(&made.whole(&home, "a0.mp4"));
        assert!(onset(&heard) < 2000, "{name}");
        let loud = heard.iter().filter(|sample| sample.abs() > 0.02).count();
        assert!(
            loud > 4 * 48_000 * 3 / 4,
            "{name}: {loud} of {}",
            heard.len()
        );
    }
}

/// Two files of different rates, one behind the other.
#[test]
fn a_rate_that_changes_midway_is_followed() {
    let home = Home::new();
    let one = home.clip("one.mp3", "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=4 -c:a libmp3lame -write_xing 0 -id3v2_version 0");
    let two = home.clip("two.mp3", "-f lavfi -i sine=frequency=440:sample_rate=22050:duration=4 -c:a libmp3lame -write_xing 0 -id3v2_version 0");
    let source = home.file("both.mp3");
    fs::write(
        &source,
        [fs::read(one).unwrap(), fs::read(two).unwrap()].concat(),
    )
    .unwrap();
    let facts = helper::facts(&source);
    let out = home.out("out");
    make(&source, &out, &facts, AAC, None).done();
    let heard = decoded(&rendition(&out, 48_000).whole(&home, "a0.mp4"));
    assert!(heard.len().abs_diff(8 * 48_000) < 10_000, "{}", heard.len());
    // The same tone on both sides: as many crossings of zero.
    let crossings = |part: &[f32]| {
        part.windows(2)
            .filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0)
            .count()
    };
    let (first, second) = (
        crossings(&heard[48_000..96_000]),
        crossings(&heard[288_000..336_000]),
    );
    assert!(
        first.abs_diff(440) < 5 && second.abs_diff(440) < 5,
        "{first} {second}"
    );
}

#[test]
fn what_players_take_is_copied() {
    let home = Home::new();
    for name in ["a.mp4", "a.ts", "a.mkv", "a.flv"] {
        let source = home.clip(
            name,
            &format!(
                "{} {BEEP} {H264} -c:a aac -ac 2 -ar 48000",
                picture("160x90", "25", 13.0)
            ),
        );
        let facts = helper::facts(&source);
        assert!(
            facts.audio[0].times_rise && !facts.audio[0].changes,
            "{name}: {:?}",
            facts.audio
        );
        let out = home.out(&format!("{name}.out"));
        let answer = make(&source, &out, &facts, Sound::Copy, None);
        assert_eq!(answer.inits[0].codec, "mp4a.40.2", "{name}");
        let Done::Audio { samples: packets } = answer.done() else {
            panic!("{answer:?}");
        };
        assert!(
            packets.abs_diff(13 * 48_000 / 1024) < 4,
            "{name}: {packets}"
        );
        let made = rendition(&out, 48_000);
        let heard = onset(&decoded(&made.whole(&home, "a0.mp4")));
        // The clock of FLV and Matroska counts in milliseconds.
        assert!(heard.abs_diff(48_000) < 1200, "{name}: {heard}");
        let first = &made.segments[0][0].samples[0].data;
        assert!(
            boxes::find(first, &[]).is_some_and(|data| data[0] != 0xff),
            "{name}: no ADTS"
        );
    }
}

/// The same for one that is copied, with packets in which nothing is heard.
#[test]
fn a_copy_goes_on_in_silence_too() {
    let home = Home::new();
    for channels in [1, 2] {
        let source = home.clip(
            "short.mp4",
            &format!("{} -c:a aac -ac {channels}", tone(48_000, 5.0)),
        );
        let facts = helper::facts(&source);
        let out = home.out(&format!("out{channels}"));
        make(&source, &out, &facts, Sound::Copy, Some(9 * SECOND)).done();
        let made = rendition(&out, 48_000);
        assert!((made.end() - 9 * 48_000).abs() < 1024, "{}", made.end());
        let heard = decoded(&made.whole(&home, "a0.mp4"));
        assert!(heard.len() > 9 * 48_000 - 1024, "{}", heard.len());
        assert!(
            heard[5 * 48_000 + 4096..]
                .iter()
                .all(|sample| sample.abs() < 0.001)
        );
        assert!(onset(&heard) < 2048);
    }
}

#[test]
fn a_waveform_has_the_shape_of_the_sound() {
    let home = Home::new();
    let source = home.clip("beep.wav", BEEP);
    let facts = helper::facts(&source);
    let out = home.out("out");
    let answer = helper::run(&helper::spec(
        &source,
        &out,
        facts.start,
        Command::Waveform(Waveform {
            stream: 0,
            file: "wave.bin".to_owned(),
            points: 130,
            until: facts.end,
        }),
    ));
    assert_eq!(
        (answer.done(), &answer.files[..]),
        (&Done::Made { count: 130 }, &["wave.bin".to_owned()][..])
    );
    let points = fs::read(out.join("wave.bin")).unwrap();
    assert_eq!(points.len(), 130);
    assert!(points[..10].iter().all(|point| *point < 5), "{points:?}");
    assert!(points[11..19].iter().all(|point| *point > 20), "{points:?}");
    assert!(points[21..].iter().all(|point| *point < 5), "{points:?}");
}
