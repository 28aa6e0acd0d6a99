//! Links in running text and in lists of links.

use leptos::prelude::*;

use super::{Icon, Symbol};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkTone {
    #[default]
    Accent,
    /// For lists of links, where being a link goes without saying.
    Quiet,
}

#[component]
pub fn Link(
    #[prop(into)] href: String,
    #[prop(optional)] tone: LinkTone,
    /// Leads to another house: marked, and that house hears nothing of ours.
    #[prop(optional)]
    external: bool,
    children: Children,
) -> impl IntoView {
    let tone = match tone {
        LinkTone::Accent => "accent",
        LinkTone::Quiet => "quiet",
    };
    view! {
        <a class="link" data-tone=tone href=href rel=external.then_some("external noreferrer")>
            {children()}
            {external.then(|| view! { <Icon symbol=Symbol::External /> })}
        </a>
    }
}
