//! What a file is: measured by reading every packet once, and by a few trials.

mod headers;
mod pictures;
mod rate;
mod sounds;
mod trials;

use std::path::Path;

use domain::media::{
    SECOND,
    facts::{CoverFacts, Facts, SubtitleFacts, Warning},
};
use ffmpeg_next::{codec::Id, decoder, format::stream::Disposition, media::Type};

use self::{pictures::Pictures, sounds::Sounds};
use crate::{clock::MICROS, error::MediaError, raw, report::Report, source::Source};

/// More sound tracks than this are left out, in the order of the file.
const SOUND_TRACKS: usize = 16;
const SUBTITLE_TRACKS: usize = 64;

/// Looks at a whole file.
pub fn probe(path: &Path, report: &mut Report<'_>) -> Result<Facts, MediaError> {
    let mut source = Source::open(path)?;
    let mut warnings = Vec::new();
    let chosen = Chosen::of(&source, &mut warnings);
    if chosen.video.is_none() && chosen.audio.is_empty() {
        return Err(chosen.why_nothing(&source));
    }
    let (mut pictures, mut sounds) = measure(&mut source, &chosen, report)?;
    // A header promises everything; what counts is what came.
    pictures = pictures.filter(|pictures| pictures.frames() > 0);
    sounds.retain(|sounds| sounds.packets() > 0);
    let start = pictures
        .iter()
        .filter_map(Pictures::start)
        .chain(sounds.iter().filter_map(Sounds::start))
        .min()
        .ok_or(MediaError::Truncated)?;

    // Times that are only missing are worked out by every player: nobody needs to be told.
    if source.mended() || pictures.as_ref().is_some_and(Pictures::went_back) {
        warn(&mut warnings, Warning::Times);
    }
    let mut video = pictures.map(|pictures| pictures.facts(&source, start));
    if let Some(video) = &mut video {
        trials::pictures(path, start, video)?;
    }
    let mut audio: Vec<_> = sounds
        .into_iter()
        .filter_map(|sounds| sounds.facts(&source, start))
        .collect();
    for audio in &mut audio {
        trials::sound(path, audio)?;
    }
    if video.as_ref().is_some_and(|video| !video.decodes)
        || audio.iter().any(|audio| !audio.decodes)
    {
        warn(&mut warnings, Warning::StreamsLeftOut);
    }
    let usable = video.as_ref().is_some_and(|video| video.decodes)
        || audio.iter().any(|audio| audio.decodes);
    if !usable {
        return Err(MediaError::Undecodable);
    }

    let ends = video.iter().map(|video| video.end);
    let end = ends
        .chain(audio.iter().map(|audio| audio.end))
        .max()
        .unwrap_or(0);
    let input = source.input();
    let duration = Some(input.duration()).filter(|length| *length > 0);
    let spans = video
        .iter()
        .map(|video| (video.index, video.end - video.start));
    let heard = audio
        .iter()
        .map(|audio| (audio.index, audio.end - audio.start));
    // Matroska has one length for all, counted from 0.
    let all = input.format().name().starts_with("matroska")
        && duration.is_some_and(|length| is_missing(length, start.max(0).saturating_add(end)));
    let counted = video.as_ref().is_some_and(|video| {
        let said = input
            .stream(video.index)
            .map_or(0, |stream| stream.frames());
        // AVI shortens its length to what is there, but not its count.
        input.format().name() == "avi"
            && u64::try_from(said).is_ok_and(|said| video.frames + 5 + said / 50 < said)
    });
    if all
        || counted
        || spans
            .chain(heard)
            .any(|(index, span)| broke_off(&source, index, span))
    {
        warn(&mut warnings, Warning::Truncated);
    }
    if source.damaged() > 0 {
        warn(&mut warnings, Warning::Damaged);
    }
    if video
        .as_ref()
        .is_some_and(|video| video.longest_step > 4 * SECOND)
    {
        warn(&mut warnings, Warning::Gaps);
    }
    Ok(Facts {
        container: input.format().name().to_owned(),
        size: source.size(),
        start,
        end,
        duration,
        subtitles: chosen.subtitles(&source, &mut warnings),
        cover: chosen.cover(&source),
        video,
        audio,
        warnings,
    })
}

fn warn(warnings: &mut Vec<Warning>, warning: Warning) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// Whether a stream is shorter than its header says. Some headers estimate: only those that count
/// are believed.
fn broke_off(source: &Source, index: usize, span: i64) -> bool {
    let input = source.input();
    let Some(stream) = input.stream(index) else {
        return false;
    };
    let counts = ["mov,", "flv", "mxf"]
        .iter()
        .any(|name| input.format().name().starts_with(name));
    let promised = if counts {
        raw::given(stream.duration()).map(|ticks| own_micros(ticks, stream.time_base()))
    } else {
        None
    };
    promised.is_some_and(|promised| is_missing(promised, span))
}

fn is_missing(promised: i64, there: i64) -> bool {
    let missing = promised.saturating_sub(there);
    missing > SECOND / 5 && missing > promised / 50
}

