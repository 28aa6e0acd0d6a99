//! What the file begins with: the inits of its tracks made one, with an index of every sample.

use super::{
    boxes::{all, boxed, numbers, one, word},
    table::Table,
};

/// The header of what everything else lies in.
const DATA: usize = 16;

/// The first track is the picture, if there is one. `data` bytes follow. `None` when the inits are
/// none of ours, or something is too large for its field.
pub(super) fn head(tracks: &[(&[u8], &Table)], data: u64) -> Option<Vec<u8>> {
    let (first, _) = tracks.first()?;
    let kind = one(first, &[b"ftyp"])?.whole;
    // How long it is does not hang on where things lie.
    let length = kind.len() + movie(tracks, 0)?.len() + DATA;
    let mut head = kind.to_vec();
    head.extend(movie(tracks, length as u64)?);
    head.extend([0, 0, 0, 1]);
    head.extend(b"mdat");
    head.extend((data + DATA as u64).to_be_bytes());
    Some(head)
}

/// Where the fields behind the dates begin; dates are as long as the version says.
fn after_dates(content: &[u8]) -> Option<usize> {
    (*content.first()? == 0).then_some(12)
}

/// Writes a number of four bytes over what is there.
fn put(content: &mut [u8], at: usize, value: u64) -> Option<()> {
    let value = u32::try_from(value).ok()?;
    content
        .get_mut(at..at + 4)?
        .copy_from_slice(&value.to_be_bytes());
    Some(())
}

fn movie(tracks: &[(&[u8], &Table)], begin: u64) -> Option<Vec<u8>> {
    let (first, _) = tracks.first()?;
    let mut header = one(first, &[b"moov", b"mvhd"])?.content.to_vec();
    let scale = word(&header, after_dates(&header)?)?;
    let mut content = Vec::new();
    let (mut longest, mut next) = (0, 0);
    for (init, table) in tracks {
        let track = one(init, &[b"moov", b"trak"])?.content;
        let (bytes, id, length) = self::track(track, table, scale, begin)?;
        content.extend(bytes);
        longest = longest.max(length);
        next = next.max(id.checked_add(1)?);
    }
    let at = after_dates(&header)? + 4;
    put(&mut header, at, longest)?;
    let last = header.len().checked_sub(4)?;
    put(&mut header, last, u64::from(next))?;
    boxed(b"moov", &[&boxed(b"mvhd", &[&header])?, &content])
}

/// With its number, and how long it is on the clock of the movie.
fn track(track: &[u8], table: &Table, scale: u32, begin: u64) -> Option<(Vec<u8>, u32, u64)> {
    let mut header = one(track, &[b"tkhd"])?.content.to_vec();
    let at = after_dates(&header)?;
    let id = word(&header, at)?;
    let media = one(track, &[b"mdia"])?.content;
    let mut clock = one(media, &[b"mdhd"])?.content.to_vec();
    let ticks = word(&clock, after_dates(&clock)?)?;
    let length = u128::from(table.length()) * u128::from(scale) / u128::from(ticks.max(1));
    let length = u64::try_from(length).ok()?;
    put(&mut header, at + 8, length)?;
    let at = after_dates(&clock)? + 4;
    put(&mut clock, at, table.length())?;
    let kind = one(media, &[b"hdlr"])?;
    let is_picture = kind.content.get(8..12)? == b"vide";
    let information = one(media, &[b"minf"])?.content;
    let description = one(information, &[b"stbl", b"stsd"])?.whole;
    let samples = table.boxes(begin, !is_picture)?;
    let samples = boxed(b"stbl", &[description, &samples])?;
    let others: Vec<&[u8]> = all(information)?
        .into_iter()
        .filter(|found| found.name != *b"stbl")
        .map(|found| found.whole)
        .collect();
    let information = boxed(b"minf", &[&others.concat(), &samples])?;
    let media = boxed(
        b"mdia",
        &[&boxed(b"mdhd", &[&clock])?, kind.whole, &information],
    )?;
    let mut content = boxed(b"tkhd", &[&header])?;
    if table.delay() > 0 {
        // Shown from the first picture on, not from the time at which it is decoded.
        let entry = [1, u32::try_from(length).ok()?, table.delay(), 0x0001_0000];
        content.extend(boxed(b"edts", &[&numbers(b"elst", 0, &entry)?])?);
    }
    content.extend(media);
    Some((boxed(b"trak", &[&content])?, id, length))
}
