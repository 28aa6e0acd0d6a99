//! A person's picture. Whoever has none has an address all the same: that of their initials.

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
    #[prop(into)] src: String,
    #[prop(optional)] size: AvatarSize,
    /// Nothing beside it says whose it is.
    #[prop(optional)]
    alone: bool,
) -> impl IntoView {
    let role = if alone { "img" } else { "presentation" };
    view! {
        <span
            class="avatar"
            data-size=size.code()
            role=role
            aria-label=alone.then_some(name)
            aria-hidden=(!alone).then_some("true")
        >
            <img src=src alt="" loading="lazy" decoding="async" />
        </span>
    }
}
