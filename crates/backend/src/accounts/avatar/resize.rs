//! The square that was chosen, in the size that is wanted, upright.

use domain::accounts::Crop;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage, metadata::Orientation};

use super::{AvatarError, decode::Picture};

/// Cuts `crop` (in pixels of the upright picture) out, scaled to `size`.
pub(super) fn square(
    picture: &Picture,
    crop: Option<Crop>,
    size: u32,
) -> Result<DynamicImage, AvatarError> {
    let Picture {
        pixels,
        orientation,
    } = picture;
    let (width, height) = (pixels.width(), pixels.height());
    let lies = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let (w, h) = if lies {
        (height, width)
    } else {
        (width, height)
    };
    let crop = crop.map_or_else(|| Crop::centred(w, h), |crop| crop.within(w, h));
    // Turning the small square is cheaper than turning the large picture.
    let crop = as_stored(crop, *orientation, f64::from(width), f64::from(height));
    let mut square = scale(pixels, crop, size)?;
    square.apply_orientation(*orientation);
    Ok(square)
}

/// The whole of a square in another size.
pub(super) fn resized(square: &DynamicImage, size: u32) -> Result<DynamicImage, AvatarError> {
    scale(square, Crop::centred(square.width(), square.height()), size)
}

/// The same picture in the same size with half its detail.
pub(super) fn coarser(square: &RgbImage) -> Result<RgbImage, AvatarError> {
    let square = DynamicImage::ImageRgb8(square.clone());
    let half = resized(&square, (square.width() / 2).max(1))?;
    Ok(resized(&half, square.width())?.into_rgb8())
}

/// Where a rectangle of the upright picture lies in the stored one.
fn as_stored(crop: Crop, orientation: Orientation, width: f64, height: f64) -> Crop {
    let Crop { x, y, side } = crop;
    let (from_right, from_bottom) = (width - x - side, height - y - side);
    let (x, y) = match orientation {
        Orientation::NoTransforms => (x, y),
        Orientation::FlipHorizontal => (from_right, y),
        Orientation::FlipVertical => (x, from_bottom),
        Orientation::Rotate180 => (from_right, from_bottom),
        // Upright (x, y) was stored at (y, height - x), and so on.
        Orientation::Rotate90 => (y, height - x - side),
        Orientation::Rotate270 => (width - y - side, x),
        Orientation::Rotate90FlipH => (y, x),
        Orientation::Rotate270FlipH => (width - y - side, height - x - side),
    };
    Crop { x, y, side }
}

fn scale(pixels: &DynamicImage, crop: Crop, size: u32) -> Result<DynamicImage, AvatarError> {
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(crop.x, crop.y, crop.side, crop.side);
    let mut scaled = DynamicImage::new(size, size, pixels.color());
    Resizer::new()
        .resize(pixels, &mut scaled, &options)
        .map_err(|_| AvatarError::Internal("scaling failed"))?;
    Ok(scaled)
}
