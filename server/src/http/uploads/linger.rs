//! A body whose rest is read, and dropped, when nobody wants it any more.
//!
//! Who answers while the other side still sends, and closes, makes its system throw our answer
//! away (RFC 9112, 9.6). So what is left is taken for a while after the answer has gone out:
//! programs read it at once, browsers with a form not before they have sent everything.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::{runtime::Handle, time::timeout};

/// How much of the rest of a refused body is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drain {
    /// How long a pause in it may be.
    pub(super) pause: Duration,
    pub(super) longest: Duration,
    pub(super) bytes: u64,
}

impl Drain {
    /// For who reads while it sends.
    pub(super) const PROGRAM: Self = Self {
        pause: Duration::from_secs(3),
        longest: Duration::from_secs(30),
        bytes: u64::MAX,
    };

    /// Whatever is sent, but for what is larger than any file.
    pub(super) const fn form(pause: Duration, bytes: u64) -> Self {
        Self {
            pause,
            longest: Duration::MAX,
            bytes,
        }
    }

    async fn take(self, mut body: Body) {
        let drained = async {
            let mut taken = 0_u64;
            while taken <= self.bytes
                && let Ok(Some(Ok(frame))) = timeout(self.pause, body.frame()).await
            {
                taken += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
        };
        let _cut_off = timeout(self.longest, drained).await;
    }
}

/// Whether something of the body has not been read.
#[derive(Debug, Clone)]
pub(super) struct Rest(Arc<AtomicBool>);

impl Rest {
    pub(super) fn is_unread(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(super) struct Lingering {
    body: Body,
    rest: Rest,
    drain: Drain,
    /// Its sender waits to be told to go on, and was not.
    waits: bool,
}

impl Lingering {
    /// `waits` when the request expects a `100 Continue` before it sends.
    pub(super) fn over(body: Body, waits: bool, drain: Drain) -> (Self, Rest) {
        let rest = Rest(Arc::new(AtomicBool::new(!body.is_end_stream())));
        let lingering = Self {
            body,
            rest: rest.clone(),
            drain,
            waits,
        };
        (lingering, rest)
    }
}

impl http_body::Body for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.waits = false;
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) || self.body.is_end_stream() {
            self.rest.0.store(false, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if !self.rest.is_unread() || self.waits {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.drain.take(std::mem::take(&mut self.body)));
        }
    }
}
