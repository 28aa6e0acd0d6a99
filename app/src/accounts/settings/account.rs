//! The way in and out: address, password, leaving.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    Doing, Part, Setting,
    api::{self, AskEmail, ChangePassword, Leave, Stay},
    part,
};
use crate::{
    context::use_visit,
    i18n::{Locale, fill},
    ui::{Alert, Button, PasswordField, TextField, Tone, Variant, day_text, form::Returned},
};

#[component]
pub fn AccountPage() -> impl IntoView {
    let (email, password, leave) = (
        Returned::of(AskEmail::PATH),
        Returned::of(ChangePassword::PATH),
        Returned::of(Leave::PATH),
    );
    part(Part::Account, api::account(), move |account| {
        view! {
            <Address present=account.email back=email />
            <Password back=password />
            {match account.leaves_at {
                Some(at) => view! { <Leaving at /> }.into_any(),
                None => view! { <Leave back=leave /> }.into_any(),
            }}
        }
        .into_any()
    })
}

/// The present password, asked for before something that matters.
fn present_password(locale: Locale, id: &'static str, back: &Returned) -> AnyView {
    view! {
        <PasswordField
            id
            name="password"
            label=td_string!(locale, accounts.present_password)
            show=td_string!(locale, accounts.password_show)
            autocomplete="current-password"
            autofocus=back.is_wrong("password")
            error=back.error("password")
        />
    }
    .into_any()
}

#[component]
fn Address(present: String, back: Returned) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <Setting
            id="email-setting"
            title=td_string!(locale, accounts.email)
            note=td_string!(locale, accounts.email_note)
        >
            <div class="fact">
                <span class="of">{td_string!(locale, accounts.email_present)}</span>
                <span translate="no">{present}</span>
            </div>
            <form
                class="form"
                method="post"
                action=format!("{}#email-setting", AskEmail::PATH)
                novalidate
            >
                {back.alert()}
                <TextField
                    name="email"
                    kind="email"
                    label=td_string!(locale, accounts.email_new)
                    value=back.value("email", "")
                    autocomplete="email"
                    required=true
                    autofocus=back.is_wrong("email")
                    error=back.error("email")
                />
                {present_password(locale, "email-password", &back)}
                <div class="button-row">
                    <Button>{td_string!(locale, accounts.email_change)}</Button>
                </div>
            </form>
        </Setting>
    }
}

#[component]
fn Password(back: Returned) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <Setting
            id="password-setting"
            title=td_string!(locale, accounts.password)
            note=td_string!(locale, accounts.password_note)
        >
            <form
                class="form"
                method="post"
                action=format!("{}#password-setting", ChangePassword::PATH)
                novalidate
            >
                {back.alert()}
                {present_password(locale, "present-password", &back)}
                <PasswordField
                    name="new_password"
                    label=td_string!(locale, accounts.new_password)
                    show=td_string!(locale, accounts.password_show)
                    hint=td_string!(locale, accounts.new_password_hint)
                    autocomplete="new-password"
                    autofocus=back.is_wrong("new_password")
                    error=back.error("new_password")
                />
                <div class="button-row">
                    <Button>{td_string!(locale, accounts.password_change)}</Button>
                </div>
            </form>
        </Setting>
    }
}

#[component]
fn Leave(back: Returned) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <Setting
            id="leave"
            title=td_string!(locale, accounts.leave)
            note=td_string!(locale, accounts.leave_note)
        >
            <form class="form" method="post" action=format!("{}#leave", api::Leave::PATH) novalidate>
                {back.alert()}
                {present_password(locale, "leave-password", &back)}
                <div class="button-row">
                    <Button variant=Variant::Danger>
                        {td_string!(locale, accounts.leave_do)}
                    </Button>
                </div>
            </form>
        </Setting>
    }
}

#[component]
fn Leaving(at: i64) -> impl IntoView {
    let locale = use_visit().locale();
    let title = fill(
        td_string!(locale, accounts.leaves_at),
        "date",
        &day_text(locale, at),
    );
    view! {
        <Setting id="leave" title=td_string!(locale, accounts.leave)>
            <Alert tone=Tone::Warn title>
                {td_string!(locale, accounts.leaving_note)}
            </Alert>
            <Doing action=Stay::PATH text=td_string!(locale, accounts.stay) />
        </Setting>
    }
}
