//! The few boxes of MP4 that must be read and written to make one head of two inits.

use super::Piece;

/// A box with what is around it.
#[derive(Clone, Copy)]
struct Found<'a> {
    whole: &'a [u8],
    content: &'a [u8],
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

/// The boxes with this name, in order; `None` when these are not boxes.
fn all<'a>(mut bytes: &'a [u8], wanted: &[u8; 4]) -> Option<Vec<Found<'a>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let size = usize::try_from(word(bytes, 0)?).ok()?;
        let whole = bytes.get(..size).filter(|whole| whole.len() >= 8)?;
        if &whole[4..8] == wanted {
            let content = &whole[8..];
            found.push(Found { whole, content });
        }
        bytes = &bytes[size..];
    }
    Some(found)
}

fn one<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<Found<'a>> {
    let (first, rest) = path.split_first()?;
    let found = *all(bytes, first)?.first()?;
    if rest.is_empty() {
        Some(found)
    } else {
        one(found.content, rest)
    }
}

fn write(into: &mut Vec<u8>, name: &[u8; 4], contents: &[&[u8]]) -> Option<()> {
    let size = 8 + contents.iter().map(|content| content.len()).sum::<usize>();
    into.extend(u32::try_from(size).ok()?.to_be_bytes());
    into.extend(name);
    for content in contents {
        into.extend(*content);
    }
    Some(())
}

/// Where a field of a box with a version lies: dates before it take eight bytes in version 1.
fn after_dates(content: &[u8]) -> Option<usize> {
    Some(match content.first()? {
        0 => 12,
        1 => 20,
        _ => return None,
    })
}

/// What a file begins with that has the tracks of all these inits, the first of which is the one
/// that is sought in. Gives nothing when the inits are none of ours.
pub(super) fn head(inits: &[&[u8]], milliseconds: u64, pieces: &[Piece<'_>]) -> Option<Vec<u8>> {
    let first = inits.first()?;
    let mut movie_header = one(first, &[b"moov", b"mvhd"])?.content.to_vec();
    let timescale = word(&movie_header, after_dates(&movie_header)?)?;
    let (mut tracks, mut defaults) = (Vec::<u8>::new(), Vec::<u8>::new());
    let mut ids = Vec::new();
    for init in inits {
        let movie = one(init, &[b"moov"])?.content;
        let track = one(movie, &[b"trak"])?;
        let header = one(track.content, &[b"tkhd"])?.content;
        ids.push(word(header, after_dates(header)?)?);
        tracks.extend(track.whole);
        defaults.extend(one(movie, &[b"mvex", b"trex"])?.whole);
    }
    let next = ids.iter().max()?.checked_add(1)?;
    let end = movie_header.len().checked_sub(4)?;
    movie_header[end..].copy_from_slice(&next.to_be_bytes());

    let mut length = vec![1, 0, 0, 0];
    let ticks = u128::from(milliseconds) * u128::from(timescale) / 1000;
    length.extend(u64::try_from(ticks).ok()?.to_be_bytes());
    let mut extends = Vec::new();
    write(&mut extends, b"mehd", &[&length])?;
    extends.extend(defaults);
    let mut movie = Vec::new();
    write(&mut movie, b"mvhd", &[&movie_header])?;
    movie.extend(tracks);
    write(&mut movie, b"mvex", &[&extends])?;

    let sought = one(first, &[b"moov", b"trak", b"mdia", b"mdhd"])?.content;
    let sought = word(sought, after_dates(sought)?)?;
    let mut head = one(first, &[b"ftyp"])?.whole.to_vec();
    write(&mut head, b"moov", &[&movie])?;
    // An index has room for 65,535; without one it plays, too.
    if let Some(index) = index(*ids.first()?, sought, pieces) {
        write(&mut head, b"sidx", &[&index])?;
    }
    Some(head)
}

/// Where each segment begins, and when: each begins with a key frame.
fn index(track: u32, timescale: u32, pieces: &[Piece<'_>]) -> Option<Vec<u8>> {
    const BEGINS_WITH_A_KEY: u32 = 0x9000_0000;
    let mut references: Vec<(u64, u64)> = Vec::new();
    for piece in pieces {
        match (piece.sought, references.last_mut()) {
            (true, _) => references.push((piece.bytes, piece.ticks)),
            // What belongs to another track lies behind the segment that it goes with.
            (false, Some(last)) => last.0 += piece.bytes,
            (false, None) => return None,
        }
    }
    let first = pieces.iter().find(|piece| piece.sought)?;
    let mut index = vec![1, 0, 0, 0];
    index.extend(track.to_be_bytes());
    index.extend(timescale.to_be_bytes());
    index.extend(first.start.to_be_bytes());
    index.extend(0_u64.to_be_bytes());
    index.extend([0, 0]);
    index.extend(u16::try_from(references.len()).ok()?.to_be_bytes());
    for (bytes, ticks) in references {
        let bytes = u32::try_from(bytes).ok().filter(|bytes| bytes >> 31 == 0)?;
        index.extend(bytes.to_be_bytes());
        index.extend(u32::try_from(ticks).ok()?.to_be_bytes());
        index.extend(BEGINS_WITH_A_KEY.to_be_bytes());
    }
    Some(index)
}
