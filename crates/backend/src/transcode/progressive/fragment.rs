//! What a `moof` says of the samples behind it.

use super::boxes::{one, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) bytes: u32,
    pub(super) ticks: u32,
    /// From its decoding to its showing.
    pub(super) shift: i32,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// When its first sample is decoded, in ticks.
    pub(super) start: u64,
    /// Where its samples begin, from the beginning of the `moof`.
    pub(super) data: u64,
    pub(super) samples: Vec<Sample>,
}

/// Which fields are there, one bit each, from the lowest up.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    flags: u32,
}

impl Fields<'_> {
    fn next(&mut self) -> Option<u32> {
        self.at += 4;
        word(self.bytes, self.at - 4)
    }

    /// `Some(None)` when it is not there.
    fn field(&mut self, flag: u32) -> Option<Option<u32>> {
        if self.flags & flag == 0 {
            return Some(None);
        }
        self.next().map(Some)
    }
}

/// `None` for what our muxer does not write.
pub(super) fn read(moof: &[u8]) -> Option<Fragment> {
    let track = one(moof, &[b"moof", b"traf"])?.content;
    let time = one(track, &[b"tfdt"])?.content;
    let start = match time.first()? {
        0 => u64::from(word(time, 4)?),
        1 => u64::from(word(time, 4)?) << 32 | u64::from(word(time, 8)?),
        _ => return None,
    };

    let header = one(track, &[b"tfhd"])?.content;
    let flags = word(header, 0)?;
    let mut fields = Fields {
        bytes: header,
        at: 8,
        flags,
    };
    // An offset of eight bytes would be another kind of file.
    if flags & 0x01 != 0 {
        return None;
    }
    fields.field(0x02)?;
    let ticks = fields.field(0x08)?;
    let bytes = fields.field(0x10)?;

    let run = one(track, &[b"trun"])?.content;
    let mut fields = Fields {
        bytes: run,
        at: 4,
        flags: word(run, 0)?,
    };
    let count = fields.next()?;
    let data = fields.field(0x01)??;
    fields.field(0x04)?;
    let mut samples = Vec::new();
    for _ in 0..count {
        let ticks = fields.field(0x100)?.or(ticks)?;
        let bytes = fields.field(0x200)?.or(bytes)?;
        fields.field(0x400)?;
        // Signed in version 1; in version 0 never as large as that.
        let shift = fields.field(0x800)?.unwrap_or(0).cast_signed();
        samples.push(Sample {
            bytes,
            ticks,
            shift,
        });
    }
    Some(Fragment {
        start,
        data: u64::from(data),
        samples,
    })
}
