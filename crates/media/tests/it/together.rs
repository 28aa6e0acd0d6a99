//! Picture and sound stay together from the first minute to the last.

use std::{path::Path, process::Command as Program};

use crate::{
    clips::{H264, Home, frame_times},
    whole::whole,
};

/// Once a minute, from its second 2 on, a second of light and of sound. The rates are those that
/// drift when somebody rounds.
fn flashes_and_beeps(home: &Home, seconds: u32) -> std::path::PathBuf {
    home.clip(
        "flashes.mp4",
        &format!(
            "-filter_complex color=black:s=64x36:r=30000/1001:d={seconds},drawbox=c=white:t=fill:enable='lt(mod(t+58\\,60)\\,1)'[v];\
             aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t+58\\,60)\\,1)':s=44100:d={seconds}[a] \
             -map [v] -map [a] {H264} -g 1000 -sc_threshold 0 -c:a aac"
        ),
    )
}

/// When a row of numbers rises above a half after it was below.
fn rises(values: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
    let (mut high, mut found) = (false, Vec::new());
    for (at, value) in values {
        if value > 0.5 && !high {
            found.push(at);
        }
        high = value > 0.5;
    }
    found
}

fn decode(path: &Path, arguments: &str) -> Vec<u8> {
    let output = Program::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-i"])
        .arg(path)
        .args(arguments.split_whitespace())
        .arg("-")
        .output()
        .expect("ffmpeg");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn lights(path: &Path) -> Vec<f64> {
    let times = frame_times(path, "v:0");
    let bright = decode(
        path,
        "-map 0:v:0 -fps_mode passthrough -vf scale=1:1,format=gray -f rawvideo",
    );
    assert_eq!(bright.len(), times.len());
    let bright = bright.iter().map(|value| f64::from(*value) / 255.0);
    rises(times.into_iter().zip(bright))
}

/// The loudness of each hundredth of a second.
fn beeps(path: &Path) -> Vec<f64> {
    const RATE: usize = 8000;
    const EACH: usize = RATE / 100;
    let sound = decode(path, &format!("-map 0:a:0 -ac 1 -ar {RATE} -f s16le"));
    let first = frame_times(path, "a:0")[0];
    let numbers: Vec<i16> = sound
        .chunks_exact(2)
        .map(|two| i16::from_le_bytes(two.try_into().expect("two")))
        .collect();
    let loud = numbers.chunks(EACH).enumerate().map(|(number, piece)| {
        let most = piece.iter().map(|sample| sample.unsigned_abs()).max();
        let at = first + (number * EACH) as f64 / RATE as f64;
        (at, if most > Some(4000) { 1.0 } else { 0.0 })
    });
    rises(loud)
}

fn stay_together(seconds: u32) {
    let home = Home::new();
    let source = flashes_and_beeps(&home, seconds);
    let made = whole(&home, &source);
    let (pictures, sounds) = made.check();
    let seen = lights(&pictures[0].whole(&home, "seen.mp4"));
    let heard = beeps(&sounds[0].whole(&home, "heard.mp4"));
    assert_eq!(seen.len() as u32, seconds.div_ceil(60), "{seen:?}");
    assert_eq!(heard.len(), seen.len(), "{heard:?}");
    for (number, (seen, heard)) in seen.iter().zip(&heard).enumerate() {
        let at = number as f64 * 60.0 + 2.0;
        // A light begins with the next frame; both are within a frame of each other.
        assert!((seen - at).abs() < 0.0334, "{number}: seen at {seen}");
        assert!((heard - at).abs() < 0.0334, "{number}: heard at {heard}");
        assert!((seen - heard).abs() < 0.0334, "{number}: {seen} {heard}");
    }
    let end = |rendition: &crate::parts::Rendition| {
        rendition.end() as f64 / f64::from(rendition.timescale)
    };
    assert!((end(&pictures[0]) - f64::from(seconds)).abs() < 0.05);
    assert!((end(&sounds[0]) - f64::from(seconds)).abs() < 0.05);
}

#[test]
fn picture_and_sound_stay_together() {
    stay_together(190);
}

/// The same over an hour; takes minutes.
#[test]
#[ignore = "takes minutes"]
fn picture_and_sound_stay_together_for_an_hour() {
    stay_together(3600);
}
