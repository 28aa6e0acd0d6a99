//! Whether a password could hold a name, after the password itself is forgotten.
//!
//! The steps may be taken again in any order, and a password must not hold the nick that was
//! chosen after it. Every three letters in a row leave a trace: a few bits of a hash. A name
//! all of whose threes left one could stand in the password, and then it is asked for anew; a
//! name that does stand there is never missed.
//!
//! The key of these hashes is made of the secret of the house and of the draft's own, which
//! only its browser has: whoever reads the database, even with the secret of the house, can
//! ask nothing. With the draft they are gone.

use super::{
    super::{Key, Secret},
    store::Row,
};

/// Of a hash in hex: four bytes.
const TRACE: usize = 8;

/// The traces of a password, in the order of their own value: where a letter stood is not kept.
pub(super) fn of(key: &Key, secret: &Secret, password: &str) -> String {
    let mut all: Vec<String> = threes(password)
        .iter()
        .map(|three| trace(key, secret, three))
        .collect();
    all.sort_unstable();
    all.dedup();
    all.concat()
}

/// Whether the password of a draft could hold this nick, or the name in this address.
pub(super) fn could_hold(key: &Key, secret: &Secret, row: &Row, own: &str) -> bool {
    row.password_traces
        .as_deref()
        .is_some_and(|traces| held(key, secret, traces, own))
}

fn held(key: &Key, secret: &Secret, traces: &str, own: &str) -> bool {
    let name = own.split_once('@').map_or(own, |(local, _)| local);
    let threes = threes(name);
    // What is shorter says nothing when it turns up.
    !threes.is_empty()
        && threes.iter().all(|three| {
            let wanted = trace(key, secret, three);
            traces
                .as_bytes()
                .chunks(TRACE)
                .any(|trace| trace == wanted.as_bytes())
        })
}

/// Every three letters that stand in a row, without case.
fn threes(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    letters
        .windows(3)
        .map(|three| three.iter().collect())
        .collect()
}

fn trace(key: &Key, secret: &Secret, three: &str) -> String {
    let parts = [secret.reveal(), three].map(str::as_bytes);
    let mut hash = key.hash("traces of passwords", &parts);
    hash.truncate(TRACE);
    hash
}

#[cfg(test)]
mod tests {
    use domain::accounts::password;

    use super::*;

    #[test]
    fn what_the_rules_find_is_never_missed() {
        let key = Key::of("0123456789abcdef0123456789abcdef").unwrap();
        let (mine, other) = (Secret::generate(), Secret::generate());
        let text = "мой ПАРОЛЬ: Ada.Lovelace-1815!";
        let traces = of(&key, &mine, text);
        for own in [
            "ada",
            "LOVE",
            "пароль",
            "1815",
            "Ada.Lovelace-1815!",
            "lace-18@mail.example",
        ] {
            assert!(password::check(text, &[own]).is_err(), "{own}");
            assert!(held(&key, &mine, &traces, own), "{own}");
            assert!(!held(&key, &other, &traces, own), "{own}: a stranger");
        }
        for own in ["", "al", "countess", "lovelock", "ad@lovelace.example"] {
            assert!(!held(&key, &mine, &traces, own), "{own}");
        }
        assert!(!traces.contains("ada") && traces.len() <= TRACE * text.chars().count());
    }
}
