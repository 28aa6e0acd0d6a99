//! The form of `/admin/ui`: the pattern every form of the house follows.
//!
//! Rules in `domain::forms`; the island checks with them while one writes, the server
//! function checks again; a refused form comes back filled in, with scripts and without.

use domain::{
    forms::{
        FieldFaults, check,
        introduction::{EMAIL, Introduction, NAME},
    },
    language::Language,
};
use leptos::{ev, prelude::*, server_fn::ServerFn, task::spawn_local};
use leptos_i18n::td_string;
use wasm_bindgen::JsCast;

use crate::{
    i18n::locale,
    ui::{
        Alert, Button, TextField, Tone, Variant,
        form::{FormError, Refusal, failure_text, fault_text, say},
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
        FormError::refused(
            faults,
            [(NAME, form.name.as_str()), (EMAIL, form.email.as_str())],
        )
    })?;
    context::say_next(Flash::Introduced);
    Ok(())
}

/// The address a form without scripts is sent to, as errors name it.
#[must_use]
pub fn path() -> &'static str {
    Introduce::PATH
}

#[island]
pub fn IntroduceForm(
    language: Language,
    /// What came back of a form sent without scripts.
    returned: Option<FormError>,
) -> impl IntoView {
    let refusal = returned
        .as_ref()
        .map(FormError::refusal)
        .unwrap_or_default();
    let form = RwSignal::new(Introduction {
        name: refusal.value(NAME),
        email: refusal.value(EMAIL),
    });
    let faults = RwSignal::new(refusal.faults.clone());
    let failure = RwSignal::new(returned.and_then(|error| match error {
        FormError::Failed { why } => Some(why),
        FormError::Refused(_) => None,
    }));
    let sending = RwSignal::new(false);
    // Fields one has left: before that, nobody is told that they are wrong.
    let visited = RwSignal::new(refusal.faults);

    let error = move |field: &'static str| {
        Signal::derive(move || {
            faults
                .with(|faults| faults.of(field))
                .map(|fault| fault_text(language, fault))
        })
    };
    // Says what is wrong at one field, or that it no longer is.
    let recheck = move |field: &str| {
        let fresh = check(&form.get_untracked()).err().unwrap_or_default();
        faults.update(|faults| {
            for name in [NAME, EMAIL] {
                if name == field {
                    faults.clear(name);
                    if let Some(fault) = fresh.of(name) {
                        faults.add(name, fault);
                    }
                }
            }
        });
    };
    let on_input = move |event: ev::Event| {
        let Some(input) = input_of(&event) else {
            return;
        };
        let (field, value) = (input.name(), input.value());
        form.update(|form| match field.as_str() {
            NAME => form.name = value,
            EMAIL => form.email = value,
            _ => {}
        });
        // Errors go as soon as they are mended, and come only when one has left the field.
        if visited.with_untracked(|visited| visited.of(&field).is_some()) {
            recheck(&field);
        }
    };
    let on_leave = move |event: ev::FocusEvent| {
        let Some(input) = input_of(&event) else {
            return;
        };
        let field = input.name();
        if !input.value().is_empty() {
            visited.update(|visited| {
                for name in [NAME, EMAIL] {
                    if name == field {
                        visited.add(name, domain::forms::Fault::Invalid);
                    }
                }
            });
            recheck(&field);
        }
    };
    let refuse = move |refused: FieldFaults| {
        visited.set(refused.clone());
        // In the order of the page, not of the alphabet.
        let first = [NAME, EMAIL]
            .into_iter()
            .find(|name| refused.of(name).is_some());
        faults.set(refused);
        if let Some(first) = first {
            focus(first);
        }
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if sending.get_untracked() {
            return;
        }
        let Introduction { name, email } = form.get_untracked();
        if let Err(refused) = check(&form.get_untracked()) {
            refuse(refused);
            return;
        }
        sending.set(true);
        failure.set(None);
        spawn_local(async move {
            let answer = introduce(name, email).await;
            sending.set(false);
            match answer {
                Ok(()) => {
                    faults.set(FieldFaults::default());
                    say(td_string!(locale(language), admin.form_done), Tone::Good);
                }
                Err(FormError::Refused(Refusal { faults, .. })) => refuse(faults),
                Err(FormError::Failed { why }) => failure.set(Some(why)),
            }
        });
    };
    let first_wrong = [NAME, EMAIL]
        .into_iter()
        .find(|name| faults.with_untracked(|faults| faults.of(name).is_some()));
    let values = form.get_untracked();
    let locale = locale(language);
    view! {
        <form
            class="form"
            id=FORM_ID
            method="post"
            action=format!("{}#{FORM_ID}", Introduce::PATH)
            novalidate
            on:submit=on_submit
            on:input=on_input
            on:focusout=on_leave
        >
            {move || {
                failure
                    .get()
                    .map(|why| {
                        view! { <Alert tone=Tone::Bad title=failure_text(language, why) /> }
                    })
            }}
            <TextField
                name=NAME
                label=td_string!(locale, admin.form_name)
                hint=td_string!(locale, admin.form_name_hint)
                value=values.name
                autocomplete="name"
                required=true
                autofocus=first_wrong == Some(NAME)
                error=error(NAME)
            />
            <TextField
                name=EMAIL
                kind="email"
                label=td_string!(locale, admin.form_email)
                value=values.email
                autocomplete="email"
                required=true
                autofocus=first_wrong == Some(EMAIL)
                error=error(EMAIL)
            />
            <div class="button-row">
                <Button variant=Variant::Primary loading=sending>
                    {td_string!(locale, admin.form_send)}
                </Button>
            </div>
        </form>
    }
}

/// The field an event of the form comes from.
fn input_of(event: &web_sys::Event) -> Option<web_sys::HtmlInputElement> {
    event.target()?.dyn_into().ok()
}

fn focus(id: &str) {
    if let Some(control) = document().get_element_by_id(id)
        && let Ok(control) = control.dyn_into::<web_sys::HtmlElement>()
    {
        // It is there and can be focused; if not, the error is still said at the field.
        let _ = control.focus();
    }
}
