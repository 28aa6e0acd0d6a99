//! Which database a folder of files belongs to.
//!
//! A disk that is not mounted looks like a folder in which everything was lost, and a wrong
//! `DATABASE_URL` like a folder full of files nobody needs. Neither may cost a single file: the
//! folder holds a mark, the database knows it, and who finds another one keeps its hands off.

mod store;

use crate::{
    db::{Db, DbError},
    storage::{Storage, StorageError},
};

/// Why database and folder do not go together. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error(
        "the files in {folder} are not those of this database: is the disk mounted, is KADR_DATA \
         right, do all servers of a fleet share the folder? If it is the right one, as after a \
         restore, say so with: echo {mark} > {folder}/{name}",
        name = Storage::MARK
    )]
    Other { folder: String, mark: String },
    #[error(
        "the files in {folder} belong to another database: is DATABASE_URL right? If this one \
         is to have them, remove {folder}/{name}",
        name = Storage::MARK
    )]
    Taken { folder: String },
    #[error("the database cannot say which files are its own: {0}")]
    Database(#[from] DbError),
    #[error("the folder of files cannot be used: {0}")]
    Storage(#[from] StorageError),
}

impl HomeError {
    /// Stable, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Other { .. } | Self::Taken { .. } => "media_mismatch",
            Self::Database(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }
}

/// Makes sure that they go together; at the first start they are brought together.
pub(crate) async fn settle(db: &Db, storage: &Storage) -> Result<(), HomeError> {
    let folder = || storage.root().display().to_string();
    let mark = match (store::known(db).await?, storage.mark().await?) {
        (Some(known), Some(found)) if known == found => known,
        (Some(mark), _) => {
            return Err(HomeError::Other {
                folder: folder(),
                mark,
            });
        }
        (None, Some(_))
            if storage.holds("originals").await? && store::known(db).await?.is_none() =>
        {
            return Err(HomeError::Taken { folder: folder() });
        }
        (None, found) => {
            // Two servers may start at once: the first mark in the folder is everybody's.
            let mark = match found {
                Some(found) => found,
                None => storage.set_mark().await?,
            };
            let known = store::introduce(db, &mark).await?;
            if known != mark {
                return Err(HomeError::Other {
                    folder: folder(),
                    mark: known,
                });
            }
            mark
        }
    };
    storage.expect_mark(mark);
    Ok(())
}
