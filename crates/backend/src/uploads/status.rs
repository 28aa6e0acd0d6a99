//! How an upload stands. Never locks, never takes over.

use std::{sync::atomic::Ordering, time::Duration};

use domain::ids::{FlowId, UserId};

use super::{Request, Status, Uploads, UploadsError};

/// How long a running writer may take to write down what it has.
const PATIENCE: Duration = Duration::from_secs(3);
const SHORT: Duration = Duration::from_millis(200);

impl Uploads {
    /// How an upload stands, also a finished one. A writer of this process is asked to make
    /// durable what it has; what another process has is at most two seconds old.
    ///
    /// # Errors
    /// [`UploadsError::Unknown`], [`UploadsError::Gone`].
    pub async fn status(&self, user: UserId, id: FlowId) -> Result<Status, UploadsError> {
        let mut flow = self.own(user, id).await?;
        let running = self.0.running.get(id);
        if let Some(running) = &running {
            // The last byte is written down with the end of its request, and not before.
            let all = running.received.load(Ordering::Acquire);
            let ending = flow.total == Some(all);
            running
                .checkpoint(if ending { SHORT } else { PATIENCE })
                .await;
            flow = self.own(user, id).await?;
        }
        if flow.is_gone() {
            return Err(UploadsError::Gone);
        }
        if let Some(session) = &flow.session {
            if session.expires_at <= self.now() && running.is_none() {
                return Err(UploadsError::Gone);
            }
            if flow.total == Some(session.received) && running.is_none() {
                // Every byte came, and we went down before we could say so.
                self.complete_late(user, id, session.received).await;
                flow = self.own(user, id).await?;
            }
        }
        let offset = match &flow.session {
            Some(session) => session.received,
            None => flow.total.unwrap_or_default(),
        };
        if flow.is_gone() {
            return Err(UploadsError::Gone);
        }
        Ok(Status {
            flow: flow.id,
            video: flow.video,
            role: flow.role,
            status: flow.status,
            offset,
            length: flow.total,
            metadata: flow.metadata,
            concat: flow.concat,
            expires_at: flow.session.map(|session| session.expires_at),
        })
    }

    /// Ends an upload that has every byte.
    pub(super) async fn complete_late(&self, user: UserId, id: FlowId, offset: u64) {
        let request = Request {
            offset,
            ..Request::default()
        };
        let done = match self.open(user, id, request).await {
            Ok(writer) => writer.finish(None).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            tracing::info!(%error, flow = %id, "an upload that has every byte is not ended yet");
        }
    }
}
