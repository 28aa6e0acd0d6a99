//! A message in the page that stays until its reason is gone.

use leptos::prelude::*;

use super::{Icon, Tone};

#[component]
pub fn Alert(
    #[prop(optional)] tone: Tone,
    #[prop(into)] title: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let role = if tone == Tone::Bad { "alert" } else { "note" };
    view! {
        <div class="alert" data-tone=tone.code() role=role>
            <Icon symbol=tone.symbol() />
            <div class="body">
                <strong>{title}</strong>
                {children.map(|children| view! { <div>{children()}</div> })}
            </div>
        </div>
    }
}
