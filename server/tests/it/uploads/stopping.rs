//! What is said while something of ours fails: we stop, the database is away, a bug.

use axum::{Router, routing::any};
use http::{Method, StatusCode};

use super::{BYTES, Tus, hurry, start, stored};
use crate::harness::TestApp;

#[tokio::test]
async fn a_server_that_stops_takes_no_bytes_and_loses_no_upload() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(10).await;
    ada.patch(&upload, 0, b"hello").await.expect(204);
    app.state.backend.uploads.stop().await;
    let refused = ada.patch(&upload, 5, b"world").await.expect(503);
    assert_eq!(refused.problem(), "upload_stopping");
    assert_eq!(refused.header("retry-after"), "1");
    ada.head(&upload)
        .await
        .expect(200)
        .has("upload-offset", "5");
    let beginning = || {
        ada.case(Method::POST, "/uploads")
            .header("upload-length", "5")
            .header("content-type", BYTES)
    };
    for case in [beginning(), beginning().body(b"hello".to_vec())] {
        let refused = ada.send(case).await.expect(503);
        assert_eq!(refused.problem(), "upload_stopping");
        assert_eq!(refused.header("retry-after"), "1");
    }
}

/// Clients begin again at byte 0 after any refusal of a HEAD but 404, 410 and 423.
#[tokio::test]
async fn a_database_that_is_away_makes_nobody_begin_again() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let upload = ada.begin(10).await;
    app.state.backend.db.close().await;
    ada.head(&upload).await.expect(423).has("retry-after", "1");
    let patch = ada.patch(&upload, 0, b"hello").await;
    assert!(patch.status.is_server_error(), "{patch:?}");
}

/// As when a disk is not mounted.
#[tokio::test]
async fn uploads_wait_for_files_that_are_away() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let begun = ada.create(&[("upload-length", "10")]).await.expect(201);
    let upload = begun.header("location");
    ada.patch(upload, 0, b"hello").await.expect(204);
    let storage = app.state.backend.uploads.storage();
    let mark = storage.set_mark().await.unwrap();
    storage.expect_mark(mark);
    let (there, away) = (storage.root(), storage.root().with_extension("away"));
    std::fs::rename(there, &away).unwrap();
    for _ in 0..2 {
        let refused = ada.patch(upload, 5, b"world").await.expect(503);
        assert_eq!(refused.problem(), "unavailable");
        assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
        ada.head(upload).await.expect(200).has("upload-offset", "5");
    }
    // Whatever was made where it belongs.
    let _mistaken = std::fs::remove_dir_all(there);
    std::fs::rename(&away, there).unwrap();
    ada.patch(upload, 5, b"world").await.expect(204);
    assert_eq!(
        stored(&app, begun.header("kadr-video")).await,
        b"helloworld"
    );
}

/// Nor does anything else that goes wrong.
#[tokio::test]
async fn no_question_is_answered_with_a_failure_of_ours() {
    async fn panics() -> StatusCode {
        panic!("on purpose")
    }
    let failing = Router::new()
        .route("/uploads/test/panic", any(panics))
        .route("/uploads/test/gateway", any(StatusCode::BAD_GATEWAY));
    let app = TestApp::builder()
        .uploads(hurry)
        .routes(failing)
        .start()
        .await;
    let ada = Tus::of(&app, "ada").await;
    for path in ["/uploads/test/panic", "/uploads/test/gateway"] {
        for case in [
            ada.case(Method::HEAD, path),
            ada.case(Method::POST, path)
                .header("x-http-method-override", "HEAD"),
        ] {
            let answer = ada.send(case).await.expect(423);
            assert_eq!(answer.header("retry-after"), "1", "{path}");
        }
        let patch = ada.patch(path, 0, b"x").await;
        assert!(patch.status.is_server_error(), "{patch:?}");
    }
    let elsewhere = ada.case(Method::HEAD, "/test/none").send(app.addr).await;
    elsewhere.expect(404);
}
