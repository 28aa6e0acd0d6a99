//! The page around every page: document, header, footer, routes.

use domain::routes;
use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Route, Router, Routes},
};

use crate::{context::use_visit, videos::home::HomePage};

/// The whole document.
#[must_use]
pub fn document() -> impl IntoView {
    let visit = use_visit();
    view! {
        <!DOCTYPE html>
        <html lang=visit.language.code() data-theme=visit.theme.code()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <link rel="stylesheet" href=visit.assets.href("kadr.css") />
                <script type="module" src=visit.assets.href("boot.js")></script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let locale = use_visit().locale();
    view! {
        <Title formatter=|text: String| if text.is_empty() { "Kadr".into() } else { format!("{text} · Kadr") } />
        <Router>
            <a class="skip-link" href="#content">{td_string!(locale, shell.skip_to_content)}</a>
            <main id="content">
                <Routes fallback=|| "404">
                    <Route path=StaticSegment("") view=HomePage ssr=SsrMode::Async />
                </Routes>
            </main>
        </Router>
    }
}

/// Addresses that have a page of their own, for whoever mounts or walks them.
pub const PAGES: &[&str] = &[routes::HOME];
