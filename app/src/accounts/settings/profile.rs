//! What others see: picture, name, bio.

use domain::accounts::{bio, paths};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    AccountSight, Doing, Part, Setting,
    api::{self, RemoveAvatar, SaveProfile},
    part,
};
use crate::{
    accounts::avatar::AvatarPicker,
    context::use_visit,
    i18n::fill,
    ui::{Button, ButtonLink, Size, Symbol, TextArea, TextField, Variant, form::Returned},
};

#[component]
pub fn ProfilePage() -> impl IntoView {
    let back = Returned::of(SaveProfile::PATH);
    part(Part::Profile, api::account(), move |account| {
        view! {
            <Picture account=account.clone() />
            <About account back />
        }
        .into_any()
    })
}

#[component]
fn Picture(account: AccountSight) -> impl IntoView {
    let locale = use_visit().locale();
    let has_picture = account.picture.is_some();
    view! {
        <Setting
            id="picture"
            title=td_string!(locale, accounts.picture)
            note=td_string!(locale, accounts.picture_note)
        >
            <AvatarPicker
                action=paths::SETTINGS_AVATAR
                next=paths::SETTINGS_PROFILE
                picture=account.picture
                initials=account.initials
            />
            {has_picture
                .then(|| {
                    view! {
                        <Doing
                            action=RemoveAvatar::PATH
                            text=td_string!(locale, accounts.picture_remove)
                            variant=Variant::Quiet
                        />
                    }
                })}
        </Setting>
    }
}

#[component]
fn About(account: AccountSight, back: Returned) -> impl IntoView {
    let locale = use_visit().locale();
    let href = paths::profile(&account.nick);
    view! {
        <Setting
            id="about"
            title=td_string!(locale, accounts.about)
            note=td_string!(locale, accounts.about_note)
        >
            <form
                class="form"
                method="post"
                action=format!("{}#about", SaveProfile::PATH)
                novalidate
                data-guard
            >
                {back.alert()}
                <TextField
                    name="name"
                    label=td_string!(locale, accounts.name)
                    value=back.value("name", &account.name)
                    autocomplete="name"
                    required=true
                    autofocus=back.is_wrong("name")
                    error=back.error("name")
                />
                <div class="fact">
                    <span class="of">{td_string!(locale, accounts.nick)}</span>
                    <span translate="no">"@" {account.nick.clone()}</span>
                    <span class="hint">{td_string!(locale, accounts.nick_note)}</span>
                </div>
                <TextArea
                    name="bio"
                    label=td_string!(locale, accounts.bio)
                    hint=fill(
                        td_string!(locale, accounts.bio_hint),
                        "count",
                        &bio::MAX_LENGTH.to_string(),
                    )
                    value=back.value("bio", &account.bio)
                    error=back.error("bio")
                />
                <div class="button-row">
                    <Button variant=Variant::Primary>{td_string!(locale, accounts.save)}</Button>
                    <ButtonLink href variant=Variant::Quiet size=Size::Medium icon=Symbol::Person>
                        {td_string!(locale, accounts.see_profile)}
                    </ButtonLink>
                </div>
            </form>
        </Setting>
    }
}
