//! A word about a thing's state.

use leptos::prelude::*;

use super::Tone;

#[component]
pub fn Badge(
    #[prop(optional)] tone: Tone,
    #[prop(optional)] dot: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <span class="badge" data-tone=tone.code() data-dot=dot.then_some("")>
            {children()}
        </span>
    }
}
