//! The last step: the six digits that the mail brought.

use std::time::Duration;

use domain::{
    accounts::{Code, code::TRIES},
    forms::Fault,
    language::Language,
};
use leptos::{ev, leptos_dom::helpers::IntervalHandle, prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    api::{Confirm, SendCode, confirm, send_code},
    sending::{Sending, input_of},
};
use crate::{
    i18n::{fill, locale},
    ui::{
        Button, Icon, Symbol, Variant,
        form::{Failure, FormError, fault_text},
    },
};

const CODE: &str = "code";
const ERROR: &str = "code-error";
const HINT: &str = "code-hint";

#[island]
pub fn CodeForm(
    language: Language,
    email: String,
    /// The address is proven already: nothing is asked for.
    confirmed: bool,
    /// Seconds until another code may be sent.
    resend_in: u64,
    /// Why no code is on its way, if so.
    unsent: Option<Failure>,
    /// What came back of the code, and of asking for another.
    returned: Option<FormError>,
    resent: Option<FormError>,
) -> impl IntoView {
    let sending = Sending::new(language, returned.as_ref());
    let resending = Sending::new(language, resent.as_ref());
    if let Some(why) = unsent
        && resending.failure.get_untracked().is_none()
    {
        resending.failure.set(Some(why));
    }
    let shown = sending.refusal.with_untracked(|refusal| refusal.value(CODE));
    let code = StoredValue::new(shown.clone());
    let wait = RwSignal::new(resend_in.max(waiting(resending.failure.get_untracked())));
    count_down(wait);

    let on_input = move |event: ev::Event| {
        let Some(input) = input_of(&event) else {
            return;
        };
        let value = input.value();
        if sending.faults.with_untracked(|faults| !faults.is_empty()) {
            sending.set(CODE, None);
        }
        sending.failure.set(None);
        code.set_value(value);
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let value = code.get_value();
        if !confirmed && let Err(fault) = Code::parse(&value) {
            sending.refuse(CODE, fault);
            return;
        }
        sending.send(confirm(value));
    };
    let on_resend = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if wait.get_untracked() == 0 {
            resending.send(send_code());
        }
    };
    Effect::new(move |_| {
        let more = waiting(resending.failure.get());
        if more > wait.get_untracked() {
            wait.set(more);
        }
    });
    let locale = locale(language);
    let error = move || {
        if sending.failure.get() == Some(Failure::CodeSpent) {
            return Some(td_string!(locale, register.code_spent).to_owned());
        }
        let fault = sending.faults.with(|faults| faults.of(CODE))?;
        Some(match fault {
            Fault::WrongCode => {
                let left = sending.refusal.with(|refusal| refusal.value("left"));
                let tries = TRIES.to_string();
                let left = if left.is_empty() { tries } else { left };
                fill(td_string!(locale, register.code_wrong), "left", &left)
            }
            Fault::TooShort | Fault::TooLong | Fault::Characters => {
                td_string!(locale, register.code_shape).to_owned()
            }
            other => fault_text(language, other),
        })
    };
    let described = move || {
        if error().is_some() {
            format!("{ERROR} {HINT}")
        } else {
            HINT.to_owned()
        }
    };
    let failed = Signal::derive(move || {
        sending.failure.get().filter(|why| *why != Failure::CodeSpent)
    });
    let resend_label = move || match wait.get() {
        0 => td_string!(locale, register.code_resend).to_owned(),
        seconds => {
            let time = format!("{}:{:02}", seconds / 60, seconds % 60);
            fill(td_string!(locale, register.code_resend_in), "time", &time)
        }
    };
    view! {
        <form
            class="form"
            method="post"
            action=Confirm::PATH
            novalidate
            on:submit=on_submit
            on:input=on_input
        >
            {super::sending::alert(language, failed)}
            {(!confirmed)
                .then(|| {
                    view! {
                        <div class="field code-field">
                            <label for=CODE>{td_string!(locale, register.code)}</label>
                            <p class="hint" id=HINT>
                                {fill(td_string!(locale, register.code_hint), "email", &email)}
                            </p>
                            <input
                                class="control"
                                id=CODE
                                name=CODE
                                type="text"
                                inputmode="numeric"
                                autocomplete="one-time-code"
                                enterkeyhint="done"
                                maxlength="20"
                                placeholder="000000"
                                value=shown
                                required
                                autofocus
                                aria-invalid=move || error().is_some().then_some("true")
                                aria-describedby=described
                            />
                            <p class="error" id=ERROR aria-live="assertive">
                                {move || {
                                    error()
                                        .map(|text| {
                                            view! {
                                                <Icon symbol=Symbol::Stop />
                                                <span>{text}</span>
                                            }
                                        })
                                }}
                            </p>
                        </div>
                    }
                })}
            <div class="onward">
                <Button variant=Variant::Primary icon=Symbol::Check loading=sending.busy>
                    {td_string!(locale, register.finish)}
                </Button>
            </div>
        </form>
        {(!confirmed)
            .then(|| {
                view! {
                    <form class="resend" method="post" action=SendCode::PATH on:submit=on_resend>
                        {resending.alert()}
                        <p class="soft small">{td_string!(locale, register.code_missing)}</p>
                        <button
                            class="button"
                            data-variant="quiet"
                            data-size="s"
                            aria-disabled=move || (wait.get() > 0).then_some("true")
                            aria-busy=move || resending.busy.get().then_some("true")
                        >
                            <Icon symbol=Symbol::Retry />
                            <span class="needs-scripts">{resend_label}</span>
                            <span class="without-scripts">
                                {td_string!(locale, register.code_resend)}
                            </span>
                        </button>
                    </form>
                }
            })}
    }
}

/// How long a refusal makes one wait.
const fn waiting(why: Option<Failure>) -> u64 {
    match why {
        Some(Failure::Wait { seconds }) => seconds,
        _ => 0,
    }
}

/// A second at a time, to nothing. By the clock of the page: a browser that slept in between
/// counts slower, never too fast.
fn count_down(wait: RwSignal<u64>) {
    Effect::new(move |_| {
        let ticking: Option<IntervalHandle> = set_interval_with_handle(
            move || {
                if wait.get_untracked() > 0 {
                    wait.update(|seconds| *seconds -= 1);
                }
            },
            Duration::from_secs(1),
        )
        .ok();
        on_cleanup(move || {
            if let Some(ticking) = ticking {
                ticking.clear();
            }
        });
    });
}
