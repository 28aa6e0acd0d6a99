//! The one file with `unsafe`: reads and writes plain fields of FFmpeg's structures for which
//! ffmpeg-next has no safe way, or one that takes foreign bytes for UTF-8 unseen, and calls the
//! few functions that it does not wrap.
//!
//! Enumerations are read as numbers: a file may say a number that the enumeration does not have,
//! and a Rust enumeration with such a value is undefined behaviour.

#![expect(unsafe_code, reason = "reads plain fields of FFmpeg's structures")]

use std::{
    ffi::{CStr, c_char, c_int},
    ptr,
};

use ffmpeg_next::{
    Error, Packet, Rational, Stream, Subtitle,
    codec::{self, Parameters, subtitle::Rect},
    ffi, filter,
    format::context::{Input, Output},
    frame,
    packet::{Mut as _, Ref as _},
};

/// Width, height and the name of the pixel format.
pub(crate) fn picture(parameters: &Parameters) -> (u32, u32, Option<String>) {
    // SAFETY: `parameters` keeps what it points to alive, and FFmpeg has filled it.
    let (width, height, format) = unsafe {
        let raw = &*parameters.as_ptr();
        (raw.width, raw.height, raw.format)
    };
    let size = |length: i32| u32::try_from(length).unwrap_or(0);
    (size(width), size(height), pixel_format_name(format))
}

fn pixel_format(format: i32) -> Option<ffi::AVPixelFormat> {
    let known = 0..ffi::AVPixelFormat::AV_PIX_FMT_NB as i32;
    // SAFETY: the number is within the enumeration, which has no gaps.
    known
        .contains(&format)
        .then(|| unsafe { std::mem::transmute::<i32, ffi::AVPixelFormat>(format) })
}

fn pixel_format_name(format: i32) -> Option<String> {
    let format = pixel_format(format)?;
    // SAFETY: takes any value; the answer is a static string or null.
    unsafe { text(ffi::av_get_pix_fmt_name(format)) }
}

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) depth: u8,
    /// By how many powers of two chroma is narrower and lower.
    pub(crate) chroma: (u8, u8),
    pub(crate) components: u8,
    /// RGB, or a palette of it.
    pub(crate) rgb: bool,
}

/// What the name of a pixel format means.
pub(crate) fn layout(name: &str) -> Option<Layout> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: a string that ends with a zero byte; the answer is a known value or NONE, and the
    // descriptor is null or static.
    unsafe {
        let found = ffi::av_pix_fmt_desc_get(ffi::av_get_pix_fmt(name.as_ptr())).as_ref()?;
        let rgb =
            u64::from(ffi::AV_PIX_FMT_FLAG_RGB as u32) | u64::from(ffi::AV_PIX_FMT_FLAG_PAL as u32);
        Some(Layout {
            depth: u8::try_from(found.comp[0].depth).unwrap_or(8),
            chroma: (found.log2_chroma_w, found.log2_chroma_h),
            components: found.nb_components,
            rgb: found.flags & rgb != 0,
        })
    }
}

/// Numbers of a picture stream as its header says them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VideoNumbers {
    pub(crate) profile: i32,
    pub(crate) level: i32,
    pub(crate) field_order: i32,
    pub(crate) range: i32,
    pub(crate) primaries: i32,
    pub(crate) transfer: i32,
    pub(crate) matrix: i32,
}

pub(crate) fn video_numbers(parameters: &Parameters) -> VideoNumbers {
    // SAFETY: as in `picture`; enumerations have the size of an int.
    unsafe {
        let raw = parameters.as_ptr();
        VideoNumbers {
            profile: (*raw).profile,
            level: (*raw).level,
            field_order: (&raw const (*raw).field_order).cast::<i32>().read(),
            range: (&raw const (*raw).color_range).cast::<i32>().read(),
            primaries: (&raw const (*raw).color_primaries).cast::<i32>().read(),
            transfer: (&raw const (*raw).color_trc).cast::<i32>().read(),
            matrix: (&raw const (*raw).color_space).cast::<i32>().read(),
        }
    }
}

