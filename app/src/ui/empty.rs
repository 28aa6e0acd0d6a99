//! What stands where a list would be: why it is empty, and what to do next.

use leptos::prelude::*;

/// A strip of film with nothing on it.
const ART: &str = include_str!("empty.svg");

#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    #[prop(into, optional)] note: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <div class="art" aria-hidden="true" inner_html=ART></div>
            <h2>{title}</h2>
            {note.map(|note| view! { <p>{note}</p> })}
            {children.map(|children| view! { <div class="button-row">{children()}</div> })}
        </div>
    }
}
