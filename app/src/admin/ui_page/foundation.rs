//! What everything is made of: the mark, type, colours, symbols.

use leptos::prelude::*;
use leptos_i18n::td_string;

use super::{Rooms, Specimen};
use crate::{
    context::use_visit,
    ui::{Icon, Logo, Symbol},
};

/// Custom properties of `tokens.css`, as they are called there.
const COLOURS: [&str; 14] = [
    "sunken",
    "canvas",
    "surface",
    "raised",
    "line",
    "line-strong",
    "text-soft",
    "text",
    "accent",
    "accent-wash",
    "good",
    "warn",
    "bad",
    "bad-fill",
];
const SIZES: [&str; 5] = ["3xl", "2xl", "xl", "m", "s"];

#[component]
pub(super) fn Foundation() -> impl IntoView {
    view! { <Rooms room=|_| view! { <Room /> }.into_any() /> }
}

#[component]
fn Room() -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <Specimen name=td_string!(locale, admin.mark)>
            <Logo />
        </Specimen>
        <Specimen name=td_string!(locale, admin.type_scale)>
            <div class="type-scale">
                {SIZES
                    .into_iter()
                    .map(|size| {
                        view! {
                            <p style=format!("font-size:var(--size-{size})") data-size=size>
                                {td_string!(locale, admin.sample)}
                            </p>
                        }
                    })
                    .collect_view()}
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.colours)>
            <ul class="swatches">
                {COLOURS
                    .into_iter()
                    .map(|colour| {
                        view! {
                            <li>
                                <span style=format!("background:var(--{colour})")></span>
                                <code>{colour}</code>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </Specimen>
        <Specimen name=td_string!(locale, admin.symbols)>
            <div class="symbols">
                {Symbol::ALL
                    .into_iter()
                    .map(|symbol| view! { <Icon symbol /> })
                    .collect_view()}
            </div>
        </Specimen>
    }
}
