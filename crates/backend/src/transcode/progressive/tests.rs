//! What a head says. (That players read it is tried with real films: `server/tests/it/videos`.)

use super::*;

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(8 + content.len())
        .unwrap()
        .to_be_bytes()
        .to_vec();
    bytes.extend(name);
    bytes.extend(content);
    bytes
}

fn joined(boxes: &[Vec<u8>]) -> Vec<u8> {
    boxes.concat()
}

/// `fields` after the version and two dates of four bytes.
fn dated(fields: &[u32], length: usize) -> Vec<u8> {
    let mut content = vec![0; 12];
    content.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
    content.resize(length, 0);
    content
}

fn init(track: u32, timescale: u32) -> Vec<u8> {
    let media = boxed(b"mdia", &boxed(b"mdhd", &dated(&[timescale], 24)));
    let track_box = joined(&[boxed(b"tkhd", &dated(&[track], 84)), media]);
    let extends = boxed(b"trex", &track.to_be_bytes());
    let movie = joined(&[
        boxed(b"mvhd", &dated(&[1000], 100)),
        boxed(b"trak", &track_box),
        boxed(b"mvex", &extends),
    ]);
    joined(&[boxed(b"ftyp", b"iso5"), boxed(b"moov", &movie)])
}

fn piece(folder: &str, number: u32, bytes: u64, sought: bool) -> Piece<'_> {
    Piece {
        folder,
        number,
        bytes,
        sought,
        start: u64::from(number) * 40,
        ticks: 40,
    }
}

fn at(bytes: &[u8], name: &[u8; 4]) -> usize {
    let found = bytes.windows(4).position(|four| four == name);
    found.unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(name))) + 4
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

#[test]
fn a_head_has_both_tracks_the_length_and_an_index() {
    let (picture, sound) = (init(1, 10), init(3, 48_000));
    let pieces = [
        piece("v720", 0, 1000, true),
        piece("a0", 0, 10, false),
        piece("v720", 1, 2000, true),
        piece("a0", 1, 20, false),
        // Sound goes on after the picture.
        piece("a0", 2, 30, false),
    ];
    let head = boxes::head(&[&picture, &sound], 9500, &pieces).unwrap();
    assert_eq!(head[4..12], *b"ftypiso5");
    let movie = at(&head, b"mvhd");
    assert_eq!(word(&head, movie + 96), 4, "the next track would be 4");
    let tracks = head.windows(4).filter(|four| four == b"tkhd").count();
    assert_eq!(tracks, 2);
    let length = at(&head, b"mehd");
    assert_eq!(word(&head, length + 8), 9500, "in ticks of the movie");
    let defaults = at(&head, b"trex");
    assert_eq!(word(&head, defaults), 1);
    assert_eq!(word(&head, defaults + 12), 3);

    let index = at(&head, b"sidx");
    assert_eq!(word(&head, index + 4), 1, "the picture is sought in");
    assert_eq!(word(&head, index + 8), 10);
    assert_eq!(word(&head, index + 28), 2, "two references");
    let references: Vec<(u32, u32)> = (0..2)
        .map(|n| index + 32 + n * 12)
        .map(|at| (word(&head, at), word(&head, at + 4)))
        .collect();
    assert_eq!(references, [(1010, 40), (2050, 40)]);
    assert_eq!(
        head.len(),
        index + 32 + 24,
        "nothing is between it and the first segment"
    );
}

#[test]
fn what_is_no_init_has_no_head() {
    let good = init(1, 10);
    let pieces = [piece("v720", 0, 1000, true)];
    assert!(boxes::head(&[], 1, &pieces).is_none());
    for length in 0..good.len() {
        assert!(
            boxes::head(&[&good[..length]], 1, &pieces).is_none(),
            "{length}"
        );
    }
    let mut absurd = good.clone();
    absurd[0] = 0xff;
    assert!(boxes::head(&[&absurd], 1, &pieces).is_none());
}

#[test]
fn too_many_segments_for_an_index_still_play() {
    let picture = init(1, 10);
    let pieces: Vec<_> = (0..70_000).map(|n| piece("v720", n, 10, true)).collect();
    let head = boxes::head(&[&picture], 1, &pieces).unwrap();
    assert!(!head.windows(4).any(|four| four == b"sidx"));
}

#[test]
fn another_byte_is_another_tag() {
    let pieces = vec![("v720/00000.m4s".to_owned(), 10)];
    let first = tag(b"head", &pieces);
    assert_eq!(first, tag(b"head", &pieces));
    assert_ne!(first, tag(b"heaD", &pieces));
    assert_ne!(first, tag(b"head", &[("v720/00000.m4s".to_owned(), 11)]));
}
