//! Pictures of every kind, made here, and what becomes of them.

use std::{io::Cursor, time::Instant};

use bytes::Bytes;
use domain::{
    accounts::{
        Crop,
        avatar::{MAX_BYTES, SIZES},
    },
    ids::UserId,
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::storage::Storage;

const RED: [u8; 3] = [220, 30, 30];
const GREEN: [u8; 3] = [30, 160, 60];
const BLUE: [u8; 3] = [40, 60, 220];
const YELLOW: [u8; 3] = [230, 210, 40];

/// Red and green above, blue and yellow below.
fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        })
    })
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn open(webp: &[u8]) -> RgbaImage {
    image::load_from_memory_with_format(webp, ImageFormat::WebP)
        .unwrap()
        .to_rgba8()
}

fn near(pixel: &Rgba<u8>, colour: [u8; 3]) -> bool {
    colour
        .iter()
        .zip(pixel.0)
        .all(|(wanted, got)| wanted.abs_diff(got) < 28)
}

/// The colours in the middle of the four quarters.
fn corners(picture: &RgbaImage) -> [[u8; 3]; 4] {
    let (near_edge, far_edge) = (picture.width() / 4, picture.width() * 3 / 4);
    [
        (near_edge, near_edge),
        (far_edge, near_edge),
        (near_edge, far_edge),
        (far_edge, far_edge),
    ]
    .map(|(x, y)| {
        let pixel = picture.get_pixel(x, y);
        [RED, GREEN, BLUE, YELLOW]
            .into_iter()
            .find(|colour| near(pixel, *colour))
            .unwrap_or_else(|| panic!("no colour of ours at {x},{y}: {pixel:?}"))
    })
}

/// What leaves is always three lossy WebP files of the promised size and nothing else.
fn rendered(file: &[u8], crop: Option<Crop>) -> Vec<RgbaImage> {
    let renditions = render(file, crop).unwrap();
    assert_eq!(renditions.iter().map(|r| r.size).collect::<Vec<_>>(), SIZES);
    renditions
        .iter()
        .map(|rendition| {
            let webp = &rendition.webp;
            assert!(webp.len() <= encode::MAX_FILE, "{} bytes", webp.len());
            // `VP8 ` is the lossy bitstream; with transparency it is wrapped by `VP8X`.
            assert!(matches!(&webp[12..16], b"VP8 " | b"VP8X"), "lossy");
            for chunk in [b"VP8L", b"EXIF", b"XMP ", b"ICCP"] {
                assert!(!webp.windows(4).any(|w| w == chunk), "{chunk:?}");
            }
            let picture = open(webp);
            assert_eq!(picture.dimensions(), (rendition.size, rendition.size));
            picture
        })
        .collect()
}

fn refused(file: &[u8]) -> &'static str {
    let error = render(file, None).unwrap_err();
    assert!(error.is_client_fault(), "{error}");
    assert!(!error.to_string().is_empty());
    error.code()
}

#[test]
fn every_format_comes_out_the_same() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let picture = quarters(640, 640);
        for square in rendered(&file(picture, format), None) {
            assert_eq!(corners(&square), [RED, GREEN, BLUE, YELLOW], "{format:?}");
        }
    }
}

#[test]
fn grey_and_sixteen_bit_pictures_are_pictures_too() {
    let grey = image::GrayImage::from_pixel(300, 200, image::Luma([128]));
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let squares = rendered(&file(grey.clone(), format), None);
        assert!(near(squares[0].get_pixel(9, 9), [128; 3]), "{format:?}");
    }
    let deep = image::ImageBuffer::<Rgb<u16>, _>::from_pixel(300, 200, Rgb([65535, 0, 32768]));
    let deep = file(DynamicImage::ImageRgb16(deep), ImageFormat::Png);
    assert!(near(
        rendered(&deep, None)[0].get_pixel(9, 9),
        [255, 0, 128]
    ));
    let veiled = image::ImageBuffer::<image::LumaA<u16>, _>::from_pixel(
        64,
        64,
        image::LumaA([65535, 32768]),
    );
    let veiled = file(DynamicImage::ImageLumaA16(veiled), ImageFormat::Png);
    assert!(rendered(&veiled, None)[0].get_pixel(9, 9).0[3].abs_diff(128) < 8);
}

