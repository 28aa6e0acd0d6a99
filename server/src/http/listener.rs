//! The loop that takes connections, and how it ends.
//!
//! `axum::serve` has no limits for slow or endless headers and waits for ever for idle
//! connections when it stops; hyper's builder has the first, and this module the second.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Request},
};
use http_body::{Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// In this time the head of a request has to be there, and the next one on an idle connection.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// Larger heads are cut off by the parser; smaller ones that are still too large get words
/// (`wellformed`). It is also the most that is read at once, so bodies come in pieces of that
/// size: the 400 kB that hyper grows to by itself make nothing faster, and cost memory for
/// each connection that sends.
const HEAD_BYTES: usize = 80 << 10;
/// How long a connection may go on being idle, or half a head, when the server stops.
const IDLE_GRACE: Duration = Duration::from_millis(500);
/// A pause after the system had no connection to give (out of file descriptors).
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Serves until `stopping`; then lets running requests finish for at most `within`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    within: Duration,
) {
    serve_with(listener, router, stopping, within, HEAD_WITHIN).await;
}

async fn serve_with(
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    within: Duration,
    head_within: Duration,
) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(
                    stream,
                    peer,
                    router.clone(),
                    stopping.clone(),
                    within,
                    head_within,
                ));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken; trying again");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    // From here on nobody can connect, and nobody waits in the backlog.
    drop(listener);
    connections.close();
    if tokio::time::timeout(within + Duration::from_secs(1), connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(open = connections.len(), "connections are cut off");
    }
}

/// The visitor went away between knocking and being let in.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    stopping: CancellationToken,
    within: Duration,
    head_within: Duration,
) {
    // Answers are written in one piece; waiting for more to send only delays them.
    let _unsupported = stream.set_nodelay(true);
    let running = Running::default();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let guard = running.begin();
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request);
        async move {
            let response = answer.await?;
            Ok::<_, Infallible>(response.map(|body| Guarded {
                body,
                _guard: guard,
            }))
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_within)
            .max_header_size(HEAD_BYTES)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        // Errors of a connection are the visitor's: gone, or not speaking HTTP.
        _ = connection.as_mut() => return,
        () = stopping.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let idle = async {
        loop {
            tokio::time::sleep(IDLE_GRACE).await;
            if running.none() {
                return;
            }
        }
    };
    tokio::select! {
        _ = connection => {}
        () = idle => {}
        () = tokio::time::sleep(within) => {}
    }
}

/// The requests of one connection that are being answered, bodies included.
#[derive(Clone, Default)]
struct Running(Arc<AtomicUsize>);

impl Running {
    fn begin(&self) -> Guard {
        self.0.fetch_add(1, Ordering::Relaxed);
        Guard(self.clone())
    }

    fn none(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

struct Guard(Running);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that counts as running until its last byte has been handed over.
struct Guarded {
    body: Body,
    _guard: Guard,
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::get;
    use futures::{StreamExt, stream};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        task::JoinHandle,
    };

    use super::*;

    struct Server {
        addr: SocketAddr,
        stopping: CancellationToken,
        served: JoinHandle<()>,
    }

    /// Answers at once, after half a second, and with a body that takes as long.
    async fn start(within: Duration) -> Server {
        let pause = Duration::from_millis(700);
        let slow = move || async move {
            tokio::time::sleep(pause).await;
            "late"
        };
        let long = move || async move {
            let last = stream::once(async move {
                tokio::time::sleep(pause).await;
                Ok::<_, Infallible>("last")
            });
            Body::from_stream(stream::iter([Ok("first")]).chain(last))
        };
        let endless =
            || async { Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()) };
        let router = Router::new()
            .route("/", get(|| async { "ok" }))
            .route("/slow", get(slow))
            .route("/long", get(long))
            .route("/endless", get(endless));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let head_within = Duration::from_millis(300);
        let served = serve_with(listener, router, stopping.clone(), within, head_within);
        Server {
            addr,
            stopping,
            served: tokio::spawn(served),
        }
    }

    async fn ask(server: &Server, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// All that comes until the server closes, and when it did.
    async fn rest(mut stream: TcpStream, began: Instant) -> (String, Duration) {
        let mut text = Vec::new();
        let read = stream.read_to_end(&mut text);
        let _reset = tokio::time::timeout(Duration::from_secs(10), read)
            .await
            .unwrap();
        (String::from_utf8(text).unwrap(), began.elapsed())
    }

    #[tokio::test]
    async fn heads_that_do_not_arrive_and_idle_connections_are_closed() {
        let server = start(Duration::from_secs(5)).await;
        let began = Instant::now();
        for text in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "] {
            let (_, took) = rest(ask(&server, text).await, began).await;
            assert!(took < Duration::from_secs(3), "{text:?}: {took:?}");
        }
        let (text, took) = rest(
            ask(&server, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await,
            began,
        )
        .await;
        assert!(
            text.ends_with("ok") && took < Duration::from_secs(4),
            "{text} {took:?}"
        );
    }

    #[tokio::test]
    async fn what_runs_is_finished_when_it_stops() {
        let server = start(Duration::from_secs(5)).await;
        let began = Instant::now();
        let slow = ask(&server, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let long = ask(&server, "GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.stopping.cancel();
        let (text, _) = rest(slow, began).await;
        assert!(text.ends_with("late"), "{text}");
        let (text, _) = rest(long, began).await;
        assert!(text.contains("first") && text.contains("last"), "{text}");
        server.served.await.unwrap();
        assert!(
            TcpStream::connect(server.addr).await.is_err(),
            "nobody gets in any more"
        );
    }

    #[tokio::test]
    async fn what_does_not_end_is_cut_off() {
        let server = start(Duration::from_millis(800)).await;
        let began = Instant::now();
        let endless = ask(&server, "GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.stopping.cancel();
        server.served.await.unwrap();
        let (_, took) = rest(endless, began).await;
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}
