//! The way to the uploads, in the header of every page of somebody who is logged in. A script
//! (`frontend/underway/`) has it tell what is on its way or waits for its file.

use domain::routes;
use leptos::prelude::*;
use leptos_i18n::td_string;

use super::texts::header_texts;
use crate::{
    context::{here, use_visit},
    ui::{Icon, Symbol},
};

#[component]
pub fn UnderwayLink() -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let link = move || {
        view! {
            <a
                class="button underway"
                data-variant="quiet"
                data-size="s"
                href=routes::UPLOAD
                title=td_string!(locale, uploads.title)
            >
                <Icon symbol=Symbol::Upload />
                <span class="words">{td_string!(locale, uploads.title)}</span>
                <span class="count" hidden></span>
            </a>
        }
    };
    // The page itself shows more than the header could.
    if here().split('?').next() == Some(routes::UPLOAD) {
        return link().into_any();
    }
    view! {
        <script type="module" src=visit.assets.href("underway.js")></script>
        <kadr-underway data-live=visit.assets.href("live.js") data-texts=header_texts(locale)>
            {link()}
        </kadr-underway>
    }
    .into_any()
}