/// The Exif block that cameras write, with an orientation and a place nobody should learn.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend([
        0x12,
        0x01,
        3,
        0,
        1,
        0,
        0,
        0,
        orientation,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ]);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    let length = u16::try_from(2 + 6 + tiff.len() + 12).unwrap();
    out.extend(length.to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(tiff);
    out.extend(b"GPS 50.4501N");
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn all_eight_orientations_are_turned_upright() {
    // Wide, so that a mistaken side shows; the crop is off the middle, so that it does too.
    let upright = DynamicImage::ImageRgb8(quarters(400, 240));
    let crop = Crop {
        x: 100.0,
        y: 20.0,
        side: 200.0,
    };
    for orientation in 1..=8_u8 {
        // How a camera held that way stores the same scene: the inverse turn.
        let stored = match orientation {
            1 => upright.clone(),
            2 => upright.fliph(),
            3 => upright.rotate180(),
            4 => upright.flipv(),
            5 => upright.rotate90().fliph(),
            6 => upright.rotate270(),
            7 => upright.rotate270().fliph(),
            _ => upright.rotate90(),
        };
        let jpeg = with_exif(&file(stored, ImageFormat::Jpeg), orientation);
        for crop in [None, Some(crop)] {
            for square in rendered(&jpeg, crop) {
                assert_eq!(
                    corners(&square),
                    [RED, GREEN, BLUE, YELLOW],
                    "{orientation}"
                );
            }
        }
        // A crop at a corner shows that corner alone.
        let corner = Crop {
            x: 280.0,
            y: 0.0,
            side: 120.0,
        };
        let square = &rendered(&jpeg, Some(corner))[0];
        assert_eq!(corners(square), [GREEN; 4], "{orientation}");
    }
}

#[test]
fn the_place_of_a_photo_does_not_leave_the_house() {
    let jpeg = with_exif(&file(quarters(64, 64), ImageFormat::Jpeg), 1);
    for rendition in render(&jpeg, None).unwrap() {
        assert!(!rendition.webp.windows(4).any(|w| w == b"GPS "));
    }
}

#[test]
fn crops_are_cut_where_they_were_drawn() {
    let png = file(quarters(1000, 600), ImageFormat::Png);
    for (x, y, colour) in [
        (0.0, 0.0, RED),
        (800.0, 0.0, GREEN),
        (0.0, 400.0, BLUE),
        (800.0, 400.0, YELLOW),
    ] {
        let crop = Crop { x, y, side: 200.0 };
        assert_eq!(corners(&rendered(&png, Some(crop))[0]), [colour; 4]);
    }
    // Outside or nonsense: moved inside, or the middle. Never a panic.
    let outside = Crop {
        x: 5000.0,
        y: 5000.0,
        side: 200.0,
    };
    assert_eq!(corners(&rendered(&png, Some(outside))[0]), [YELLOW; 4]);
    let nonsense = Crop {
        x: f64::NAN,
        y: -1.0,
        side: f64::INFINITY,
    };
    assert_eq!(
        corners(&rendered(&png, Some(nonsense))[0]),
        [RED, GREEN, BLUE, YELLOW]
    );
}

#[test]
fn transparency_stays() {
    let ring = RgbaImage::from_fn(300, 300, |x, _| {
        if x < 150 {
            Rgba([220, 30, 30, 255])
        } else {
            Rgba([0, 0, 0, 0])
        }
    });
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        for square in rendered(&file(ring.clone(), format), None) {
            let (left, right) = (square.width() / 4, square.width() * 3 / 4);
            let middle = square.width() / 2;
            assert!(near(square.get_pixel(left, middle), RED), "{format:?}");
            assert_eq!(square.get_pixel(left, middle).0[3], 255, "{format:?}");
            assert_eq!(square.get_pixel(right, middle).0[3], 0, "{format:?}");
        }
    }
}

#[test]
fn one_pixel_is_a_picture() {
    let dot = RgbImage::from_pixel(1, 1, Rgb(GREEN));
    for square in rendered(&file(dot, ImageFormat::Png), None) {
        assert_eq!(corners(&square), [GREEN; 4]);
    }
    // As long and thin as it gets.
    let line = file(RgbImage::from_pixel(10_000, 1, Rgb(BLUE)), ImageFormat::Png);
    assert_eq!(corners(&rendered(&line, None)[0]), [BLUE; 4]);
}

#[test]
fn the_first_frame_stands_for_an_animation() {
    let mut gif = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for colour in [GREEN, RED, BLUE] {
            let [r, g, b] = colour;
            let frame = RgbaImage::from_pixel(80, 80, Rgba([r, g, b, 255]));
            encoder.encode_frame(image::Frame::new(frame)).unwrap();
        }
    }
    assert_eq!(corners(&rendered(&gif, None)[0]), [GREEN; 4]);
    // Two frames of libwebp's own animation.
    let config = webp::WebPConfig::new().unwrap();
    let mut encoder = webp::AnimEncoder::new(80, 80, &config);
    let frames = [GREEN, RED].map(|colour| RgbImage::from_pixel(80, 80, Rgb(colour)).into_raw());
    for (number, frame) in frames.iter().enumerate() {
        let at = i32::try_from(number).unwrap() * 100;
        encoder.add_frame(webp::AnimFrame::from_rgb(frame, 80, 80, at));
    }
    let animation = encoder.encode();
    assert_eq!(corners(&rendered(&animation, None)[0]), [GREEN; 4]);
}

