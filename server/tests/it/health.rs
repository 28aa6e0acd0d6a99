//! `/healthz`, `/readyz`, `/metrics`.

use std::time::Duration;

use crate::harness::{Case, TestApp};

testkit::both_engines! {
async fn a_fresh_server_is_alive_and_ready(test: TestDb) {
    let app = TestApp::builder().over(test).start().await;
    let alive = app
        .get("/healthz")
        .await
        .expect(200)
        .has("cache-control", "no-store");
    assert_eq!(alive.json(), serde_json::json!({ "status": "ok" }));
    let ready = app.get("/readyz").await.expect(200).json();
    for check in ["database", "queue", "storage"] {
        assert_eq!(ready["checks"][check]["status"], "ok", "{ready}");
    }
    assert!(
        ["ok", "degraded"].contains(&ready["status"].as_str().unwrap()),
        "{ready}"
    );
    app.send(Case::head("/readyz")).await.expect(200);
}
}

#[tokio::test]
async fn a_data_folder_that_is_gone_makes_it_unready_until_it_is_back() {
    let app = TestApp::start().await;
    let away = app.db.folder().with_extension("away");
    std::fs::rename(app.db.folder(), &away).unwrap();
    let unready = app.get("/readyz").await.expect(503).json();
    assert_eq!(unready["status"], "failed");
    assert_eq!(unready["checks"]["storage"]["status"], "failed");
    assert!(
        unready["checks"]["storage"]["detail"]
            .as_str()
            .unwrap()
            .ends_with('.')
    );
    app.get("/healthz").await.expect(200);
    std::fs::rename(&away, app.db.folder()).unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    app.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn a_database_that_is_gone_makes_it_unready() {
    let app = TestApp::start().await;
    app.state.backend.db.close().await;
    let unready = app.get("/readyz").await.expect(503).json();
    assert_eq!(unready["checks"]["database"]["status"], "failed");
    app.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn figures_are_there_for_prometheus() {
    let app = TestApp::start().await;
    app.get("/").await.expect(200);
    app.get("/nope").await.expect(404);
    let figures = app.get("/metrics").await.expect(200);
    assert!(
        figures
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = figures.text();
    for line in [
        r#"kadr_http_requests_total{method="GET",route="/",status="200"} 1"#,
        r#"kadr_http_requests_total{method="GET",route="(file)",status="404"} 1"#,
        "kadr_http_request_duration_seconds_count 2",
        "kadr_event_streams 0",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    let value = |name: &str| -> f64 {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(value("kadr_process_resident_memory_bytes") > 1e6);
    assert!(value("kadr_process_uptime_seconds") >= 0.0);
    assert!(text.ends_with("# EOF\n"));
}
