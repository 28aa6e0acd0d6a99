//! What could go on.

use domain::{events::UploadChanged, ids::UserId, uploads::FlowStatus};

use super::{Unfinished, Uploads, UploadsError, ms, store};
use crate::db::{DbError, Engine};

impl Uploads {
    /// Somebody's unfinished uploads, the newest first, also those begun on another device;
    /// without the parts of concatenations, whose sender knows them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unfinished(&self, user: UserId) -> Result<Vec<Unfinished>, UploadsError> {
        Ok(self.list(user).await?)
    }

    async fn list(&self, user: UserId) -> Result<Vec<Unfinished>, DbError> {
        let now = self.now();
        let options = self.options();
        // The embedded database has one process that receives: who writes is known here.
        let others = self.db().engine() != Engine::Sqlite;
        let mut all = store::unfinished(self.db(), user).await?;
        all.retain(|upload| upload.expires_at > now);
        for upload in &mut all {
            upload.receiving = match self.0.running.get(upload.flow) {
                Some(running) => running.silent_for() < options.silence,
                // Another process says it with each checkpoint.
                None => {
                    others && upload.offset > 0 && now - upload.received_at < ms(options.alive())
                }
            };
        }
        Ok(all)
    }

    /// The same as events tell it: what a stream of events begins with.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn snapshot(&self, user: UserId) -> Result<Vec<UploadChanged>, DbError> {
        let all = self.list(user).await?;
        Ok(all
            .into_iter()
            .map(|upload| UploadChanged {
                flow: upload.flow,
                user,
                video: upload.video,
                status: FlowStatus::Uploading,
                offset: upload.offset,
                length: upload.length,
                receiving: upload.receiving,
                name: upload.file_name,
            })
            .collect())
    }
}
