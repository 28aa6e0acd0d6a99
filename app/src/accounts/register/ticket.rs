//! What one is about to become, as a ticket: the last look before the door.

use leptos::prelude::*;
use leptos_i18n::td_string;

use super::{picture::initials, sight::DraftSight};
use crate::context::use_visit;

#[component]
pub(super) fn Ticket(draft: DraftSight) -> impl IntoView {
    let locale = use_visit().locale();
    let face = match draft.avatar_href(192) {
        Some(src) => view! { <img src=src alt="" width="64" height="64" /> }.into_any(),
        None => view! { <span inner_html=initials(&draft)></span> }.into_any(),
    };
    view! {
        <div class="ticket">
            <span class="face" aria-hidden="true">
                {face}
            </span>
            <p class="who">
                <strong>{draft.name}</strong>
                <span class="soft" translate="no">
                    {format!("@{}", draft.nick)}
                </span>
            </p>
            <p class="stub" aria-hidden="true">
                {td_string!(locale, register.ticket)}
            </p>
        </div>
    }
}
