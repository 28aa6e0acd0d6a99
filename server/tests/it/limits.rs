//! Rate limits over HTTP; their arithmetic is tested beside the code.

use axum::{Router, middleware, routing::post};
use server::http::security::limits::{self, Bucket};

use crate::harness::{Case, TestApp};

#[tokio::test]
async fn calls_of_forms_are_limited_by_address() {
    let app = TestApp::builder().proxies("127.0.0.1").start().await;
    let call = |address: &str| {
        Case::post("/ui/preferences/theme")
            .form("theme=dark&back=%2F")
            .header("x-forwarded-for", address)
    };
    let mut refused = None;
    for _ in 0..200 {
        let answer = app.send(call("203.0.113.1")).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        answer.expect(302);
    }
    let refused = refused.expect("the limit was never reached");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.text().contains("<h1"), "a page with words");
    app.send(call("203.0.113.2")).await.expect(302);
}

#[tokio::test]
async fn a_route_can_have_a_bucket_of_its_own() {
    async fn guess() -> &'static str {
        "wrong"
    }
    const GUESSES: Bucket = Bucket::per_minute("test", 1.0, 2.0);
    // The layer needs the state, which exists only once the server does.
    let plain = TestApp::start().await;
    let state = plain.state.clone();
    let routes = Router::new().route("/test/guess", post(guess)).route_layer(
        middleware::from_fn_with_state((state, GUESSES), limits::bucket),
    );
    let app = TestApp::builder().routes(routes).start().await;
    for _ in 0..2 {
        app.send(Case::post("/test/guess")).await.expect(200);
    }
    let refused = app.send(Case::post("/test/guess")).await.expect(429);
    assert_eq!(refused.problem(), "too_many_requests");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
}
