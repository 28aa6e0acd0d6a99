//! The bytes of one request on their way into an upload, in constant memory.

use std::time::Duration;

use axum::body::Body;
use backend::uploads::{UploadsError, Verify, Writer, Written};
use http::HeaderMap;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::{fields, stop::Stop};
use crate::http::{Fault, State};

/// How long a connection may be silent in the middle of a body. There is no limit for the
/// whole: a large file takes hours. Only tests are in a hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(pub Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(60))
    }
}

/// How a body ended.
enum End {
    Whole(Option<HeaderMap>),
    /// The connection is gone, and its sender with it.
    Broken,
    Silent,
    Stopping,
}

/// Takes all that comes. What came before a break stays.
pub(super) async fn receive(
    state: &State,
    mut body: Body,
    mut writer: Writer,
    verify: &Verify,
) -> Result<Written, Stop> {
    let mut trailer = None;
    let end = loop {
        let frame = tokio::select! {
            frame = timeout(state.patience.0, body.frame()) => frame,
            () = state.stopping.cancelled() => break End::Stopping,
        };
        match frame {
            Err(_) => break End::Silent,
            Ok(None) => break End::Whole(trailer),
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "an upload broke off");
                break End::Broken;
            }
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(bytes) => writer.write(bytes).await?,
                Err(frame) => trailer = frame.into_trailers().ok(),
            },
        }
    };
    let stop: Stop = match end {
        End::Whole(trailer) => {
            let sum = match (verify, trailer) {
                (Verify::Trailer, Some(trailer)) => match fields::checksum(&trailer) {
                    Ok(sum) => sum,
                    Err(stop) => {
                        writer.discard().await?;
                        return Err(stop);
                    }
                },
                _ => None,
            };
            return Ok(writer.finish(sum).await?);
        }
        // Dropped, the writer keeps what it has.
        End::Broken => return Err(Fault::BodyUnreadable.into()),
        End::Silent => Stop::Silent,
        End::Stopping => UploadsError::Stopping.into(),
    };
    let kept = if *verify == Verify::No {
        writer.finish(None).await?
    } else {
        writer.discard().await?
    };
    if kept.complete {
        return Ok(kept);
    }
    Err(stop)
}
