//! `/login`: by e-mail address or nick; and the way out.

mod api;

use domain::accounts::{RegistrationMode, paths};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use self::api::LogIn;
pub use self::api::LogOut;
use crate::{
    context::{go, own_path, use_visit},
    ui::{Button, Checkbox, PasswordField, Size, TextField, Variant, form::Returned},
};

#[component]
pub fn LoginPage() -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let next = use_query_map().read_untracked().get("next");
    let next = own_path(&next.unwrap_or_default()).to_owned();
    if visit.viewer.is_some() {
        go(&next);
        return ().into_any();
    }
    let back = Returned::of(LogIn::PATH);
    let login = back.value("login", "");
    // Who is known by name is asked for the password.
    let known = !login.is_empty() && !back.is_wrong("login");
    view! {
        <Title text=td_string!(locale, accounts.login_title) />
        <Meta name="description" content=td_string!(locale, accounts.login_description) />
        <div class="entrance">
            <header class="scene-title">
                <h1>{td_string!(locale, accounts.login_title)}</h1>
                <p class="lead">{td_string!(locale, accounts.login_lead)}</p>
            </header>
            <form class="form" id="login-form" method="post" action=LogIn::PATH novalidate>
                <input type="hidden" name="next" value=next />
                {back.alert()}
                <TextField
                    name="login"
                    label=td_string!(locale, accounts.login_name)
                    value=login
                    autocomplete="username"
                    autocapitalize="none"
                    required=true
                    autofocus=!known
                    error=back.error("login")
                />
                <PasswordField
                    name="password"
                    label=td_string!(locale, accounts.password)
                    show=td_string!(locale, accounts.password_show)
                    autocomplete="current-password"
                    autofocus=known
                    error=back.error("password")
                />
                <div class="remember">
                    <Checkbox
                        name="remember"
                        label=td_string!(locale, accounts.remember)
                        checked=back.ticked("remember", true)
                    />
                    <a href=paths::RESET>{td_string!(locale, accounts.forgot)}</a>
                </div>
                <Button variant=Variant::Primary size=Size::Large>
                    {td_string!(locale, accounts.log_in)}
                </Button>
            </form>
            {(visit.registration == RegistrationMode::Open)
                .then(|| {
                    view! {
                        <p class="aside soft">
                            {td_string!(locale, accounts.no_account)} " "
                            <a href=paths::REGISTER>{td_string!(locale, accounts.register)}</a>
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}
