//! Boxes of MP4: what is in them, and how one is written.

/// A box with what is around it.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) name: [u8; 4],
    pub(super) whole: &'a [u8],
    pub(super) content: &'a [u8],
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// All of them, in order; `None` when these are not boxes.
pub(super) fn all(mut bytes: &[u8]) -> Option<Vec<Found<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let size = usize::try_from(word(bytes, 0)?).ok()?;
        let whole = bytes.get(..size).filter(|whole| whole.len() >= 8)?;
        found.push(Found {
            name: whole[4..8].try_into().ok()?,
            whole,
            content: &whole[8..],
        });
        bytes = &bytes[size..];
    }
    Some(found)
}

/// The first one with this name, in the first one of the name before it, and so on.
pub(super) fn one<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<Found<'a>> {
    let (first, rest) = path.split_first()?;
    let found = all(bytes)?
        .into_iter()
        .find(|found| found.name == **first)?;
    if rest.is_empty() {
        Some(found)
    } else {
        one(found.content, rest)
    }
}

/// A box around these, one after the other.
pub(super) fn boxed(name: &[u8; 4], contents: &[&[u8]]) -> Option<Vec<u8>> {
    let content = contents.concat();
    let mut bytes = Vec::with_capacity(8 + content.len());
    bytes.extend(u32::try_from(8 + content.len()).ok()?.to_be_bytes());
    bytes.extend(name);
    bytes.extend(content);
    Some(bytes)
}

/// A box whose content is a version without flags, and then these numbers.
pub(super) fn numbers(name: &[u8; 4], version: u8, words: &[u32]) -> Option<Vec<u8>> {
    let words: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    boxed(name, &[&[version, 0, 0, 0], &words])
}
