//! Pages of the owner. For now: the components, all of them, in every state.

pub mod introduce;
pub mod ui_page;

use leptos::prelude::*;

use crate::{
    context::{require_viewer, use_visit},
    shell::NotFound,
};

/// What only the owner sees. Whoever is not logged in may be the owner and is sent to say so;
/// for everybody else there is no such page.
#[component]
fn OwnersOnly(children: Children) -> impl IntoView {
    match use_visit().viewer {
        Some(viewer) if viewer.role.is_admin() => children().into_any(),
        Some(_) => view! { <NotFound /> }.into_any(),
        None => {
            let _ = require_viewer();
            ().into_any()
        }
    }
}