/// FFmpeg's names of primaries, transfer and matrix.
pub(crate) fn colour_names(numbers: VideoNumbers) -> [Option<String>; 3] {
    let name = |found: *const c_char| {
        // SAFETY: null or a static string.
        unsafe { text(found) }.filter(|name| !["unknown", "reserved"].contains(&name.as_str()))
    };
    let (primaries, transfer, matrix) = (numbers.primaries, numbers.transfer, numbers.matrix);
    // SAFETY: each number is checked to be one that the enumeration has before it becomes one.
    unsafe {
        [
            (1..=12)
                .contains(&primaries)
                .then(|| std::mem::transmute::<i32, ffi::AVColorPrimaries>(primaries))
                .and_then(|value| name(ffi::av_color_primaries_name(value))),
            (1..=18)
                .contains(&transfer)
                .then(|| std::mem::transmute::<i32, ffi::AVColorTransferCharacteristic>(transfer))
                .and_then(|value| name(ffi::av_color_transfer_name(value))),
            (0..=14)
                .contains(&matrix)
                .then(|| std::mem::transmute::<i32, ffi::AVColorSpace>(matrix))
                .and_then(|value| name(ffi::av_color_space_name(value))),
        ]
    }
}

/// How wide a sample is for its height: the container's word, else the codec's.
pub(crate) fn sample_aspect(stream: &Stream<'_>) -> (i32, i32) {
    // SAFETY: the stream is alive, and so are its parameters.
    unsafe {
        let raw = &*stream.as_ptr();
        let outer = raw.sample_aspect_ratio;
        let inner = (*raw.codecpar).sample_aspect_ratio;
        if outer.num > 0 && outer.den > 0 {
            (outer.num, outer.den)
        } else {
            (inner.num, inner.den)
        }
    }
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

/// FFmpeg's name of how channels are laid out; nothing where the file does not say.
pub(crate) fn channel_layout(parameters: &Parameters) -> Option<String> {
    // SAFETY: as in `picture`.
    unsafe { describe(&(*parameters.as_ptr()).ch_layout) }
}

/// Subtitles that are text and not pictures.
pub(crate) fn is_text(parameters: &Parameters) -> bool {
    // SAFETY: as in `picture`; the descriptor is null or static.
    unsafe {
        ffi::avcodec_descriptor_get((*parameters.as_ptr()).codec_id)
            .as_ref()
            .is_some_and(|found| found.props & ffi::AV_CODEC_PROP_TEXT_SUB as c_int != 0)
    }
}

/// The text of a subtitle.
pub(crate) fn subtitle_text(rect: &Rect<'_>) -> Option<String> {
    // SAFETY: the rectangle belongs to a subtitle that is alive; its texts are null or strings.
    unsafe {
        let raw = &*rect.as_ptr();
        text(raw.ass).or_else(|| text(raw.text))
    }
}

/// Gives back what decoding allocated: nobody else does.
pub(crate) fn free_subtitle(subtitle: &mut Subtitle) {
    // SAFETY: filled by a decoder or zeroed; freeing twice is harmless.
    unsafe { ffi::avsubtitle_free(subtitle.as_mut_ptr()) };
}

/// FFmpeg's name of a profile, as `LC`.
pub(crate) fn profile_name(parameters: &Parameters) -> Option<String> {
    // SAFETY: as in `picture`; the id comes from FFmpeg itself; the answer is static or null.
    unsafe {
        let raw = &*parameters.as_ptr();
        text(ffi::avcodec_profile_name(raw.codec_id, raw.profile))
    }
}

unsafe fn describe(layout: &ffi::AVChannelLayout) -> Option<String> {
    if layout.order == ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC {
        return None;
    }
    let mut name = [0; 256];
    // SAFETY: writes no more than the size, and a zero byte at the end.
    unsafe {
        (ffi::av_channel_layout_describe(layout, name.as_mut_ptr(), name.len()) > 0)
            .then(|| text(name.as_ptr()))
            .flatten()
    }
}

/// Gives a sound frame a layout where it has none, and says which it has.
pub(crate) fn settle_layout(frame: &mut frame::Audio) -> Option<String> {
    // SAFETY: the frame is ours alone; the layout has no map to free when it is unspecified.
    unsafe {
        let layout = &raw mut (*frame.as_mut_ptr()).ch_layout;
        if (*layout).order == ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC {
            ffi::av_channel_layout_default(layout, (*layout).nb_channels);
        }
        describe(&*layout)
    }
}

/// Samples at the beginning of a stream that only start its decoder.
pub(crate) fn padding(parameters: &Parameters) -> u32 {
    // SAFETY: as in `picture`.
    u32::try_from(unsafe { (*parameters.as_ptr()).initial_padding }).unwrap_or(0)
}

/// FFmpeg's name of how samples are stored, as `fltp`.
pub(crate) fn sample_format(frame: &frame::Audio) -> Option<String> {
    // SAFETY: the frame is alive; the number is one that the enumeration has, which has no gaps;
    // the name is static or null.
    unsafe {
        let format = (*frame.as_ptr()).format;
        let known = 0..ffi::AVSampleFormat::AV_SAMPLE_FMT_NB as i32;
        let format = known
            .contains(&format)
            .then(|| std::mem::transmute::<i32, ffi::AVSampleFormat>(format))?;
        text(ffi::av_get_sample_fmt_name(format))
    }
}

/// A demuxer whose clock may begin anew in the middle of a file.
pub(crate) fn clock_may_jump(input: &Input) -> bool {
    // SAFETY: the context is alive and open, and so has a format.
    unsafe { (*(*input.as_ptr()).iformat).flags & ffi::AVFMT_TS_DISCONT != 0 }
}

/// Lets the demuxer drop packets of all other streams before they reach us; pictures and sound may
/// be kept for the sake of their times.
pub(crate) fn discard_others(input: &mut Input, wanted: &[usize], keep_timed: bool) {
    use ffi::AVMediaType::{AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO};
    // SAFETY: the context is alive and open; each index is below the number of streams, and each
    // stream has its parameters.
    unsafe {
        let raw = input.as_mut_ptr();
        for index in 0..(*raw).nb_streams as usize {
            let stream = *(*raw).streams.add(index);
            let kind = (*(*stream).codecpar).codec_type;
            let timed = kind == AVMEDIA_TYPE_VIDEO || kind == AVMEDIA_TYPE_AUDIO;
            let keep = wanted.contains(&index) || (keep_timed && timed);
            (*stream).discard = if keep {
                ffi::AVDiscard::AVDISCARD_DEFAULT
            } else {
                ffi::AVDiscard::AVDISCARD_ALL
            };
        }
    }
}

/// Where the file says that it begins, in microseconds.
pub(crate) fn start_time(input: &Input) -> Option<i64> {
    // SAFETY: the context is alive and open.
    given(unsafe { (*input.as_ptr()).start_time })
}

/// One entry of a stream's metadata.
pub(crate) fn tag(stream: &Stream<'_>, key: &CStr) -> Option<String> {
    // SAFETY: the stream is alive as long as the reference; FFmpeg answers null or an entry
    // that lives as long as the stream's metadata, and the text is copied at once.
    unsafe {
        let entry = ffi::av_dict_get((*stream.as_ptr()).metadata, key.as_ptr(), ptr::null(), 0);
        if entry.is_null() {
            None
        } else {
            text((*entry).value)
        }
    }
}

/// What the codec needs to know before the first packet.
pub(crate) fn extradata(parameters: &Parameters) -> Vec<u8> {
    // SAFETY: as in `picture`; pointer and size belong together.
    unsafe {
        let raw = &*parameters.as_ptr();
        bytes(raw.extradata, raw.extradata_size)
    }
}

/// The same, of an encoder that has been opened.
pub(crate) fn encoder_extradata(encoder: &codec::Context) -> Vec<u8> {
    // SAFETY: the encoder is open; pointer and size belong together.
    unsafe {
        let raw = &*encoder.as_ptr();
        bytes(raw.extradata, raw.extradata_size)
    }
}

unsafe fn bytes(data: *const u8, size: c_int) -> Vec<u8> {
    match usize::try_from(size) {
        // SAFETY: what the caller promises.
        Ok(size) if size > 0 && !data.is_null() => unsafe {
            std::slice::from_raw_parts(data, size).to_vec()
        },
        _ => Vec::new(),
    }
}

/// Puts other extradata in the place of what is there.
pub(crate) fn set_extradata(parameters: &mut Parameters, data: &[u8]) -> Result<(), Error> {
    let padding = ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    let size = c_int::try_from(data.len()).map_err(|_| Error::InvalidData)?;
    // SAFETY: the new block has room for the data and the padding that FFmpeg asks for; the old
    // one was allocated by FFmpeg.
    unsafe {
        let block = ffi::av_mallocz(data.len() + padding).cast::<u8>();
        if block.is_null() {
            return Err(Error::Other {
                errno: ffmpeg_next::error::ENOMEM,
            });
        }
        ptr::copy_nonoverlapping(data.as_ptr(), block, data.len());
        let raw = parameters.as_mut_ptr();
        ffi::av_freep((&raw mut (*raw).extradata).cast());
        (*raw).extradata = block;
        (*raw).extradata_size = size;
    }
    Ok(())
}

/// A stream of an output that carries packets as they are in the source.
pub(crate) fn adopt(
    output: &mut Output,
    index: usize,
    parameters: &Parameters,
) -> Result<(), Error> {
    // SAFETY: the stream is there, and its parameters are its own.
    unsafe {
        let stream = stream(output, index)?;
        match ffi::avcodec_parameters_copy((*stream).codecpar, parameters.as_ptr()) {
            code if code < 0 => Err(Error::from(code)),
            _ => {
                // The tag of the source's container means nothing in ours.
                (*(*stream).codecpar).codec_tag = 0;
                // A cap that was wished, or what the source said: nothing that init may differ by.
                (*(*stream).codecpar).bit_rate = 0;
                // All that we make is shown as it is.
                (*(*stream).codecpar).sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
                (*stream).sample_aspect_ratio = ffi::AVRational { num: 1, den: 1 };
                Ok(())
            }
        }
    }
}

/// The id of a track in the file, with `use_stream_ids_as_track_ids`.
pub(crate) fn set_track(output: &mut Output, index: usize, id: u32) -> Result<(), Error> {
    // SAFETY: the stream is there.
    unsafe { (*stream(output, index)?).id = c_int::try_from(id).unwrap_or(1) };
    Ok(())
}

unsafe fn stream(output: &mut Output, index: usize) -> Result<*mut ffi::AVStream, Error> {
    // SAFETY: the context is alive; the index is checked.
    unsafe {
        let raw = output.as_mut_ptr();
        if index < (*raw).nb_streams as usize {
            Ok(*(*raw).streams.add(index))
        } else {
            Err(Error::StreamNotFound)
        }
    }
}

/// Ends the fragment: all that was written so far goes out.
pub(crate) fn end_fragment(output: &mut Output) -> Result<(), Error> {
    // SAFETY: the header has been written; null means «flush».
    unsafe {
        match ffi::av_write_frame(output.as_mut_ptr(), ptr::null_mut()) {
            code if code < 0 => Err(Error::from(code)),
            _ => {
                push_out(output);
                Ok(())
            }
        }
    }
}

/// Hands what is in FFmpeg's buffer to the writer behind it.
pub(crate) fn push_out(output: &mut Output) {
    // SAFETY: the context is alive and has its writer.
    unsafe { ffi::avio_flush((*output.as_mut_ptr()).pb) };
}

/// The same picture once more; the samples are shared.
pub(crate) fn share(picture: &frame::Video) -> Result<frame::Video, Error> {
    let mut shared = frame::Video::empty();
    // SAFETY: both are frames, and the new one is empty.
    match unsafe { ffi::av_frame_ref(shared.as_mut_ptr(), picture.as_ptr()) } {
        code if code < 0 => Err(Error::from(code)),
        _ => Ok(shared),
    }
}

/// The number of a picture's format, its samples' aspect, and whether memory stands behind it.
pub(crate) fn picture_numbers(picture: &frame::Video) -> Option<(i32, i32)> {
    // SAFETY: the frame is alive.
    unsafe {
        let raw = &*picture.as_ptr();
        (!raw.data[0].is_null()).then(|| {
            let range = (&raw const raw.color_range).cast::<i32>().read();
            (raw.format, range)
        })
    }
}

/// Colours as newer sources of filters want to be told them.
pub(crate) fn colour_arguments(picture: &frame::Video) -> String {
    // SAFETY: the frame is alive; enumerations have the size of an int.
    let (matrix, range) = unsafe {
        let raw = picture.as_ptr();
        (
            (&raw const (*raw).colorspace).cast::<i32>().read(),
            (&raw const (*raw).color_range).cast::<i32>().read(),
        )
    };
    format!(":colorspace={matrix}:range={range}")
}

pub(crate) fn picture_format_name(format: i32) -> Option<String> {
    pixel_format_name(format)
}

/// Says which colours a picture has where it does not say it itself.
pub(crate) fn settle_colour(
    picture: &mut frame::Video,
    matrix: i32,
    transfer: i32,
    primaries: i32,
) {
    // SAFETY: the frame is ours; the numbers are checked to be ones that the enumerations have.
    unsafe {
        let raw = picture.as_mut_ptr();
        let unknown = |place: *const i32| place.read() == 2;
        let place = (&raw mut (*raw).colorspace).cast::<i32>();
        if unknown(place) && (0..=14).contains(&matrix) {
            place.write(matrix);
        }
        let place = (&raw mut (*raw).color_trc).cast::<i32>();
        if unknown(place) && (1..=18).contains(&transfer) {
            place.write(transfer);
        }
        let place = (&raw mut (*raw).color_primaries).cast::<i32>();
        if unknown(place) && (1..=12).contains(&primaries) {
            place.write(primaries);
        }
    }
}

/// How long a decoded frame is shown, in its stream's ticks; 0 when nobody said.
pub(crate) fn shown_for(picture: &frame::Video) -> i64 {
    picture.packet().duration.max(0)
}

/// One thread for all filters: parts run side by side already.
pub(crate) fn one_thread(graph: &mut filter::Graph) {
    // SAFETY: the graph is alive and not yet configured.
    unsafe { (*graph.as_mut_ptr()).nb_threads = 1 };
}

/// What an encoder writes about colours.
pub(crate) fn set_colours(encoder: &mut codec::Context, numbers: VideoNumbers) {
    // SAFETY: the encoder is not yet open; only numbers that the enumerations have are written.
    unsafe {
        let raw = encoder.as_mut_ptr();
        if (0..=2).contains(&numbers.range) {
            (&raw mut (*raw).color_range)
                .cast::<i32>()
                .write(numbers.range);
        }
        if (1..=12).contains(&numbers.primaries) {
            (&raw mut (*raw).color_primaries)
                .cast::<i32>()
                .write(numbers.primaries);
        }
        if (1..=18).contains(&numbers.transfer) {
            (&raw mut (*raw).color_trc)
                .cast::<i32>()
                .write(numbers.transfer);
        }
        if (0..=14).contains(&numbers.matrix) {
            (&raw mut (*raw).colorspace)
                .cast::<i32>()
                .write(numbers.matrix);
        }
    }
}

/// A reference to the same bytes under other times.
pub(crate) fn packet_again(packet: &Packet) -> Result<Packet, Error> {
    let mut again = Packet::empty();
    // SAFETY: both are packets, and the new one is empty.
    match unsafe { ffi::av_packet_ref(again.as_mut_ptr(), packet.as_ptr()) } {
        code if code < 0 => Err(Error::from(code)),
        _ => Ok(again),
    }
}

/// The version of the filters' library: what a source of pictures is told differs.
pub(crate) fn filters_major() -> u32 {
    filter::version() >> 16
}

/// A time that may be FFmpeg's word for «none».
pub(crate) fn given(time: i64) -> Option<i64> {
    (time != ffi::AV_NOPTS_VALUE).then_some(time)
}

/// Frames that the file tells players to leave out.
pub(crate) fn is_left_out(packet: &Packet) -> bool {
    // SAFETY: the packet is alive.
    unsafe { (*packet.as_ptr()).flags & ffi::AV_PKT_FLAG_DISCARD as c_int != 0 }
}

/// Ticks of one clock in those of another, rounded to the nearest.
pub(crate) fn rescale(value: i64, from: Rational, to: Rational) -> i64 {
    // SAFETY: a pure function; a denominator of zero is answered with a fixed value.
    unsafe { ffi::av_rescale_q(value, from.into(), to.into()) }
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

/// From here on what FFmpeg logs goes through [`crate::log`].
pub(crate) fn listen_to_log() {
    // SAFETY: the function lives as long as the program.
    unsafe { ffi::av_log_set_callback(Some(logged)) };
}

unsafe extern "C" fn logged(
    about: *mut std::ffi::c_void,
    level: c_int,
    format: *const c_char,
    arguments: *mut ffi::__va_list_tag,
) {
    // SAFETY: a plain read of a number.
    if level > unsafe { ffi::av_log_get_level() } {
        return;
    }
    let (mut line, mut prefix) = ([0; 1024], 1);
    // SAFETY: FFmpeg's own arguments are handed on as they came; no more than the size is written,
    // with a zero byte at the end.
    unsafe {
        ffi::av_log_format_line2(
            about,
            level,
            format,
            arguments,
            line.as_mut_ptr(),
            line.len() as c_int,
            &raw mut prefix,
        );
        if let Some(piece) = text(line.as_ptr()) {
            crate::log::piece(&piece);
        }
    }
}
