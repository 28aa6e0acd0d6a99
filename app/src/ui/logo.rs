//! The mark: a film frame, perforated at its edge, with the notch of a play button cut out.

use leptos::prelude::*;

/// Kept equal to `public/favicon.svg` by eye and by test.
pub(crate) const MARK: &str = include_str!("mark.svg");

/// The mark alone.
#[component]
pub fn Mark() -> impl IntoView {
    view! { <span class="mark" aria-hidden="true" inner_html=MARK></span> }
}

/// Mark and name.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <span class="logo">
            <Mark />
            <span class="word" translate="no">"kadr"</span>
        </span>
    }
}
