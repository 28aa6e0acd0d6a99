//! Single pictures: the poster, and the sheets of small ones that a player shows above its bar.

mod poster;
mod storyboard;

use std::path::Path;

use domain::media::{line::Output, spec::Spec};
use ffmpeg_next::{Dictionary, Packet, codec, decoder, frame};

pub(crate) use self::{poster::poster, storyboard::storyboard};
use crate::{error::MediaError, mux, report::Report};

fn save(spec: &Spec, file: &str, bytes: &[u8], report: &mut Report<'_>) -> Result<(), MediaError> {
    mux::write(&spec.out, file, bytes)?;
    report.output(Output::File {
        file: file.to_owned(),
        bytes: bytes.len() as u64,
    })
}

/// One of our own small pictures again.
fn read_jpeg(path: &Path) -> Result<Option<frame::Video>, MediaError> {
    let Ok(bytes) = std::fs::read(path) else {
        return Ok(None);
    };
    let missing = || MediaError::Engine("no decoder for JPEG".to_owned());
    let codec = decoder::find_by_name("mjpeg").ok_or_else(missing)?;
    let mut options = Dictionary::new();
    options.set("threads", "1");
    let mut decoder = codec::Context::new_with_codec(codec)
        .decoder()
        .open_with(options)
        .and_then(decoder::Opened::video)
        .map_err(MediaError::working)?;
    let mut picture = frame::Video::empty();
    let done = decoder
        .send_packet(&Packet::copy(&bytes))
        .and_then(|()| decoder.send_eof())
        .and_then(|()| decoder.receive_frame(&mut picture));
    // Half a file cannot be there: they are renamed. One that is odd is left out like a missing one.
    Ok(done.is_ok().then_some(picture))
}
