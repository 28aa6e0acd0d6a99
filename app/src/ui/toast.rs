//! A sentence about what was just done, in passing. Lives in the region of `shell::toasts`;
//! here is what one looks like.

use leptos::prelude::*;

use super::{Icon, Size, Symbol, Tone, Variant, button::ButtonLink};

/// `dismiss` is where the page is without it; a script removes it in place.
#[component]
pub fn Toast(
    #[prop(optional)] tone: Tone,
    #[prop(into)] dismiss: String,
    #[prop(into)] dismiss_label: String,
    #[prop(into)] text: String,
) -> impl IntoView {
    view! {
        <div class="toast" data-tone=tone.code()>
            <Icon symbol=tone.symbol() />
            <span class="text">{text}</span>
            <ButtonLink
                href=dismiss
                variant=Variant::Quiet
                size=Size::Small
                icon=Symbol::Close
                label=dismiss_label
                attr:data-dismiss=""
            />
        </div>
    }
}
