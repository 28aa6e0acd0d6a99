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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_put_in_as_it_is() {
        assert_eq!(fill("«{query}»", "query", "{query} <b>"), "«{query} <b>»");
        assert_eq!(fill("nothing", "query", "x"), "nothing");
    }
}
