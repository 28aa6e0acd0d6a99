//! Lossy WebP through libwebp, within 40 kB.

use image::DynamicImage;
use webp::{Encoder, WebPConfig};

use super::AvatarError;

/// A page of fifty people is then 2 MB at the very most.
pub(super) const MAX_FILE: usize = 40_000;
/// Nearly every photo fits with the first; the others are for noise.
const QUALITIES: [f32; 7] = [84.0, 74.0, 62.0, 48.0, 32.0, 16.0, 2.0];

pub(super) fn webp(square: &DynamicImage) -> Result<Vec<u8>, AvatarError> {
    let (width, height) = (square.width(), square.height());
    let rgba = square.color().has_alpha().then(|| square.to_rgba8());
    if let Some(rgba) = rgba.filter(|pixels| pixels.pixels().any(|pixel| pixel.0[3] < 255)) {
        for quality in QUALITIES {
            let file = encode(&Encoder::from_rgba(&rgba, width, height), quality)?;
            if file.len() <= MAX_FILE {
                return Ok(file);
            }
        }
        // Noise in the transparency: nobody will miss it.
        return opaque(&on_white(&rgba));
    }
    opaque(&square.to_rgb8())
}

fn opaque(rgb: &image::RgbImage) -> Result<Vec<u8>, AvatarError> {
    for quality in QUALITIES {
        let file = encode(&Encoder::from_rgb(rgb, rgb.width(), rgb.height()), quality)?;
        if file.len() <= MAX_FILE {
            return Ok(file);
        }
    }
    // Nothing but noise: without its finest half it is noise still.
    let coarse = super::resize::coarser(rgb)?;
    let worst = QUALITIES[QUALITIES.len() - 1];
    let encoder = Encoder::from_rgb(&coarse, coarse.width(), coarse.height());
    let file = encode(&encoder, worst)?;
    if file.len() <= MAX_FILE {
        return Ok(file);
    }
    Err(AvatarError::Internal("no quality was small enough"))
}

fn on_white(rgba: &image::RgbaImage) -> image::RgbImage {
    image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0;
        let over = |c: u8| {
            let blend = u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a));
            u8::try_from(blend / 255).unwrap_or(u8::MAX)
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}

fn encode(encoder: &Encoder<'_>, quality: f32) -> Result<Vec<u8>, AvatarError> {
    let mut config = WebPConfig::new().map_err(|()| AvatarError::Internal("no encoder"))?;
    config.lossless = 0;
    config.quality = quality;
    config.method = 4;
    config.alpha_compression = 1;
    // Below 100 the transparency gets fewer levels: it can be most of a file.
    #[expect(clippy::cast_possible_truncation, reason = "0 to 100")]
    {
        config.alpha_quality = (quality as i32 + 10).min(100);
    }
    let file = encoder
        .encode_advanced(&config)
        .map_err(|_| AvatarError::Internal("encoding failed"))?;
    Ok(file.to_vec())
}
