//! What is in a stream, read from its own bytes: names for players, kinds of slices.

use domain::media::Micros;
use ffmpeg_next::codec::{Id, Parameters};

use crate::error::MediaError;

/// As `avc1.640028` and `mp4a.40.2`.
pub(crate) fn name(parameters: &Parameters, extradata: &[u8]) -> Result<String, MediaError> {
    let odd = || MediaError::Engine("a stream without its parameters".to_owned());
    match parameters.id() {
        Id::H264 => {
            let [profile, compatibility, level] = h264_profile(extradata).ok_or_else(odd)?;
            Ok(format!("avc1.{profile:02x}{compatibility:02x}{level:02x}"))
        }
        Id::AAC => {
            let kind = extradata
                .first()
                .map(|first| first >> 3)
                .filter(|kind| *kind > 0);
            Ok(format!("mp4a.40.{}", kind.ok_or_else(odd)?))
        }
        other => Err(MediaError::Codec(other.name().to_owned())),
    }
}

/// Profile, constraints and level: from an `avcC`, or from the SPS between start codes.
fn h264_profile(extradata: &[u8]) -> Option<[u8; 3]> {
    if extradata.first() == Some(&1) {
        return extradata.get(1..4)?.try_into().ok();
    }
    let sps = units(extradata).find(|unit| unit[0] & 0x1f == 7)?;
    sps.get(1..4)?.try_into().ok()
}

/// How units of H.264 and HEVC are kept apart in packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    StartCodes,
    /// Bytes of each length.
    Lengths(usize),
}

impl Framing {
    pub(crate) fn of(id: Id, extradata: &[u8]) -> Self {
        let at = if id == Id::HEVC { 21 } else { 4 };
        match (extradata.first(), extradata.get(at)) {
            (Some(1), Some(lengths)) => Self::Lengths(usize::from(lengths & 3) + 1),
            _ => Self::StartCodes,
        }
    }

    pub(crate) fn units(self, packet: &[u8]) -> Units<'_> {
        Units {
            rest: packet,
            framing: self,
        }
    }
}

fn units(bytes: &[u8]) -> Units<'_> {
    Framing::StartCodes.units(bytes)
}

/// The units of a packet; never an empty one.
pub(crate) struct Units<'a> {
    rest: &'a [u8],
    framing: Framing,
}

impl<'a> Iterator for Units<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let unit = match self.framing {
                Framing::Lengths(bytes) => {
                    let (length, rest) = self.rest.split_at_checked(bytes)?;
                    let length = length
                        .iter()
                        .fold(0_usize, |all, byte| (all << 8) | usize::from(*byte));
                    let (unit, rest) = rest.split_at_checked(length)?;
                    self.rest = rest;
                    unit
                }
                Framing::StartCodes => {
                    let begin = start_code(self.rest)? + 3;
                    let rest = &self.rest[begin..];
                    let end = start_code(rest).unwrap_or(rest.len());
                    self.rest = &rest[end..];
                    &rest[..end]
                }
            };
            if !unit.is_empty() {
                return Some(unit);
            }
        }
    }
}

fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|three| three == [0, 0, 1])
}

/// Whether the first slice of a packet is one before which nothing is needed.
pub(crate) fn is_idr(id: Id, framing: Framing, packet: &[u8]) -> Option<bool> {
    match id {
        Id::H264 => framing
            .units(packet)
            .map(|unit| unit[0] & 0x1f)
            .find(|kind| (1..=5).contains(kind))
            .map(|kind| kind == 5),
        Id::HEVC => framing
            .units(packet)
            .map(|unit| (unit[0] >> 1) & 0x3f)
            .find(|kind| *kind < 32)
            .map(|kind| kind == 19 || kind == 20),
        _ => None,
    }
}

/// What a unit before the first slice is.
pub(crate) enum Unit<'a> {
    Slice,
    Set(Set<'a>),
    Other,
}

/// A parameter set: of a sequence, or of pictures.
#[derive(Clone, Copy)]
pub(crate) struct Set<'a> {
    pub(crate) sequence: bool,
    pub(crate) bytes: &'a [u8],
}

pub(crate) fn unit_kind(id: Id, unit: &[u8]) -> Unit<'_> {
    let kind = match id {
        Id::HEVC => match (unit[0] >> 1) & 0x3f {
            0..=31 => 1,
            33 => 7,
            34 => 8,
            _ => 0,
        },
        _ => unit[0] & 0x1f,
    };
    match kind {
        1..=5 => Unit::Slice,
        7 | 8 => Unit::Set(Set {
            sequence: kind == 7,
            // Zeros behind a unit belong to nobody.
            bytes: &unit[..unit.len() - unit.iter().rev().take_while(|byte| **byte == 0).count()],
        }),
        _ => Unit::Other,
    }
}

