//! Bad requests and bad days: every answer is a proper one, in the form its reader can use.

use std::time::Duration;

use axum::{Router, routing::get};
use http::Method;
use server::http::Fault;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{Case, TestApp};

fn broken() -> Router<server::http::State> {
    async fn panics() {
        panic!("the password is hunter2");
    }
    async fn fails() -> Fault {
        Fault::internal(std::io::Error::other("the password is hunter2"))
    }
    Router::new()
        .route("/test/panic", get(panics))
        .route("/test/fail", get(fails))
        .route("/api/test/panic", get(panics))
}

#[tokio::test]
async fn unknown_addresses_are_404_in_the_form_that_was_asked_for() {
    let app = TestApp::start().await;
    for path in [
        "/nope",
        "/search/nope",
        "/pkg",
        "/ui/nope",
        "/%D1%82%D1%83%D1%82",
    ] {
        let page = app.send(Case::get(path).by_browser()).await;
        if path.starts_with("/pkg") {
            page.expect(404)
                .has("content-type", "text/plain; charset=utf-8");
            continue;
        }
        let page = page
            .expect(404)
            .has("content-type", "text/html; charset=utf-8");
        assert!(page.text().contains("<h1"), "a whole page");
        assert_eq!(page.text().matches("<title").count(), 1);
        assert_eq!(page.text().matches("</html>").count(), 1);
    }
    for path in ["/api", "/api/", "/api/v1/nope", "/api/%20"] {
        let answer = app.send(Case::get(path).by_browser()).await.expect(404);
        assert_eq!(answer.problem(), "not_found");
    }
    let json = app
        .send(Case::get("/nope").header("accept", "application/json"))
        .await;
    assert_eq!(json.expect(404).problem(), "not_found");
    let image = app
        .send(Case::get("/nope.png").header("accept", "image/*,*/*;q=0.8"))
        .await;
    image
        .expect(404)
        .has("content-type", "text/plain; charset=utf-8");
}

#[tokio::test]
async fn wrong_methods_are_405_and_name_the_right_ones() {
    let app = TestApp::start().await;
    for (method, path, allow) in [
        (Method::POST, "/", "GET,HEAD"),
        (Method::DELETE, "/search", "GET,HEAD"),
        (Method::PUT, "/healthz", "GET,HEAD"),
        (Method::POST, "/api/openapi.json", "GET,HEAD"),
        (Method::POST, "/robots.txt", "GET,HEAD"),
        (Method::GET, "/ui/preferences/theme", "POST"),
    ] {
        let case = Case::new(method, path).header("accept", "application/json");
        let answer = app.send(case).await.expect(405).has("allow", allow);
        assert_eq!(answer.problem(), "method_not_allowed");
    }
    let page = app.send(Case::post("/").by_browser()).await.expect(405);
    assert!(page.text().contains("<h1"));
    let invented = Case::new(Method::from_bytes(b"BREW").unwrap(), "/");
    app.send(invented)
        .await
        .expect(405)
        .has("allow", "GET,HEAD");
}

#[tokio::test]
async fn addresses_that_are_no_text_are_400() {
    let app = TestApp::start().await;
    for path in [
        "/%ff",
        "/search?q=%c3%28",
        "/api/v1/%80",
        "/pkg/%00",
        "/%2e%2e/%ff",
    ] {
        app.send(Case::get(path)).await.expect(400);
    }
    let json = app.send(Case::get("/api/%ff")).await.expect(400);
    assert_eq!(json.problem(), "unreadable_address");
    app.send(Case::get("/?q=\u{43a}%ff")).await.expect(400);
}

#[tokio::test]
async fn raw_bytes_in_an_address_are_400() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream
        .write_all(b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 400"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[tokio::test]
async fn large_headers_are_431_and_long_addresses_414() {
    let app = TestApp::start().await;
    let large = "a".repeat(64 << 10);
    let page = app
        .send(Case::get("/").by_browser().header("x-large", &large))
        .await
        .expect(431);
    assert!(page.text().contains("<h1"), "a page with words");
    let json = app
        .send(Case::get("/api/x").header("x-large", &large))
        .await
        .expect(431);
    assert_eq!(json.problem(), "headers_too_large");
    let cookies = app.send(Case::get("/").header("cookie", &large)).await;
    cookies.expect(431);
    let enormous = "a".repeat(300 << 10);
    app.send(Case::get("/").header("x-large", &enormous))
        .await
        .expect(431);
    let mut many = Case::get("/");
    for n in 0..200 {
        many = many.header(&format!("x-{n}"), "1");
    }
    app.send(many).await.expect(431);
    let long = format!("/search?q={}", "a".repeat(20_000));
    app.send(Case::get(&long)).await.expect(414);
}

#[tokio::test]
async fn bodies_over_the_limit_are_413_promised_or_not() {
    let app = TestApp::start().await;
    let body = vec![b'a'; (1 << 20) + 1];
    for case in [
        Case::post("/ui/preferences/theme")
            .form("")
            .body(body.clone()),
        Case::post("/ui/preferences/theme")
            .form("")
            .body(body.clone())
            .chunked(),
    ] {
        let page = app.send(case).await.expect(413);
        assert!(page.text().contains("<h1"), "a page with words");
    }
    let json = Case::post("/ui/preferences/theme")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    assert_eq!(app.send(json).await.expect(413).problem(), "body_too_large");
}

#[tokio::test]
async fn calls_that_make_no_sense_are_400_in_our_words() {
    let app = TestApp::start().await;
    for body in ["theme[a]=b", "theme[]=1&theme[x]=2"] {
        let case = Case::post("/ui/preferences/theme")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.as_bytes().to_vec());
        let answer = app.send(case).await.expect(400);
        assert_eq!(answer.problem(), "invalid_arguments", "{body}");
    }
}

#[tokio::test]
async fn a_panic_is_a_500_with_an_id_and_the_server_lives() {
    let app = TestApp::builder().routes(broken()).start().await;
    for _ in 0..3 {
        let page = app
            .send(Case::get("/test/panic").by_browser())
            .await
            .expect(500);
        assert!(
            page.text().contains(page.header("x-request-id")),
            "the page names the id"
        );
        assert!(!page.text().contains("hunter2"));
    }
    let json = app.get("/api/test/panic").await.expect(500);
    assert_eq!(json.problem(), "internal");
    app.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn a_refusal_names_its_request_too() {
    let app = TestApp::start().await;
    for (path, status) in [("/no/such/page", 404), ("/%ff", 400)] {
        let page = app.send(Case::get(path).by_browser()).await.expect(status);
        assert!(
            page.text().contains(page.header("x-request-id")),
            "{path}: {}",
            page.text()
        );
    }
}

#[tokio::test]
async fn internal_errors_stay_internal() {
    let app = TestApp::builder().routes(broken()).start().await;
    let page = app
        .send(Case::get("/test/fail").by_browser())
        .await
        .expect(500);
    assert!(!page.text().contains("hunter2"));
    let json = app
        .send(Case::get("/test/fail").header("accept", "application/json"))
        .await;
    let json = json.expect(500);
    assert_eq!(json.problem(), "internal");
    assert!(!json.text().contains("hunter2"));
}

#[tokio::test]
async fn who_speaks_no_http_harms_nobody() {
    let app = TestApp::start().await;
    let noise: [&[u8]; 4] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"\r\n\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ];
    for bytes in noise {
        let mut stream = TcpStream::connect(app.addr).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _reset = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
            .await
            .unwrap();
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{answer:?}"
        );
    }
    app.get("/").await.expect(200);
}
