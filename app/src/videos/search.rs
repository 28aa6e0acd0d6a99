//! `/search`: the form, and what was found.

use domain::routes;
use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use crate::{
    context::use_visit,
    i18n::fill,
    ui::{Button, ButtonLink, EmptyState, Icon, Symbol, Variant},
};

/// Longest query that is looked for and shown.
const LONGEST_QUERY: usize = 200;

#[component]
pub fn SearchPage() -> impl IntoView {
    let locale = use_visit().locale();
    let query = tidy(
        &use_query_map()
            .read_untracked()
            .get("q")
            .unwrap_or_default(),
    );
    let heading = td_string!(locale, videos.search_title);
    let window = if query.is_empty() {
        heading.to_owned()
    } else {
        fill(td_string!(locale, videos.search_for), "query", &query)
    };
    view! {
        <Title text=window />
        <Meta name="description" content=td_string!(locale, videos.search_description) />
        <Meta name="robots" content="noindex" />
        <section class="search-page">
            <h1>{heading}</h1>
            <search>
                <form action=routes::SEARCH method="get" class="search-form">
                    <label class="visually-hidden" for="query">
                        {td_string!(locale, shell.search)}
                    </label>
                    <div class="box">
                        <Icon symbol=Symbol::Search />
                        <input
                            class="control"
                            id="query"
                            type="search"
                            name="q"
                            maxlength="200"
                            enterkeyhint="search"
                            autocomplete="off"
                            autofocus=query.is_empty()
                            value=query.clone()
                            placeholder=td_string!(locale, shell.search_placeholder)
                        />
                    </div>
                    <Button variant=Variant::Primary>{td_string!(locale, videos.search_go)}</Button>
                </form>
            </search>
            {if query.is_empty() {
                view! { <p class="soft">{td_string!(locale, videos.search_hint)}</p> }.into_any()
            } else {
                view! {
                    <EmptyState
                        title=fill(td_string!(locale, videos.search_none), "query", &query)
                        note=td_string!(locale, videos.search_none_note)
                    >
                        <ButtonLink href=routes::HOME icon=Symbol::Home>
                            {td_string!(locale, errors.page.to_home)}
                        </ButtonLink>
                    </EmptyState>
                }
                    .into_any()
            }}
        </section>
    }
}

/// One line without invisible characters, as long as a question can be.
fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if length > 0 {
            tidy.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length == LONGEST_QUERY {
                return tidy;
            }
            tidy.push(c);
            length += 1;
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_one_short_line() {
        assert_eq!(tidy("  two \n\t words\u{0} "), "two words");
        assert_eq!(tidy(""), "");
        assert_eq!(tidy(&"ё".repeat(1000)).chars().count(), LONGEST_QUERY);
    }
}