/// A generator that anybody can repeat.
fn noise() -> impl FnMut() -> u8 {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    }
}

#[test]
fn even_noise_is_small_in_the_end() {
    let mut byte = noise();
    let opaque = RgbImage::from_fn(512, 512, |_, _| Rgb([byte(), byte(), byte()]));
    rendered(&file(opaque, ImageFormat::Png), None);
    let veiled = RgbaImage::from_fn(512, 512, |_, _| Rgba([byte(), byte(), byte(), byte()]));
    rendered(&file(veiled, ImageFormat::Png), None);
}

#[test]
fn what_is_no_picture_is_told_so() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice();
    let avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1".as_slice();
    for (file, code) in [
        (b"".as_slice(), "avatar_empty"),
        (b"hello", "avatar_not_a_picture"),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0", "avatar_not_a_picture"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "avatar_unsupported",
        ),
        (
            b"\xef\xbb\xbf <?xml version='1.0'?><!-- x --><svg/>",
            "avatar_unsupported",
        ),
        (
            b"<html><img src=x onerror=alert(1)>",
            "avatar_not_a_picture",
        ),
        (b"%PDF-1.7", "avatar_not_a_picture"),
        (b"PK\x03\x04", "avatar_not_a_picture"),
        (
            b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
            "avatar_not_a_picture",
        ),
        (heic, "avatar_unsupported"),
        (avif, "avatar_unsupported"),
        (b"\x89PNG\r\n\x1a\n", "avatar_broken"),
        (b"\xff\xd8\xff", "avatar_broken"),
        (b"GIF89a", "avatar_broken"),
        (b"RIFF\x04\0\0\0WEBP", "avatar_broken"),
        // A script that calls itself a picture of 10799 × 15370 pixels.
        (
            b"GIF89a/*<script>alert(1)</script>*/=1;",
            "avatar_too_many_pixels",
        ),
    ] {
        assert_eq!(refused(file), code, "{:?}", String::from_utf8_lossy(file));
    }
}

#[test]
fn half_a_file_is_refused_wherever_it_was_cut() {
    let mut byte = noise();
    let picture = RgbImage::from_fn(200, 150, |_, _| Rgb([byte(), byte(), byte()]));
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let whole = file(picture.clone(), format);
        rendered(&whole, None);
        for tenth in 1..10 {
            let cut = whole.len() * tenth / 10;
            assert_eq!(
                refused(&whole[..cut]),
                "avatar_broken",
                "{format:?} at {cut}"
            );
        }
    }
}

#[test]
fn damage_never_panics() {
    let mut byte = noise();
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let whole = file(quarters(40, 30), format);
        for _ in 0..60 {
            let mut damaged = whole.clone();
            for _ in 0..4 {
                let at = (usize::from(byte()) << 8 | usize::from(byte())) % damaged.len();
                damaged[at] = byte();
            }
            if let Err(error) = render(&damaged, None) {
                assert!(error.is_client_fault(), "{error}");
            }
        }
    }
}

#[test]
fn a_picture_that_is_also_something_else_leaves_it_behind() {
    let script = b"<script>alert(document.domain)</script>PK\x03\x04";
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif] {
        let mut polyglot = file(quarters(64, 64), format);
        polyglot.extend(script);
        for rendition in render(&polyglot, None).unwrap() {
            assert!(
                !rendition.webp.windows(8).any(|w| w == b"<script>"),
                "{format:?}"
            );
        }
    }
}

/// A PNG that says it has that many pixels, with nothing behind it that could be them.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    png_with(width, height, &[8, 2])
}

/// With so many bits for each colour, and that kind of colours.
fn png_with(width: u32, height: u32, depth_and_kind: &[u8; 2]) -> Vec<u8> {
    let mut png = file(RgbImage::new(1, 1), ImageFormat::Png);
    png[24..26].copy_from_slice(depth_and_kind);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = png[12..29].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    });
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

