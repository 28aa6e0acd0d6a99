//! One open stream: listens, keeps the pace, and ends when it should.

use std::{collections::HashSet, convert::Infallible, sync::Arc};

use backend::{
    Backend,
    db::DbError,
    events::{Heard, Subscription},
};
use bytes::Bytes;
use domain::{
    events::{Event, Snapshot},
    ids::VideoId,
};
use futures::stream::{self, StreamExt as _};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{EventsState, Pace, asked::Asked, listener::Listener, pace::Coalescer, places::Place};

/// How long a browser waits before it opens a stream that broke off, where it opens it by
/// itself.
const RETRY_MS: u32 = 2000;
const BEAT: &[u8] = b":\nevent: beat\ndata: {}\n\n";
const BYE: &[u8] = b"event: bye\ndata: {}\n\n";

pub(super) struct Stream {
    backend: Backend,
    stopping: CancellationToken,
    asked: Asked,
    listener: Listener,
    place: Place,
    subscription: Subscription,
    pace: Pace,
    news: Coalescer,
    /// Written, not taken yet.
    ready: Option<Bytes>,
    beat_at: Instant,
    /// When to see whether the listener is still logged in.
    proof_at: Instant,
    /// The last snapshot, and when the next one is due.
    snapshot_at: Instant,
    snapshot_due: Option<Instant>,
    ended: bool,
}

/// What woke a stream.
enum Woken {
    Stop,
    Leave,
    Heard(Option<Heard>),
    SnapshotDue,
    NewsDue,
    ProofDue,
    Beat,
}

impl Stream {
    /// Listens first and reads the database then, so that nothing falls between the two.
    pub(super) async fn open(
        state: EventsState,
        asked: Asked,
        mut listener: Listener,
        place: Place,
    ) -> Result<Self, DbError> {
        let subscription = state.backend.events.subscribe();
        let snapshot = snapshot(&state.backend, &asked, &mut listener).await?;
        let now = Instant::now();
        let pace = state.streams.pace;
        Ok(Self {
            backend: state.backend,
            stopping: state.stopping,
            asked,
            listener,
            place,
            subscription,
            pace,
            news: Coalescer::new(pace.progress),
            ready: Some(
                [format!("retry: {RETRY_MS}\n").as_bytes(), &snapshot]
                    .concat()
                    .into(),
            ),
            beat_at: now + pace.beat,
            proof_at: now + pace.proof,
            snapshot_at: now,
            snapshot_due: None,
            ended: false,
        })
    }

