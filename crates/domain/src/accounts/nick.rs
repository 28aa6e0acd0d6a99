//! Nicks: the name in an address, `/@nick`.
//!
//! The rules here need no tables and run in the browser. Whether two nicks look alike is
//! judged by the server, which folds them (`backend::accounts::fold`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::forms::Fault;

pub const MIN_LENGTH: usize = 3;
pub const MAX_LENGTH: usize = 30;

/// Words that would look like a part of the house, or like the people who run it.
const RESERVED: &[&str] = &[
    "about",
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "assets",
    "auth",
    "avatar",
    "avatars",
    "billing",
    "blog",
    "bot",
    "contact",
    "copyright",
    "deleted",
    "dev",
    "dmca",
    "docs",
    "embed",
    "error",
    "events",
    "everyone",
    "faq",
    "feed",
    "feedback",
    "guest",
    "healthz",
    "help",
    "home",
    "hostmaster",
    "index",
    "info",
    "jobs",
    "kadr",
    "legal",
    "login",
    "logout",
    "mail",
    "me",
    "media",
    "metrics",
    "mod",
    "moderator",
    "news",
    "nobody",
    "null",
    "official",
    "owner",
    "pages",
    "password",
    "pkg",
    "postmaster",
    "privacy",
    "profile",
    "readyz",
    "register",
    "reset",
    "robots",
    "root",
    "rss",
    "search",
    "security",
    "self",
    "server",
    "service",
    "settings",
    "setup",
    "signin",
    "signup",
    "sitemap",
    "staff",
    "static",
    "status",
    "studio",
    "support",
    "sysadmin",
    "system",
    "team",
    "terms",
    "test",
    "undefined",
    "unknown",
    "upload",
    "uploads",
    "user",
    "users",
    "video",
    "videos",
    "watch",
    "webmaster",
    "www",
    // The same in the other languages of the house.
    "админ",
    "администратор",
    "адмін",
    "адміністратор",
    "аноним",
    "анонім",
    "видео",
    "відео",
    "гость",
    "гість",
    "кадр",
    "модератор",
    "настройки",
    "налаштування",
    "никто",
    "ніхто",
    "официальный",
    "офіційний",
    "поддержка",
    "підтримка",
    "помощь",
    "допомога",
    "сервер",
    "система",
];

/// A nick as its owner writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nick(String);

/// Letters that one word may have together. Coarse, by blocks: the exact tables are heavy,
/// and what falls between the blocks is not taken at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Armenian,
    Georgian,
    Hebrew,
    Arabic,
    /// Chinese, Japanese and Korean are written together.
    EastAsian,
}

const fn script(c: char) -> Option<Script> {
    Some(match c {
        'a'..='z' | 'A'..='Z' => Script::Latin,
        '×' | '÷' => return None,
        // Without the click letters and the digraphs, which look like other letters.
        'À'..='\u{01BF}' | '\u{01CD}'..='\u{01F0}' | '\u{01F4}'..='\u{024F}' => Script::Latin,
        '\u{1E00}'..='\u{1EFF}' => Script::Latin,
        '\u{0386}' | '\u{0388}'..='\u{03CE}' => Script::Greek,
        '\u{0400}'..='\u{0481}' | '\u{048A}'..='\u{052F}' => Script::Cyrillic,
        '\u{0531}'..='\u{0556}' | '\u{0561}'..='\u{0587}' => Script::Armenian,
        '\u{10D0}'..='\u{10FA}' => Script::Georgian,
        '\u{05D0}'..='\u{05EA}' => Script::Hebrew,
        '\u{0620}'..='\u{063F}' | '\u{0641}'..='\u{064A}' | '\u{0671}'..='\u{06D3}' => {
            Script::Arabic
        }
        '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}' => Script::EastAsian,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => Script::EastAsian,
        '\u{AC00}'..='\u{D7A3}' => Script::EastAsian,
        _ => return None,
    })
}

const fn is_mark(c: char) -> bool {
    matches!(c, '_' | '.' | '-')
}

