//! The first step: an address that mail reaches.

use domain::{accounts::paths, forms::{Fault, email::Email}, language::Language};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    api::{AnswerEmail, answer_email},
    check::{Checked, Live, LiveLine, Look, What},
    sending::{Sending, input_of},
};
use crate::{
    i18n::locale,
    ui::{Button, Symbol, TextField, Variant, form::FormError},
};

const EMAIL: &str = "email";

#[island]
pub fn EmailForm(
    language: Language,
    /// The address so far.
    email: String,
    /// What lets somebody in who has no draft yet.
    invite: String,
    admin: String,
    returned: Option<FormError>,
) -> impl IntoView {
    let sending = Sending::new(language, returned.as_ref());
    let live = Live::new(What::Email);
    let shown = returned
        .map(|error| error.refusal().value(EMAIL))
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| email.clone());
    let own = StoredValue::new(email);
    let text = StoredValue::new(shown.clone());
    // Nobody is told that an address is wrong while they write it for the first time.
    let left = StoredValue::new(sending.faults.with_untracked(|faults| !faults.is_empty()));

    let on_input = move |event: ev::Event| {
        let Some(input) = input_of(&event) else {
            return;
        };
        text.set_value(input.value());
        let value = input.value();
        match Email::parse(&value) {
            Err(fault) => {
                live.forget();
                sending.set(EMAIL, left.get_value().then_some(fault));
            }
            Ok(_) => {
                sending.set(EMAIL, None);
                if own.with_value(|own| *own == value) {
                    live.forget();
                } else {
                    live.ask(value);
                }
            }
        }
    };
    let on_leave = move |event: ev::FocusEvent| {
        let Some(input) = input_of(&event) else {
            return;
        };
        if !input.value().is_empty() {
            left.set_value(true);
            if let Err(fault) = Email::parse(&input.value()) {
                sending.set(EMAIL, Some(fault));
            }
        }
    };
    Effect::new(move |_| match live.look.get() {
        Look::Known(Checked::Taken(_)) => sending.set(EMAIL, Some(Fault::Taken)),
        Look::Known(Checked::Refused(fault)) => sending.set(EMAIL, Some(fault)),
        _ => {}
    });
    let entry = StoredValue::new((invite.clone(), admin.clone()));
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let value = text.get_value();
        left.set_value(true);
        if let Err(fault) = Email::parse(&value) {
            sending.refuse(EMAIL, fault);
            return;
        }
        let (invite, admin) = entry.get_value();
        sending.send(answer_email(value, invite, admin));
    };
    let locale = locale(language);
    let is_taken = move || sending.faults.with(|f| f.of(EMAIL)) == Some(Fault::Taken);
    view! {
        <form
            class="form"
            method="post"
            action=AnswerEmail::PATH
            novalidate
            on:submit=on_submit
            on:input=on_input
            on:focusout=on_leave
        >
            {sending.alert()}
            <div class="checked">
                <TextField
                    name=EMAIL
                    kind="email"
                    label=td_string!(locale, register.email)
                    hint=td_string!(locale, register.email_hint)
                    value=shown
                    autocomplete="email"
                    required=true
                    autofocus=true
                    error=sending.error(EMAIL)
                />
                <LiveLine language live free=td_string!(locale, register.email_free) />
                {move || {
                    is_taken()
                        .then(|| {
                            view! {
                                <p class="instead">
                                    <a href=paths::LOGIN>{td_string!(locale, register.email_login)}</a>
                                </p>
                            }
                        })
                }}
            </div>
            {(!invite.is_empty()).then(|| view! { <input type="hidden" name="invite" value=invite /> })}
            {(!admin.is_empty()).then(|| view! { <input type="hidden" name="admin" value=admin /> })}
            <div class="onward">
                <Button variant=Variant::Primary icon=Symbol::ArrowRight loading=sending.busy>
                    {td_string!(locale, register.next)}
                </Button>
            </div>
        </form>
    }
}
