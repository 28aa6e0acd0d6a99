//! Tokens for programs: made, shown once, ended.

use domain::accounts::Scope;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    Doing, Fresh, Lines, Part, Setting, TokenSight,
    api::{self, CreateToken, RevokeToken},
    part,
};
use crate::{
    context::use_visit,
    i18n::Locale,
    ui::{
        Ago, Badge, Button, Checkbox, Day, Icon, Select, Symbol, TextField, Tone, Variant,
        form::Returned,
    },
};

/// The name under which the page says what is wrong with all of them together.
const SCOPES: &str = "scopes";

#[component]
pub fn TokensPage() -> impl IntoView {
    let (made, revoked) = (
        Returned::of(CreateToken::PATH),
        Returned::of(RevokeToken::PATH),
    );
    part(Part::Tokens, api::tokens(), move |sight| {
        let locale = use_visit().locale();
        let now = sight.now;
        let lines = sight
            .tokens
            .into_iter()
            .map(|token| view! { <Line token now /> }.into_any())
            .collect();
        view! {
            <Setting
                id="new-token"
                title=td_string!(locale, accounts.token_new)
                note=td_string!(locale, accounts.token_new_note)
            >
                {sight
                    .fresh
                    .map(|secret| {
                        view! {
                            <Fresh
                                secret
                                title=td_string!(locale, accounts.token_made)
                                note=td_string!(locale, accounts.token_made_note)
                            />
                        }
                    })}
                {form(locale, sight.is_admin, &made)}
            </Setting>
            <Setting
                id="tokens"
                title=td_string!(locale, accounts.tokens)
                note=td_string!(locale, accounts.tokens_note)
            >
                {revoked.alert()}
                <Lines lines none=td_string!(locale, accounts.tokens_none) />
            </Setting>
        }
        .into_any()
    })
}

fn form(locale: Locale, is_admin: bool, back: &Returned) -> AnyView {
    let days = [
        ("30", td_string!(locale, accounts.days_30)),
        ("90", td_string!(locale, accounts.days_90)),
        ("365", td_string!(locale, accounts.days_365)),
        ("", td_string!(locale, accounts.days_never)),
    ];
    let days = days
        .into_iter()
        .map(|(days, text)| (days.to_owned(), text.to_owned()))
        .collect();
    let scopes = Scope::ALL
        .into_iter()
        .filter(|scope| is_admin || *scope != Scope::Admin)
        .map(|scope| {
            let (label, hint) = scope_text(locale, scope);
            view! {
                <Checkbox
                    name=scope.code()
                    label
                    hint
                    checked=back.ticked(scope.code(), scope == Scope::Read)
                />
            }
        })
        .collect_view();
    let wrong = back.error(SCOPES).get_untracked();
    view! {
        <form class="form" method="post" action=format!("{}#new-token", CreateToken::PATH) novalidate>
            {back.alert()}
            <TextField
                name="name"
                label=td_string!(locale, accounts.token_name)
                hint=td_string!(locale, accounts.token_name_hint)
                value=back.value("name", "")
                autocomplete="off"
                required=true
                autofocus=back.is_wrong("name")
                error=back.error("name")
            />
            <fieldset class="choices" aria-describedby="scopes-error">
                <legend>{td_string!(locale, accounts.scopes)}</legend>
                {scopes}
                <p class="error" id="scopes-error" aria-live="polite">
                    {wrong
                        .is_some()
                        .then(|| {
                            view! {
                                <Icon symbol=Symbol::Stop />
                                <span>{td_string!(locale, accounts.scopes_required)}</span>
                            }
                        })}
                </p>
            </fieldset>
            <Select
                name="days"
                label=td_string!(locale, accounts.token_days)
                options=days
                value=back.value("days", "90")
                error=back.error("days")
            />
            <div class="button-row">
                <Button variant=Variant::Primary icon=Symbol::Plus>
                    {td_string!(locale, accounts.token_make)}
                </Button>
            </div>
        </form>
    }
    .into_any()
}

fn scope_text(locale: Locale, scope: Scope) -> (&'static str, &'static str) {
    match scope {
        Scope::Read => (
            td_string!(locale, accounts.scope_read),
            td_string!(locale, accounts.scope_read_note),
        ),
        Scope::Upload => (
            td_string!(locale, accounts.scope_upload),
            td_string!(locale, accounts.scope_upload_note),
        ),
        Scope::Write => (
            td_string!(locale, accounts.scope_write),
            td_string!(locale, accounts.scope_write_note),
        ),
        Scope::Admin => (
            td_string!(locale, accounts.scope_admin),
            td_string!(locale, accounts.scope_admin_note),
        ),
    }
}

#[component]
fn Line(token: TokenSight, now: i64) -> impl IntoView {
    let locale = use_visit().locale();
    let end = td_string!(locale, accounts.token_end);
    let label = format!("{end}: {}", token.name);
    let is_over = token.expires_at.is_some_and(|at| at <= now);
    view! {
        <li>
            <Icon symbol=Symbol::Key />
            <div class="what">
                <p class="name">
                    <span>{token.name}</span>
                    {token
                        .scopes
                        .iter()
                        .map(|scope| view! { <Badge>{scope_text(locale, scope).0}</Badge> })
                        .collect_view()}
                    {is_over
                        .then(|| {
                            view! {
                                <Badge tone=Tone::Warn>{td_string!(locale, accounts.over)}</Badge>
                            }
                        })}
                </p>
                <p class="facts">
                    <code translate="no">"…" {token.hint}</code>
                    <span>
                        {match token.used_at {
                            Some(at) => view! {
                                {td_string!(locale, accounts.last_used)}
                                " "
                                <Ago at now />
                            }
                                .into_any(),
                            None => td_string!(locale, accounts.never_used).into_any(),
                        }}
                    </span>
                    {match token.expires_at {
                        Some(at) => view! {
                            <Day at within=td_string!(locale, accounts.good_until) />
                        }
                            .into_any(),
                        None => view! { <span>{td_string!(locale, accounts.good_for_ever)}</span> }
                            .into_any(),
                    }}
                </p>
            </div>
            <Doing action=RevokeToken::PATH id=token.id.to_string() text=end label />
        </li>
    }
}