/// The parameter sets that stand before the first packet.
pub(crate) fn parameter_sets(id: Id, extradata: &[u8]) -> Vec<Set<'_>> {
    let found = match (id, extradata.first()) {
        (Id::H264, Some(1)) => avcc_sets(extradata),
        (Id::H264 | Id::HEVC, Some(0)) => units(extradata).collect(),
        // `hvcC` keeps arrays of them; what matters for HEVC is what comes later.
        _ => Vec::new(),
    };
    found
        .into_iter()
        .filter_map(|unit| match unit_kind(id, unit) {
            Unit::Set(set) => Some(set),
            _ => None,
        })
        .collect()
}

/// The sets of an `avcC`: counted, each behind its length.
fn avcc_sets(extradata: &[u8]) -> Vec<&[u8]> {
    let mut sets = Vec::new();
    let mut rest = extradata.get(5..).unwrap_or_default();
    for mask in [0x1f, 0xff] {
        let Some((count, after)) = rest.split_first() else {
            break;
        };
        rest = after;
        for _ in 0..count & mask {
            let Some((length, after)) = rest.split_at_checked(2) else {
                return sets;
            };
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let Some((set, after)) = after.split_at_checked(length) else {
                return sets;
            };
            if !set.is_empty() {
                sets.push(set);
            }
            rest = after;
        }
    }
    sets
}

/// What stands before each packet of AAC in transport streams and bare files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Adts {
    /// Bytes of the header itself.
    pub(crate) length: usize,
    kind: u8,
    rate: u8,
    channels: u8,
}

impl Adts {
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let head = packet.get(..7)?;
        let is_one = head[0] == 0xff && head[1] & 0xf6 == 0xf0;
        is_one.then(|| Self {
            length: if head[1] & 1 == 0 { 9 } else { 7 },
            kind: (head[2] >> 6) + 1,
            rate: (head[2] >> 2) & 0xf,
            channels: ((head[2] & 1) << 2) | (head[3] >> 6),
        })
    }

    pub(crate) fn differs(&self, other: &Self) -> bool {
        (self.kind, self.rate, self.channels) != (other.kind, other.rate, other.channels)
    }

    /// The same for a container that says it once (`AudioSpecificConfig`).
    pub(crate) fn config(&self) -> [u8; 2] {
        [
            (self.kind << 3) | (self.rate >> 1),
            (self.rate << 7) | (self.channels << 3),
        ]
    }
}

/// A length that stands for «nobody said».
pub(crate) const NO_LENGTH: Micros = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_in_both_framings() {
        let annex_b = [
            0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 4, 5,
        ];
        let found: Vec<&[u8]> = Framing::StartCodes.units(&annex_b).collect();
        // The zero before a long start code belongs to nobody.
        assert_eq!(found, [&[0x67, 1, 2][..], &[0x68, 3], &[0x65, 4, 5]]);
        let lengths = [0, 2, 0x67, 1, 0, 1, 0x65];
        let found: Vec<&[u8]> = Framing::Lengths(2).units(&lengths).collect();
        assert_eq!(found, [&[0x67, 1][..], &[0x65]]);
        // A length that lies ends the list.
        assert_eq!(Framing::Lengths(2).units(&[0, 9, 1]).count(), 0);
    }

    #[test]
    fn an_idr_is_told_from_other_key_frames() {
        // A delimiter of either codec comes first.
        let code = |kind: u8| [0, 0, 1, 35 << 1, 0, 0, 0, 1, kind, 1];
        assert_eq!(
            is_idr(Id::H264, Framing::StartCodes, &code(0x65)),
            Some(true)
        );
        assert_eq!(
            is_idr(Id::H264, Framing::StartCodes, &code(0x41)),
            Some(false)
        );
        assert_eq!(
            is_idr(Id::HEVC, Framing::StartCodes, &code(19 << 1)),
            Some(true)
        );
        assert_eq!(
            is_idr(Id::HEVC, Framing::StartCodes, &code(21 << 1)),
            Some(false)
        );
        assert_eq!(is_idr(Id::VP9, Framing::StartCodes, &code(0)), None);
    }
}
