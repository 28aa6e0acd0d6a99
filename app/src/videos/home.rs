//! `/`: what there is to watch.

use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_meta::Title;

use crate::context::use_visit;

#[component]
pub fn HomePage() -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <Title text="" />
        <h1>{td_string!(locale, shell.home_empty_title)}</h1>
        <Probe />
    }
}

#[island]
fn Probe() -> impl IntoView {
    let (n, set_n) = signal(0);
    view! { <button on:click=move |_| set_n.update(|n| *n += 1)>{n}</button> }
}
