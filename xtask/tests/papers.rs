//! What is written beside the code fits the code: settings, links, translations.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a folder above xtask")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below a folder with one of the endings.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|is| is == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Texts between two marks.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| rest.split_once(after).map(|(inside, _)| inside))
        .collect()
}

#[test]
fn the_readme_lists_exactly_the_settings_there_are() {
    let mut known = BTreeSet::new();
    for file in files(&root().join("server/src/config"), "rs") {
        known.extend(
            between(&read(&file), "env = \"", "\"")
                .into_iter()
                .map(str::to_owned),
        );
    }
    // The name other Rust programs know; ours is KADR_LOG.
    known.remove("RUST_LOG");
    let readme = read(&root().join("README.md"));
    let listed: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert!(known.len() > 10, "settings are found: {known:?}");
    assert_eq!(
        listed, known,
        "left: the table of README.md, right: server/src/config"
    );
}

#[test]
fn links_in_the_papers_lead_somewhere() {
    let mut papers = files(&root().join("docs"), "md");
    papers.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)));
    let mut broken = Vec::new();
    for paper in papers {
        let folder = paper.parent().expect("a folder");
        for target in between(&read(&paper), "](", ")") {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains(':') && !folder.join(file).exists() {
                broken.push(format!("{}: {target}", paper.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A message's key without the plural form, which differs from language to language, and the
/// names of what is put into it.
fn messages(json: &Value, above: &str, into: &mut BTreeMap<String, BTreeSet<String>>) {
    match json {
        Value::Object(entries) => {
            for (key, value) in entries {
                messages(value, &format!("{above}.{key}"), into);
            }
        }
        Value::String(text) => {
            let forms = ["_zero", "_one", "_two", "_few", "_many", "_other"];
            let key = forms
                .iter()
                .find_map(|form| above.strip_suffix(form))
                .unwrap_or(above);
            let holes = between(text, "{{", "}}")
                .into_iter()
                .map(|name| name.trim().to_owned());
            into.entry(key.to_owned()).or_default().extend(holes);
        }
        _ => {}
    }
}

#[test]
fn every_language_says_the_same_things() {
    let locales = root().join("locales");
    let catalogue = |language: &str| {
        let mut found = BTreeMap::new();
        for file in files(&locales.join(language), "json") {
            let name = file
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let json = serde_json::from_str(&read(&file))
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            messages(&json, &name, &mut found);
        }
        found
    };
    let english = catalogue("en");
    assert!(english.len() > 20, "messages are found");
    for language in ["ru", "uk"] {
        let theirs = catalogue(language);
        for (key, holes) in &english {
            assert_eq!(
                theirs.get(key),
                Some(holes),
                "{key} in {language}, with what is put into it"
            );
        }
        for key in theirs.keys() {
            assert!(english.contains_key(key), "{key} is only in {language}");
        }
    }
}
