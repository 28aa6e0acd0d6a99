//! One upload and several connections: slow ones, broken ones, and those of other processes.

use std::time::{Duration, Instant};

use testkit::both_engines;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{BYTES, Tus, bytes, hear, hurry, start, stored, until};
use crate::harness::TestApp;

/// Whoever is slow on a busy machine is not silent.
fn patient(options: &mut backend::uploads::Options) {
    hurry(options);
    options.silence = Duration::from_secs(4);
}

both_engines! {
    async fn a_running_request_is_asked_and_never_disturbed(test: TestDb) {
        let app = TestApp::builder().uploads(patient).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let all = bytes(1, 400_000);
        let begun = ada.create(&[("upload-length", "400000")]).await.expect(201);
        let upload = begun.header("location").to_owned();
        let mut first = ada.open(&upload, 0, all.len()).await;
        first.write_all(&all[..100_000]).await.unwrap();
        until(async || ada.offset(&upload).await == 100_000).await;
        // It is alive, so nobody takes it away.
        let busy = ada.patch(&upload, 100_000, &all[100_000..]).await.expect(423);
        assert_eq!((busy.problem().as_str(), busy.header("retry-after")), ("upload_busy", "1"));
        assert_eq!(ada.delete(&upload).await.expect(423).problem(), "upload_busy");
        first.write_all(&all[100_000..]).await.unwrap();
        let answer = hear(&mut first).await;
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
        assert!(stored(&app, begun.header("kadr-video")).await == all);
    }

    async fn a_silent_connection_is_taken_over_from(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let all = bytes(2, 400_000);
        let begun = ada.create(&[("upload-length", "400000")]).await.expect(201);
        let upload = begun.header("location").to_owned();
        let mut first = ada.open(&upload, 0, all.len()).await;
        first.write_all(&all[..150_000]).await.unwrap();
        until(async || ada.offset(&upload).await == 150_000).await;
        // Not before it has been silent for a while.
        until(async || ada.patch(&upload, 150_000, &all[150_000..]).await.status == 204).await;
        // Whatever the first one still says, it says it to nobody.
        let _late = first.write_all(&all[150_000..]).await;
        let answer = hear(&mut first).await;
        assert!(answer.starts_with("HTTP/1.1 423 "), "{answer}");
        assert!(answer.contains("upload_taken_over"), "{answer}");
        assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
        assert_eq!(ada.offset(&upload).await, 400_000);
        assert!(stored(&app, begun.header("kadr-video")).await == all);
    }

    async fn two_processes_share_an_upload(test: TestDb) {
        let app = TestApp::builder().uploads(patient).over(test).start().await;
        let (addr, other) = TestApp::builder().uploads(patient).beside(&app).await;
        let here = Tus::of(&app, "ada").await;
        let there = here.at(addr);
        let all = bytes(3, 900_000);
        let begun = here.create(&[("upload-length", "900000")]).await.expect(201);
        let upload = begun.header("location").to_owned();
        // Any of them takes any piece.
        for (at, piece) in all[..600_000].chunks(100_000).enumerate() {
            let tus = if at % 2 == 0 { &there } else { &here };
            tus.patch(&upload, at * 100_000, piece).await.expect(204);
        }
        // While one receives, the other tells what is known and takes nothing.
        let mut stream = there.open(&upload, 600_000, 300_000).await;
        stream.write_all(&all[600_000..700_000]).await.unwrap();
        until(async || here.offset(&upload).await == 700_000).await;
        let busy = here.patch(&upload, 700_000, &all[700_000..]).await.expect(423);
        assert_eq!(busy.problem(), "upload_busy");
        // Until it has been silent for a while: then the file changes hands.
        let began = Instant::now();
        let mut offset = 700_000;
        loop {
            let answer = here.patch(&upload, offset, &all[offset..]).await;
            if answer.status == 204 {
                break;
            }
            assert!(answer.status == 423 || answer.status == 409, "{answer:?}");
            assert!(began.elapsed() < Duration::from_secs(30), "{answer:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
            offset = here.offset(&upload).await;
        }
        for tus in [&here, &there] {
            assert_eq!(tus.offset(&upload).await, 900_000);
        }
        assert!(stored(&app, begun.header("kadr-video")).await == all);
        other.stopping.cancel();
    }
}

#[tokio::test]
async fn what_came_before_a_break_stays() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(1_000_000).await;
    let mut stream = ada.open(&upload, 0, 1_000_000).await;
    stream.write_all(&bytes(4, 123_456)).await.unwrap();
    until(async || ada.offset(&upload).await == 123_456).await;
    drop(stream);
    // Its place is free at once: nobody waits for the connection to be missed.
    let began = Instant::now();
    until(async || ada.patch(&upload, 123_456, b"next").await.status == 204).await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(ada.offset(&upload).await, 123_460);
}

/// A body without a length turns out too long after somebody was told how far it was.
#[tokio::test]
async fn what_was_acknowledged_is_never_taken_back() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let all = bytes(5, 300_000);
    let begun = ada.create(&[("upload-length", "300000")]).await.expect(201);
    let upload = begun.header("location");
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\n\
         authorization: Bearer {}\r\ncontent-type: {BYTES}\r\nupload-offset: 0\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n",
        ada.token, 400_000
    );
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&all[..200_000]).await.unwrap();
    until(async || ada.offset(upload).await == 200_000).await;
    let _refused = stream.write_all(&bytes(6, 200_000)).await;
    let answer = hear(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("upload_too_long"), "{answer}");
    assert_eq!(ada.offset(upload).await, 200_000, "and nothing after it");
    ada.patch(upload, 200_000, &all[200_000..])
        .await
        .expect(204);
    assert!(stored(&app, begun.header("kadr-video")).await == all);
}

#[tokio::test]
async fn many_come_in_at_once() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let sent = (0..20).map(|seed| {
        let (ada, app) = (ada.clone(), &app);
        async move {
            let all = bytes(100 + seed, 200_000);
            let begun = ada.create(&[("upload-length", "200000")]).await.expect(201);
            let upload = begun.header("location").to_owned();
            ada.patch(&upload, 0, &all[..90_000]).await.expect(204);
            ada.patch(&upload, 90_000, &all[90_000..]).await.expect(204);
            assert!(stored(app, begun.header("kadr-video")).await == all);
        }
    });
    futures::future::join_all(sent).await;
}