#[test]
fn bombs_are_refused_by_their_header() {
    let mut gif = file(RgbImage::new(1, 1), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut jpeg = file(RgbImage::new(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xf0, 0xff, 0xf0]);
    // The lossless WebP header holds two times 14 bits.
    let mut webp = file(RgbImage::new(1, 1), ImageFormat::WebP);
    let start = webp.windows(4).position(|w| w == b"VP8L").unwrap() + 9;
    let sides = 11_999_u32 | 11_999 << 14 | u32::from(webp[start + 3] & 0xf0) << 24;
    webp[start..start + 4].copy_from_slice(&sides.to_le_bytes());
    let begun = Instant::now();
    for (name, bomb) in [
        ("png", &png_of(100_000, 100_000)),
        ("line", &png_of(50_000_001, 1)),
        ("gif", &gif),
        ("jpeg", &jpeg),
        ("webp", &webp),
    ] {
        assert_eq!(refused(bomb), "avatar_too_many_pixels", "{name}");
    }
    assert!(begun.elapsed().as_millis() < 500, "nothing was decoded");
    // 200 MB of pixels and not one more: with four colours of 16 bits that is 25 megapixels.
    assert_eq!(
        refused(&png_with(5_000, 5_001, &[16, 6])),
        "avatar_too_deep"
    );
    assert_eq!(refused(&png_with(5_000, 5_000, &[16, 6])), "avatar_broken");
    assert_eq!(refused(&png_with(5_000, 10_000, &[8, 6])), "avatar_broken");
    // A side of zero is nobody's picture.
    assert_eq!(refused(&png_of(0, 5)), "avatar_broken");
    // Within the limit, but the pixels are not there.
    assert_eq!(refused(&png_of(5_000, 5_000)), "avatar_broken");
    assert_eq!(refused(&vec![0xff; MAX_BYTES + 1]), "avatar_too_large");
}

#[test]
fn a_frame_larger_than_its_canvas_is_no_way_round() {
    let mut gif = file(RgbImage::new(1, 1), ImageFormat::Gif);
    let frame = gif
        .windows(9)
        .position(|w| w[0] == 0x2c && w[5..9] == [1, 0, 1, 0])
        .unwrap();
    gif[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    let begun = Instant::now();
    assert_eq!(refused(&gif), "avatar_broken");
    assert!(begun.elapsed().as_secs() < 2);
}

#[test]
fn thousands_of_scans_are_not_begun() {
    let jpeg = file(quarters(64, 64), ImageFormat::Jpeg);
    let scan = jpeg.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
    let end = jpeg.len() - 2;
    let mut bomb = jpeg[..scan].to_vec();
    for _ in 0..500 {
        bomb.extend(&jpeg[scan..end]);
    }
    bomb.extend([0xff, 0xd9]);
    assert_eq!(refused(&bomb), "avatar_broken");
}

#[test]
fn twelve_megapixels_come_to_an_end() {
    let photo = RgbImage::from_fn(4000, 3000, |x, y| {
        let wave = ((x / 7) ^ (y / 5)) % 64;
        let low = u8::try_from(x * 180 / 4000 + wave).unwrap();
        Rgb([low, u8::try_from(y * 200 / 3000).unwrap(), 90])
    });
    let jpeg = file(photo, ImageFormat::Jpeg);
    let begun = Instant::now();
    rendered(&jpeg, None);
    let took = begun.elapsed();
    println!("12 megapixels, {} kB: {took:?}", jpeg.len() / 1000);
    // Unoptimised, on a machine that may be busy: this finds what never ends, no more.
    assert!(took.as_secs() < 60, "{took:?}");
}

#[tokio::test]
async fn versions_are_kept_side_by_side_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let avatars = Avatars::new(Storage::below(folder.path()));
    let user = UserId::generate();
    let png = Bytes::from(file(quarters(64, 64), ImageFormat::Png));
    let first = avatars.make(user, png.clone(), None).await.unwrap();
    let second = avatars.make(user, png, None).await.unwrap();
    assert_ne!(first, second);
    for size in SIZES {
        assert!(avatars.get(user, first, size).await.unwrap().is_some());
    }
    assert!(avatars.get(user, first, 100).await.unwrap().is_none());
    avatars.delete(user, first).await.unwrap();
    assert!(avatars.get(user, first, 64).await.unwrap().is_none());
    assert!(avatars.get(user, second, 64).await.unwrap().is_some());
    avatars.delete_all(user).await.unwrap();
    assert!(avatars.get(user, second, 64).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_stored_of_what_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let avatars = Avatars::new(Storage::below(folder.path()));
    let text = Bytes::from_static(b"\x89PNG\r\n\x1a\nnot really");
    let error = avatars
        .make(UserId::generate(), text, None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "avatar_broken");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
