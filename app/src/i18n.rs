//! The message catalogue (`locales/`), compiled in, and the step from our `Language` to it.

use domain::language::Language;

#[allow(
    deprecated,
    clippy::all,
    clippy::pedantic,
    unreachable_pub,
    reason = "the build-script way pulls in 150 crates of Unicode data tooling to produce the same code"
)]
mod catalogue {
    leptos_i18n::load_locales!();
}

pub use catalogue::i18n::*;

/// The catalogue for a language.
#[must_use]
pub fn locale(language: Language) -> Locale {
    match language {
        Language::En => Locale::en,
        Language::Ru => Locale::ru,
        Language::Uk => Locale::uk,
    }
}

/// Puts a value where a message says `{name}`: for messages that are needed as text (titles,
/// attributes), which the macros of the catalogue give only without values.
#[must_use]
pub fn fill(message: &str, name: &str, value: &str) -> String {
    message.replace(&format!("{{{name}}}"), value)
}

/// Texts by their names, as an object of JSON: what a script says by itself.
#[must_use]
pub fn as_json<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = texts
        .into_iter()
        .map(|(name, text)| format!("{}:{}", json_text(name), json_text(text)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// Texts of the catalogue hold no control characters but line ends.
fn json_text(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_json() {
        assert_eq!(
            as_json([("a", "«b»"), ("c", "\"d\"\n\\")]),
            r#"{"a":"«b»","c":"\"d\"\n\\"}"#
        );
        assert_eq!(as_json([]), "{}");
    }

    #[test]
    fn a_value_is_put_in_as_it_is() {
        assert_eq!(fill("«{query}»", "query", "{query} <b>"), "«{query} <b>»");
        assert_eq!(fill("nothing", "query", "x"), "nothing");
    }
}
