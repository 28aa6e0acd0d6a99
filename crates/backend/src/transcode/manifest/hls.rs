//! HLS: media playlists, playlists of key frames, and the master.

use std::{collections::HashMap, io};

use domain::media::{
    line::Segment,
    plan::{SoundPlan, SubtitlePlan},
    spec::{INIT, segment_file},
};
use m3u8_rs::{
    AlternativeMedia, AlternativeMediaType, ByteRange, Map, MasterPlaylist, MediaPlaylist,
    MediaPlaylistType, MediaSegment, Resolution, Start, VariantStream,
};

use super::{Kind, Sheet, Track, language};

/// Fragmented MP4 needs 7.
const VERSION: usize = 7;
const SOUND: &str = "sound";
const TEXT: &str = "text";

pub(super) fn media(sheet: &Sheet<'_>, track: &Track<'_>, last: bool) -> io::Result<Vec<u8>> {
    let mut segments: Vec<MediaSegment> = track
        .segments
        .iter()
        .map(|segment| MediaSegment {
            uri: segment_file(segment.number),
            duration: track.seconds(segment.duration()) as f32,
            ..MediaSegment::default()
        })
        .collect();
    begin_with_init(&mut segments);
    let playlist = MediaPlaylist {
        version: Some(VERSION),
        independent_segments: true,
        target_duration: target(sheet, &segments),
        playlist_type: Some(if last {
            MediaPlaylistType::Vod
        } else {
            MediaPlaylistType::Event
        }),
        // One that grows is joined at its end otherwise.
        start: Some(Start {
            time_offset: 0.0,
            precise: Some(true),
            other_attributes: HashMap::new(),
        }),
        end_list: last || sheet.ended,
        segments,
        ..MediaPlaylist::default()
    };
    text(|out| playlist.write_to(out))
}

/// As planned, so that it does not change while a playlist grows; more only if a segment really
/// became longer, because less would be against the rules.
fn target(sheet: &Sheet<'_>, segments: &[MediaSegment]) -> u64 {
    let longest = segments
        .iter()
        .map(|segment| segment.duration.round() as u64)
        .max();
    u64::from(sheet.plan.target).max(longest.unwrap_or(1))
}

fn begin_with_init(segments: &mut [MediaSegment]) {
    if let Some(first) = segments.first_mut() {
        first.map = Some(Map {
            uri: INIT.to_owned(),
            ..Map::default()
        });
    }
}

/// Each key frame as a piece of its segment: for looking through a video quickly.
pub(super) fn key_frames(sheet: &Sheet<'_>, track: &Track<'_>) -> io::Result<Vec<u8>> {
    let mut segments = Vec::new();
    for segment in &track.segments {
        let mut offset = 0;
        for fragment in &segment.fragments {
            segments.push(MediaSegment {
                uri: segment_file(segment.number),
                duration: track.seconds(fragment.duration) as f32,
                byte_range: Some(ByteRange {
                    length: fragment.key,
                    offset: Some(offset),
                }),
                ..MediaSegment::default()
            });
            offset += fragment.bytes;
        }
    }
    begin_with_init(&mut segments);
    let playlist = MediaPlaylist {
        version: Some(VERSION),
        independent_segments: true,
        target_duration: target(sheet, &segments),
        playlist_type: Some(MediaPlaylistType::Vod),
        i_frames_only: true,
        end_list: true,
        segments,
        ..MediaPlaylist::default()
    };
    text(|out| playlist.write_to(out))
}

/// One file for all of it: text is small.
pub(super) fn subtitles(sheet: &Sheet<'_>, subtitles: &SubtitlePlan) -> io::Result<Vec<u8>> {
    let seconds = sheet.plan.duration as f64 / 1e6;
    let (_, file) = subtitles
        .file
        .split_once('/')
        .unwrap_or(("", &subtitles.file));
    let playlist = MediaPlaylist {
        version: Some(VERSION),
        target_duration: (seconds.ceil() as u64).max(1),
        playlist_type: Some(MediaPlaylistType::Vod),
        end_list: true,
        segments: vec![MediaSegment {
            uri: file.to_owned(),
            duration: seconds as f32,
            ..MediaSegment::default()
        }],
        ..MediaPlaylist::default()
    };
    text(|out| playlist.write_to(out))
}

