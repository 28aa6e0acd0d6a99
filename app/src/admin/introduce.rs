//! The form of `/admin/ui`: the pattern every form of the house follows.
//!
//! Rules in `domain::forms`; the island checks with them while one writes, the server
//! function checks again; a refused form comes back filled in, with scripts and without.

use domain::{
    forms::{
        check,
        introduction::{EMAIL, Introduction, NAME},
    },
    language::Language,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use crate::{
    context::use_visit,
    i18n::locale,
    ui::{
        Button, TextField, Variant,
        form::{FailureLine, FormError, Live, Values, live, returned},
    },
};

/// Where a refused form scrolls back to: the browser keeps the fragment over redirects.
const FORM_ID: &str = "introduce";

/// Takes an introduction and does nothing with it: this is about the way, not the end.
///
/// # Errors
/// A refusal with what is wrong at which field, and the values to show again.
#[server(prefix = "/ui/admin", endpoint = "introduce")]
pub async fn introduce(
    #[server(default)] name: String,
    #[server(default)] email: String,
) -> Result<(), FormError> {
    use crate::{context, shell::flash::Flash};
    let form = Introduction { name, email };
    form.accept().map_err(|faults| {
        FormError::refused(faults, [(NAME, &*form.name), (EMAIL, &*form.email)])
    })?;
    context::say_next(Flash::Introduced);
    Ok(())
}

/// The form as the server draws it, and all there is without scripts.
#[component]
pub fn IntroduceForm() -> impl IntoView {
    let visit = use_visit();
    let (language, locale) = (visit.language, visit.locale());
    let returned = returned(Introduce::PATH);
    let failure = returned.as_ref().and_then(FormError::why);
    let refusal = returned.map(|error| error.refusal()).unwrap_or_default();
    let first = refusal.first(&[NAME, EMAIL]);
    view! {
        <LiveIntroduction language>
            <form
                class="form"
                id=FORM_ID
                method="post"
                action=format!("{}#{FORM_ID}", Introduce::PATH)
                novalidate
            >
                <FailureLine language why=failure />
                <TextField
                    name=NAME
                    label=td_string!(locale, admin.form_name)
                    hint=td_string!(locale, admin.form_name_hint)
                    value=refusal.value(NAME)
                    error=refusal.error(language, NAME)
                    autocomplete="name"
                    required=true
                    autofocus=first == Some(NAME)
                />
                <TextField
                    name=EMAIL
                    kind="email"
                    label=td_string!(locale, admin.form_email)
                    value=refusal.value(EMAIL)
                    error=refusal.error(language, EMAIL)
                    autocomplete="email"
                    required=true
                    autofocus=first == Some(EMAIL)
                />
                <div class="button-row">
                    <Button variant=Variant::Primary>{td_string!(locale, admin.form_send)}</Button>
                </div>
            </form>
        </LiveIntroduction>
    }
}

/// What scripts add: the rules, and the way to the server.
#[island]
fn LiveIntroduction(language: Language, children: Children) -> impl IntoView {
    let form = Live {
        language,
        check: |values| check(&written(values)).err().unwrap_or_default(),
        send: |values| {
            let Introduction { name, email } = written(&values);
            Box::pin(introduce(name, email))
        },
        done: td_string!(locale(language), admin.form_done),
    };
    live(form, children)
}

fn written(values: &Values) -> Introduction {
    Introduction {
        name: values.get(NAME),
        email: values.get(EMAIL),
    }
}
