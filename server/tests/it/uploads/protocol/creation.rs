//! How uploads begin: with their first bytes, without a length, with bytes that are there.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use testkit::both_engines;

use super::super::{BYTES, Tus, bytes, hurry, metadata, start, stored};
use crate::harness::TestApp;

both_engines! {
    async fn bytes_that_are_ours_already_need_not_be_sent(test: TestDb) {
        let app = TestApp::builder().uploads(hurry).over(test).start().await;
        let ada = Tus::of(&app, "ada").await;
        let all = bytes(3, 50_000);
        let begun = ada.create(&[("upload-length", "50000")]).await.expect(201);
        let first = begun.header("kadr-video").to_owned();
        ada.patch(begun.header("location"), 0, &all).await.expect(204);

        let hash = blake3_hex(&all);
        let said = metadata(&[("filename", "again.mp4"), ("blake3", &hash)]);
        let headers = [("upload-length", "50000"), ("upload-metadata", &*said)];
        let again = ada
            .create(&headers)
            .await
            .expect(201)
            .has("upload-offset", "50000")
            .has("kadr-duplicate-of", &first);
        assert!(again.headers.get("upload-expires").is_none());
        // A client that sends all the same is told where the upload stands, and is done.
        let upload = again.header("location").to_owned();
        ada.patch(&upload, 0, &all).await.expect(409);
        ada.head(&upload).await.expect(200).has("upload-offset", "50000");

        // Others have to send it, and a claim that is not true ends badly.
        let boris = Tus::of(&app, "boris").await;
        let theirs = boris.create(&headers).await.expect(201).has("upload-offset", "0");
        assert!(theirs.headers.get("kadr-duplicate-of").is_none());
        let wrong = boris.patch(theirs.header("location"), 0, &bytes(4, 50_000)).await;
        assert_eq!(wrong.expect(460).problem(), "upload_false_claim");
        boris.head(theirs.header("location")).await.expect(410);
    }
}

fn blake3_hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[tokio::test]
async fn the_first_bytes_may_come_with_the_request() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let all = bytes(5, 70_000);
    let with = |body: &[u8], length: &str| {
        ada.case(Method::POST, "/uploads/")
            .header("content-type", BYTES)
            .header("upload-length", length)
            .body(body.to_vec())
    };
    let whole = ada
        .send(with(&all, "70000"))
        .await
        .expect(201)
        .has("upload-offset", "70000");
    assert!(stored(&app, whole.header("kadr-video")).await == all);
    let half = ada
        .send(with(&all[..30_000], "70000").chunked())
        .await
        .expect(201);
    let half = half.has("upload-offset", "30000");
    ada.patch(half.header("location"), 30_000, &all[30_000..])
        .await
        .expect(204);

    let long = ada.send(with(&all, "100")).await.expect(413);
    assert_eq!(long.problem(), "upload_too_long");
    let long = ada.send(with(&all, "100").chunked()).await.expect(413);
    assert_eq!(long.problem(), "upload_too_long");
    let sum = format!("sha1 {}", STANDARD.encode([0; 20]));
    let wrong = with(&all, "70000").header("upload-checksum", &sum);
    assert_eq!(
        ada.send(wrong).await.expect(460).problem(),
        "upload_checksum"
    );
    let kind = ada
        .case(Method::POST, "/uploads")
        .header("content-type", "text/plain")
        .header("upload-length", "5")
        .body(b"hello".to_vec());
    assert_eq!(ada.send(kind).await.expect(415).problem(), "upload_type");
    let left = app
        .state
        .backend
        .uploads
        .unfinished(owner(&app, "ada").await)
        .await
        .unwrap();
    assert!(
        left.is_empty(),
        "what could not begin is not there: {left:?}"
    );
}

async fn owner(app: &TestApp, nick: &str) -> domain::ids::UserId {
    use testkit::sqlx::{self, Row as _};
    let row = sqlx::query("SELECT id FROM users WHERE nick_key = $1")
        .bind(nick)
        .fetch_one(app.db.db.read())
        .await
        .unwrap();
    row.get::<String, _>("id").parse().unwrap()
}

#[tokio::test]
async fn the_length_may_be_said_later_and_once() {
    let app = start().await;
    let ada = Tus::of(&app, "ada").await;
    let begun = ada
        .create(&[("upload-defer-length", "1")])
        .await
        .expect(201);
    let upload = begun.header("location").to_owned();
    let head = ada
        .head(&upload)
        .await
        .expect(200)
        .has("upload-defer-length", "1");
    assert!(head.headers.get("upload-length").is_none());
    ada.patch(&upload, 0, b"hello ").await.expect(204);
    let short = ada.patching(&upload, 6).header("upload-length", "3");
    assert_eq!(
        ada.send(short).await.expect(400).problem(),
        "upload_length_too_short"
    );
    let said = ada
        .patching(&upload, 6)
        .header("upload-length", "11")
        .body(b"wo".to_vec());
    ada.send(said).await.expect(204).has("upload-offset", "8");
    let head = ada
        .head(&upload)
        .await
        .expect(200)
        .has("upload-length", "11");
    assert!(head.headers.get("upload-defer-length").is_none());
    let changed = ada
        .patching(&upload, 8)
        .header("upload-length", "12")
        .body(b"rld!".to_vec());
    assert_eq!(
        ada.send(changed).await.expect(400).problem(),
        "upload_length_changed"
    );
    let repeated = ada
        .patching(&upload, 8)
        .header("upload-length", "11")
        .body(b"rld".to_vec());
    ada.send(repeated)
        .await
        .expect(204)
        .has("upload-offset", "11");
    assert_eq!(
        stored(&app, begun.header("kadr-video")).await,
        b"hello world"
    );
}
