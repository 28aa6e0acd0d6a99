//! The description of the API is there, well formed and complete.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::TestApp;

#[tokio::test]
async fn the_description_is_well_formed() {
    let app = TestApp::start().await;
    let answer = app
        .get("/api/openapi.json")
        .await
        .expect(200)
        .has("content-type", "application/json");
    let api = answer.json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3."), "{api}");
    assert_eq!(api["info"]["title"], "Kadr");
    let mut ids = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        assert!(path.starts_with('/'));
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            assert!(
                operation["summary"].is_string(),
                "{method} {path} has no summary"
            );
            let answers = operation["responses"].as_object().unwrap();
            assert!(!answers.is_empty(), "{method} {path} answers nothing");
            for answer in answers.values() {
                assert!(answer["description"].is_string());
            }
        }
    }
    references_lead_somewhere(&api, &api);
    assert!(api["components"]["schemas"]["Problem"].is_object());
}

fn references_lead_somewhere(node: &Value, api: &Value) {
    match node {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                let pointer = target.strip_prefix('#').unwrap();
                assert!(api.pointer(pointer).is_some(), "{target} leads nowhere");
            }
            map.values()
                .for_each(|value| references_lead_somewhere(value, api));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| references_lead_somewhere(value, api)),
        _ => {}
    }
}

#[tokio::test]
async fn every_described_address_answers_and_the_health_routes_are_described() {
    let app = TestApp::start().await;
    let api = app.get("/api/openapi.json").await.expect(200).json();
    let paths: BTreeSet<&str> = api["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for path in [
        "/api/openapi.json",
        "/events",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        assert!(paths.contains(path), "{path} is not described");
    }
    for path in paths
        .iter()
        .filter(|path| !path.contains('{') && **path != domain::routes::EVENTS)
    {
        let status = app.get(path).await.status;
        assert!(status != 404 && status.as_u16() < 500, "{path}: {status}");
    }
}

/// Routes below `/api` are made in one way only, with their description; this finds one that
/// was made without.
#[test]
fn no_route_of_the_api_is_made_without_its_description() {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http");
    let mut pending = vec![std::path::PathBuf::from(sources)];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let own = path.file_name().is_some_and(|name| name == "openapi.rs");
            assert!(
                own || !text.contains(".route(\"/api"),
                "{}: use routes!(…) with #[utoipa::path]",
                path.display()
            );
        }
    }
}