/// Which streams are looked at.
struct Chosen {
    video: Option<usize>,
    audio: Vec<usize>,
    subtitles: Vec<usize>,
    cover: Option<usize>,
}

impl Chosen {
    fn of(source: &Source, warnings: &mut Vec<Warning>) -> Self {
        let mut chosen = Self {
            video: None,
            audio: Vec::new(),
            subtitles: Vec::new(),
            cover: None,
        };
        let mut best = (false, 0);
        for stream in source.input().streams() {
            let parameters = stream.parameters();
            let known = decoder::find(parameters.id()).is_some();
            match parameters.medium() {
                Type::Video if stream.disposition().contains(Disposition::ATTACHED_PIC) => {
                    chosen.cover = chosen.cover.or(known.then(|| stream.index()));
                }
                Type::Video => {
                    let (width, height, _) = raw::picture(&parameters);
                    if !known || width == 0 || height == 0 {
                        warn(warnings, Warning::StreamsLeftOut);
                        continue;
                    }
                    let rank = (
                        stream.disposition().contains(Disposition::DEFAULT),
                        u64::from(width) * u64::from(height),
                    );
                    if chosen.video.is_none() || rank > best {
                        chosen.video = Some(stream.index());
                        best = rank;
                    }
                }
                Type::Audio => {
                    let (rate, channels) = raw::sound(&parameters);
                    if !known || rate == 0 || channels == 0 {
                        warn(warnings, Warning::StreamsLeftOut);
                    } else if chosen.audio.len() == SOUND_TRACKS {
                        warn(warnings, Warning::TooManyStreams);
                    } else {
                        chosen.audio.push(stream.index());
                    }
                }
                Type::Subtitle if chosen.subtitles.len() == SUBTITLE_TRACKS => {
                    warn(warnings, Warning::TooManyStreams);
                }
                Type::Subtitle => chosen.subtitles.push(stream.index()),
                _ => {}
            }
        }
        chosen
    }

    fn why_nothing(&self, source: &Source) -> MediaError {
        let unknown = source
            .input()
            .streams()
            .map(|stream| stream.parameters())
            .find(|parameters| {
                matches!(parameters.medium(), Type::Video | Type::Audio)
                    && parameters.id() != Id::None
                    && decoder::find(parameters.id()).is_none()
            });
        unknown.map_or(MediaError::NoMedia, |parameters| {
            MediaError::Codec(parameters.id().name().to_owned())
        })
    }

    fn subtitles(&self, source: &Source, warnings: &mut Vec<Warning>) -> Vec<SubtitleFacts> {
        let streams = self.subtitles.iter();
        let streams = streams.filter_map(|index| source.input().stream(*index));
        streams
            .map(|stream| {
                let parameters = stream.parameters();
                let text = raw::is_text(&parameters) && decoder::find(parameters.id()).is_some();
                if !text {
                    warn(warnings, Warning::PictureSubtitles);
                }
                SubtitleFacts {
                    index: stream.index(),
                    codec: parameters.id().name().to_owned(),
                    text,
                    language: headers::language_of(&stream),
                    title: headers::title_of(&stream),
                    default: stream.disposition().contains(Disposition::DEFAULT),
                    forced: stream.disposition().contains(Disposition::FORCED),
                }
            })
            .collect()
    }

    fn cover(&self, source: &Source) -> Option<CoverFacts> {
        let stream = source.input().stream(self.cover?)?;
        let parameters = stream.parameters();
        let (width, height, _) = raw::picture(&parameters);
        (width > 0 && height > 0).then(|| CoverFacts {
            index: stream.index(),
            codec: parameters.id().name().to_owned(),
            width,
            height,
        })
    }
}

/// Reads every packet once.
fn measure(
    source: &mut Source,
    chosen: &Chosen,
    report: &mut Report<'_>,
) -> Result<(Option<Pictures>, Vec<Sounds>), MediaError> {
    let wanted: Vec<usize> = chosen.video.iter().chain(&chosen.audio).copied().collect();
    source.only(&wanted);
    let input = source.input();
    let mut pictures = chosen
        .video
        .and_then(|index| input.stream(index))
        .map(|stream| Pictures::new(&stream));
    let mut sounds: Vec<Sounds> = chosen
        .audio
        .iter()
        .filter_map(|index| input.stream(*index))
        .map(|stream| Sounds::new(&stream))
        .collect();
    let size = i64::try_from(source.size()).unwrap_or(i64::MAX);
    while let Some(packet) = source.next_packet()? {
        if packet.size() == 0 {
            continue;
        }
        if let Ok(position) = i64::try_from(packet.position()) {
            report.progress(position.max(0), 0, size)?;
        }
        let index = packet.stream();
        if let Some(pictures) = pictures
            .as_mut()
            .filter(|pictures| pictures.index() == index)
        {
            pictures.take(&packet);
        } else if let Some(sounds) = sounds.iter_mut().find(|sounds| sounds.index() == index) {
            sounds.take(&packet);
        }
    }
    Ok((pictures, sounds))
}

/// Microseconds on the file's own clock.
fn own_micros(ticks: i64, base: ffmpeg_next::Rational) -> i64 {
    raw::rescale(ticks, base, MICROS)
}
