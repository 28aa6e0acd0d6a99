//! A 12-megapixel JPEG → three `WebP` files, beside `djpeg` + `cwebp` of the same file:
//! `cargo bench -p server --bench pictures`. Needs `libjpeg-turbo-progs` and `webp`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops where it fails and prints its table"
)]

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use backend::accounts::avatar::render;
use image::{ImageFormat, Rgb, RgbImage};

const ROUNDS: usize = 7;
const PROMISED: f64 = 1.5;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photo.jpg");
    photo(4000, 3000)
        .save_with_format(&file, ImageFormat::Jpeg)
        .unwrap();
    let bytes = std::fs::read(&file).unwrap();
    println!(
        "4000 × 3000, {} kB, {ROUNDS} rounds by turns\n",
        bytes.len() / 1000
    );

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let made = render(&bytes, None).unwrap();
        ours.push(began.elapsed());
        assert_eq!(made.len(), 3);
        let began = Instant::now();
        peer(&file, folder.path());
        theirs.push(began.elapsed());
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("kadr           {:>6} ms", ours.as_millis());
    println!("djpeg + cwebp  {:>6} ms", theirs.as_millis());
    let word = if ratio <= PROMISED { "holds" } else { "MISSED" };
    println!("\n{word}: {ratio:.2} × djpeg + cwebp, promised ≤ {PROMISED}");
    if ratio > PROMISED {
        std::process::exit(1);
    }
}

/// The same square in the same three sizes: decoded once, cut and written thrice.
fn peer(file: &Path, folder: &Path) {
    let pixels = folder.join("photo.ppm");
    run(Command::new("djpeg").arg("-outfile").arg(&pixels).arg(file));
    for size in ["512", "192", "64"] {
        let out = folder.join(format!("{size}.webp"));
        run(Command::new("cwebp")
            .args(["-quiet", "-q", "80", "-crop", "500", "0", "3000", "3000"])
            .args(["-resize", size, size])
            .arg(&pixels)
            .arg("-o")
            .arg(&out));
    }
}

fn run(command: &mut Command) {
    let ended = command.status();
    let fine = ended.is_ok_and(|status| status.success());
    assert!(fine, "apt install libjpeg-turbo-progs webp: {command:?}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Like a photo: large shapes, and grain.
fn photo(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (state >> 28) as i32 - 8;
        let (x, y) = (f64::from(x) / 4000.0, f64::from(y) / 3000.0);
        let wave = ((x * 9.0).sin() + (y * 7.0).cos()) * 50.0;
        let shade = |base: f64| (base + wave + x * 40.0).clamp(0.0, 255.0) as i32;
        let pixel = |base: f64| u8::try_from((shade(base) + grain).clamp(0, 255)).unwrap_or(0);
        Rgb([pixel(120.0), pixel(100.0), pixel(90.0)])
    })
}
