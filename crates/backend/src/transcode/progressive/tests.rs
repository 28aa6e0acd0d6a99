//! What a head says. (That players read it is tried with real films: `server/tests/it/videos`.)

use super::{
    boxes::{boxed, numbers, one, word},
    fragment::{Fragment, Sample},
    *,
};

fn made(name: &[u8; 4], contents: &[&[u8]]) -> Vec<u8> {
    boxed(name, contents).unwrap()
}

/// `fields` after the version and two dates of four bytes, in a box of that length.
fn dated(name: &[u8; 4], fields: &[u32], length: usize) -> Vec<u8> {
    let mut content = vec![0; 12];
    content.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
    content.resize(length, 0);
    made(name, &[&content])
}

fn init(track: u32, timescale: u32, kind: &[u8; 4]) -> Vec<u8> {
    let handler = made(b"hdlr", &[&[0; 8], kind, &[0; 13]]);
    let table = made(
        b"stbl",
        &[&made(b"stsd", &[b"codec"]), &made(b"stts", &[&[0; 8]])],
    );
    let information = made(b"minf", &[&made(b"dinf", &[b"here"]), &table]);
    let clock = dated(b"mdhd", &[timescale], 24);
    let media = made(b"mdia", &[&clock, &handler, &information]);
    let track = made(b"trak", &[&dated(b"tkhd", &[track], 84), &media]);
    let extends = made(b"mvex", &[&made(b"trex", &[&[0; 24]])]);
    let movie = made(b"moov", &[&dated(b"mvhd", &[1000], 100), &track, &extends]);
    [made(b"ftyp", &[b"iso5"]), movie].concat()
}

fn fragment(start: u64, samples: &[(u32, u32, i32)]) -> Fragment {
    let samples = samples.iter().map(|(bytes, ticks, shift)| Sample {
        bytes: *bytes,
        ticks: *ticks,
        shift: *shift,
    });
    Fragment {
        start,
        data: 100,
        samples: samples.collect(),
    }
}

/// The words of a box, behind its version.
fn words(bytes: &[u8], path: &[&[u8; 4]]) -> Vec<u32> {
    let found = one(bytes, path).unwrap_or_else(|| panic!("no {path:?}"));
    let content = found.content[4..].chunks(4);
    content.map(|four| word(four, 0).unwrap()).collect()
}

#[test]
fn a_head_says_where_each_sample_lies_and_when_it_is_shown() {
    let mut picture = Table::default();
    // Two frames of ten ticks, a third that is shown before the second.
    let first = fragment(0, &[(50, 10, 0), (20, 10, 10), (10, 10, -10)]);
    picture.push(&first, 0).unwrap();
    picture.push(&fragment(30, &[(60, 10, 0)]), 1000).unwrap();
    let mut sound = Table::default();
    sound
        .push(&fragment(0, &[(5, 1024, 0), (6, 1024, 0)]), 500)
        .unwrap();
    let (moving, heard) = (init(1, 10, b"vide"), init(3, 48_000, b"soun"));
    let head = head::head(&[(&moving, &picture), (&heard, &sound)], 2000).unwrap();

    let kind = one(&head, &[b"ftyp"]);
    assert!(kind.is_none(), "the data is announced, and not there");
    let announced = head.len() - 16;
    assert_eq!(head[announced..announced + 8], *b"\0\0\0\x01mdat");
    assert_eq!(head[announced + 8..], 2016_u64.to_be_bytes());
    let before = &head[..announced];
    let movie = one(before, &[b"moov"]).unwrap().content;
    assert!(
        one(movie, &[b"mvex"]).is_none(),
        "nothing follows in fragments"
    );
    let header = one(movie, &[b"mvhd"]).unwrap().content;
    assert_eq!(word(header, 16), Some(4000), "four seconds");
    assert_eq!(word(header, 96), Some(4), "the next track would be 4");

    let tracks: Vec<&[u8]> = boxes::all(movie)
        .unwrap()
        .into_iter()
        .filter(|found| found.name == *b"trak")
        .map(|found| found.content)
        .collect();
    let table =
        |track: usize, name: &[u8; 4]| words(tracks[track], &[b"mdia", b"minf", b"stbl", name]);
    // The first picture stands at 10 ticks of what is decoded from 0 on: that is where it begins.
    assert_eq!(
        words(tracks[0], &[b"edts", b"elst"]),
        [1, 4000, 10, 0x1_0000]
    );
    assert_eq!(table(0, b"stts"), [1, 4, 10]);
    assert_eq!(table(0, b"ctts"), [4, 1, 10, 1, 20, 1, 0, 1, 10]);
    assert_eq!(table(0, b"stss"), [2, 1, 4]);
    assert_eq!(table(0, b"stsc"), [2, 1, 3, 1, 2, 1, 1]);
    assert_eq!(table(0, b"stsz"), [0, 4, 50, 20, 10, 60]);
    let begin = u32::try_from(head.len()).unwrap();
    assert_eq!(table(0, b"co64"), [2, 0, begin + 100, 0, begin + 1100]);
    let description = one(tracks[0], &[b"mdia", b"minf", b"stbl", b"stsd"]);
    assert_eq!(description.unwrap().content, b"codec");
    assert!(one(tracks[0], &[b"mdia", b"minf", b"dinf"]).is_some());

    assert!(one(tracks[1], &[b"edts"]).is_none());
    let sound = one(tracks[1], &[b"mdia", b"minf", b"stbl"])
        .unwrap()
        .content;
    assert!(one(sound, &[b"ctts"]).is_none() && one(sound, &[b"stss"]).is_none());
    assert_eq!(table(1, b"co64"), [1, 0, begin + 600]);
}

