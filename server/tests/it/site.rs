//! Files of the built site.

use crate::harness::{Case, TestApp};

const CSS: &str = "/pkg/kadr.11aa.css";

#[tokio::test]
async fn files_with_a_hash_are_immutable_and_come_in_the_smallest_form() {
    let app = TestApp::start().await;
    let plain = app
        .get(CSS)
        .await
        .expect(200)
        .has("content-type", "text/css; charset=utf-8")
        .has("cache-control", "public, max-age=31536000, immutable")
        .has("vary", "Accept-Encoding")
        .has("content-encoding", "");
    assert_eq!(plain.text(), "body { color: red }");
    let br = app
        .send(Case::get(CSS).header("accept-encoding", "gzip, br"))
        .await;
    assert_eq!(
        br.expect(200).has("content-encoding", "br").text(),
        "(brotli)"
    );
    let gzip = app
        .send(Case::get(CSS).header("accept-encoding", "gzip, br;q=0"))
        .await;
    assert_eq!(
        gzip.expect(200).has("content-encoding", "gzip").text(),
        "(gzip form)"
    );
    let wasm = app.get("/pkg/kadr_bg.44dd.wasm").await.expect(200);
    wasm.has("content-type", "application/wasm");
}

#[tokio::test]
async fn who_has_a_file_is_not_sent_it_again() {
    let app = TestApp::start().await;
    let first = app.get(CSS).await.expect(200);
    let tag = first.header("etag");
    for known in [tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"] {
        let again = app
            .send(Case::get(CSS).header("if-none-match", known))
            .await
            .expect(304);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), tag);
    }
    app.send(Case::get(CSS).header("if-none-match", "\"x\""))
        .await
        .expect(200);
    let other_form = Case::get(CSS)
        .header("if-none-match", tag)
        .header("accept-encoding", "br");
    app.send(other_form).await.expect(200);
}

#[tokio::test]
async fn head_tells_the_size_without_the_bytes() {
    let app = TestApp::start().await;
    let head = app
        .send(Case::head(CSS))
        .await
        .expect(200)
        .has("content-length", "19");
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn other_files_are_asked_for_again_soon() {
    let app = TestApp::start().await;
    let robots = app
        .get("/robots.txt")
        .await
        .expect(200)
        .has("cache-control", "public, max-age=3600");
    assert_eq!(robots.text(), "User-agent: *\n");
    app.get("/a%20folder/file.txt").await.expect(200);
}

#[tokio::test]
async fn large_files_come_from_the_disk_whole() {
    let app = TestApp::start().await;
    let large = app.get("/pkg/large.55ee.js").await.expect(200);
    assert_eq!(large.body.len(), (1 << 20) + 1);
    assert_eq!(large.header("content-length"), ((1 << 20) + 1).to_string());
}

#[tokio::test]
async fn nothing_outside_the_site_can_be_had() {
    let app = TestApp::start().await;
    for path in [
        "/pkg/../../Cargo.toml",
        "/../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/pkg/%2e%2e/%2e%2e/etc/passwd",
        "/pkg/..%5c..%5cetc",
        "//etc/passwd",
        "/pkg//kadr.11aa.css",
        "/.hidden",
        "/manifest.json",
        "/pkg/kadr.11aa.css.br",
        "/pkg/",
    ] {
        app.get(path).await.expect(404);
    }
}
