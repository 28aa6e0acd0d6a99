//! The top of every page: home, search, and what is one's own.

use domain::routes;
use leptos::prelude::*;
use leptos_i18n::td_string;

use super::preferences::{LanguageForm, ThemeForm};
use crate::{
    context::use_visit,
    ui::{Icon, Logo, Menu, MenuAlign, Symbol, Variant},
};

#[component]
pub fn Header() -> impl IntoView {
    let locale = use_visit().locale();
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
                    <Menu
                        id="own-menu"
                        label=td_string!(locale, shell.menu)
                        icon=Symbol::Person
                        variant=Variant::Quiet
                        align=MenuAlign::End
                    >
                        <div class="own-menu">
                            <p class="who">
                                <strong>{td_string!(locale, shell.guest)}</strong>
                                <span class="soft">{td_string!(locale, shell.guest_note)}</span>
                            </p>
                            <hr />
                            <p class="heading">{td_string!(locale, shell.appearance)}</p>
                            <ThemeForm />
                            <p class="heading">{td_string!(locale, shell.language)}</p>
                            <LanguageForm />
                        </div>
                    </Menu>
                </nav>
            </div>
        </header>
    }
}
