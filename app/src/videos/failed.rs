//! Why a video could not be made, in words.

use leptos_i18n::td_string;

use crate::i18n::Locale;

/// Codes that are the file's fault have a sentence each; everything else is the server's.
const CODES: [&str; 12] = [
    "empty",
    "not_a_file",
    "format_refused",
    "unreadable",
    "truncated",
    "no_media",
    "undecodable",
    "no_picture",
    "codec",
    "picture_too_large",
    "too_long",
    "engine",
];

/// The sentence for a video's error.
#[must_use]
pub fn failed_text(locale: Locale, code: &str) -> &'static str {
    match code {
        "empty" => td_string!(locale, videos.failed.empty),
        "format_refused" => td_string!(locale, videos.failed.kind),
        "unreadable" | "not_a_file" => td_string!(locale, videos.failed.unreadable),
        "truncated" => td_string!(locale, videos.failed.truncated),
        "no_media" => td_string!(locale, videos.failed.no_media),
        "undecodable" | "no_picture" => td_string!(locale, videos.failed.undecodable),
        "picture_too_large" => td_string!(locale, videos.failed.too_large),
        "too_long" => td_string!(locale, videos.failed.too_long),
        "codec" => td_string!(locale, videos.failed.codec),
        _ => td_string!(locale, videos.failed.engine),
    }
}

/// The same for scripts, as `failed_{code}`; who does not find a code takes `failed_engine`.
pub fn failed_texts(locale: Locale) -> impl Iterator<Item = (String, &'static str)> {
    CODES
        .into_iter()
        .map(move |code| (format!("failed_{code}"), failed_text(locale, code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_did_wrong_is_said_and_all_else_is_ours() {
        let ours = failed_text(Locale::en, "engine_crashed");
        assert_eq!(failed_text(Locale::en, "engine"), ours);
        for code in &CODES[..11] {
            assert_ne!(failed_text(Locale::en, code), ours, "{code}");
        }
        let names: Vec<String> = failed_texts(Locale::ru).map(|(name, _)| name).collect();
        assert!(names.contains(&"failed_truncated".to_owned()));
    }
}
