//! One picture as a JPEG file.

use ffmpeg_next::{Dictionary, Packet, codec, encoder, format::Pixel, frame};

use crate::{error::MediaError, raw};

/// FFmpeg's scale of quality, 2 (best) to 31.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quality(pub(crate) u8);

/// Pictures that one looks at for long.
pub(crate) const FINE: Quality = Quality(3);
/// Small ones, of which there are many.
pub(crate) const SMALL: Quality = Quality(6);

/// Takes a picture in `yuvj420p`.
pub(crate) fn encode(picture: &frame::Video, quality: Quality) -> Result<Vec<u8>, MediaError> {
    let codec = encoder::find_by_name("mjpeg")
        .ok_or_else(|| MediaError::Engine("no encoder for JPEG".to_owned()))?;
    let mut context = codec::Context::new_with_codec(codec)
        .encoder()
        .video()
        .map_err(MediaError::working)?;
    context.set_width(picture.width());
    context.set_height(picture.height());
    context.set_format(Pixel::YUVJ420P);
    context.set_time_base((1, 25));
    context.set_flags(codec::Flags::QSCALE | codec::Flags::BITEXACT);
    // FFmpeg counts quality in units of its lambda.
    context.set_global_quality(i32::from(quality.0) * 118);
    let mut options = Dictionary::new();
    options.set("threads", "1");
    let mut encoder = context.open_with(options).map_err(MediaError::working)?;
    let mut picture = raw::share(picture).map_err(MediaError::working)?;
    picture.set_pts(Some(0));
    encoder.send_frame(&picture).map_err(MediaError::working)?;
    encoder.send_eof().map_err(MediaError::working)?;
    let mut packet = Packet::empty();
    encoder
        .receive_packet(&mut packet)
        .map_err(MediaError::working)?;
    packet
        .data()
        .map(<[u8]>::to_vec)
        .ok_or_else(|| MediaError::Engine("a picture without bytes".to_owned()))
}
