//! Avatars: a file from anybody becomes three small WebP files, or a sentence says why not.
//!
//! What comes in is hostile. It is recognised by its content (`sniff`), measured from its
//! header before anything is allocated (`decode`), and nothing of it is stored: what leaves
//! (`encode`) are new pixels, without metadata. At most two are worked on at a time, on
//! threads of their own.

mod decode;
mod encode;
mod error;
mod files;
mod jpeg;
mod resize;
mod sniff;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use domain::{
    accounts::{
        Crop,
        avatar::{MAX_BYTES, SIZES},
    },
    ids::{AvatarId, UserId},
};

pub use self::error::AvatarError;
use crate::{hands::Hands, storage::Storage};

/// A picture unpacks to 200 MB at most: more at once would be too much for a small machine.
const AT_ONCE: usize = 2;
/// How long somebody waits for their turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// One square, ready to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    pub size: u32,
    pub webp: Vec<u8>,
}

/// The service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Avatars {
    storage: Storage,
    hands: Hands,
}

impl Avatars {
    #[must_use]
    pub fn new(storage: Storage) -> Self {
        Self {
            storage,
            hands: Hands::new("pictures", AT_ONCE),
        }
    }

    /// Makes and keeps the renditions of a picture. The version it answers is new: addresses
    /// of avatars never change their content. Nobody refers to it yet; who does not, deletes
    /// it again ([`Avatars::delete`]).
    ///
    /// # Errors
    /// [`AvatarError`]; nothing is stored then.
    pub async fn make(
        &self,
        user: UserId,
        file: Bytes,
        crop: Option<Crop>,
    ) -> Result<AvatarId, AvatarError> {
        // Before the turn: who sends nonsense need not wait for it.
        if file.len() > MAX_BYTES {
            return Err(AvatarError::TooLarge);
        }
        sniff::format(&file)?;
        let turn = self.hands.turn(PATIENCE).await.ok_or(AvatarError::Busy)?;
        let renditions = turn.work(move || render(&file, crop)).await;
        let renditions = renditions.map_err(|error| {
            tracing::error!(%error, "a picture made its decoder panic");
            AvatarError::Broken
        })??;
        let version = AvatarId::generate();
        for rendition in renditions {
            let key = files::key(user, version, rendition.size);
            if let Err(error) = self.storage.put(&key, rendition.webp).await {
                self.delete(user, version).await?;
                return Err(error.into());
            }
        }
        Ok(version)
    }

    /// The bytes of one rendition, if there is one.
    ///
    /// # Errors
    /// When the storage refuses.
    pub async fn get(
        &self,
        user: UserId,
        version: AvatarId,
        size: u32,
    ) -> Result<Option<Bytes>, AvatarError> {
        if !SIZES.contains(&size) {
            return Ok(None);
        }
        Ok(self.storage.get(&files::key(user, version, size)).await?)
    }

    /// Forgets one version.
    ///
    /// # Errors
    /// When the storage refuses.
    pub async fn delete(&self, user: UserId, version: AvatarId) -> Result<(), AvatarError> {
        for size in SIZES {
            self.storage
                .delete(&files::key(user, version, size))
                .await?;
        }
        Ok(())
    }

    /// Forgets every version of somebody.
    ///
    /// # Errors
    /// When the storage refuses.
    pub async fn delete_all(&self, user: UserId) -> Result<(), AvatarError> {
        Ok(self.storage.delete_below(&files::folder(user)).await?)
    }
}

/// The whole way of a picture, without storing anything. Blocks.
///
/// # Errors
/// [`AvatarError`] says what is wrong with the file.
pub fn render(file: &[u8], crop: Option<Crop>) -> Result<Vec<Rendition>, AvatarError> {
    if file.len() > MAX_BYTES {
        return Err(AvatarError::TooLarge);
    }
    let format = sniff::format(file)?;
    let picture = decode::decode(file, format)?;
    let mut square = resize::square(&picture, crop, SIZES[0])?;
    drop(picture);
    let mut renditions = Vec::with_capacity(SIZES.len());
    for size in SIZES {
        // Each from the one before: the eye sees no difference, the large one is read once.
        if size != square.width() {
            square = resize::resized(&square, size)?;
        }
        renditions.push(Rendition {
            size,
            webp: encode::webp(&square)?,
        });
    }
    Ok(renditions)
}
