//! How a request ends: with what is kept of it, and what is not.

use std::sync::atomic::Ordering;

use super::{
    super::{
        super::{Checksum, UploadsError, Verify, Written, checksum::Sum, hash::TreeHash},
        flush,
    },
    End, Task,
};

impl Task {
    pub(super) async fn conclude(&mut self, end: End) -> Result<Written, UploadsError> {
        let stopped = || {
            if self.place.running.server_stops.load(Ordering::Acquire) {
                UploadsError::Stopping
            } else {
                UploadsError::TakenOver
            }
        };
        match end {
            End::Finish(trailer) => {
                if !self.is_right(trailer).await? {
                    self.discard().await;
                    return Err(UploadsError::Checksum);
                }
                self.keep().await
            }
            End::Discard => Ok(self.discard().await),
            End::Dropped if self.verify == Verify::No => self.keep().await,
            End::Dropped => Ok(self.discard().await),
            End::Stopped => {
                let error = stopped();
                if self.verify == Verify::No {
                    self.keep().await?;
                } else {
                    self.discard().await;
                }
                Err(error)
            }
            End::Failed(error) => {
                match &error {
                    UploadsError::Gone => self.uploads.drop_bytes(&self.flow.key()).await,
                    UploadsError::TakenOver => {}
                    // What fits is kept: the next request goes on there.
                    _ if self.verify == Verify::No => {
                        self.keep().await?;
                    }
                    _ => {
                        self.discard().await;
                    }
                }
                Err(error)
            }
            // What the database says is all that counts: whoever opens the file next cuts it there.
            End::Doubt(error) => Err(error),
        }
    }

    /// Whether the bytes of this request are the ones that were sent.
    async fn is_right(&mut self, trailer: Option<Checksum>) -> Result<bool, UploadsError> {
        let Some(mut state) = self.state.take() else {
            return Err(UploadsError::Internal("the file of an upload is away"));
        };
        let from = self.start;
        let verify = self.verify.clone();
        let (state, right) = tokio::task::spawn_blocking(move || {
            let right = match (verify, trailer) {
                (Verify::No, _) => Ok(true),
                (Verify::Given(checksum), _) => {
                    Ok(state.sum.take().is_some_and(|sum| sum.is(&checksum.value)))
                }
                // Which algorithm it would be was not known before.
                (Verify::Trailer, Some(checksum)) => {
                    let mut sum = Sum::new(checksum.algorithm);
                    let to = state.spool.length();
                    let read = state.spool.read(from, to, |bytes| sum.update(bytes));
                    read.map(|()| sum.is(&checksum.value))
                }
                (Verify::Trailer, None) => Ok(false),
            };
            (state, right)
        })
        .await
        .map_err(|_| UploadsError::Internal("a checksum broke off"))?;
        self.state = Some(state);
        Ok(right?)
    }

    /// Makes durable what is there, and ends the upload if that is everything.
    async fn keep(&mut self) -> Result<Written, UploadsError> {
        let Some(state) = &self.state else {
            return Err(UploadsError::Internal("the file of an upload is away"));
        };
        let point = state.point();
        if point.length > self.synced
            && let Err(error) = flush::sync(&self.uploads, state.spool.syncer()).await
        {
            return Err(error.into());
        }
        if self.flow.total == Some(point.length) {
            let hash = state.hash.as_ref().map(TreeHash::finish);
            let size = point.length;
            let duplicate = self
                .uploads
                .complete(&self.flow, self.epoch, size, hash)
                .await?;
            self.place.running.durable.send_replace(size);
            return Ok(Written {
                offset: size,
                length: self.flow.total,
                complete: true,
                duplicate,
                expires_at: None,
            });
        }
        if point != self.durable {
            flush::commit(&self.uploads, self.flow.id, self.epoch, &point).await?;
            self.place.running.durable.send_replace(point.length);
            self.durable = point;
        }
        Ok(self.written())
    }

    /// What came since the last checkpoint is not kept. What was acknowledged is: an offset never
    /// goes back behind a checkpoint.
    ///
    /// Nothing is cut here that a checkpoint may have counted, not even when we heard of none:
    /// the answer of the database may be what was lost. Whoever opens the file next knows.
    async fn discard(&mut self) -> Written {
        if self.verify != Verify::No
            && let Some(mut state) = self.state.take()
        {
            // Unverified bytes are in no checkpoint: their room is free at once.
            let start = self.start;
            let cut = tokio::task::spawn_blocking(move || state.spool.cut(start)).await;
            if !matches!(cut, Ok(Ok(()))) {
                tracing::debug!(flow = %self.flow.id, "refused bytes keep their room for now");
            }
        }
        self.written()
    }

    fn written(&self) -> Written {
        Written {
            offset: self.durable.length,
            length: self.flow.total,
            complete: false,
            duplicate: false,
            expires_at: Some(self.uploads.expiry(self.uploads.now())),
        }
    }
}
