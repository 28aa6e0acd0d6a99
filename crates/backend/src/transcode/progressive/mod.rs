//! `{height}.mp4`: one file for who can read no playlist. It exists only as a list: a head of its
//! own, which says where each sample lies, then the segments of picture and sound in turn, as they
//! lie there anyway. (What they say of themselves is passed over, as any gap is. A head that names
//! segments only would be shorter; after a seek FFmpeg then leaves out what it does not name.)
//! Written when everything is whole.

mod boxes;
mod fragment;
mod head;
mod table;
#[cfg(test)]
mod tests;

use std::{
    io::{self, Read as _, Seek as _},
    path::PathBuf,
};

use domain::{
    ids::AssetId,
    media::{plan::VideoRendition, spec},
};
use serde::{Deserialize, Serialize};

use self::table::Table;
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

/// Files with their sizes, one after the other.
type Pieces = Vec<(String, u64)>;

/// What is written down of one.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    /// Another one whenever a byte is another.
    tag: String,
    /// Below the folder of the asset.
    pieces: Pieces,
}

/// A file that exists only as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progressive {
    /// Another one whenever a byte is another.
    pub tag: String,
    /// Keys in the storage, with their sizes, one after the other.
    pub pieces: Vec<(String, u64)>,
}

impl Progressive {
    /// How long the file is.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.pieces.iter().map(|(_, bytes)| bytes).sum()
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
        let list: List = serde_json::from_slice(&text).map_err(io::Error::from)?;
        let pieces = list.pieces.into_iter();
        Ok(Some(Progressive {
            tag: list.tag,
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
            let sources = tracks
                .iter()
                .map(|track| Source::of(storage, &folder, track));
            let sources: Vec<Source> = sources.collect();
            let made = tokio::task::spawn_blocking(move || describe(&sources)).await;
            let made = made.map_err(io::Error::other).and_then(|made| made);
            let Some((head, pieces)) = made.map_err(|error| of_storage(error.into()))? else {
                tracing::warn!(%asset, name, "a progressive file could not be listed");
                continue;
            };
            let mut pieces = pieces;
            pieces.insert(0, (self::head(&name), head.len() as u64));
            let list = List {
                tag: tag(&head, &pieces),
                pieces,
            };
            let text = serde_json::to_vec(&list).map_err(io::Error::from);
            let text = text.map_err(|error| of_storage(error.into()))?;
            for (name, bytes) in [(self::head(&name), head), (self::list(&name), text)] {
                let key = format!("{folder}/{name}");
                storage.put(&key, bytes).await.map_err(of_storage)?;
            }
        }
        Ok(())
    }
}

/// What there is of a rendition.
struct Source {
    init: PathBuf,
    segments: Vec<Lying>,
}

struct Lying {
    /// Below the folder of the asset.
    file: String,
    place: PathBuf,
    /// How long its fragments are.
    fragments: Vec<u64>,
}

impl Source {
    fn of(storage: &Storage, folder: &str, track: &Track<'_>) -> Self {
        let place = |file: &str| storage.place(&format!("{folder}/{file}"));
        let segments = track.segments.iter().map(|segment| {
            let name = spec::segment_file(segment.number);
            let file = format!("{}/{name}", track.folder);
            Lying {
                place: place(&file),
                file,
                fragments: segment.fragments.iter().map(|one| one.bytes).collect(),
            }
        });
        Self {
            init: place(&format!("{}/{}", track.folder, spec::INIT)),
            segments: segments.collect(),
        }
    }
}

impl Lying {
    fn bytes(&self) -> u64 {
        self.fragments.iter().sum()
    }

    /// Adds what it says of its samples. `None` for what our muxer does not write.
    fn add(&self, table: &mut Table, begin: u64) -> io::Result<Option<()>> {
        let mut file = std::fs::File::open(&self.place)?;
        let mut at = 0;
        for bytes in &self.fragments {
            file.seek(io::SeekFrom::Start(at))?;
            let mut size = [0; 4];
            file.read_exact(&mut size)?;
            let size = u32::from_be_bytes(size);
            if u64::from(size) > *bytes {
                return Ok(None);
            }
            file.seek(io::SeekFrom::Start(at))?;
            let mut moof = vec![0; size as usize];
            file.read_exact(&mut moof)?;
            let Some(fragment) = fragment::read(&moof) else {
                return Ok(None);
            };
            if table.push(&fragment, begin + at).is_none() {
                return Ok(None);
            }
            at += bytes;
        }
        Ok(Some(()))
    }
}

/// The head of a file with these tracks, and what follows: their segments, side by side as they
/// play.
fn describe(sources: &[Source]) -> io::Result<Option<(Vec<u8>, Pieces)>> {
    let most = sources.iter().map(|source| source.segments.len()).max();
    let mut tables: Vec<Table> = sources.iter().map(|_| Table::default()).collect();
    let mut pieces = Vec::new();
    let mut end = 0;
    for number in 0..most.unwrap_or(0) {
        for (source, table) in sources.iter().zip(&mut tables) {
            let Some(segment) = source.segments.get(number) else {
                continue;
            };
            if segment.add(table, end)?.is_none() {
                return Ok(None);
            }
            pieces.push((segment.file.clone(), segment.bytes()));
            end += segment.bytes();
        }
    }
    let inits = sources.iter().map(|source| std::fs::read(&source.init));
    let inits: Vec<Vec<u8>> = inits.collect::<io::Result<_>>()?;
    let tracks: Vec<(&[u8], &Table)> = inits.iter().map(Vec::as_slice).zip(&tables).collect();
    Ok(head::head(&tracks, end).map(|head| (head, pieces)))
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
