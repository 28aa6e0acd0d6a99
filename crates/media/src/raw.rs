//! The one file with `unsafe`: reads fields for which ffmpeg-next has no safe way, or one that
//! takes foreign bytes for UTF-8 unseen.

#![expect(unsafe_code, reason = "reads plain fields of FFmpeg's structures")]

use std::ffi::{CStr, c_char};

use ffmpeg_next::{Stream, codec::Parameters, ffi};

/// Width, height and the name of the pixel format.
pub(crate) fn picture(parameters: &Parameters) -> (u32, u32, Option<String>) {
    // SAFETY: `parameters` keeps what it points to alive, and FFmpeg has filled it.
    let (width, height, format) = unsafe {
        let raw = &*parameters.as_ptr();
        (raw.width, raw.height, raw.format)
    };
    let size = |length: i32| u32::try_from(length).unwrap_or(0);
    (size(width), size(height), pixel_format(format))
}

fn pixel_format(format: i32) -> Option<String> {
    let known = 0..ffi::AVPixelFormat::AV_PIX_FMT_NB as i32;
    if !known.contains(&format) {
        return None;
    }
    // SAFETY: the number is within the enumeration, which has no gaps.
    let format = unsafe { std::mem::transmute::<i32, ffi::AVPixelFormat>(format) };
    // SAFETY: takes any value; the answer is a static string or null.
    unsafe { text(ffi::av_get_pix_fmt_name(format)) }
}

/// Samples a second and how many channels.
pub(crate) fn sound(parameters: &Parameters) -> (u32, u16) {
    // SAFETY: as in `picture`.
    let (rate, channels) = unsafe {
        let raw = &*parameters.as_ptr();
        (raw.sample_rate, raw.ch_layout.nb_channels)
    };
    (
        u32::try_from(rate).unwrap_or(0),
        u16::try_from(channels).unwrap_or(0),
    )
}

/// One entry of a stream's metadata.
pub(crate) fn tag(stream: &Stream<'_>, key: &CStr) -> Option<String> {
    // SAFETY: the stream is alive as long as the reference; FFmpeg answers null or an entry
    // that lives as long as the stream's metadata, and the text is copied at once.
    unsafe {
        let entry = ffi::av_dict_get(
            (*stream.as_ptr()).metadata,
            key.as_ptr(),
            std::ptr::null(),
            0,
        );
        if entry.is_null() {
            None
        } else {
            text((*entry).value)
        }
    }
}

/// Copies a text of FFmpeg's; foreign bytes become replacement characters.
///
/// # Safety
/// The pointer is null or to a string that ends with a zero byte.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: what the caller promises.
    Some(
        unsafe { CStr::from_ptr(pointer) }
            .to_string_lossy()
            .into_owned(),
    )
}