pub(super) fn master(sheet: &Sheet<'_>, last: bool) -> io::Result<Vec<u8>> {
    let target = sheet.plan.target;
    let sounds: Vec<(&Track<'_>, &SoundPlan)> = sheet
        .tracks
        .iter()
        .filter_map(|track| match track.kind {
            Kind::Sound(sound) => Some((track, sound)),
            Kind::Picture { .. } => None,
        })
        .collect();
    let loudest = sounds
        .iter()
        .map(|(track, _)| track.bandwidth(target, last));
    let (peak, average) = loudest.fold((0, Some(0)), |most: (u64, Option<u64>), one| {
        let average = most.1.zip(one.1).map(|(a, b)| a.max(b));
        (most.0.max(one.0), average)
    });
    let mut codecs: Vec<&str> = sounds.iter().map(|(track, _)| track.codec).collect();
    codecs.dedup();

    let mut variants = Vec::new();
    let mut key_frames = Vec::new();
    for track in &sheet.tracks {
        let Kind::Picture { rendition, .. } = track.kind else {
            continue;
        };
        let own = track.bandwidth(target, last);
        let mut all = vec![track.codec];
        all.extend(codecs.iter().copied());
        let rate = sheet
            .plan
            .picture
            .as_ref()
            .map_or(0.0, |picture| picture.rate);
        let resolution = Some(Resolution {
            width: u64::from(rendition.width),
            height: u64::from(rendition.height),
        });
        variants.push(VariantStream {
            uri: format!("{}/index.m3u8", track.folder),
            bandwidth: own.0 + peak,
            average_bandwidth: own.1.zip(average).map(|(own, sound)| own + sound),
            codecs: Some(all.join(",")),
            resolution,
            frame_rate: Some((rate * 1000.0).round() / 1000.0),
            audio: (!sounds.is_empty()).then(|| SOUND.to_owned()),
            subtitles: (!sheet.subtitles.is_empty()).then(|| TEXT.to_owned()),
            ..VariantStream::default()
        });
        if last {
            let keys: Vec<Segment> = track
                .segments
                .iter()
                .map(|segment| keys_of(segment))
                .collect();
            let keys: Vec<&Segment> = keys.iter().collect();
            let (peak, average) = super::measure(&keys, track.timescale, target);
            key_frames.push(VariantStream {
                is_i_frame: true,
                uri: format!("{}/iframes.m3u8", track.folder),
                bandwidth: peak,
                average_bandwidth: Some(average),
                codecs: Some(track.codec.to_owned()),
                resolution,
                ..VariantStream::default()
            });
        }
    }
    let only_sound = variants.is_empty();
    if only_sound {
        variants.extend(sounds.iter().take(1).map(|(track, _)| VariantStream {
            uri: format!("{}/index.m3u8", track.folder),
            bandwidth: peak,
            average_bandwidth: average,
            codecs: Some(track.codec.to_owned()),
            audio: (sounds.len() > 1).then(|| SOUND.to_owned()),
            ..VariantStream::default()
        }));
    }
    variants.append(&mut key_frames);
    let playlist = MasterPlaylist {
        version: Some(VERSION),
        independent_segments: true,
        variants,
        alternatives: alternatives(sheet, &sounds, only_sound),
        ..MasterPlaylist::default()
    };
    text(|out| playlist.write_to(out))
}

/// The key frames of a segment as if they were all of it.
fn keys_of(segment: &Segment) -> Segment {
    let mut keys = segment.clone();
    for fragment in &mut keys.fragments {
        fragment.bytes = fragment.key;
    }
    keys
}

fn alternatives(
    sheet: &Sheet<'_>,
    sounds: &[(&Track<'_>, &SoundPlan)],
    only_sound: bool,
) -> Vec<AlternativeMedia> {
    let mut names = Names::default();
    let mut all = Vec::new();
    if !(only_sound && sounds.len() == 1) {
        let chosen = sounds
            .iter()
            .position(|(_, sound)| sound.default)
            .unwrap_or(0);
        all.extend(
            sounds
                .iter()
                .enumerate()
                .map(|(number, (track, sound))| AlternativeMedia {
                    media_type: AlternativeMediaType::Audio,
                    uri: Some(format!("{}/index.m3u8", track.folder)),
                    group_id: SOUND.to_owned(),
                    language: language(sound.language.as_deref()),
                    name: names.unique(sound.title.as_deref(), sound.language.as_deref(), number),
                    default: number == chosen,
                    autoselect: true,
                    channels: Some(sound.channels.to_string()),
                    ..AlternativeMedia::default()
                }),
        );
    }
    let mut names = Names::default();
    all.extend(
        sheet
            .subtitles
            .iter()
            .map(|(number, text)| AlternativeMedia {
                media_type: AlternativeMediaType::Subtitles,
                uri: Some(format!("s{number}/index.m3u8")),
                group_id: TEXT.to_owned(),
                language: language(text.language.as_deref()),
                name: names.unique(text.title.as_deref(), text.language.as_deref(), *number),
                default: false,
                autoselect: true,
                forced: text.forced,
                ..AlternativeMedia::default()
            }),
    );
    all
}

/// Names within a group differ. What the file says may be anything.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn unique(&mut self, title: Option<&str>, language: Option<&str>, number: usize) -> String {
        let clean = |text: &str| {
            let plain = text.chars().filter(|c| !c.is_control() && *c != '"');
            plain.take(80).collect::<String>().trim().to_owned()
        };
        let said = title
            .into_iter()
            .chain(language)
            .map(clean)
            .find(|name| !name.is_empty());
        let mut name = said.unwrap_or_else(|| (number + 1).to_string());
        if self.0.contains(&name) {
            name = format!("{name} ({})", number + 1);
        }
        self.0.push(name.clone());
        name
    }
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    write(&mut out)?;
    Ok(out)
}
