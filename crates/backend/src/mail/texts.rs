//! The words of mails, one catalogue a language, compiled in.

use std::sync::LazyLock;

use domain::language::Language;
use serde::Deserialize;

/// A catalogue. Its fields are the keys: a language that misses one, or has one too many,
/// does not parse, and the test of this file says so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub(super) layout: Layout,
    pub(super) test: Said,
    pub(super) code: Said,
    pub(super) reset: Said,
    pub(super) password_changed: Said,
    pub(super) email_change: Said,
    pub(super) email_change_asked: Said,
    pub(super) email_changed: Said,
    pub(super) invitation: Said,
    pub(super) leaving: Said,
    pub(super) left: Said,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layout {
    pub(super) greeting: String,
    pub(super) greeting_nameless: String,
    pub(super) link_hint: String,
    pub(super) footer: String,
}

/// What one letter says. `{site}` is the house, `{value}` and `{code}` what the letter brings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    pub(super) subject: String,
    pub(super) preheader: String,
    pub(super) intro: String,
    pub(super) rest: String,
    #[serde(default)]
    pub(super) more: Option<String>,
    #[serde(default)]
    pub(super) button: Option<String>,
}

pub(super) const fn source(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("../../../../locales/en/mail.json"),
        Language::Ru => include_str!("../../../../locales/ru/mail.json"),
        Language::Uk => include_str!("../../../../locales/uk/mail.json"),
    }
}

impl Texts {
    /// Parsed at the first mail, then kept.
    pub(super) fn of(language: Language) -> &'static Self {
        static EN: LazyLock<Texts> = LazyLock::new(|| Texts::parse(Language::En));
        static RU: LazyLock<Texts> = LazyLock::new(|| Texts::parse(Language::Ru));
        static UK: LazyLock<Texts> = LazyLock::new(|| Texts::parse(Language::Uk));
        match language {
            Language::En => &EN,
            Language::Ru => &RU,
            Language::Uk => &UK,
        }
    }

    fn parse(language: Language) -> Self {
        // Compiled in, and each one is parsed by a test.
        serde_json::from_str(source(language)).expect("the catalogues of mails parse")
    }
}

/// Puts values in the place of `{name}`, in one pass: what a value contains stays as it is.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    replace(template, "{", "}", values)
}

/// As [`fill`], for templates that are full of braces: `{{name}}`.
pub(super) fn fill_markup(template: &str, values: &[(&str, &str)]) -> String {
    replace(template, "{{", "}}", values)
}

fn replace(template: &str, open: &str, close: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        let known = after.split_once(close).and_then(|(name, tail)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, tail))
        });
        if let Some((value, tail)) = known {
            out.push_str(value);
            rest = tail;
        } else {
            out.push_str(open);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
