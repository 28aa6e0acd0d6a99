//! The few boxes of a fragment that must be read: how far its first sample goes.

/// The parts of a box: its name and what is in it, from `bytes`, and what follows.
fn next(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let size = usize::try_from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)).ok()?;
    let name = bytes.get(4..8)?;
    (size >= 8).then_some(())?;
    Some((name, bytes.get(8..size)?, bytes.get(size..)?))
}

/// The content of the first box with this name.
fn find<'a>(mut bytes: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    while let Some((name, content, rest)) = next(bytes) {
        if name == wanted {
            return Some(content);
        }
        bytes = rest;
    }
    None
}

/// From the beginning of a fragment (`moof`, `mdat`) to the end of its first sample.
pub(crate) fn first_sample_end(fragment: &[u8]) -> Option<u64> {
    let traf = find(find(fragment, b"moof")?, b"traf")?;
    let word = |bytes: &[u8], at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    let tfhd = find(traf, b"tfhd")?;
    let flags = word(tfhd, 0)? & 0x00ff_ffff;
    // Fields before the default size, each there only with its flag.
    let before = [(0x01, 8), (0x02, 4), (0x08, 4)];
    let at = 8 + before
        .iter()
        .filter(|(flag, _)| flags & flag != 0)
        .map(|(_, size)| size)
        .sum::<usize>();
    let default = (flags & 0x10 != 0).then(|| word(tfhd, at)).flatten();

    let trun = find(traf, b"trun")?;
    let flags = word(trun, 0)? & 0x00ff_ffff;
    let mut at = 8;
    let offset = if flags & 0x01 != 0 {
        at += 4;
        word(trun, at - 4)?
    } else {
        return None;
    };
    at += if flags & 0x04 != 0 { 4 } else { 0 };
    at += if flags & 0x100 != 0 { 4 } else { 0 };
    let size = if flags & 0x200 != 0 {
        word(trun, at)?
    } else {
        default?
    };
    let end = u64::from(offset) + u64::from(size);
    (end <= fragment.len() as u64).then_some(end)
}
