//! `/@{nick}`: somebody's public page.

mod api;
mod place;

use domain::accounts::{Bio, bio::Piece, paths};
use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_meta::{Link, Meta, Title};
use leptos_router::hooks::use_params_map;

use self::api::{ProfileSight, profile};
pub use self::place::NickSegment;
use crate::{
    context::{go, use_visit},
    i18n::{Locale, fill},
    shell::NotFound,
    ui::{ButtonLink, Day, EmptyState, Symbol},
};

#[component]
pub fn ProfilePage() -> impl IntoView {
    let nick = use_params_map()
        .read_untracked()
        .get(place::NICK)
        .unwrap_or_default();
    Suspend::new(async move {
        match profile(nick.clone()).await {
            // A look-alike of the nick, or other capitals: one page has one address.
            Ok(Some(person)) if person.nick != nick => {
                go(&paths::profile(&person.nick));
                ().into_any()
            }
            Ok(Some(person)) => show(person),
            Ok(None) => view! { <NotFound /> }.into_any(),
            Err(_) => view! { <crate::shell::Broken /> }.into_any(),
        }
    })
}

fn show(person: ProfileSight) -> AnyView {
    let visit = use_visit();
    let locale = visit.locale();
    let own = visit
        .viewer
        .is_some_and(|viewer| viewer.nick == person.nick);
    let description = if person.bio.is_empty() {
        fill(
            td_string!(locale, accounts.profile_description),
            "name",
            &person.name,
        )
    } else {
        person.bio.as_str().replace('\n', " ")
    };
    view! {
        <Title text=format!("{} (@{})", person.name, person.nick) />
        <Meta name="description" content=description />
        <Meta property="og:type" content="profile" />
        <Meta property="og:title" content=person.name.clone() />
        <Link rel="canonical" href=paths::profile(&person.nick) />
        <article class="profile">
            <header>
                <img
                    class="face"
                    src=person.picture
                    alt=""
                    width="512"
                    height="512"
                    fetchpriority="high"
                />
                <div class="words">
                    <h1>{person.name.clone()}</h1>
                    <p class="facts">
                        <span translate="no">"@" {person.nick}</span>
                        <Day at=person.created_at within=td_string!(locale, accounts.joined) />
                    </p>
                    {(!person.bio.is_empty()).then(|| view! { <p class="bio">{bio(&person.bio)}</p> })}
                    {own
                        .then(|| {
                            view! {
                                <div class="button-row">
                                    <ButtonLink href=paths::SETTINGS_PROFILE icon=Symbol::Pencil>
                                        {td_string!(locale, accounts.profile_edit)}
                                    </ButtonLink>
                                </div>
                            }
                        })}
                </div>
            </header>
            {films(locale, &person.name, own)}
        </article>
    }
    .into_any()
}

/// The text with its links. Where they lead is nobody's recommendation.
fn bio(bio: &Bio) -> AnyView {
    bio.pieces()
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned().into_any(),
            Piece::Break => view! { <br /> }.into_any(),
            Piece::Link(href) => {
                let shown = href.split_once("://").map_or(href, |(_, rest)| rest);
                let shown = shown.trim_end_matches('/').to_owned();
                view! {
                    <a href=href.to_owned() rel="nofollow ugc noopener noreferrer">
                        {shown}
                    </a>
                }
                .into_any()
            }
        })
        .collect_view()
        .into_any()
}

/// Where the films will be.
fn films(locale: Locale, name: &str, own: bool) -> AnyView {
    let note = if own {
        td_string!(locale, accounts.profile_empty_own).to_owned()
    } else {
        fill(td_string!(locale, accounts.profile_empty), "name", name)
    };
    view! { <EmptyState title=td_string!(locale, accounts.profile_empty_title) note /> }.into_any()
}