#[test]
fn a_gap_belongs_to_what_was_before_it() {
    let mut table = Table::default();
    table
        .push(&fragment(0, &[(1, 10, 0), (1, 10, 0)]), 0)
        .unwrap();
    table.push(&fragment(25, &[(1, 10, 0)]), 10).unwrap();
    assert_eq!(table.length(), 35);
    let boxes = table.boxes(0, true).unwrap();
    assert_eq!(words(&boxes, &[b"stts"]), [3, 1, 10, 1, 15, 1, 10]);
}

#[test]
fn a_fragment_is_read_as_our_muxer_writes_it() {
    let header = numbers(b"tfhd", 0, &[1, 512, 77, 0]).map(|mut bytes| {
        // The track, then how long and how large samples are, then what they are.
        bytes[9..12].copy_from_slice(&[2, 0, 0x38]);
        bytes
    });
    let time = made(b"tfdt", &[&[1, 0, 0, 0], &(7_u64 << 32 | 5).to_be_bytes()]);
    let run = |flags: [u8; 3], words: &[u32]| {
        let mut bytes = numbers(b"trun", 0, words).unwrap();
        bytes[9..12].copy_from_slice(&flags);
        bytes
    };
    let moof = |run: &[u8]| {
        let track = made(b"traf", &[header.as_ref().unwrap(), &time, run]);
        made(b"moof", &[&made(b"mfhd", &[&[0; 8]]), &track])
    };
    let with_all = run([0, 0x0b, 0x05], &[2, 300, 9, 10, 20, 0, 11, 21, u32::MAX]);
    let read = fragment::read(&moof(&with_all)).unwrap();
    assert_eq!((read.start, read.data), (7 << 32 | 5, 300));
    let shown: Vec<_> = read
        .samples
        .iter()
        .map(|s| (s.bytes, s.ticks, s.shift))
        .collect();
    assert_eq!(shown, [(20, 10, 0), (21, 11, -1)]);
    let by_default = run([0, 0, 0x01], &[2, 300]);
    let read = fragment::read(&moof(&by_default)).unwrap();
    assert_eq!(read.samples.len(), 2);
    assert_eq!((read.samples[1].bytes, read.samples[1].ticks), (77, 512));
    // Nothing of it may be missing.
    let whole = moof(&with_all);
    for length in 0..whole.len() {
        assert_eq!(fragment::read(&whole[..length]), None, "{length}");
    }
    let many = run([0, 0x0b, 0x05], &[u32::MAX, 300, 9]);
    assert_eq!(fragment::read(&moof(&many)), None);
}

#[test]
fn what_is_no_init_has_no_head() {
    let mut table = Table::default();
    table.push(&fragment(0, &[(1, 10, 0)]), 0).unwrap();
    let good = init(1, 10, b"vide");
    assert!(head::head(&[(&good, &table)], 1).is_some());
    assert!(head::head(&[], 1).is_none());
    for length in 0..good.len() {
        assert!(
            head::head(&[(&good[..length], &table)], 1).is_none(),
            "{length}"
        );
    }
    let mut absurd = good.clone();
    absurd[0] = 0xff;
    assert!(head::head(&[(&absurd, &table)], 1).is_none());
}

#[test]
fn another_byte_is_another_tag() {
    let pieces = vec![("v720/00000.m4s".to_owned(), 10)];
    let first = tag(b"head", &pieces);
    assert_eq!(first, tag(b"head", &pieces));
    assert_ne!(first, tag(b"heaD", &pieces));
    assert_ne!(first, tag(b"head", &[("v720/00000.m4s".to_owned(), 11)]));
}
