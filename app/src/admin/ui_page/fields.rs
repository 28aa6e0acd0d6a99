//! Everything one fills in.

use domain::{forms::Fault, theme::Theme};
use leptos::prelude::*;
use leptos_i18n::td_string;

use super::{Specimen, in_room};
use crate::{
    context::use_visit,
    ui::{
        Checkbox, PasswordField, Radio, RadioGroup, Select, Switch, TextArea, TextField,
        form::fault_text,
    },
};

#[component]
pub(super) fn Fields(theme: Theme) -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let id = move |name: &str| in_room(theme, name);
    let options = move || {
        vec![
            (
                "public".to_owned(),
                td_string!(locale, admin.public).to_owned(),
            ),
            (
                "unlisted".to_owned(),
                td_string!(locale, admin.unlisted).to_owned(),
            ),
            (
                "private".to_owned(),
                td_string!(locale, admin.private).to_owned(),
            ),
        ]
    };
    let radios = vec![
        Radio {
            value: "public".into(),
            label: td_string!(locale, admin.public).into(),
            hint: Some(td_string!(locale, admin.public_hint).into()),
            disabled: false,
        },
        Radio {
            value: "unlisted".into(),
            label: td_string!(locale, admin.unlisted).into(),
            hint: Some(td_string!(locale, admin.unlisted_hint).into()),
            disabled: false,
        },
        Radio {
            value: "private".into(),
            label: td_string!(locale, admin.private).into(),
            hint: None,
            disabled: true,
        },
    ];
    view! {
        <Specimen name=td_string!(locale, admin.text_fields)>
            <TextField
                name="title"
                id=id("title")
                label=td_string!(locale, admin.field_title)
                hint=td_string!(locale, admin.field_title_hint)
                placeholder=td_string!(locale, admin.field_title_sample)
            />
            <TextField
                name="mail"
                id=id("mail")
                kind="email"
                label=td_string!(locale, admin.form_email)
                value="ada@example"
                error=Some(fault_text(visit.language, Fault::NotAnEmail))
            />
            <TextField
                name="locked"
                id=id("locked")
                label=td_string!(locale, admin.field_locked)
                value="kadr-2026"
                disabled=true
            />
            <PasswordField
                name="password"
                id=id("password")
                label=td_string!(locale, accounts.password)
                show=td_string!(locale, accounts.password_show)
                autocomplete="off"
            />
        </Specimen>
        <Specimen name=td_string!(locale, admin.text_area)>
            <TextArea
                name="description"
                id=id("description")
                label=td_string!(locale, admin.field_description)
                value=td_string!(locale, admin.field_description_sample)
            />
            <TextArea
                name="note"
                id=id("note")
                label=td_string!(locale, admin.field_note)
                error=Some(fault_text(visit.language, Fault::Required))
            />
        </Specimen>
        <Specimen name=td_string!(locale, admin.select)>
            <Select
                name="visibility"
                id=id("visibility")
                label=td_string!(locale, admin.field_visibility)
                options=options()
                value="unlisted"
            />
            <Select
                name="visibility-locked"
                id=id("visibility-locked")
                label=td_string!(locale, admin.field_locked)
                options=options()
                disabled=true
            />
        </Specimen>
        <Specimen name=td_string!(locale, admin.choices)>
            <Checkbox
                name="comments"
                id=id("comments")
                label=td_string!(locale, admin.field_download)
                hint=td_string!(locale, admin.field_download_hint)
                checked=true
            />
            <Checkbox
                name="terms"
                id=id("terms")
                label=td_string!(locale, admin.field_agree)
                error=Some(fault_text(visit.language, Fault::Required))
            />
            <Checkbox
                name="off"
                id=id("off")
                label=td_string!(locale, admin.field_locked)
                disabled=true
            />
            <Switch
                name="notify"
                id=id("notify")
                label=td_string!(locale, admin.field_notify)
                checked=true
            />
            <Switch name="quiet" id=id("quiet") label=td_string!(locale, admin.field_autoplay) />
            <RadioGroup
                name=id("who")
                label=td_string!(locale, admin.field_visibility)
                options=radios
                value="public"
            />
        </Specimen>
    }
}
