//! The name of a file as it is shown and given back. It never becomes a path of ours.

use serde::{Deserialize, Serialize};

use crate::forms::name::is_invisible;

/// What a file is called whose name has nothing that can be shown.
const UNNAMED: &str = "video";

/// Characters a name keeps; file systems take 255 bytes, and a letter may have four.
const MAX_LENGTH: usize = 120;

/// Of them, what may be kept of the ending.
const MAX_ENDING: usize = 12;

/// A name without folders, without anything that hides or turns text, of bounded length.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// Whatever was sent becomes a name that is safe to show and to save under.
    #[must_use]
    pub fn clean(text: &str) -> Self {
        // A browser may send a whole path, of either kind of system.
        let last = text
            .rsplit(['/', '\\'])
            .find(|part| !part.trim().is_empty())
            .unwrap_or_default();
        // More is never kept, and 10 kB of name are not worth looking at.
        let ends = last.char_indices().rev().nth(MAX_LENGTH);
        let (head, tail) = last.split_at(ends.map_or(0, |(at, _)| at));
        let shown: String = head
            .chars()
            .take(3 * MAX_LENGTH)
            .chain(tail.chars())
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !c.is_control() && !is_invisible(*c))
            .map(|c| match c {
                // What Windows does not take in a name.
                ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
                other => other,
            })
            .collect();
        let words: Vec<&str> = shown.split(' ').filter(|word| !word.is_empty()).collect();
        let whole = words.join(" ");
        // Dots at the front hide a file or lead upwards; at the end Windows drops them.
        let whole = whole.trim_matches(['.', ' ']);
        Self(shorten(whole))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without its ending: what a video is called until somebody says otherwise.
    #[must_use]
    pub fn stem(&self) -> &str {
        match self.0.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() && is_ending(ending) => stem.trim_end(),
            _ => &self.0,
        }
    }
}

fn is_ending(text: &str) -> bool {
    (1..=MAX_ENDING).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Cuts in the middle, so that the ending stays.
fn shorten(name: &str) -> String {
    if name.is_empty() {
        return UNNAMED.to_owned();
    }
    if name.chars().count() <= MAX_LENGTH {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if is_ending(ending) => {
            let kept: String = stem.chars().take(MAX_LENGTH - ending.len() - 1).collect();
            format!("{}.{ending}", kept.trim_end())
        }
        _ => name.chars().take(MAX_LENGTH).collect(),
    }
}

impl From<String> for FileName {
    fn from(text: String) -> Self {
        Self::clean(&text)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        FileName::clean(text).into()
    }

    #[test]
    fn what_could_mislead_or_lead_away_is_gone() {
        for (text, name) in [
            ("film.mp4", "film.mp4"),
            ("Мій фільм  (2024).mkv", "Мій фільм (2024).mkv"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\Users\\ada\\film.mov", "film.mov"),
            ("folder/", "folder"),
            ("..", "video"),
            ("", "video"),
            ("\u{0}\u{1}\u{200b}", "video"),
            ("fi\u{0}lm.mp4", "film.mp4"),
            // Shown as `gpj.film` by who obeys the override.
            ("film\u{202e}gpj.mp4", "filmgpj.mp4"),
            (".hidden.mp4", "hidden.mp4"),
            ("a\nb\t.mp4", "a b .mp4"),
            ("what?.mp4. ", "what_.mp4"),
            ("👩‍🎤.webm", "👩‍🎤.webm"),
        ] {
            assert_eq!(clean(text), name, "{text:?}");
        }
    }

    #[test]
    fn ten_kilobytes_become_a_name_with_its_ending() {
        for letter in ["a", "ы", "👩"] {
            let name = clean(&format!("{}.mp4", letter.repeat(110)));
            assert!(
                name.ends_with(".mp4") && name.chars().count() <= MAX_LENGTH,
                "{name}"
            );
            let name = clean(&letter.repeat(10_000));
            assert_eq!(name.chars().count(), MAX_LENGTH);
            assert_eq!(clean(&name), name, "cleaning twice changes nothing");
        }
        for length in [300, 10_000] {
            let name = clean(&format!("{}.mp4", "x".repeat(length)));
            assert_eq!((name.len(), name.ends_with(".mp4")), (MAX_LENGTH, true));
        }
    }

    #[test]
    fn the_stem_is_what_people_call_it() {
        for (name, stem) in [
            ("film.mp4", "film"),
            ("film", "film"),
            ("1. day", "1. day"),
            ("a.b.mp4", "a.b"),
            (".mp4", "mp4"),
        ] {
            assert_eq!(FileName::clean(name).stem(), stem, "{name}");
        }
    }
}
