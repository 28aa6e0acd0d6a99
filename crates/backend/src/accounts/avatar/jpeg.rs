//! A walk over the segments of a JPEG, without decoding it.
//!
//! The decoder forgives two things that we do not: a file that ends too early (the rest
//! would be grey) and thousands of scans over a large picture (hours of work in a few bytes).

use super::AvatarError;

/// Cameras write ten at the very most; libjpeg-turbo's advice is a hundred.
const MAX_SCANS: usize = 100;

/// Refuses what the decoder would take.
pub(super) fn check(file: &[u8]) -> Result<(), AvatarError> {
    let mut scans = 0;
    let mut at = 2;
    loop {
        // Between segments there may be fill bytes.
        while file.get(at) == Some(&0xff) && file.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let (Some(0xff), Some(&marker)) = (file.get(at), file.get(at + 1)) else {
            return Err(AvatarError::Broken);
        };
        at += 2;
        match marker {
            // End of image. What follows it (a film, a zip, a page) is never looked at.
            0xd9 if scans > 0 => return Ok(()),
            0x01 | 0xd0..=0xd7 => {}
            0xd8 | 0xd9 | 0x00 => return Err(AvatarError::Broken),
            _ => {
                let (Some(&high), Some(&low)) = (file.get(at), file.get(at + 1)) else {
                    return Err(AvatarError::Broken);
                };
                at += usize::from(u16::from_be_bytes([high, low]));
                if marker == 0xda {
                    scans += 1;
                    if scans > MAX_SCANS {
                        return Err(AvatarError::Broken);
                    }
                    at = end_of_scan(file, at).ok_or(AvatarError::Broken)?;
                }
            }
        }
    }
}

/// The next marker that is neither a stuffed byte nor a restart.
fn end_of_scan(file: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += file.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match file.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}
