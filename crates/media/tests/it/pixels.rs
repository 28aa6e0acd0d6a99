//! Looks at pictures: `ffmpeg` decodes, we compare.

use std::{path::Path, process::Command};

use crate::clips::ffprobe;

/// One picture in RGB.
pub struct Shot {
    pub width: usize,
    pub height: usize,
    pixels: Vec<u8>,
}

/// The picture that is shown at a time.
pub fn shot(path: &Path, at: f64) -> Shot {
    let size = ffprobe(path, &["-select_streams", "v:0", "-show_entries", "stream=width,height"]);
    let mut numbers = size.trim().split(',').filter_map(|number| number.parse().ok());
    let (width, height) = (numbers.next().expect("a width"), numbers.next().expect("a height"));
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-noautorotate", "-i"])
        .arg(path)
        .args(["-ss", &at.to_string(), "-map", "0:v:0", "-frames:v", "1"])
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .expect("ffmpeg");
    assert_eq!(output.stdout.len(), width * height * 3, "{}", String::from_utf8_lossy(&output.stderr));
    Shot {
        width,
        height,
        pixels: output.stdout,
    }
}

impl Shot {
    /// At a place from 0 to 1.
    pub fn colour(&self, x: f64, y: f64) -> [u8; 3] {
        let at = |part: f64, all: usize| ((part * all as f64) as usize).min(all - 1);
        let place = (at(y, self.height) * self.width + at(x, self.width)) * 3;
        self.pixels[place..place + 3].try_into().expect("three")
    }

    /// The mean difference of all numbers.
    pub fn difference(&self, other: &Self) -> f64 {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let pairs = self.pixels.iter().zip(&other.pixels);
        let sum: u64 = pairs.map(|(one, two)| u64::from(one.abs_diff(*two))).sum();
        sum as f64 / self.pixels.len() as f64
    }
}
