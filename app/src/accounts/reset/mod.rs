//! `/reset`: a link for a forgotten password, and what it leads to.

mod api;

use domain::accounts::paths;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use self::api::{AskReset, ResetPassword, reset_works};
use crate::{
    context::{set_status, use_visit},
    i18n::Locale,
    ui::{
        Button, ButtonLink, Icon, PasswordField, Size, Symbol, TextField, Variant,
        form::{Failure, Returned, failure_text},
    },
};

#[component]
pub fn ResetPage() -> impl IntoView {
    let locale = use_visit().locale();
    let query = use_query_map().read_untracked().clone();
    let inside = if let Some(key) = query.get("key") {
        let back = Returned::of(ResetPassword::PATH);
        view! {
            {Suspend::new(async move {
                match reset_works(key.clone()).await {
                    Ok(true) => choose(locale, key, &back),
                    Ok(false) => gone(locale, Failure::LinkGone),
                    Err(error) => gone(locale, error.why().unwrap_or(Failure::Internal)),
                }
            })}
        }
        .into_any()
    } else if query.get("sent").is_some() {
        sent(locale)
    } else {
        ask(locale)
    };
    view! {
        <Title text=td_string!(locale, accounts.reset_title) />
        <Meta name="robots" content="noindex" />
        // The key in the address is a secret.
        <Meta name="referrer" content="same-origin" />
        <div class="entrance">{inside}</div>
    }
}

fn ask(locale: Locale) -> AnyView {
    let back = Returned::of(AskReset::PATH);
    view! {
        <header class="scene-title">
            <h1>{td_string!(locale, accounts.reset_title)}</h1>
            <p class="lead">{td_string!(locale, accounts.reset_lead)}</p>
        </header>
        <form class="form" method="post" action=AskReset::PATH novalidate>
            {back.alert()}
            <TextField
                name="email"
                kind="email"
                label=td_string!(locale, accounts.email)
                value=back.value("email", "")
                autocomplete="email"
                required=true
                autofocus=true
                error=back.error("email")
            />
            <Button variant=Variant::Primary size=Size::Large>
                {td_string!(locale, accounts.reset_send)}
            </Button>
        </form>
        <p class="aside soft">
            {td_string!(locale, accounts.remembered)} " "
            <a href=paths::LOGIN>{td_string!(locale, accounts.log_in)}</a>
        </p>
    }
    .into_any()
}

/// The same whether the address is anybody's or not.
fn sent(locale: Locale) -> AnyView {
    view! {
        <section class="shut">
            <Icon symbol=Symbol::Letter />
            <h1>{td_string!(locale, accounts.reset_sent_title)}</h1>
            <p class="lead">{td_string!(locale, accounts.reset_sent_lead)}</p>
            <div class="button-row">
                <ButtonLink href=paths::LOGIN variant=Variant::Primary>
                    {td_string!(locale, accounts.log_in)}
                </ButtonLink>
                <ButtonLink href=paths::RESET variant=Variant::Quiet icon=Symbol::Retry>
                    {td_string!(locale, accounts.reset_again)}
                </ButtonLink>
            </div>
        </section>
    }
    .into_any()
}

fn choose(locale: Locale, key: String, back: &Returned) -> AnyView {
    view! {
        <header class="scene-title">
            <h1>{td_string!(locale, accounts.reset_choose_title)}</h1>
            <p class="lead">{td_string!(locale, accounts.reset_choose_lead)}</p>
        </header>
        <form class="form" method="post" action=ResetPassword::PATH novalidate>
            <input type="hidden" name="key" value=key />
            {back.alert()}
            <PasswordField
                name="new_password"
                label=td_string!(locale, accounts.new_password)
                show=td_string!(locale, accounts.password_show)
                hint=td_string!(locale, accounts.new_password_hint)
                autocomplete="new-password"
                autofocus=true
                error=back.error("new_password")
            />
            <Button variant=Variant::Primary size=Size::Large>
                {td_string!(locale, accounts.password_save)}
            </Button>
        </form>
    }
    .into_any()
}

fn gone(locale: Locale, why: Failure) -> AnyView {
    set_status(why.status());
    view! {
        <section class="shut">
            <Icon symbol=Symbol::Key />
            <h1>{td_string!(locale, accounts.link_gone_title)}</h1>
            <p class="lead">{failure_text(use_visit().language, why)}</p>
            <div class="button-row">
                <ButtonLink href=paths::RESET variant=Variant::Primary icon=Symbol::Letter>
                    {td_string!(locale, accounts.reset_new_link)}
                </ButtonLink>
            </div>
        </section>
    }
    .into_any()
}
