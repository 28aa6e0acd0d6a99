//! Text subtitles as one WebVTT file.

mod ass;

use domain::media::{
    line::{Done, Output},
    spec::{Spec, Subtitles},
};
use ffmpeg_next::{Subtitle, codec, codec::subtitle::Rect, decoder};

use crate::{clock::Clock, error::MediaError, mux, raw, report::Report, source::Source};

/// A film has two thousand lines; a hostile file does not fill the memory.
const MOST: usize = 200_000;
/// A cue without an end stays until the next, but no longer than this.
const UNTIL_NEXT: i64 = 5_000_000;

struct Cue {
    from: i64,
    /// `None`: until the next.
    to: Option<i64>,
    text: String,
}

pub(crate) fn subtitles(
    spec: &Spec,
    command: &Subtitles,
    report: &mut Report<'_>,
) -> Result<Done, MediaError> {
    let mut cues = read(spec, command, report)?;
    cues.sort_by_key(|cue| cue.from);
    let text = written(&cues);
    mux::write(&spec.out, &command.file, text.as_bytes())?;
    report.output(Output::File {
        file: command.file.clone(),
        bytes: text.len() as u64,
    })?;
    Ok(Done::Made {
        count: cues.len() as u64,
    })
}

fn read(spec: &Spec, command: &Subtitles, report: &mut Report<'_>) -> Result<Vec<Cue>, MediaError> {
    let mut source = Source::open(&spec.source)?;
    source.only(&[command.stream]);
    let stream = source
        .input()
        .stream(command.stream)
        .ok_or(MediaError::Instructions("a stream that is not there"))?;
    let clock = Clock::new(stream.time_base(), spec.start);
    let parameters = stream.parameters();
    let id = parameters.id();
    let unknown = || MediaError::Codec(id.name().to_owned());
    let codec = decoder::find(id).ok_or_else(unknown)?;
    let mut context = codec::Context::from_parameters(parameters)
        .map_err(MediaError::working)?
        .decoder();
    context.set_packet_time_base(clock.time_base);
    let mut decoder = context
        .open_as(codec)
        .and_then(decoder::Opened::subtitle)
        .map_err(|_| MediaError::Undecodable)?;
    let size = i64::try_from(source.size()).unwrap_or(i64::MAX);
    let mut cues = Vec::new();
    while let Some(packet) = source.next_packet()? {
        if packet.stream() != command.stream || cues.len() >= MOST {
            continue;
        }
        let Some(time) = packet.pts().or(packet.dts()) else {
            continue;
        };
        let position = i64::try_from(packet.position()).unwrap_or(0).max(0);
        report.progress(position, 0, size)?;
        let mut subtitle = Subtitle::new();
        if !matches!(decoder.decode(&packet, &mut subtitle), Ok(true)) {
            raw::free_subtitle(&mut subtitle);
            continue;
        }
        let lines: Vec<String> = subtitle
            .rects()
            .filter_map(|rect| match rect {
                Rect::Ass(_) | Rect::Text(_) => raw::subtitle_text(&rect),
                Rect::Bitmap(_) | Rect::None(_) => None,
            })
            .map(|line| ass::to_vtt(&line))
            .filter(|line| !line.is_empty())
            .collect();
        let from = clock.micros(time);
        let length = clock.length(packet.duration().max(0));
        raw::free_subtitle(&mut subtitle);
        // What ends before time 0 is never seen.
        if lines.is_empty() || (length > 0 && from.saturating_add(length) <= 0) {
            continue;
        }
        cues.push(Cue {
            from: from.max(0),
            to: (length > 0).then(|| from.saturating_add(length)),
            text: lines.join("\n"),
        });
    }
    Ok(cues)
}

fn written(cues: &[Cue]) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for (number, cue) in cues.iter().enumerate() {
        let next = cues.get(number + 1).map(|next| next.from);
        let limit = cue.from.saturating_add(UNTIL_NEXT);
        let to = cue
            .to
            .unwrap_or_else(|| next.unwrap_or(limit).min(limit).max(cue.from + 1000));
        text.push_str(&format!(
            "\n{} --> {}\n{}\n",
            stamp(cue.from),
            stamp(to),
            cue.text
        ));
    }
    text
}

fn stamp(micros: i64) -> String {
    let millis = micros.max(0) / 1000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!(
        "{:02}:{:02}:{seconds:02}.{millis:03}",
        minutes / 60,
        minutes % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_without_an_end_stay_until_the_next() {
        let cue = |from, to, text: &str| Cue {
            from,
            to,
            text: text.to_owned(),
        };
        let text = written(&[
            cue(0, None, "One"),
            cue(2_000_000, Some(3_500_000), "Two"),
            cue(3_725_042_000, None, "Last"),
        ]);
        assert_eq!(
            text,
            "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nOne\n\n\
             00:00:02.000 --> 00:00:03.500\nTwo\n\n\
             01:02:05.042 --> 01:02:10.042\nLast\n"
        );
    }
}
