//! Pixels from a file, within limits that are checked before anything is allocated.

use std::io::Cursor;

use domain::accounts::avatar::MAX_PIXELS;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits,
    codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use super::{AvatarError, jpeg};

/// What the pixels may take: 8 bits in four channels for the most there may be. Of pictures
/// with 16 bits that is half of it; at the size of an avatar nobody sees what is lost.
const MAX_UNPACKED: u64 = MAX_PIXELS * 4;
/// And what the decoder needs beside the picture.
const MAX_ALLOCATION: u64 = MAX_UNPACKED + 64 * 1024 * 1024;

/// A picture as it lies in its file, and how to turn it upright.
pub(super) struct Picture {
    pub(super) pixels: DynamicImage,
    pub(super) orientation: Orientation,
}

pub(super) fn decode(file: &[u8], format: ImageFormat) -> Result<Picture, AvatarError> {
    let reader = Cursor::new(file);
    match format {
        ImageFormat::Jpeg => {
            let decoder = JpegDecoder::new(reader).map_err(|error| of(&error))?;
            measure(&decoder)?;
            jpeg::check(file)?;
            pixels(decoder)
        }
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(reader, limits()).map_err(|error| of(&error))?;
            pixels(decoder)
        }
        ImageFormat::WebP => pixels(WebPDecoder::new(reader).map_err(|error| of(&error))?),
        // The first frame of an animation, on its whole canvas.
        ImageFormat::Gif => pixels(GifDecoder::new(reader).map_err(|error| of(&error))?),
        _ => Err(AvatarError::NotAPicture),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOCATION);
    limits
}

fn measure(decoder: &impl ImageDecoder) -> Result<(), AvatarError> {
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(AvatarError::Broken);
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(AvatarError::TooManyPixels { width, height });
    }
    if decoder.total_bytes() > MAX_UNPACKED {
        return Err(AvatarError::TooDeep);
    }
    Ok(())
}

fn pixels(mut decoder: impl ImageDecoder) -> Result<Picture, AvatarError> {
    measure(&decoder)?;
    decoder.set_limits(limits()).map_err(|error| of(&error))?;
    // Metadata that cannot be read is no reason to refuse a picture that can.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let pixels = DynamicImage::from_decoder(decoder).map_err(|error| of(&error))?;
    Ok(Picture {
        pixels,
        orientation,
    })
}

fn of(error: &ImageError) -> AvatarError {
    // What exactly is of use to us alone.
    tracing::debug!(%error, "a picture was refused");
    AvatarError::Broken
}
