//! The origin rule and the headers of every answer, over HTTP. The rule's table is beside it.

use axum::{Router, routing::post};
use http::HeaderMap;

use crate::harness::{Case, TestApp};

async fn cookies(headers: HeaderMap) -> String {
    format!("cookies: {}", headers.contains_key("cookie"))
}

fn routes() -> Router<server::http::State> {
    Router::new().route("/test/cookies", post(cookies).get(cookies))
}

#[tokio::test]
async fn foreign_pages_are_refused_programs_pass_without_cookies() {
    let app = TestApp::builder().routes(routes()).start().await;
    let call = || Case::post("/test/cookies").header("cookie", "a=b");
    let own = app
        .send(call().header("sec-fetch-site", "same-origin"))
        .await
        .expect(200);
    assert_eq!(own.text(), "cookies: true");
    let origin = format!("http://{}", app.addr);
    let old_browser = app.send(call().header("origin", &origin)).await.expect(200);
    assert_eq!(old_browser.text(), "cookies: true");
    let program = app.send(call()).await.expect(200);
    assert_eq!(program.text(), "cookies: false");
    let bearer = app
        .send(
            call()
                .header("authorization", "Bearer x")
                .header("sec-fetch-site", "cross-site"),
        )
        .await;
    assert_eq!(bearer.expect(200).text(), "cookies: false");
    let reading = app
        .send(Case::get("/test/cookies").header("cookie", "a=b"))
        .await
        .expect(200);
    assert_eq!(reading.text(), "cookies: true");

    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let refused = app
            .send(call().header(header.0, header.1))
            .await
            .expect(403);
        assert_eq!(refused.problem(), "foreign_origin");
    }
    let page = app
        .send(call().by_browser().header("sec-fetch-site", "cross-site"))
        .await
        .expect(403);
    assert!(page.text().contains("<h1"), "a page with words");
}

#[tokio::test]
async fn a_trusted_proxy_names_the_host() {
    let call = || {
        Case::post("/test/cookies")
            .header("origin", "https://kadr.example")
            .header("x-forwarded-host", "kadr.example")
    };
    let app = TestApp::builder().routes(routes()).start().await;
    app.send(call()).await.expect(403);
    let behind = TestApp::builder()
        .routes(routes())
        .proxies("127.0.0.0/8")
        .start()
        .await;
    behind.send(call()).await.expect(200);
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/nope",
        "/api/nope",
        "/pkg/kadr.11aa.css",
        "/healthz",
        "/%ff",
    ] {
        let answer = app.send(Case::get(path).by_browser()).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self'; script-src 'self' "),
            "{path}: {policy}"
        );
        assert!(
            policy.ends_with("frame-ancestors 'self'"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            "",
            "only where https is spoken"
        );
        assert_ne!(answer.header("permissions-policy"), "");
        assert_ne!(answer.header("x-request-id"), "");
        assert_eq!(
            answer.header("strict-transport-security"),
            "",
            "only where https is spoken"
        );
    }
    let embedded = app.get("/embed/x").await;
    assert!(
        embedded
            .header("content-security-policy")
            .ends_with("frame-ancestors *")
    );
    let secure = TestApp::builder()
        .public_url("https://kadr.example")
        .start()
        .await;
    let answer = secure.get("/").await.expect(200);
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=31536000"
    );
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own_and_uses_no_other() {
    let app = TestApp::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let page = app.send(Case::get("/").by_browser()).await.expect(200);
        let policy = page.header("content-security-policy");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        assert!(nonce.len() >= 16);
        for used in page.text().split("nonce=\"").skip(1) {
            assert_eq!(used.split('"').next().unwrap(), nonce);
        }
        for script in page.text().split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(
                tag.contains("src=") || tag.contains("nonce="),
                "an inline script without a nonce: {tag}"
            );
        }
        assert!(seen.insert(nonce), "the same nonce twice");
    }
}

#[tokio::test]
async fn request_ids_come_from_trusted_proxies_only() {
    let app = TestApp::start().await;
    let case = || Case::get("/healthz").header("x-request-id", "from-somewhere");
    assert_ne!(
        app.send(case()).await.header("x-request-id"),
        "from-somewhere"
    );
    let behind = TestApp::builder().proxies("127.0.0.1").start().await;
    behind
        .send(case())
        .await
        .expect(200)
        .has("x-request-id", "from-somewhere");
}