    pub(super) fn into_bytes(self) -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut stream| async move {
            let bytes = stream.next().await?;
            Some((bytes, stream))
        })
        .map(Ok)
    }

    /// The next thing to write. A reader that does not read does not call this: the bus then
    /// says that we lag, and what it gets when it reads again is the state of that time.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.take() {
                self.beat_at = Instant::now() + self.pace.beat;
                return Some(bytes);
            }
            if self.ended {
                return None;
            }
            match self.wait().await {
                // The browser comes back by itself, to whoever serves then.
                Woken::Stop | Woken::Heard(None) => return None,
                Woken::Leave => {
                    self.ended = true;
                    self.ready = Some(Bytes::from_static(BYE));
                }
                Woken::Heard(Some(Heard::Event(event))) => {
                    if self.asked.concerns(&event) {
                        self.hear(event).await?;
                    }
                }
                Woken::Heard(Some(Heard::Lagged)) => self.begin_anew_soon(),
                Woken::NewsDue => {
                    let mut due = self.news.take_due(Instant::now());
                    due.retain(|event| self.listener.may_still_hear(event));
                    self.ready = (!due.is_empty()).then(|| written(&due));
                }
                Woken::SnapshotDue => self.begin_anew().await?,
                Woken::ProofDue => {
                    self.proof_at = Instant::now() + self.pace.proof;
                    let over = tokio::select! {
                        () = self.stopping.cancelled() => true,
                        over = self.listener.is_over() => over,
                    };
                    // A browser comes back as who it is by then.
                    if over {
                        return None;
                    }
                }
                Woken::Beat => self.ready = Some(Bytes::from_static(BEAT)),
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let (beat_at, proof_at) = (self.beat_at, self.proof_at);
        let news_due = self.news.due();
        let snapshot_due = self.snapshot_due;
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => Woken::Stop,
            _ = &mut self.place.leave => Woken::Leave,
            () = sleep_until(snapshot_due.unwrap_or(beat_at)), if snapshot_due.is_some() => {
                Woken::SnapshotDue
            }
            () = sleep_until(news_due.unwrap_or(beat_at)), if news_due.is_some() => Woken::NewsDue,
            () = sleep_until(proof_at) => Woken::ProofDue,
            () = sleep_until(beat_at) => Woken::Beat,
            // Last: a flood of events must not keep the rest from happening.
            heard = self.subscription.next() => Woken::Heard(heard),
        }
    }

    /// Tells of what was asked for, if it is for this listener. `None` when the server stops
    /// meanwhile.
    async fn hear(&mut self, event: Arc<Event>) -> Option<()> {
        let may = tokio::select! {
            () = self.stopping.cancelled() => return None,
            may = self.listener.may_hear(&event) => may,
        };
        match may {
            Ok(true) => {
                let told = self.news.hear(event, Instant::now());
                self.ready = told.map(|event| written(&[event]));
            }
            Ok(false) => {}
            Err(error) => {
                tracing::debug!(%error, "nobody can tell who may hear this");
                self.begin_anew_soon();
            }
        }
        Some(())
    }

    fn begin_anew_soon(&mut self) {
        let soonest = self.snapshot_at + self.pace.snapshot;
        self.snapshot_due.get_or_insert(soonest);
    }

    /// `None` when the server stops meanwhile.
    async fn begin_anew(&mut self) -> Option<()> {
        let snapshot = tokio::select! {
            () = self.stopping.cancelled() => return None,
            snapshot = snapshot(&self.backend, &self.asked, &mut self.listener) => snapshot,
        };
        self.snapshot_at = Instant::now();
        match snapshot {
            Ok(snapshot) => {
                self.snapshot_due = None;
                self.ready = Some(snapshot);
            }
            Err(error) => {
                // The database is away; its own log lines say so. We stay and ask again.
                tracing::debug!(%error, "no snapshot for an event stream yet");
                self.snapshot_due = Some(self.snapshot_at + self.pace.snapshot);
            }
        }
        Some(())
    }
}

async fn snapshot(
    backend: &Backend,
    asked: &Asked,
    listener: &mut Listener,
) -> Result<Bytes, DbError> {
    listener.begin(&asked.videos).await?;
    let theirs = |id: &VideoId| listener.may_hear_of(*id);
    let videos: Vec<VideoId> = asked.videos.iter().copied().filter(theirs).collect();
    let mut jobs = backend.jobs.snapshot(&asked.jobs, &videos).await?;
    if !asked.jobs.is_empty() {
        // Of which videos these are is known only now.
        let of: HashSet<VideoId> = jobs.iter().filter_map(|job| job.video).collect();
        listener.look(&Vec::from_iter(of)).await?;
        jobs.retain(|job| job.video.is_none_or(|video| listener.may_hear_of(video)));
    }
    let uploads = match asked.user {
        Some(user) => backend.uploads.snapshot(user).await?,
        None => Vec::new(),
    };
    let data = serde_json::to_string(&Snapshot { jobs, uploads }).unwrap_or_default();
    Ok(format!("event: snapshot\ndata: {data}\n\n").into())
}

/// JSON has no line breaks, so an event is one line.
fn written(events: &[Arc<Event>]) -> Bytes {
    let mut text = String::new();
    for event in events {
        if let Ok(data) = serde_json::to_string(&**event) {
            text.push_str("data: ");
            text.push_str(&data);
            text.push_str("\n\n");
        }
    }
    text.into()
}
