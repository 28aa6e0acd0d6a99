//! How the house looks and speaks to one, and what new videos begin with.

use domain::accounts::Visibility;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    Part, Setting,
    api::{self, SaveDefaults},
    part,
};
use crate::{
    context::use_visit,
    shell::preferences::{LanguageForm, ThemeForm},
    ui::{Button, Radio, RadioGroup, form::Returned},
};

#[component]
pub fn PreferencesPage() -> impl IntoView {
    let back = Returned::of(SaveDefaults::PATH);
    part(Part::Preferences, api::account(), move |account| {
        let locale = use_visit().locale();
        let options = Visibility::ALL
            .into_iter()
            .map(|visibility| {
                let (label, hint) = match visibility {
                    Visibility::Public => (
                        td_string!(locale, accounts.visibility_public),
                        td_string!(locale, accounts.visibility_public_note),
                    ),
                    Visibility::Unlisted => (
                        td_string!(locale, accounts.visibility_unlisted),
                        td_string!(locale, accounts.visibility_unlisted_note),
                    ),
                    Visibility::Private => (
                        td_string!(locale, accounts.visibility_private),
                        td_string!(locale, accounts.visibility_private_note),
                    ),
                };
                Radio {
                    value: visibility.code().to_owned(),
                    label: label.to_owned(),
                    hint: Some(hint.to_owned()),
                    disabled: false,
                }
            })
            .collect();
        view! {
            <Setting
                id="appearance"
                title=td_string!(locale, shell.appearance)
                note=td_string!(locale, accounts.appearance_note)
            >
                <ThemeForm />
            </Setting>
            <Setting
                id="language-setting"
                title=td_string!(locale, shell.language)
                note=td_string!(locale, accounts.language_note)
            >
                <LanguageForm />
            </Setting>
            <Setting
                id="defaults"
                title=td_string!(locale, accounts.defaults)
                note=td_string!(locale, accounts.defaults_note)
            >
                <form
                    class="form"
                    method="post"
                    action=format!("{}#defaults", SaveDefaults::PATH)
                    data-guard
                >
                    {back.alert()}
                    <RadioGroup
                        name="visibility"
                        label=td_string!(locale, accounts.visibility)
                        options
                        value=back.value("visibility", account.visibility.code())
                        error=back.error("visibility")
                    />
                    <div class="button-row">
                        <Button>{td_string!(locale, accounts.save)}</Button>
                    </div>
                </form>
            </Setting>
        }
        .into_any()
    })
}
