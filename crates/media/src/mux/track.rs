//! One rendition on its way: packets in, fragments cut at keys, segments on the disk, told as
//! soon as they are there.

use std::path::Path;

use domain::media::line::{self, Output};
use ffmpeg_next::Packet;

use super::{Content, Folder, Fragments, Gop, boxes};
use crate::{codec, error::MediaError, report::Report};

pub(crate) struct Track {
    name: String,
    folder: Folder,
    fragments: Fragments,
    gop: Gop,
    segment: Option<Segment>,
}

/// The segment that is being filled.
struct Segment {
    told: line::Segment,
    bytes: Vec<u8>,
}

impl Track {
    pub(crate) fn begin(
        out: &Path,
        name: &str,
        content: &Content<'_>,
        extradata: &[u8],
        report: &mut Report<'_>,
    ) -> Result<Self, MediaError> {
        let folder = Folder::make(out, name)?;
        let (fragments, init) = Fragments::begin(content)?;
        folder.init(&init)?;
        let timescale = u32::try_from(content.time_base.denominator()).unwrap_or(1);
        report.output(Output::Init(line::Init {
            folder: name.to_owned(),
            bytes: init.len() as u64,
            timescale,
            codec: codec::name(content.parameters, extradata)?,
            digest: blake3::hash(&init).to_hex().to_string(),
        }))?;
        Ok(Self {
            name: name.to_owned(),
            folder,
            fragments,
            gop: Gop::new(content.order, timescale),
            segment: None,
        })
    }

    /// Ends what was before and begins a new fragment, which lies in this segment.
    pub(crate) fn key(
        &mut self,
        tick: i64,
        segment: u32,
        report: &mut Report<'_>,
    ) -> Result<(), MediaError> {
        self.end_fragment(tick)?;
        if self
            .segment
            .as_ref()
            .is_some_and(|open| open.told.number != segment)
        {
            self.end_segment(report)?;
        }
        if self.segment.is_none() {
            self.segment = Some(Segment {
                told: line::Segment {
                    folder: self.name.clone(),
                    number: segment,
                    start: u64::try_from(tick)
                        .map_err(|_| MediaError::Instructions("a time before 0"))?,
                    fragments: Vec::new(),
                },
                bytes: Vec::new(),
            });
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, packet: Packet) {
        self.gop.push(packet);
    }

    /// Writes what is there; the last frame is shown until `end`.
    pub(crate) fn finish(&mut self, end: i64, report: &mut Report<'_>) -> Result<(), MediaError> {
        self.end_fragment(end)?;
        self.end_segment(report)
    }

    fn end_fragment(&mut self, end: i64) -> Result<(), MediaError> {
        if self.gop.is_empty() {
            return Ok(());
        }
        let (start, bytes) = self.gop.write(&mut self.fragments, end)?;
        let segment = self
            .segment
            .as_mut()
            .ok_or_else(|| MediaError::Engine("a picture before the first key".to_owned()))?;
        segment.told.fragments.push(line::Fragment {
            duration: u64::try_from(end - start).unwrap_or(0),
            bytes: bytes.len() as u64,
            key: boxes::first_sample_end(&bytes)
                .ok_or_else(|| MediaError::Engine("an odd fragment".to_owned()))?,
        });
        segment.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    fn end_segment(&mut self, report: &mut Report<'_>) -> Result<(), MediaError> {
        // An empty segment would stop a player: there is none.
        let Some(segment) = self.segment.take().filter(|open| !open.bytes.is_empty()) else {
            return Ok(());
        };
        self.folder.segment(segment.told.number, &segment.bytes)?;
        report.output(Output::Segment(segment.told))
    }
}
