//! A part of a file that players take as it is: the same packets in our fragments.

use domain::media::{
    line::Done,
    spec::{RepackagePart, Spec},
};
use ffmpeg_next::Packet;

use super::{check, x264::TRACK};
use crate::{
    clock::{Clock, Grid},
    codec::{self, Framing},
    error::MediaError,
    mux::{Content, Order, Track},
    raw,
    report::Report,
    source::{FURTHER, Source},
};

pub(crate) fn repackage(
    spec: &Spec,
    command: &RepackagePart,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    let part = &command.part;
    check(part)?;
    let (mut source, mut first) = begin(spec, command)?;
    let stream = source
        .input()
        .stream(command.stream)
        .ok_or(MediaError::Instructions("a stream that is not there"))?;
    let clock = Clock::new(stream.time_base(), spec.start);
    let grid = Grid::free(clock.time_base);
    let parameters = stream.parameters();
    let (id, extradata) = (parameters.id(), raw::extradata(&parameters));
    let framing = Framing::of(id, &extradata);
    let content = Content {
        parameters: &parameters,
        time_base: grid.time_base(),
        track: TRACK,
        order: Order::AsShown,
    };
    let mut track = Track::begin(&spec.out, &command.folder, &content, &extradata, report)?;
    let until = part.end.or(part.keys.last().copied()).unwrap_or(part.start);
    let (mut keys, mut frames, mut latest) = (0, 0, 0);
    let end = loop {
        let next = match first.take() {
            Some(packet) => Some(packet),
            None => next(&mut source, command.stream)?,
        };
        let Some(packet) = next else {
            break grid.place_micros(part.end.unwrap_or(0)).max(latest);
        };
        let time = packet.pts().ok_or(MediaError::NotACut)?;
        let at = clock.micros(time);
        let mut tick = grid.place(time, &clock);
        if packet.is_key() && part.end.is_some_and(|end| at >= end) {
            break tick;
        }
        if at < part.start && !(part.number == 0 && frames == 0) {
            // Between the key frame that the seek found and the one that begins the part.
            if frames > 0 {
                return Err(MediaError::NotACut);
            }
            continue;
        }
        let due = part.keys.partition_point(|key| *key <= at);
        if frames == 0 || (packet.is_key() && due > keys) {
            let alone = codec::is_idr(id, framing, packet.data().unwrap_or_default());
            if !packet.is_key() || alone == Some(false) {
                return Err(MediaError::NotACut);
            }
            if frames == 0 && part.number == 0 {
                // The first frame stands from the beginning.
                tick = tick.min(grid.place_micros(part.start));
            }
            keys = due;
            let segments = part.segments.partition_point(|start| *start <= at).max(1);
            let number = part.first + u32::try_from(segments - 1).unwrap_or(0);
            track.key(tick, number, report)?;
        }
        let length = raw::rescale(packet.duration().max(1), clock.time_base, grid.time_base());
        latest = latest.max(tick + length.max(1));
        let mut packet = packet;
        packet.set_pts(Some(tick));
        track.push(packet);
        frames += 1;
        report.progress(at, part.start, until)?;
    };
    if frames == 0 {
        return Err(MediaError::NoPicture);
    }
    track.finish(end, report)?;
    Ok(Done::Part { frames })
}

/// Opens the file where the part begins, or before; gives the first packet there.
fn begin(spec: &Spec, command: &RepackagePart) -> Result<(Source, Option<Packet>), MediaError> {
    let part = &command.part;
    let open = || -> Result<Source, MediaError> {
        let mut source = Source::open(&spec.source)?;
        source.only(&[command.stream]);
        Ok(source)
    };
    if let Some(seek) = part.seek {
        let mut source = open()?;
        for further in FURTHER {
            let own = seek.saturating_sub(further).saturating_add(spec.start);
            if source.seek(own).is_err() {
                continue;
            }
            let first = next(&mut source, command.stream)?;
            let base = source
                .input()
                .stream(command.stream)
                .map(|stream| stream.time_base());
            let at = first.as_ref().and_then(Packet::pts).zip(base);
            let at = at.map(|(time, base)| Clock::new(base, spec.start).micros(time));
            if at.is_some_and(|at| at <= part.start) {
                return Ok((source, first));
            }
        }
    }
    let mut source = open()?;
    let first = next(&mut source, command.stream)?;
    Ok((source, first))
}

fn next(source: &mut Source, stream: usize) -> Result<Option<Packet>, MediaError> {
    while let Some(packet) = source.next_packet()? {
        if packet.stream() == stream && packet.size() > 0 && !raw::is_left_out(&packet) {
            return Ok(Some(packet));
        }
    }
    Ok(None)
}
