//! The top of every page: home, search, and what is one's own.

use domain::{
    accounts::{RegistrationMode, paths},
    routes,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::preferences::{LanguageForm, ThemeForm};
use crate::{
    accounts::login::LogOut,
    context::{Viewer, here, login, use_visit},
    i18n::Locale,
    ui::{
        Avatar, AvatarSize, ButtonLink, Icon, Logo, Menu, MenuAction, MenuAlign, MenuLink, Size,
        Symbol, Variant,
    },
    uploads::UnderwayLink,
};

#[component]
pub fn Header() -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let guest = visit
        .viewer
        .is_none()
        .then(|| view! { <WayIn registration=visit.registration /> });
    let uploads = visit.viewer.is_some().then(|| view! { <UnderwayLink /> });
    view! {
        <header class="site-header">
            <div class="bar">
                <a class="home" href=routes::HOME aria-label=td_string!(locale, shell.home)>
                    <Logo />
                </a>
                <search class="site-search">
                    <form action=routes::SEARCH method="get">
                        <Icon symbol=Symbol::Search />
                        <input
                            type="search"
                            name="q"
                            maxlength="200"
                            enterkeyhint="search"
                            autocomplete="off"
                            aria-label=td_string!(locale, shell.search)
                            placeholder=td_string!(locale, shell.search_placeholder)
                        />
                        <kbd class="needs-scripts" aria-hidden="true">"/"</kbd>
                    </form>
                </search>
                <nav class="own" aria-label=td_string!(locale, shell.navigation)>
                    <a
                        class="button search-link"
                        data-variant="quiet"
                        data-shape="icon"
                        href=routes::SEARCH
                        aria-label=td_string!(locale, shell.search)
                    >
                        <Icon symbol=Symbol::Search />
                    </a>
                    {guest}
                    {uploads}
                    <OwnMenu locale viewer=visit.viewer registration=visit.registration />
                </nav>
            </div>
        </header>
    }
}

/// Where guests are let in; only doors that open.
#[component]
fn WayIn(registration: RegistrationMode) -> impl IntoView {
    let locale = use_visit().locale();
    let path = here();
    // Nobody wants to go on at the page one logs in on.
    let aside = [paths::LOGIN, paths::RESET, paths::REGISTER]
        .iter()
        .any(|page| path.starts_with(page));
    let href = login(if aside { routes::HOME } else { &path });
    let register = registration == RegistrationMode::Open;
    view! {
        <span class="way-in">
            <ButtonLink href variant=Variant::Quiet size=Size::Small>
                {td_string!(locale, accounts.log_in)}
            </ButtonLink>
            {register
                .then(|| {
                    view! {
                        <span class="wide">
                            <ButtonLink
                                href=paths::REGISTER
                                variant=Variant::Primary
                                size=Size::Small
                            >
                                {td_string!(locale, accounts.register)}
                            </ButtonLink>
                        </span>
                    }
                })}
        </span>
    }
}

#[component]
fn OwnMenu(
    locale: Locale,
    viewer: Option<Viewer>,
    registration: RegistrationMode,
) -> impl IntoView {
    let picture = viewer.as_ref().map(|viewer| {
        let (name, src) = (viewer.name.clone(), viewer.avatar_href(64));
        view! { <Avatar name src size=AvatarSize::Small /> }.into_any()
    });
    let who = match viewer {
        Some(viewer) => person(locale, viewer),
        None => guest(locale, registration),
    };
    view! {
        <Menu
            id="own-menu"
            label=td_string!(locale, shell.menu)
            icon=Symbol::Person
            picture
            variant=Variant::Quiet
            align=MenuAlign::End
        >
            <div class="own-menu">
                {who}
                <hr />
                <p class="heading">{td_string!(locale, shell.appearance)}</p>
                <ThemeForm />
                <p class="heading">{td_string!(locale, shell.language)}</p>
                <LanguageForm />
            </div>
        </Menu>
    }
}

fn person(locale: Locale, viewer: Viewer) -> AnyView {
    let profile = paths::profile(&viewer.nick);
    let (name, src) = (viewer.name.clone(), viewer.avatar_href(192));
    // Who is about to leave has no public page.
    let profile = (!viewer.leaving).then(|| {
        view! {
            <MenuLink href=profile icon=Symbol::Person>
                {td_string!(locale, accounts.menu_profile)}
            </MenuLink>
        }
    });
    view! {
        <div class="who person">
            <Avatar name src />
            <p>
                <strong>{viewer.name}</strong>
                <span class="soft" translate="no">"@" {viewer.nick}</span>
            </p>
        </div>
        <hr />
        {profile}
        <MenuLink href=paths::SETTINGS icon=Symbol::Settings>
            {td_string!(locale, accounts.settings)}
        </MenuLink>
        <form method="post" action=LogOut::PATH>
            <MenuAction icon=Symbol::LogOut>{td_string!(locale, accounts.log_out)}</MenuAction>
        </form>
    }
    .into_any()
}

fn guest(locale: Locale, registration: RegistrationMode) -> AnyView {
    view! {
        <p class="who">
            <strong>{td_string!(locale, shell.guest)}</strong>
            <span class="soft">{td_string!(locale, shell.guest_note)}</span>
        </p>
        {(registration == RegistrationMode::Open)
            .then(|| {
                view! {
                    <MenuLink href=paths::REGISTER icon=Symbol::Person>
                        {td_string!(locale, accounts.register)}
                    </MenuLink>
                }
            })}
    }
    .into_any()
}
