//! AAC that players take as it is: the same packets in our fragments.

use domain::media::{
    line::Done,
    spec::{Audio, Spec},
};
use ffmpeg_next::{Packet, Rational, codec::Id};

use super::Cutter;
use crate::{
    clock::MICROS,
    codec::Adts,
    error::MediaError,
    mux::{Content, Order, Track},
    raw,
    report::Report,
    source::Source,
};

/// Samples in a packet of AAC.
const FRAME: i64 = 1024;

pub(super) fn run(
    spec: &Spec,
    command: &Audio,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    let mut source = Source::open(&spec.source)?;
    source.only(&[command.stream]);
    let stream = source
        .input()
        .stream(command.stream)
        .ok_or(MediaError::Instructions("a stream that is not there"))?;
    let (source_base, mut parameters) = (stream.time_base(), stream.parameters());
    let (rate, channels) = raw::sound(&parameters);
    if parameters.id() != Id::AAC || rate == 0 {
        return Err(MediaError::NotACut);
    }
    let base = Rational(1, i32::try_from(rate).unwrap_or(1));
    let origin = raw::rescale(spec.start, MICROS, base);
    let until = command.until.or(command.segments.last().copied());

    let mut cutter = Cutter::new(&command.segments, rate);
    let mut track: Option<Track> = None;
    let (mut end, mut packets) = (0, 0);
    while let Some(packet) = source.next_packet()? {
        if packet.stream() != command.stream || packet.size() == 0 {
            continue;
        }
        let Some(time) = packet.pts().or(packet.dts()) else {
            return Err(MediaError::NotACut);
        };
        let said = raw::rescale(time, source_base, base).saturating_sub(origin);
        // What comes before time 0 only starts the decoder.
        if said < 0 {
            continue;
        }
        // The clocks of containers are coarser than samples: packets follow each other, unless
        // there is a hole of a whole one.
        let tick = if packets > 0 && (said - end).abs() < FRAME {
            end
        } else {
            said.max(end)
        };
        let mut bare = undressed(&packet, &mut parameters)?;
        let track = match &mut track {
            Some(track) => track,
            None => {
                let content = Content {
                    parameters: &parameters,
                    time_base: base,
                    track: command.track,
                    order: Order::AsDecoded,
                };
                let extradata = raw::extradata(&parameters);
                let begun = Track::begin(&spec.out, &command.folder, &content, &extradata, report)?;
                track.insert(begun)
            }
        };
        if let Some(number) = cutter.begins(tick) {
            track.key(tick, number, report)?;
        }
        bare.set_pts(Some(tick));
        track.push(bare);
        end = tick + FRAME;
        packets += 1;
        let at = raw::rescale(end, base, MICROS);
        report.progress(at, 0, until.unwrap_or(0))?;
    }
    let mut track = track.ok_or(MediaError::Truncated)?;
    // Sound that ends before the picture goes on in silence.
    let wanted = command
        .until
        .map_or(0, |until| raw::rescale(until, MICROS, base));
    if let Some(silence) = silence(channels) {
        while end < wanted {
            let mut packet = Packet::copy(silence);
            packet.set_pts(Some(end));
            if let Some(number) = cutter.begins(end) {
                track.key(end, number, report)?;
            }
            track.push(packet);
            end += FRAME;
        }
    }
    track.finish(end, report)?;
    Ok(Done::Audio { samples: packets })
}

/// A packet of AAC-LC in which nothing is heard.
fn silence(channels: u16) -> Option<&'static [u8]> {
    match channels {
        1 => Some(&[0x00, 0xc8, 0x00, 0x80, 0x23, 0x80]),
        2 => Some(&[0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80]),
        _ => None,
    }
}

/// A packet without the header that transport streams put before each; what it says goes to the
/// place where our container keeps it.
fn undressed(
    packet: &Packet,
    parameters: &mut ffmpeg_next::codec::Parameters,
) -> Result<Packet, MediaError> {
    let data = packet.data().unwrap_or_default();
    // One with its own configuration has no headers, whatever its bytes look like.
    let known = raw::extradata(parameters);
    let header = Adts::read(data).filter(|header| known.is_empty() || known == header.config());
    match header {
        Some(header) if data.len() > header.length => {
            if known.is_empty() {
                raw::set_extradata(parameters, &header.config()).map_err(MediaError::working)?;
            }
            Ok(Packet::copy(&data[header.length..]))
        }
        _ if known.is_empty() => Err(MediaError::NotACut),
        _ => raw::packet_again(packet).map_err(MediaError::working),
    }
}
