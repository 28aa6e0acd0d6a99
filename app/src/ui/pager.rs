//! Through a long list, by key and never by number: newer and older.

use leptos::prelude::*;

use super::{ButtonLink, Size, Symbol};

#[component]
pub fn Pager(
    #[prop(into)] label: String,
    #[prop(into)] newer_label: String,
    #[prop(into)] older_label: String,
    /// Where the newer ones are, if there are any.
    #[prop(optional)]
    newer: Option<String>,
    #[prop(optional)] older: Option<String>,
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label=label>
            {newer
                .map(|href| {
                    view! {
                        <ButtonLink href rel="prev" size=Size::Small icon=Symbol::ArrowLeft>
                            {newer_label}
                        </ButtonLink>
                    }
                })}
            {older
                .map(|href| {
                    view! {
                        <ButtonLink href rel="next" size=Size::Small icon=Symbol::ArrowRight icon_last=true>
                            {older_label}
                        </ButtonLink>
                    }
                })}
        </nav>
    }
}
