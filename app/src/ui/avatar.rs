//! A person's picture, or the initials until there is one.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AvatarSize {
    Small,
    #[default]
    Medium,
    Large,
    Huge,
}

impl AvatarSize {
    const fn code(self) -> &'static str {
        match self {
            Self::Small => "s",
            Self::Medium => "m",
            Self::Large => "l",
            Self::Huge => "xl",
        }
    }
}

/// `name` is what a screen reader says; leave `alone` off where the name stands beside it.
#[component]
pub fn Avatar(
    #[prop(into)] name: String,
    #[prop(into, optional)] src: Option<String>,
    #[prop(optional)] size: AvatarSize,
    /// Nothing beside it says whose it is.
    #[prop(optional)]
    alone: bool,
) -> impl IntoView {
    let style = format!("--hue:{}", hue(&name));
    let inside = match src {
        Some(src) => view! { <img src=src alt="" loading="lazy" decoding="async" /> }.into_any(),
        None => initials(&name).into_any(),
    };
    let role = if alone { "img" } else { "presentation" };
    view! {
        <span
            class="avatar"
            data-size=size.code()
            style=style
            role=role
            aria-label=alone.then_some(name)
            aria-hidden=(!alone).then_some("true")
        >
            {inside}
        </span>
    }
}

/// First letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    [first, last]
        .into_iter()
        .flatten()
        .flat_map(char::to_uppercase)
        .collect()
}

/// The same name always has the same colour.
fn hue(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash % 12 * 30
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_of_every_script() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("леся українка", "ЛУ"),
            ("Jean Luc Godard", "JG"),
            ("黒澤 明", "黒明"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
        assert_eq!(hue("Ada"), hue("Ada"));
    }
}
