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
    let size = ffprobe(
        path,
        &[
            "-select_streams",
            "v:0",
            "-show_entries",
            "stream=width,height",
        ],
    );
    let mut numbers = size
        .trim()
        .split(',')
        .filter_map(|number| number.parse().ok());
    let (width, height) = (
        numbers.next().expect("a width"),
        numbers.next().expect("a height"),
    );
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-noautorotate", "-i"])
        .arg(path)
        .args(["-ss", &at.to_string(), "-map", "0:v:0", "-frames:v", "1"])
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .expect("ffmpeg");
    assert_eq!(
        output.stdout.len(),
        width * height * 3,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
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

    /// The mean colour of one of sixteen fields, row by row.
    pub fn sixteenth(&self, number: usize) -> [f64; 3] {
        let (column, row) = (number % 4, number / 4);
        let (mut sums, mut count) = ([0.0; 3], 0.0);
        for y in row * self.height / 4..(row + 1) * self.height / 4 {
            for x in column * self.width / 4..(column + 1) * self.width / 4 {
                let at = (y * self.width + x) * 3;
                for (sum, number) in sums.iter_mut().zip(&self.pixels[at..at + 3]) {
                    *sum += f64::from(*number);
                }
                count += 1.0;
            }
        }
        sums.map(|sum| sum / count)
    }

    /// The mean difference of all numbers.
    pub fn difference(&self, other: &Self) -> f64 {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let pairs = self.pixels.iter().zip(&other.pixels);
        let sum: u64 = pairs.map(|(one, two)| u64::from(one.abs_diff(*two))).sum();
        sum as f64 / self.pixels.len() as f64
    }
}
