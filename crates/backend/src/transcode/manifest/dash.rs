//! DASH: one static manifest over the segments that HLS has.

use std::{fmt::Write as _, io, time::Duration};

use dash_mpd_core::{
    AdaptationSet, AudioChannelConfiguration, Label, MPD, Period, Representation, Role, S,
    SegmentTemplate, SegmentTimeline,
};
use domain::media::{
    plan::{PicturePlan, SoundPlan},
    spec::{INIT, Pace},
};

use super::{Kind, Sheet, Track, language};

const PROFILE: &str = "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019";
const CHANNELS: &str = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
const ROLE: &str = "urn:mpeg:dash:role:2011";

pub(super) fn manifest(sheet: &Sheet<'_>) -> io::Result<Vec<u8>> {
    let target = u64::from(sheet.plan.target);
    let lengths = sheet.tracks.iter().map(|track| {
        let ticks: u64 = track
            .segments
            .iter()
            .map(|segment| segment.duration())
            .sum();
        track.seconds(ticks)
    });
    let longest = Duration::from_secs_f64(lengths.fold(0.001, f64::max));
    let mpd = MPD {
        xmlns: Some("urn:mpeg:dash:schema:mpd:2011".to_owned()),
        mpdtype: Some("static".to_owned()),
        profiles: Some(PROFILE.to_owned()),
        mediaPresentationDuration: Some(longest),
        minBufferTime: Some(Duration::from_secs(target)),
        maxSegmentDuration: Some(Duration::from_secs(target + 1)),
        periods: vec![Period {
            id: Some("0".to_owned()),
            start: Some(Duration::ZERO),
            adaptations: sets(sheet),
            ..Period::default()
        }],
        ..MPD::default()
    };
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // (`to_string` would panic on what cannot be written.)
    writeln!(text, "{mpd}").map_err(io::Error::other)?;
    Ok(text.into_bytes())
}

fn sets(sheet: &Sheet<'_>) -> Vec<AdaptationSet> {
    let mut pictures = Vec::new();
    let mut sets = Vec::new();
    for track in &sheet.tracks {
        match track.kind {
            Kind::Picture { .. } => pictures.push(picture(sheet, track)),
            Kind::Sound(plan) => sets.push(sound(sheet, track, plan, sets.len() + 1)),
        }
    }
    if !pictures.is_empty() {
        let set = AdaptationSet {
            id: Some("0".to_owned()),
            contentType: Some("video".to_owned()),
            mimeType: Some("video/mp4".to_owned()),
            segmentAlignment: Some(true),
            startWithSAP: Some(1),
            representations: pictures,
            ..AdaptationSet::default()
        };
        sets.insert(0, set);
    }
    sets
}

fn picture(sheet: &Sheet<'_>, track: &Track<'_>) -> Representation {
    let size = match track.kind {
        Kind::Picture { rendition, .. } => Some((rendition.width, rendition.height)),
        Kind::Sound(_) => None,
    };
    Representation {
        width: size.map(|(width, _)| width.into()),
        height: size.map(|(_, height)| height.into()),
        sar: Some("1:1".to_owned()),
        frameRate: sheet.plan.picture.as_ref().map(frame_rate),
        ..representation(sheet, track)
    }
}

fn frame_rate(picture: &PicturePlan) -> String {
    match picture.picture.pace {
        Pace::Constant { rate } if rate.den == 1 => rate.num.to_string(),
        Pace::Constant { rate } => format!("{}/{}", rate.num, rate.den),
        Pace::Variable { .. } => format!("{}/1000", (picture.rate * 1000.0).round()),
    }
}

fn sound(sheet: &Sheet<'_>, track: &Track<'_>, plan: &SoundPlan, id: usize) -> AdaptationSet {
    let role = if plan.default { "main" } else { "alternate" };
    AdaptationSet {
        id: Some(id.to_string()),
        contentType: Some("audio".to_owned()),
        mimeType: Some("audio/mp4".to_owned()),
        lang: language(plan.language.as_deref()),
        segmentAlignment: Some(true),
        startWithSAP: Some(1),
        Role: vec![Role {
            schemeIdUri: ROLE.to_owned(),
            value: Some(role.to_owned()),
            ..Role::default()
        }],
        Label: plan
            .title
            .iter()
            .map(|title| Label {
                content: title.chars().filter(|c| !c.is_control()).take(80).collect(),
                ..Label::default()
            })
            .collect(),
        representations: vec![Representation {
            audioSamplingRate: Some(plan.sample_rate.to_string()),
            AudioChannelConfiguration: vec![AudioChannelConfiguration {
                schemeIdUri: CHANNELS.to_owned(),
                value: Some(plan.channels.to_string()),
                ..AudioChannelConfiguration::default()
            }],
            ..representation(sheet, track)
        }],
        ..AdaptationSet::default()
    }
}

fn representation(sheet: &Sheet<'_>, track: &Track<'_>) -> Representation {
    Representation {
        id: Some(track.folder.to_owned()),
        bandwidth: Some(track.bandwidth(sheet.plan.target, true).0),
        codecs: Some(track.codec.to_owned()),
        SegmentTemplate: Some(SegmentTemplate {
            media: Some(format!("{}/$Number%05d$.m4s", track.folder)),
            initialization: Some(format!("{}/{INIT}", track.folder)),
            timescale: Some(u64::from(track.timescale)),
            startNumber: Some(0),
            SegmentTimeline: Some(SegmentTimeline {
                segments: timeline(track),
            }),
            ..SegmentTemplate::default()
        }),
        ..Representation::default()
    }
}

/// When segments begin and how long they are; equal ones in a row are said once.
fn timeline(track: &Track<'_>) -> Vec<S> {
    let mut list: Vec<S> = Vec::new();
    let mut next = None;
    for segment in &track.segments {
        let duration = segment.duration();
        match list.last_mut() {
            Some(last) if last.d == duration && next == Some(segment.start) => {
                last.r = Some(last.r.unwrap_or(0) + 1);
            }
            _ => list.push(S {
                t: Some(segment.start),
                d: duration,
                ..S::default()
            }),
        }
        next = Some(segment.start + duration);
    }
    list
}
