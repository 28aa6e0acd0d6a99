//! One rung: x264 and the track it fills.

use std::{collections::VecDeque, path::Path};

use domain::media::{
    facts::{Hdr, Ratio},
    spec::{EncodePart, Pace, Rung},
};
use ffmpeg_next::{
    Dictionary, Error, Packet, codec, encoder, error::EAGAIN, format::Pixel, frame,
    picture::Type as Kind,
};

use super::timeline::Key;
use crate::{
    clock::Grid,
    error::MediaError,
    mux::{Content, Order, Track},
    raw::{self, VideoNumbers},
    report::Report,
};

/// Video is track 1 in every init.
pub(super) const TRACK: u32 = 1;

pub(super) struct Lane {
    encoder: encoder::video::Encoder,
    track: Track,
    /// Keys that were asked for and have not come out yet.
    keys: VecDeque<(i64, Key)>,
}

impl Lane {
    pub(super) fn open(
        out: &Path,
        rung: &Rung,
        command: &EncodePart,
        grid: Grid,
        colours: VideoNumbers,
        report: &mut Report<'_>,
    ) -> Result<Self, MediaError> {
        let encoder = open(rung, command, grid, colours)?;
        let parameters = codec::Parameters::from(&encoder);
        let content = Content {
            parameters: &parameters,
            time_base: grid.time_base(),
            track: TRACK,
            order: Order::AsShown,
        };
        let extradata = raw::encoder_extradata(&encoder);
        Ok(Self {
            track: Track::begin(out, &rung.folder, &content, &extradata, report)?,
            encoder,
            keys: VecDeque::new(),
        })
    }

    /// Takes the next frame; a key begins a new group.
    pub(super) fn send(
        &mut self,
        mut picture: frame::Video,
        tick: i64,
        key: Option<Key>,
        report: &mut Report<'_>,
    ) -> Result<(), MediaError> {
        // A decoder's own types would force x264's: each is said anew.
        picture.set_kind(if key.is_some() { Kind::I } else { Kind::None });
        picture.set_pts(Some(tick));
        if let Some(key) = key {
            self.keys.push_back((tick, key));
        }
        self.encoder
            .send_frame(&picture)
            .map_err(MediaError::encoding)?;
        self.collect(report)
    }

    /// Nothing more comes; the last frame is shown until `end`.
    pub(super) fn finish(&mut self, end: i64, report: &mut Report<'_>) -> Result<(), MediaError> {
        self.encoder.send_eof().map_err(MediaError::encoding)?;
        self.collect(report)?;
        if !self.keys.is_empty() {
            return Err(MediaError::Engine("a key frame was lost".to_owned()));
        }
        self.track.finish(end, report)
    }

    fn collect(&mut self, report: &mut Report<'_>) -> Result<(), MediaError> {
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {
                    report.alive()?;
                    let next = self.keys.front().copied();
                    if let Some((tick, key)) = next.filter(|(tick, _)| packet.pts() == Some(*tick))
                    {
                        if !packet.is_key() {
                            return Err(MediaError::Engine("a key frame was refused".to_owned()));
                        }
                        self.keys.pop_front();
                        self.track.key(tick, key.segment, report)?;
                    }
                    self.track.push(packet);
                }
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return Ok(()),
                Err(error) => return Err(MediaError::encoding(error)),
            }
        }
    }
}

fn open(
    rung: &Rung,
    command: &EncodePart,
    grid: Grid,
    colours: VideoNumbers,
) -> Result<encoder::video::Encoder, MediaError> {
    let codec = encoder::find_by_name("libx264")
        .ok_or_else(|| MediaError::Engine("x264 is missing".to_owned()))?;
    let mut context = codec::Context::new_with_codec(codec)
        .encoder()
        .video()
        .map_err(MediaError::working)?;
    context.set_width(rung.width);
    context.set_height(rung.height);
    context.set_format(Pixel::YUV420P);
    context.set_time_base(grid.time_base());
    // Only what rate control begins with; frames come when their times say.
    let rate = match command.picture.pace {
        Pace::Constant { rate } => rate,
        Pace::Variable { .. } => Ratio::new(30, 1),
    };
    let whole = |number: u32| i32::try_from(number).unwrap_or(1);
    context.set_frame_rate(Some((whole(rate.num), whole(rate.den))));
    context.set_aspect_ratio((1, 1));
    context.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::CLOSED_GOP);
    raw::set_colours(&mut context, colours);

    let mut options = Dictionary::new();
    options.set("preset", &rung.preset);
    options.set("profile", "high");
    options.set("level", &rung.level.to_string());
    options.set("crf", &rung.crf.to_string());
    options.set("maxrate", &rung.max_rate.to_string());
    options.set("bufsize", &rung.buffer.to_string());
    // We say where an IDR stands; between them x264 may set more where a scene changes.
    options.set("forced-idr", "1");
    options.set("g", "100000");
    let threads = threads(rung, command);
    options.set("threads", &threads.to_string());
    if threads > 1 {
        // Four frames more of each size would wait for the thread that looks ahead.
        options.set("x264-params", "sync-lookahead=1");
    }
    context.open_with(options).map_err(MediaError::encoding)
}

/// More than one only for the size that takes as long as all others together: the others are made
/// beside it, and threads take memory.
fn threads(rung: &Rung, command: &EncodePart) -> u32 {
    let area = |rung: &Rung| u64::from(rung.width) * u64::from(rung.height);
    let largest = command.rungs.iter().map(area).max().unwrap_or(0);
    if area(rung) * 2 >= largest {
        command.threads.max(1)
    } else {
        1
    }
}

/// Which colours our files say they have: the source's, but for what is changed on the way.
pub(super) fn colours(parameters: &codec::Parameters, hdr: Option<Hdr>) -> VideoNumbers {
    const BT709: i32 = 1;
    const TELEVISION: i32 = 1;
    let source = raw::video_numbers(parameters);
    let (_, _, format) = raw::picture(parameters);
    let rgb = format
        .and_then(|format| raw::layout(&format))
        .is_some_and(|layout| layout.rgb);
    let plain = if hdr.is_some() || rgb {
        VideoNumbers {
            primaries: BT709,
            transfer: BT709,
            matrix: BT709,
            ..source
        }
    } else {
        source
    };
    VideoNumbers {
        range: TELEVISION,
        ..plain
    }
}
