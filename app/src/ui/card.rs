//! A thing with an edge: a title, what it holds, what can be done.

use leptos::prelude::*;

#[component]
pub fn Card(
    #[prop(into, optional)] title: Option<String>,
    #[prop(into, optional)] note: Option<String>,
    #[prop(optional)] raised: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" data-raised=raised.then_some("")>
            {title
                .map(|title| {
                    view! {
                        <header>
                            <h3>{title}</h3>
                            {note.map(|note| view! { <p>{note}</p> })}
                        </header>
                    }
                })}
            {children()}
        </section>
    }
}
