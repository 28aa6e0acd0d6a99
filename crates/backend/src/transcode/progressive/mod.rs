//! `{height}.mp4`: one file for who can read no playlist. It exists only as a list: a head of its
//! own (the tracks, an index), then the segments of picture and sound in turn, as they lie there
//! anyway. Written when everything is whole.

mod boxes;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{
    ids::AssetId,
    media::{line::Segment, plan::VideoRendition, spec},
};
use serde::{Deserialize, Serialize};

use super::{
    Transcode,
    manifest::{Kind, Sheet, Track},
    of_storage,
};
use crate::{
    assets,
    jobs::JobError,
    storage::{Storage, StorageError},
};

/// A segment in its place, and what an index says of it.
struct Piece<'a> {
    folder: &'a str,
    number: u32,
    bytes: u64,
    /// It is one of the track that is sought in.
    sought: bool,
    start: u64,
    ticks: u64,
}

impl<'a> Piece<'a> {
    fn of(track: &Track<'a>, segment: &Segment, sought: bool) -> Self {
        Self {
            folder: track.folder,
            number: segment.number,
            bytes: segment.bytes(),
            sought,
            start: segment.start,
            ticks: segment.duration(),
        }
    }
}

/// What is written down of one.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    /// Another one whenever a byte is another.
    tag: String,
    /// Files below the folder of the asset, with their sizes.
    pieces: Vec<(String, u64)>,
}

/// A file that exists only as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progressive {
    /// Another one whenever a byte is another.
    pub tag: String,
    pub head: Bytes,
    /// Keys in the storage, with their sizes.
    pub pieces: Vec<(String, u64)>,
}

impl Progressive {
    /// How long the file is.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.head.len() as u64 + self.pieces.iter().map(|(_, bytes)| bytes).sum::<u64>()
    }
}

/// As `720.mp4`.
fn file(rendition: &VideoRendition) -> String {
    format!("{}.mp4", rendition.name.trim_end_matches('p'))
}

/// Where there is no picture.
const AUDIO: &str = "audio.mp4";

fn list(name: &str) -> String {
    format!("{name}.list")
}

fn head(name: &str) -> String {
    format!("{name}.head")
}

impl Transcode {
    /// One file of an asset, if everything it needs is there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn progressive(
        &self,
        asset: AssetId,
        name: &str,
    ) -> Result<Option<Progressive>, StorageError> {
        let folder = assets::media(asset);
        let storage = &self.0.storage;
        let Some(text) = storage.get(&format!("{folder}/{}", list(name))).await? else {
            return Ok(None);
        };
        let Some(head) = storage.get(&format!("{folder}/{}", head(name))).await? else {
            return Ok(None);
        };
        let list: List = serde_json::from_slice(&text).map_err(std::io::Error::from)?;
        let pieces = list.pieces.into_iter();
        Ok(Some(Progressive {
            tag: list.tag,
            head,
            pieces: pieces
                .map(|(file, bytes)| (format!("{folder}/{file}"), bytes))
                .collect(),
        }))
    }

    /// Lists the files of everything that is whole.
    pub(super) async fn list(&self, asset: AssetId, sheet: &Sheet<'_>) -> Result<(), JobError> {
        let folder = assets::media(asset);
        let storage = &self.0.storage;
        let sound = sheet.sound();
        let pictures = sheet.tracks.iter().filter_map(|track| match track.kind {
            Kind::Picture { rendition, .. } => Some((file(rendition), track)),
            Kind::Sound(_) => None,
        });
        let mut files: Vec<(String, Vec<&Track<'_>>)> = pictures
            .map(|(name, track)| (name, [Some(track), sound].into_iter().flatten().collect()))
            .collect();
        if files.is_empty() {
            files.extend(sound.map(|track| (AUDIO.to_owned(), vec![track])));
        }
        for (name, tracks) in files {
            let Some((head_bytes, list_text)) = describe(storage, &folder, sheet, &tracks).await?
            else {
                tracing::warn!(%asset, name, "a progressive file could not be listed");
                continue;
            };
            for (name, bytes) in [(head(&name), head_bytes), (list(&name), list_text)] {
                let key = format!("{folder}/{name}");
                storage.put(&key, bytes).await.map_err(of_storage)?;
            }
        }
        Ok(())
    }
}

async fn describe(
    storage: &Storage,
    folder: &str,
    sheet: &Sheet<'_>,
    tracks: &[&Track<'_>],
) -> Result<Option<(Vec<u8>, Vec<u8>)>, JobError> {
    let mut inits = Vec::new();
    for track in tracks {
        let key = format!("{folder}/{}/{}", track.folder, spec::INIT);
        match storage.get(&key).await.map_err(of_storage)? {
            Some(init) => inits.push(init),
            None => return Ok(None),
        }
    }
    let inits: Vec<&[u8]> = inits.iter().map(AsRef::as_ref).collect();
    let milliseconds = u64::try_from(sheet.plan.duration / 1000).unwrap_or(0);
    let pieces = in_turn(tracks);
    let Some(head) = boxes::head(&inits, milliseconds, &pieces) else {
        return Ok(None);
    };
    let pieces: Vec<(String, u64)> = pieces
        .iter()
        .map(|piece| {
            let file = spec::segment_file(piece.number);
            (format!("{}/{file}", piece.folder), piece.bytes)
        })
        .collect();
    let list = List {
        tag: tag(&head, &pieces),
        pieces,
    };
    let text = serde_json::to_vec(&list)
        .map_err(|error| of_storage(std::io::Error::from(error).into()))?;
    Ok(Some((head, text)))
}

/// Segments of all tracks, side by side as they play. The first track is the one that is sought in.
fn in_turn<'a>(tracks: &[&Track<'a>]) -> Vec<Piece<'a>> {
    let most = tracks.iter().map(|track| track.segments.len()).max();
    let mut pieces = Vec::new();
    for number in 0..most.unwrap_or(0) {
        for (place, track) in tracks.iter().enumerate() {
            let segment = track.segments.get(number);
            pieces.extend(segment.map(|segment| Piece::of(track, segment, place == 0)));
        }
    }
    pieces
}

/// Segments never change once they are written, so what is listed tells one file from another.
fn tag(head: &[u8], pieces: &[(String, u64)]) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(head);
    for (file, bytes) in pieces {
        hash.update(file.as_bytes());
        hash.update(&bytes.to_be_bytes());
    }
    hash.finalize().to_hex()[..32].to_owned()
}
