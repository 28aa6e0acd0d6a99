//! `/`: what there is to watch. Until there is something: an empty cinema, and a seat.

use domain::{
    accounts::{RegistrationMode, paths},
    routes,
};
use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};

use crate::{
    context::{share, use_visit},
    shell::preferences::{LanguageForm, ThemeForm},
    ui::{ButtonLink, Icon, Symbol, Variant},
};

/// The cinema. Painted with the `--hall-*` tokens of `style/videos.css`.
const HALL: &str = include_str!("hall.svg");

#[component]
pub fn HomePage() -> impl IntoView {
    share();
    let visit = use_visit();
    let locale = visit.locale();
    let step = match (visit.viewer.is_some(), visit.registration) {
        (true, _) => view! {
            <ButtonLink href=routes::UPLOAD variant=Variant::Primary icon=Symbol::Upload>
                {td_string!(locale, uploads.title)}
            </ButtonLink>
            <ButtonLink href=paths::SETTINGS_PROFILE icon=Symbol::Person>
                {td_string!(locale, videos.step_profile)}
            </ButtonLink>
        }
        .into_any(),
        (false, RegistrationMode::Open) => view! {
            <ButtonLink href=paths::REGISTER variant=Variant::Primary>
                {td_string!(locale, accounts.register)}
            </ButtonLink>
            <ButtonLink href=paths::LOGIN>{td_string!(locale, accounts.log_in)}</ButtonLink>
        }
        .into_any(),
        (false, _) => view! {
            <ButtonLink href=paths::LOGIN variant=Variant::Primary>
                {td_string!(locale, accounts.log_in)}
            </ButtonLink>
        }
        .into_any(),
    };
    view! {
        <Title text="" />
        <Meta name="description" content=td_string!(locale, shell.description) />
        <section class="hall">
            <div class="scene" aria-hidden="true" inner_html=HALL></div>
            <div class="words">
                <h1>{td_string!(locale, videos.empty_title)}</h1>
                <div class="next">
                    <p>{td_string!(locale, videos.empty_note)}</p>
                    <div class="button-row">{step}</div>
                </div>
            </div>
        </section>
        <div class="meanwhile">
            <section class="aside">
                <h2>
                    <Icon symbol=Symbol::Seat />
                    {td_string!(locale, videos.settle_title)}
                </h2>
                <p>{td_string!(locale, videos.settle_note)}</p>
                <div class="settle">
                    <ThemeForm />
                    <LanguageForm />
                </div>
            </section>
            <section class="aside">
                <h2>
                    <Icon symbol=Symbol::Terminal />
                    {td_string!(locale, videos.owner_title)}
                </h2>
                <p>{td_string!(locale, videos.owner_note)}</p>
                <p>
                    <code class="command" translate="no">"kadr doctor"</code>
                </p>
            </section>
        </div>
    }
}
