//! Folding: the form in which two nicks or addresses that a person could confuse are one.
//!
//! Rules that run in the browser are in `domain`; this needs Unicode tables and does not.

use std::{collections::HashSet, sync::LazyLock};

use domain::{
    accounts::{Nick, nick},
    forms::email::Email,
};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The key of a nick: without case and accents, each letter as the one it looks like.
///
/// Rather too eager than too lax: a nick that is refused because it looks like another one
/// costs a second; one that can be taken for somebody else costs more.
///
/// Some Greek letters are like one Latin letter when large and like another when small (Ν, ν).
/// The key goes by the large ones, which are the same to the last stroke; [`small_key`] has
/// the others.
#[must_use]
pub fn nick_key(nick: &Nick) -> String {
    skeleton(nick.as_str())
}

/// What a nick is like in small letters, where that is something else. Looked at when a nick is
/// chosen; there is no constraint on it.
pub(super) fn small_key(nick: &Nick) -> Option<String> {
    let small: String = nick.as_str().chars().flat_map(char::to_lowercase).collect();
    let read: String = small
        .nfd()
        .map(|c| match c {
            'ν' => 'v',
            'η' => 'n',
            'υ' => 'u',
            'γ' => 'y',
            'ω' => 'w',
            c => c,
        })
        .collect();
    let key = skeleton(&read);
    (key != nick_key(nick)).then_some(key)
}

/// All keys by which a nick could be taken for somebody.
pub(super) fn all_keys(nick: &Nick) -> Vec<String> {
    std::iter::once(nick_key(nick))
        .chain(small_key(nick))
        .collect()
}

/// Whether a nick looks like a word that the house needs for itself.
pub(super) fn looks_reserved(nick: &Nick) -> bool {
    static RESERVED: LazyLock<HashSet<String>> =
        LazyLock::new(|| nick::reserved().iter().map(|word| skeleton(word)).collect());
    let bare: String = nick
        .as_str()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    let plain = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    // With its digits too: `adm1n` ends in a letter, `k4dr0` does not.
    RESERVED.contains(&skeleton(plain)) || RESERVED.contains(&skeleton(&bare))
}

/// The key of an address: the local part without case, the domain as the name servers know it.
/// `None`: the domain is no name that a server could have.
#[must_use]
pub fn email_key(email: &Email) -> Option<String> {
    let (local, domain) = email.as_str().rsplit_once('@')?;
    let local: String = local.nfkc().flat_map(char::to_lowercase).nfc().collect();
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    Some(format!("{local}@{domain}"))
}

fn skeleton(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkc().flat_map(char::to_lowercase).nfc() {
        // These two differ by a mark and are two letters to all who write them.
        if c == 'й' {
            folded.push(c);
            continue;
        }
        for c in std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c)) {
            match like(c) {
                'm' => folded.push_str("rn"),
                'w' => folded.push_str("vv"),
                'æ' | 'ӕ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                c => folded.push(c),
            }
        }
    }
    folded
}

/// The Latin letter (or the one mark) that a character is easily taken for.
const fn like(c: char) -> char {
    match c {
        '.' | '-' => '_',
        '0' | 'о' | 'ο' | 'օ' | 'ø' | 'ס' => 'o',
        '1' | 'i' | 'ı' | 'і' | 'ӏ' | 'ι' | 'ו' => 'l',
        'а' | 'α' => 'a',
        'в' | 'ь' | 'β' | 'ß' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' | 'đ' => 'd',
        'е' | 'ё' | 'є' | 'ε' => 'e',
        'ɡ' | 'ց' => 'g',
        'н' | 'һ' | 'հ' | 'ħ' | 'η' => 'h',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ł' => 'l',
        'м' | 'μ' => 'm',
        'п' | 'ν' | 'ո' => 'n',
        'р' | 'ρ' => 'p',
        'ԛ' | 'զ' => 'q',
        'г' | 'ґ' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'ս' => 'u',
        'ѵ' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'ү' | 'υ' => 'y',
        'ζ' => 'z',
        'з' => '3',
        'ς' => 'σ',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        nick_key(&Nick::parse(text).unwrap())
    }

    #[test]
    fn what_looks_alike_is_one() {
        for (a, b) in [
            ("ada", "ADA"),
            ("ivan", "lvan"),
            ("Ivan", "1van"),
            ("bob", "b0b"),
            ("Соса", "Coca"),
            ("АВЕ", "ABE"),
            ("сорок", "copok"),
            ("jose", "José"),
            ("anna", "äńņà"),
            ("modern", "modem"),
            ("vvolf", "Wolf"),
            ("a.b.c", "a-b_c"),
            ("Ёлка", "елка"),
            ("ΑΒΕ", "abe"),
            ("istanbul", "İstanbul"),
            ("TONY", "ΤΟΝΥ"),
            ("tony", "τονυ"),
            ("HOBBY", "ΗΟΒΒΥ"),
            ("Ελένη", "ΕΛΕΝΗ"),
            ("aether", "æther"),
            ("æon", "aeon"),
            ("œuf", "oeuf"),
        ] {
            assert_eq!(key(a), key(b), "{a} {b}");
        }
    }

    #[test]
    fn small_letters_can_be_like_others_than_large_ones() {
        let small = |text: &str| small_key(&Nick::parse(text).unwrap());
        for (greek, latin) in [("ιναη", "ivan"), ("ναυ", "vau"), ("Νύα", "vua")] {
            assert_eq!(small(greek), Some(key(latin)), "{greek}");
        }
        for plain in ["Ivan", "Κατα", "мой", "Жора", "山本一"] {
            assert_eq!(small(plain), None, "{plain}");
        }
    }

    #[test]
    fn what_does_not_is_not() {
        for (a, b) in [
            ("ada", "adam"),
            ("ada1", "ada2"),
            ("мой", "мои"),
            ("abc", "abd"),
            ("a_bc", "ab_c"),
            ("леся", "леся1"),
            ("кот", "код"),
            ("山本一", "山本二"),
        ] {
            assert_ne!(key(a), key(b), "{a} {b}");
        }
    }

    #[test]
    fn reserved_words_cannot_be_imitated() {
        for text in [
            "adm1n",
            "аdмin".replace('а', "a").replace('м', "m").as_str(),
            "r00t",
            "Supp0rt",
            "k-a-d-r_2",
            "rnod",
            "sүstеm".replace('ү', "y").replace('е', "e").as_str(),
            "саге",
            "ΗΟΜΕ",
            "ηοmε".replace('m', "μ").as_str(),
        ] {
            let Ok(nick) = Nick::parse(text) else {
                continue;
            };
            let expected = text != "саге";
            assert_eq!(looks_reserved(&nick), expected, "{text}");
        }
        assert!(!looks_reserved(&Nick::parse("administer").unwrap()));
    }

    #[test]
    fn addresses_are_compared_without_case_and_as_servers_know_them() {
        let key = |text| email_key(&Email::parse(text).unwrap());
        assert_eq!(key("Ada.L@Example.ORG"), Some("ada.l@example.org".into()));
        assert_eq!(key("пошта@ПРИКЛАД.укр"), key("ПОШТА@приклад.УКР"));
        assert_eq!(
            key("a@приклад.укр"),
            Some("a@xn--80aikifvh.xn--j1amh".into())
        );
        assert_eq!(key("a@xn--80aikifvh.xn--j1amh"), key("a@приклад.укр"));
        assert_ne!(key("a.b@example.org"), key("ab@example.org"));
        assert_eq!(key("a@xn--a.org"), None);
    }
}
