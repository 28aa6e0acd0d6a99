//! Which crate may know which: the arrows of the house, and no other.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may depend on whom. Tests may also use `testkit`.
const ARROWS: &[(&str, &[&str])] = &[
    ("frontend", &["app"]),
    ("app", &["domain", "backend"]),
    ("backend", &["domain"]),
    ("media", &["domain"]),
    ("server", &["app", "backend", "domain"]),
    ("testkit", &["backend", "domain"]),
    ("domain", &[]),
    ("xtask", &[]),
];

/// Libraries that exactly these crates may know, so that the others stay what they are.
const KEEPERS: &[(&str, &[&str])] = &[
    ("sqlx", &["backend", "testkit"]),
    ("fred", &["backend", "testkit"]),
    ("lettre", &["backend"]),
    ("ffmpeg-next", &["media"]),
    ("axum", &["app", "server"]),
    ("wasm-bindgen", &["app", "frontend"]),
];

#[test]
fn the_crates_know_each_other_as_the_design_says() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ARROWS
        .iter()
        .map(|(from, to)| (*from, to.iter().copied().collect()))
        .collect();
    let members: BTreeSet<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        members,
        allowed.keys().copied().collect(),
        "a new crate needs its arrows here"
    );

    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let from = package.name.as_str();
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            let for_tests = dependency.kind == DependencyKind::Development;
            if members.contains(to)
                && !allowed[from].contains(to)
                && !(for_tests && to == "testkit")
            {
                wrong.push(format!("{from} → {to}"));
            }
            if let Some((_, keepers)) = KEEPERS.iter().find(|(library, _)| *library == to)
                && !keepers.contains(&from)
                && !for_tests
            {
                wrong.push(format!("{from} → {to} (kept by {keepers:?})"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that the design does not have: {wrong:#?}"
    );
}

#[test]
fn the_browser_gets_no_server_code() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let app = metadata.packages.iter().find(|p| p.name == "app").unwrap();
    for library in ["backend", "axum", "leptos_axum"] {
        let dependency = app.dependencies.iter().find(|d| d.name == library).unwrap();
        assert!(dependency.optional, "app → {library} only with ssr");
    }
    // `backend/…` as a feature brings the crate in like `dep:backend`.
    let bringing: Vec<&str> = app
        .features
        .iter()
        .filter(|(_, parts)| {
            parts
                .iter()
                .any(|part| part == "dep:backend" || part.starts_with("backend/"))
        })
        .map(|(feature, _)| feature.as_str())
        .collect();
    assert_eq!(bringing, ["ssr"], "only ssr brings in the backend");
    for (feature, parts) in &app.features {
        assert!(
            feature == "ssr" || !parts.iter().any(|part| part == "ssr"),
            "{feature} brings in ssr"
        );
    }
}
