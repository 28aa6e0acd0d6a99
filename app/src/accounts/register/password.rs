//! The third step: a password, and how hard it is to guess.

use domain::{
    accounts::{Strength, password},
    forms::Fault,
    language::Language,
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    api::{AnswerPassword, answer_password},
    check::{Checked, Live, Look, What},
    sending::{Sending, input_of},
};
use crate::{
    i18n::{Locale, locale},
    ui::{Button, Icon, PasswordField, Symbol, Variant, form::FormError},
};

const PASSWORD: &str = "password";

fn strength_text(locale: Locale, strength: Strength) -> &'static str {
    match strength {
        Strength::Hopeless => td_string!(locale, register.strength_hopeless),
        Strength::Weak => td_string!(locale, register.strength_weak),
        Strength::Fair => td_string!(locale, register.strength_fair),
        Strength::Good => td_string!(locale, register.strength_good),
        Strength::Strong => td_string!(locale, register.strength_strong),
    }
}

#[island]
pub fn PasswordForm(
    language: Language,
    /// Nick and address: a password must not hold them.
    own: Vec<String>,
    /// One was chosen before. It is not shown, and need not be written again.
    chosen: bool,
    returned: Option<FormError>,
) -> impl IntoView {
    let sending = Sending::new(language, returned.as_ref());
    let live = Live::new(What::Password);
    let text = RwSignal::new(String::new());
    let left = StoredValue::new(sending.faults.with_untracked(|faults| !faults.is_empty()));
    let nick = own.first().cloned().unwrap_or_default();
    let own = StoredValue::new(own);
    let wrong = move |value: &str| {
        own.with_value(|own| {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            password::check(value, &own).err()
        })
    };

    let on_input = move |event: ev::Event| {
        let Some(input) = input_of(&event).filter(|input| input.name() == PASSWORD) else {
            return;
        };
        let value = input.value();
        let fault = wrong(&value);
        match fault {
            Some(_) => live.forget(),
            None => live.ask(value.clone()),
        }
        let told = left.get_value() || matches!(fault, Some(Fault::HoldsOwnName));
        sending.set(PASSWORD, fault.filter(|_| told && !value.is_empty()));
        text.set(value);
    };
    let on_leave = move |event: ev::FocusEvent| {
        let Some(input) = input_of(&event).filter(|input| input.name() == PASSWORD) else {
            return;
        };
        let value = input.value();
        if !value.is_empty() {
            left.set_value(true);
            if let Some(fault) = wrong(&value) {
                sending.set(PASSWORD, Some(fault));
            }
        }
    };
    Effect::new(move |_| {
        if let Look::Known(Checked::Password(_, Some(fault))) = live.look.get() {
            sending.set(PASSWORD, Some(fault));
        }
    });
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let value = text.get_untracked();
        left.set_value(true);
        if let Some(fault) = wrong(&value)
            && !(chosen && value.is_empty())
        {
            sending.refuse(PASSWORD, fault);
            return;
        }
        sending.send(answer_password(value));
    };
    let locale = locale(language);
    // What the server says; a plain guess until then.
    let strength = move || {
        text.with(|text| {
            (!text.is_empty()).then(|| match live.look.get() {
                Look::Known(Checked::Password(strength, _)) => strength,
                _ => password::estimate(text),
            })
        })
    };
    let hint = if chosen {
        td_string!(locale, register.password_kept)
    } else {
        td_string!(locale, register.password_hint)
    };
    view! {
        <form
            class="form"
            method="post"
            action=AnswerPassword::PATH
            novalidate
            on:submit=on_submit
            on:input=on_input
            on:focusout=on_leave
        >
            {sending.alert()}
            // For whoever keeps passwords: whose it is.
            <input type="text" name="username" autocomplete="username" value=nick hidden readonly />
            <div class="checked">
                <PasswordField
                    name=PASSWORD
                    label=td_string!(locale, register.password)
                    show=td_string!(locale, register.password_show)
                    hint=hint
                    autocomplete="new-password"
                    autofocus=true
                    error=sending.error(PASSWORD)
                />
                <div
                    class="strength needs-scripts"
                    data-score=move || strength().map(|strength| strength.score().to_string())
                >
                    <span class="bar" aria-hidden="true">
                        <i></i>
                        <i></i>
                        <i></i>
                        <i></i>
                    </span>
                    <p class="live" role="status">
                        {move || {
                            strength()
                                .map(|strength| {
                                    view! {
                                        <span class="word">{strength_text(locale, strength)}</span>
                                    }
                                })
                        }}
                        {move || {
                            (live.look.get() == Look::Unknown)
                                .then(|| {
                                    view! {
                                        <span class="unknown">
                                            <Icon symbol=Symbol::Warning />
                                            {td_string!(locale, register.unchecked)}
                                        </span>
                                    }
                                })
                        }}
                    </p>
                </div>
            </div>
            <div class="onward">
                <Button variant=Variant::Primary icon=Symbol::ArrowRight loading=sending.busy>
                    {td_string!(locale, register.next)}
                </Button>
            </div>
        </form>
    }
}
