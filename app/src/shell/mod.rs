//! The page around every page: document, header, footer, toasts, routes.

mod failure;
pub mod flash;
mod footer;
mod header;
pub mod preferences;
mod toasts;

use domain::{accounts::paths, language::Language, routes, theme::Theme};
use leptos::{attr::custom::custom_attribute, prelude::*};
use leptos_i18n::td_string;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Route, Router, Routes},
};

pub use failure::{Broken, NotFound, error_document};
use footer::Footer;
use header::Header;
use toasts::Toasts;

use crate::{
    accounts::register::{
        RegisterAvatarPage, RegisterConfirmPage, RegisterEmailPage, RegisterNickPage, RegisterPage,
        RegisterPasswordPage,
    },
    accounts::{
        login::LoginPage,
        profile::{NickSegment, ProfilePage as PersonPage},
        reset::ResetPage,
        settings::{
            AccountPage, EmailPage, InvitationsPage, LeavingBanner, PreferencesPage, ProfilePage,
            SessionsPage, SettingsPage, TokensPage,
        },
    },
    admin::ui_page::UiPage,
    context::{Visit, use_visit},
    uploads::UploadPage,
    videos::{home::HomePage, search::SearchPage},
};

/// Pages that are there for everybody, for whoever walks them.
pub const PAGES: &[&str] = &[
    routes::HOME,
    routes::SEARCH,
    paths::REGISTER,
    "/register/email",
    paths::LOGIN,
    paths::RESET,
];

/// Those of somebody who is logged in.
pub const OWN_PAGES: &[&str] = &[
    routes::UPLOAD,
    paths::SETTINGS_PROFILE,
    paths::SETTINGS_ACCOUNT,
    paths::SETTINGS_SESSIONS,
    paths::SETTINGS_TOKENS,
    paths::SETTINGS_PREFERENCES,
];

/// Those of the owner.
pub const OWNERS_PAGES: &[&str] = &[routes::ADMIN_UI, paths::SETTINGS_INVITATIONS];

/// The colours of the canvas, for what browsers paint around a page. `tokens.css` has them
/// as `--canvas`; a browser's frame takes no oklch.
const CANVAS_LIGHT: &str = "#f9f6f0";
const CANVAS_DARK: &str = "#110e0c";

/// The whole document.
#[must_use]
pub fn document() -> impl IntoView {
    let visit = use_visit();
    view! {
        <!DOCTYPE html>
        <html lang=visit.language.code() data-theme=visit.theme.code()>
            <head>
                <Head visit=visit.clone() />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// What stands in the head of every page, errors included.
#[component]
fn Head(visit: Visit) -> impl IntoView {
    let assets = &visit.assets;
    let (light, dark) = match visit.theme {
        Theme::Auto => (CANVAS_LIGHT, CANVAS_DARK),
        Theme::Light => (CANVAS_LIGHT, CANVAS_LIGHT),
        Theme::Dark => (CANVAS_DARK, CANVAS_DARK),
    };
    let fonts: &[&str] = match visit.language {
        Language::En => &["inter-latin-opsz-normal.woff2"],
        Language::Ru | Language::Uk => &[
            "inter-cyrillic-opsz-normal.woff2",
            "inter-latin-opsz-normal.woff2",
        ],
    };
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        {fonts
            .iter()
            .map(|font| {
                view! {
                    <link
                        rel="preload"
                        href=assets.href(font)
                        r#as="font"
                        type="font/woff2"
                        crossorigin="anonymous"
                    />
                }
            })
            .collect_view()}
        <link rel="stylesheet" href=assets.href("kadr.css") />
        <script type="module" src=assets.href("boot.js")></script>
        <script type="module" src=assets.href("shell.js")></script>
        <meta name="color-scheme" content="light dark" />
        <meta
            name="theme-color"
            {..custom_attribute("media", "(prefers-color-scheme: light)")}
            content=light
            data-light=CANVAS_LIGHT
            data-dark=CANVAS_DARK
        />
        <meta
            name="theme-color"
            {..custom_attribute("media", "(prefers-color-scheme: dark)")}
            content=dark
            data-light=CANVAS_LIGHT
            data-dark=CANVAS_DARK
        />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
        <link rel="manifest" href="/manifest.webmanifest" />
    }
}

/// Landmarks around what a page says.
#[component]
fn Frame(children: Children) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <a class="skip-link" href="#content">
            {td_string!(locale, shell.skip_to_content)}
        </a>
        <Header />
        <LeavingBanner />
        <main id="content" tabindex="-1">
            {children()}
        </main>
        <Footer />
        <Toasts />
    }
}

/// The body: every page with its address.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|page| escaped(&title(page)) />
        <Router>
            <Frame>
                <Routes fallback=NotFound>
                    <Route path=StaticSegment("") view=HomePage ssr=SsrMode::Async />
                    <Route path=StaticSegment("register") view=RegisterPage ssr=SsrMode::Async />
                    <Route
                        path=(StaticSegment("register"), StaticSegment("email"))
                        view=RegisterEmailPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("register"), StaticSegment("nick"))
                        view=RegisterNickPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("register"), StaticSegment("password"))
                        view=RegisterPasswordPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("register"), StaticSegment("avatar"))
                        view=RegisterAvatarPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("register"), StaticSegment("confirm"))
                        view=RegisterConfirmPage
                        ssr=SsrMode::Async
                    />
                    <Route path=StaticSegment("login") view=LoginPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("reset") view=ResetPage ssr=SsrMode::Async />
                    <Route path=NickSegment view=PersonPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("settings") view=SettingsPage ssr=SsrMode::Async />
                    <Route
                        path=(StaticSegment("settings"), StaticSegment("profile"))
                        view=ProfilePage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("settings"), StaticSegment("account"))
                        view=AccountPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("settings"), StaticSegment("email"))
                        view=EmailPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("settings"), StaticSegment("sessions"))
                        view=SessionsPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("settings"), StaticSegment("tokens"))
                        view=TokensPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("settings"), StaticSegment("preferences"))
                        view=PreferencesPage
                        ssr=SsrMode::Async
                    />
                    <Route
                        path=(StaticSegment("settings"), StaticSegment("invitations"))
                        view=InvitationsPage
                        ssr=SsrMode::Async
                    />
                    <Route path=StaticSegment("upload") view=UploadPage ssr=SsrMode::Async />
                    <Route path=StaticSegment("search") view=SearchPage ssr=SsrMode::Async />
                    <Route
                        path=(StaticSegment("admin"), StaticSegment("ui"))
                        view=UiPage
                        ssr=SsrMode::Async
                    />
                </Routes>
            </Frame>
        </Router>
    }
}

/// What a window is called: the page, then the house.
fn title(page: String) -> String {
    if page.is_empty() {
        "Kadr".to_owned()
    } else {
        format!("{page} · Kadr")
    }
}

/// `leptos_meta` writes a title into the page as it is, and a title may hold what somebody
/// typed: a search, the name of a video.
fn escaped(title: &str) -> String {
    title
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
