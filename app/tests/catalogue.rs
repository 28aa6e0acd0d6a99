//! The catalogue is whole in every language, and pages say nothing it does not know.

#![allow(clippy::unwrap_used, reason = "a test may be blunt")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

const LANGUAGES: [&str; 3] = ["en", "ru", "uk"];
/// The forms of a number each language has (CLDR), as they end a key.
const FORMS: [(&str, &[&str]); 3] = [
    ("en", &["one", "other"]),
    ("ru", &["one", "few", "many", "other"]),
    ("uk", &["one", "few", "many", "other"]),
];
const ALL_FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Namespaces of a language: the names of its files.
fn namespaces(language: &str) -> BTreeSet<String> {
    fs::read_dir(root().join("locales").join(language))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn messages(language: &str, namespace: &str) -> BTreeMap<String, String> {
    let path = root().join("locales").join(language).join(namespace);
    let value: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut found = BTreeMap::new();
    flatten("", &value, &mut found);
    found
}

fn flatten(prefix: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&key, value, found);
            }
        }
        Value::String(text) => {
            found.insert(prefix.to_owned(), text.clone());
        }
        other => panic!("{prefix}: {other} is no text"),
    }
}

/// `films_few` → `films`, `few`; only where an `…_other` says that it is a number's form.
fn plural<'a>(key: &'a str, all: &BTreeMap<String, String>) -> Option<(&'a str, &'a str)> {
    let (base, form) = key.rsplit_once('_')?;
    (ALL_FORMS.contains(&form) && all.contains_key(&format!("{base}_other")))
        .then_some((base, form))
}

/// What is put in: `{name}` and `{{ name }}` alike.
fn values(text: &str) -> BTreeSet<String> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_message_is_there_in_every_language() {
    let spaces = namespaces("en");
    assert!(spaces.len() > 3, "{spaces:?}");
    for language in LANGUAGES {
        assert_eq!(namespaces(language), spaces, "files of {language}");
    }
    for space in &spaces {
        let english = messages("en", space);
        let bases = |all: &BTreeMap<String, String>| -> BTreeMap<String, BTreeSet<String>> {
            let mut bases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (key, text) in all {
                let base = plural(key, all).map_or(key.as_str(), |(base, _)| base);
                bases
                    .entry(base.to_owned())
                    .or_default()
                    .extend(values(text));
            }
            bases
        };
        for (language, forms) in FORMS {
            let own = messages(language, space);
            assert_eq!(
                bases(&own),
                bases(&english),
                "{language}/{space}: keys and values"
            );
            for (key, text) in &own {
                assert!(
                    !text.trim().is_empty(),
                    "{language}/{space}: {key} is empty"
                );
                if let Some((base, _)) = plural(key, &own) {
                    for form in forms {
                        let form = format!("{base}_{form}");
                        assert!(
                            own.contains_key(&form),
                            "{language}/{space}: {form} is missing"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn translations_are_translated_and_set_in_their_own_type() {
    // The same in every language, for a reason.
    let same = ["api", "symbols"];
    for space in namespaces("en") {
        let english = messages("en", &space);
        for language in ["ru", "uk"] {
            for (key, text) in messages(language, &space) {
                let last = key.rsplit('.').next().unwrap();
                let has_cyrillic = text.chars().any(|c| ('\u{400}'..='\u{4ff}').contains(&c));
                assert!(
                    has_cyrillic || same.contains(&last) || english.get(&key) != Some(&text),
                    "{language}/{space}: {key} is English: {text}"
                );
                assert!(
                    !text.contains('"') && !text.contains('“') && !text.contains(" - "),
                    "{language}/{space}: {key} wants «» and —: {text}"
                );
                if language == "uk" {
                    assert!(
                        !text.contains(['ы', 'э', 'ъ', 'ё', 'Ы', 'Э', 'Ё']),
                        "uk/{space}: {key} has Russian letters: {text}"
                    );
                } else {
                    assert!(
                        !text.contains(['і', 'ї', 'є', 'ґ', 'І', 'Ї', 'Є', 'Ґ']),
                        "ru/{space}: {key} has Ukrainian letters: {text}"
                    );
                }
            }
        }
    }
}

/// Words between tags and in attributes a person reads or hears, written in the code.
fn literals(source: &str) -> Vec<String> {
    // Not what tests say, nor comments.
    let source = source.split("#[cfg(test)]").next().unwrap();
    const SPOKEN: [&str; 6] = [
        " aria-label=\"",
        " title=\"",
        " placeholder=\"",
        " alt=\"",
        " label=\"",
        " hint=\"",
    ];
    let mut found = Vec::new();
    for line in source
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
    {
        let has_words = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count() > 1;
        // A text node stands between tags, or alone on its line.
        if let Some((_, rest)) = line.split_once(">\"")
            && let Some((text, _)) = rest.split_once("\"<")
            && has_words(text)
        {
            found.push(text.to_owned());
        }
        // An attribute begins after a space: `enterkeyhint` is not `hint`.
        let spaced = format!(" {line}");
        for attribute in SPOKEN {
            for part in spaced.split(attribute).skip(1) {
                if let Some((text, _)) = part.split_once('"')
                    && has_words(text)
                    && !text.contains(['{', '='])
                {
                    found.push(format!("{}{text}\"", attribute.trim_start()));
                }
            }
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn pages_say_nothing_outside_the_catalogue() {
    // Names and commands are the same in every language.
    let allowed = ["kadr", "kadr doctor"];
    let mut files = Vec::new();
    sources(&root().join("app/src"), &mut files);
    assert!(files.len() > 30);
    for file in files {
        for text in literals(&fs::read_to_string(&file).unwrap()) {
            assert!(
                allowed.contains(&text.as_str()),
                "{} says “{text}”: put it into locales/",
                file.display()
            );
        }
    }
}

#[test]
fn a_literal_would_be_found() {
    for (source, count) in [
        (r#"<p>"Hello there"</p>"#, 1),
        (r#"<img alt="A cat" />"#, 1),
        (r#"<p>{td_string!(locale, shell.home)}</p>"#, 0),
        (r#"<img alt="" /><kbd>"/"</kbd>"#, 0),
        ("// <p>\"Hello there\"</p>", 0),
    ] {
        assert_eq!(literals(source).len(), count, "{source}");
    }
}
