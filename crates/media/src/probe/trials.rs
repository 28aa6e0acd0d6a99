//! What is not believed but tried: decoding, and finding a key frame again.

use std::path::Path;

use domain::media::facts::{AudioFacts, FieldOrder, VideoFacts};
use ffmpeg_next::{codec, decoder};

use crate::{
    error::MediaError,
    picture::{Frames, Reading},
    source::Source,
};

/// Enough to see whether frames are made of fields.
const LOOKED_AT: usize = 8;

/// Decodes the first frames and seeks to two key frames.
pub(super) fn pictures(path: &Path, start: i64, facts: &mut VideoFacts) -> Result<(), MediaError> {
    let reading = Reading {
        path,
        stream: facts.index,
        origin: start,
        fields: FieldOrder::Progressive,
        threads: 1,
    };
    let (decodes, interlaced) = match first_frames(&reading) {
        Ok(found) => found,
        Err(error) if error.is_client_fault() => (false, false),
        Err(error) => return Err(error),
    };
    facts.decodes = decodes;
    if interlaced && facts.field_order == FieldOrder::Progressive {
        facts.field_order = FieldOrder::Mixed;
    }
    facts.seeks = decodes && facts.times_rise && seeks(&reading, facts)?;
    Ok(())
}

fn first_frames(reading: &Reading<'_>) -> Result<(bool, bool), MediaError> {
    let mut frames = Frames::open(reading)?;
    let (mut decoded, mut interlaced) = (false, false);
    for _ in 0..LOOKED_AT {
        let Some(frame) = frames.next()? else { break };
        decoded = true;
        interlaced |= frame.picture.is_interlaced();
    }
    Ok((decoded, interlaced))
}

/// At about a third and two thirds of the file.
fn seeks(reading: &Reading<'_>, facts: &VideoFacts) -> Result<bool, MediaError> {
    let keys = &facts.key_frames;
    if keys.len() < 2 {
        return Ok(false);
    }
    for key in [keys.len() / 3, keys.len() * 2 / 3] {
        let at = keys[key.max(1)].at;
        let mut frames = Frames::open(reading)?;
        // Earlier costs time, later would cost pictures.
        match frames.approach(at, at) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(false),
            Err(error) if error.is_client_fault() => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Whether there is a decoder that takes the first packets.
pub(super) fn sound(path: &Path, facts: &mut AudioFacts) -> Result<(), MediaError> {
    let mut source = Source::open(path)?;
    source.only(&[facts.index]);
    let Some(parameters) = source
        .input()
        .stream(facts.index)
        .map(|stream| stream.parameters())
    else {
        return Ok(());
    };
    let Some(codec) = decoder::find(parameters.id()) else {
        return Ok(());
    };
    let opened = codec::Context::from_parameters(parameters)
        .and_then(|context| context.decoder().open_as(codec))
        .and_then(decoder::Opened::audio);
    let Ok(mut decoder) = opened else {
        return Ok(());
    };
    let mut frame = ffmpeg_next::frame::Audio::empty();
    for _ in 0..LOOKED_AT * 8 {
        let Some(packet) = source.next_packet()? else {
            // A very short sound comes out at the end only.
            let ended = decoder.send_eof().is_ok();
            facts.decodes = ended && decoder.receive_frame(&mut frame).is_ok();
            return Ok(());
        };
        if packet.stream() != facts.index || packet.size() == 0 {
            continue;
        }
        if decoder.send_packet(&packet).is_ok() && decoder.receive_frame(&mut frame).is_ok() {
            facts.decodes = true;
            return Ok(());
        }
    }
    Ok(())
}
