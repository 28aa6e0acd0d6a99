//! What a file is, by its content. Neither its name nor what the browser calls it counts.

use image::ImageFormat;

use super::AvatarError;

/// The format, if it is one we read.
pub(super) fn format(file: &[u8]) -> Result<ImageFormat, AvatarError> {
    if file.is_empty() {
        return Err(AvatarError::Empty);
    }
    if file.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(ImageFormat::Jpeg);
    }
    if file.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(ImageFormat::Png);
    }
    if file.starts_with(b"GIF87a") || file.starts_with(b"GIF89a") {
        return Ok(ImageFormat::Gif);
    }
    if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
        return Ok(ImageFormat::WebP);
    }
    Err(match other(file) {
        Some(name) => AvatarError::Unsupported(name),
        None => AvatarError::NotAPicture,
    })
}

/// Pictures of other kinds, by the name people know them by.
fn other(file: &[u8]) -> Option<&'static str> {
    if file.get(4..8) == Some(b"ftyp") {
        // The brand that leads, then the ones it is compatible with.
        return match file.get(8..12)? {
            b"avif" | b"avis" => Some("AVIF"),
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => Some("HEIC"),
            _ => None,
        };
    }
    if file.starts_with(b"BM") && file.len() > 26 && file[6..10] == [0; 4] {
        return Some("BMP");
    }
    if file.starts_with(b"II*\0") || file.starts_with(b"MM\0*") {
        return Some("TIFF");
    }
    if file.starts_with(b"\0\0\x01\0") {
        return Some("ICO");
    }
    if file.starts_with(b"\0\0\0\x0cJXL ") || file.starts_with(&[0xff, 0x0a]) {
        return Some("JPEG XL");
    }
    if file.starts_with(b"8BPS") {
        return Some("PSD");
    }
    let head = String::from_utf8_lossy(&file[..file.len().min(1024)]).to_ascii_lowercase();
    let text = head.trim_start_matches('\u{feff}').trim_start();
    (text.starts_with('<') && text.contains("<svg")).then_some("SVG")
}
