//! The mark of a folder: by it a database knows its files again ([`crate::HomeError`]).

use std::io;

use super::{Storage, StorageError, blocking, write_as};

impl Storage {
    /// The file that says which folder this is.
    pub const MARK: &str = ".kadr";

    /// What the folder says it is, if it says anything.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn mark(&self) -> Result<Option<String>, StorageError> {
        let path = self.path(Self::MARK);
        blocking(move || match std::fs::read_to_string(path) {
            Ok(mark) => Ok(Some(mark.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Marks the folder. Answers its mark, which may be the one of who was faster.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn set_mark(&self) -> Result<String, StorageError> {
        let path = self.path(Self::MARK);
        blocking(move || {
            let mark = format!("{:032x}", rand::random::<u128>());
            write_as(&path, mark.as_bytes(), |beside| {
                match std::fs::hard_link(beside, &path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    linked => linked?,
                }
                std::fs::remove_file(beside)
            })?;
            Ok(std::fs::read_to_string(&path)?.trim().to_owned())
        })
        .await
    }

    /// From now on [`Storage::is_ours`] looks for this mark.
    pub fn expect_mark(&self, mark: String) {
        let _known = self.mark.set(mark);
    }

    /// Whether the folder is still the one it was: who misses a file asks before it says that it
    /// is lost.
    ///
    /// # Errors
    /// [`StorageError::Away`] when it is another one, or none.
    pub async fn is_ours(&self) -> Result<(), StorageError> {
        match self.mark.get() {
            Some(known) if self.mark().await?.as_ref() != Some(known) => Err(StorageError::Away),
            _ => Ok(()),
        }
    }
}