impl Nick {
    /// # Errors
    /// [`Fault`] says what to mend.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        // The sign is not part of the nick, but people write it.
        let text = text.strip_prefix('@').unwrap_or(text);
        if text.is_empty() {
            return Err(Fault::Required);
        }
        let mut length = 0;
        let mut seen = None;
        let mut mixed = false;
        let mut marks_side_by_side = false;
        let mut after_mark = false;
        for c in text.chars() {
            length += 1;
            if length > MAX_LENGTH {
                return Err(Fault::TooLong);
            }
            marks_side_by_side |= after_mark && is_mark(c);
            after_mark = is_mark(c);
            if after_mark || c.is_ascii_digit() {
                continue;
            }
            match (script(c), seen) {
                (None, _) => return Err(Fault::Characters),
                (new @ Some(_), None) => seen = new,
                (Some(new), Some(old)) => mixed |= new != old,
            }
        }
        if length < MIN_LENGTH {
            return Err(Fault::TooShort);
        }
        if text.starts_with(is_mark) || after_mark || marks_side_by_side {
            return Err(Fault::Punctuation);
        }
        if mixed {
            return Err(Fault::MixedScripts);
        }
        if is_reserved(text) {
            return Err(Fault::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// One that may be somebody's, to look for them by: the rules of today say who may take a
    /// nick, not who has one.
    #[must_use]
    pub fn wanted(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('@').unwrap_or(text);
        let length = text.chars().take(MAX_LENGTH + 1).count();
        let fits = (1..=MAX_LENGTH).contains(&length) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    /// One that was taken by the rules of its time and is somebody's.
    #[must_use]
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A reserved word, also when marks or digits were put around its letters.
fn is_reserved(text: &str) -> bool {
    let bare: String = text
        .chars()
        .filter(|c| !is_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let bare = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    bare.is_empty() && text.chars().all(is_mark) || RESERVED.contains(&bare)
}

/// The reserved words, for the server, which compares what they look like.
#[must_use]
pub const fn reserved() -> &'static [&'static str] {
    RESERVED
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Nick {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Nick {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(Fault::code)
    }
}

impl From<Nick> for String {
    fn from(nick: Nick) -> Self {
        nick.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_letters_digits_and_marks_of_one_script() {
        for text in [
            "ada",
            "Ada.Lovelace",
            "a_d-a",
            "ada1815",
            "1815",
            "леся",
            "Їжак_2",
            "Ґалаґан",
            "josé",
            "ελένη",
            "黒澤明",
            "くろさわ",
            " ada ",
            "@ada",
            "ab.cd.ef",
        ] {
            let nick = Nick::parse(text).map(String::from);
            let plain = text.trim().trim_start_matches('@').to_owned();
            assert_eq!(nick, Ok(plain), "{text}");
        }
        assert!(Nick::parse(&"я".repeat(MAX_LENGTH)).is_ok());
    }

    #[test]
    fn says_what_is_wrong() {
        let long = "я".repeat(MAX_LENGTH + 1);
        for (text, fault) in [
            ("", Fault::Required),
            (" @ ", Fault::Required),
            ("ad", Fault::TooShort),
            (long.as_str(), Fault::TooLong),
            ("ada lovelace", Fault::Characters),
            ("ada!", Fault::Characters),
            ("ad\u{200B}a", Fault::Characters),
            ("ad\u{202E}a", Fault::Characters),
            ("ada🎬", Fault::Characters),
            ("a/b/c", Fault::Characters),
            ("@@ada", Fault::Characters),
            ("ａｄａ", Fault::Characters),
            ("e\u{301}ve", Fault::Characters),
            ("٣٤٥", Fault::Characters),
            ("_ada", Fault::Punctuation),
            ("ada.", Fault::Punctuation),
            ("a--da", Fault::Punctuation),
            ("a_.da", Fault::Punctuation),
            ("...", Fault::Punctuation),
            ("аda", Fault::MixedScripts),
            ("Adа_1", Fault::MixedScripts),
            ("αda", Fault::MixedScripts),
            ("admin", Fault::Reserved),
            ("Ad.Min", Fault::Reserved),
            ("admin_2", Fault::Reserved),
            ("КАДР", Fault::Reserved),
        ] {
            assert_eq!(Nick::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn who_is_looked_for_need_not_follow_the_rules_of_today() {
        let wanted = |text| Nick::wanted(text).map(String::from);
        assert_eq!(wanted(" @admin "), Some("admin".to_owned()));
        assert_eq!(wanted("@"), None);
        assert_eq!(wanted("a\0da"), None);
        assert_eq!(wanted(&"я".repeat(MAX_LENGTH + 1)), None);
    }

    #[test]
    fn reserved_words_are_written_as_they_are_compared() {
        for word in RESERVED {
            assert_eq!(*word, word.to_lowercase());
            assert!(!word.contains(is_mark), "{word}");
        }
    }
}
