//! Reads the boxes of an init and of segments: what players see, and nobody's opinion of it.

/// A sample of one track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub dts: i64,
    pub pts: i64,
    pub duration: i64,
    pub data: Vec<u8>,
}

/// `moof` and `mdat`.
#[derive(Debug)]
pub struct Fragment {
    pub track: u32,
    pub tfdt: i64,
    pub size: usize,
    pub samples: Vec<Sample>,
}

impl Fragment {
    pub fn duration(&self) -> i64 {
        self.samples.iter().map(|sample| sample.duration).sum()
    }
}

/// The boxes in some bytes: name and content.
pub fn boxes(mut bytes: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let size = word(bytes, 0) as usize;
        assert!(
            size >= 8 && size <= bytes.len(),
            "a box of {size} bytes in {}",
            bytes.len()
        );
        let name = String::from_utf8_lossy(&bytes[4..8]).into_owned();
        found.push((name, &bytes[8..size]));
        bytes = &bytes[size..];
    }
    found
}

pub fn find<'a>(bytes: &'a [u8], path: &[&str]) -> Option<&'a [u8]> {
    let Some((first, rest)) = path.split_first() else {
        return Some(bytes);
    };
    let (_, content) = boxes(bytes).into_iter().find(|(name, _)| name == first)?;
    find(content, rest)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn long(bytes: &[u8], at: usize) -> i64 {
    i64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// Ticks a second, and the id of the track.
pub fn init(bytes: &[u8]) -> (u32, u32) {
    let mdhd = find(bytes, &["moov", "trak", "mdia", "mdhd"]).expect("an mdhd");
    let timescale = word(mdhd, if mdhd[0] == 1 { 20 } else { 12 });
    let tkhd = find(bytes, &["moov", "trak", "tkhd"]).expect("a tkhd");
    let track = word(tkhd, if tkhd[0] == 1 { 20 } else { 12 });
    assert!(
        find(bytes, &["moov", "trak", "edts"]).is_none(),
        "no edit list"
    );
    (timescale, track)
}

/// The fragments of a segment, of which there is nothing else.
pub fn fragments(bytes: &[u8]) -> Vec<Fragment> {
    let all = boxes(bytes);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        !names.is_empty() && names.chunks(2).all(|pair| pair == ["moof", "mdat"]),
        "{names:?}"
    );
    all.chunks(2)
        .map(|pair| fragment(pair[0].1, pair[1].1))
        .collect()
}

fn fragment(moof: &[u8], mdat: &[u8]) -> Fragment {
    let traf = find(moof, &["traf"]).expect("a traf");
    let tfdt = find(traf, &["tfdt"]).expect("a tfdt");
    let tfdt = if tfdt[0] == 1 {
        long(tfdt, 4)
    } else {
        i64::from(word(tfdt, 4))
    };
    let tfhd = find(traf, &["tfhd"]).expect("a tfhd");
    let flags = word(tfhd, 0) & 0xff_ffff;
    let mut at = 8;
    let mut field = |flag: u32, size: usize| {
        let there = (flags & flag != 0).then(|| word(tfhd, at + size - 4));
        at += if there.is_some() { size } else { 0 };
        there
    };
    field(0x01, 8);
    field(0x02, 4);
    let duration = field(0x08, 4);
    let size = field(0x10, 4);

    let mut samples = Vec::new();
    let (mut dts, mut place) = (tfdt, None);
    for (name, trun) in boxes(traf) {
        if name != "trun" {
            continue;
        }
        let flags = word(trun, 0) & 0xff_ffff;
        let count = word(trun, 4);
        let mut at = 8;
        if flags & 0x01 != 0 {
            // From the beginning of the moof; the mdat has a header of 8 bytes, and so has the moof.
            place = Some(word(trun, at) as usize - (moof.len() + 8) - 8);
            at += 4;
        }
        at += if flags & 0x04 != 0 { 4 } else { 0 };
        for _ in 0..count {
            let mut field = |flag: u32| {
                let there = (flags & flag != 0).then(|| word(trun, at));
                at += if there.is_some() { 4 } else { 0 };
                there
            };
            let duration = i64::from(field(0x100).or(duration).expect("a duration"));
            let size = field(0x200).or(size).expect("a size") as usize;
            field(0x400);
            let offset = field(0x800).map_or(0, |offset| i64::from(offset as i32));
            let begin = place.expect("a place in the mdat");
            samples.push(Sample {
                dts,
                pts: dts + offset,
                duration,
                data: mdat[begin..begin + size].to_vec(),
            });
            dts += duration;
            place = Some(begin + size);
        }
    }
    assert_eq!(
        place,
        Some(mdat.len()),
        "nothing in the mdat that is no sample"
    );
    Fragment {
        track: word(tfhd, 4),
        tfdt,
        size: moof.len() + mdat.len() + 16,
        samples,
    }
}

/// The kind of the first slice of a sample of H.264: 5 is an IDR.
pub fn slice_kind(sample: &[u8]) -> u8 {
    let mut rest = sample;
    while rest.len() > 4 {
        let length = word(rest, 0) as usize;
        let kind = rest[4] & 0x1f;
        if (1..=5).contains(&kind) {
            return kind;
        }
        rest = &rest[4 + length..];
    }
    panic!("a sample without a slice")
}
