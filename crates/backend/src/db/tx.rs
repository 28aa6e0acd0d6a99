//! A write transaction that knows what to do once it is true.

use std::ops::{Deref, DerefMut};

use sqlx::{Any, AnyConnection, Transaction};

use super::DbError;

/// A transaction of [`super::Db::write`]. `&mut *tx` is the connection to run queries on.
///
/// What must happen only after the commit (telling the queue, publishing an event) is
/// registered with [`Tx::after_commit`], so that it can be neither forgotten nor premature.
pub struct Tx {
    inner: Transaction<'static, Any>,
    after: Vec<Box<dyn FnOnce() + Send>>,
}

impl Tx {
    pub(super) fn new(inner: Transaction<'static, Any>) -> Self {
        Self {
            inner,
            after: Vec::new(),
        }
    }

    /// Runs `action` right after the commit succeeded; never if it did not. It must be quick.
    pub fn after_commit(&mut self, action: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(action));
    }

    /// Makes it true.
    ///
    /// # Errors
    /// When the database refuses; nothing has happened then.
    pub async fn commit(self) -> Result<(), DbError> {
        self.inner.commit().await?;
        for action in self.after {
            action();
        }
        Ok(())
    }

    /// Forgets everything. Dropping does the same, a little later.
    ///
    /// # Errors
    /// When the database is gone (nothing has happened then either).
    pub async fn rollback(self) -> Result<(), DbError> {
        Ok(self.inner.rollback().await?)
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}
