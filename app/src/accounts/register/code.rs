//! The last step: the six digits that the mail brought.

use std::time::Duration;

use domain::{
    accounts::Code,
    forms::{Fault, FieldFaults},
    language::Language,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    api::{Confirm, SendCode, confirm, send_code},
    frame::{onward, part, wake_on_return},
};
use crate::{
    context::use_visit,
    i18n::fill,
    ui::{
        Button, Icon, Symbol, Variant,
        form::{Failure, FailureLine, FormError, Live, Values, live, returned},
    },
};

const CODE: &str = "code";
/// How many tries are left, as it comes back beside a wrong code.
const LEFT: &str = "left";
const TRIES_LEFT: &str = "code-left";
const RESEND: &str = "resend";
const COUNT: &str = "resend-count";

#[component]
pub(super) fn CodeForm(
    email: String,
    /// The address is proven already: nothing is asked for.
    confirmed: bool,
    /// Seconds until another code may be sent.
    resend_in: u64,
    /// A code was sent just now.
    sent: bool,
    /// Why no code is on its way, if so.
    unsent: Option<Failure>,
) -> impl IntoView {
    let visit = use_visit();
    let (language, locale) = (visit.language, visit.locale());
    let back = returned(Confirm::PATH);
    let failure = back.as_ref().and_then(FormError::why);
    // Nobody is told to ask for what is on its way.
    let failure = failure.filter(|why| !(sent && *why == Failure::CodeSpent));
    let refusal = back.map(|error| error.refusal()).unwrap_or_default();
    let error = refusal.error(language, CODE);
    let left = refusal.value(LEFT);
    let unsent = returned(SendCode::PATH)
        .as_ref()
        .and_then(FormError::why)
        .or(unsent);
    let wait = match unsent {
        Some(Failure::Wait { seconds }) => seconds.max(resend_in),
        _ => resend_in,
    };
    let hint = fill(td_string!(locale, register.code_hint), "email", &email);
    view! {
        <LiveCode language>
            <form class="form" method="post" action=Confirm::PATH novalidate>
                <FailureLine language why=failure />
                {(!confirmed)
                    .then(|| {
                        view! {
                            <div class="field code-field">
                                <label for=CODE>{td_string!(locale, register.code)}</label>
                                <p class="hint" id="code-hint">
                                    {hint}
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
                                    value=refusal.value(CODE)
                                    required
                                    autofocus
                                    aria-invalid=error.is_some().then_some("true")
                                    aria-describedby="code-error code-left code-hint"
                                />
                                <p class="error" id="code-error" aria-live="polite">
                                    {error}
                                </p>
                                <p
                                    class="hint"
                                    id=TRIES_LEFT
                                    data-text=td_string!(locale, register.code_left)
                                    aria-live="polite"
                                >
                                    {(!left.is_empty())
                                        .then(|| {
                                            fill(td_string!(locale, register.code_left), LEFT, &left)
                                        })}
                                </p>
                            </div>
                        }
                    })}
                <div class="onward">
                    <Button variant=Variant::Primary icon=Symbol::Check>
                        {td_string!(locale, register.finish)}
                    </Button>
                </div>
            </form>
        </LiveCode>
        {(!confirmed)
            .then(|| {
                view! {
                    <LiveResend language wait>
                        <form class="resend" id=RESEND method="post" action=SendCode::PATH>
                            <FailureLine language why=unsent />
                            <p class="soft small">{td_string!(locale, register.code_missing)}</p>
                            <button
                                class="button"
                                type="submit"
                                data-variant="quiet"
                                data-size="s"
                            >
                                <Icon symbol=Symbol::Retry />
                                <span id=COUNT data-text=td_string!(locale, register.code_resend_in)>
                                    {td_string!(locale, register.code_resend)}
                                </span>
                            </button>
                        </form>
                    </LiveResend>
                }
            })}
    }
}

#[island]
fn LiveCode(language: Language, children: Children) -> impl IntoView {
    wake_on_return();
    let form = Live {
        language,
        check: |values: &Values| {
            if part(CODE).is_none() {
                return FieldFaults::default();
            }
            Code::parse(&values.get(CODE))
                .err()
                .map(|fault| match fault {
                    // What is no digit is in no code.
                    Fault::Characters => Fault::WrongCode,
                    other => other,
                })
                .map(|fault| FieldFaults::one(CODE, fault))
                .unwrap_or_default()
        },
        send: |values| {
            Box::pin(async move {
                let answer = confirm(values.get(CODE)).await;
                if let Err(error) = &answer {
                    tell_left(&error.refusal().value(LEFT));
                }
                onward(async { answer }).await
            })
        },
        done: "",
    };
    live(form, children)
}

fn tell_left(left: &str) {
    if let Some(line) = part(TRIES_LEFT) {
        let text = line.get_attribute("data-text").unwrap_or_default();
        let text = if left.is_empty() {
            String::new()
        } else {
            fill(&text, LEFT, left)
        };
        line.set_text_content(Some(&text));
    }
}

#[island]
fn LiveResend(language: Language, wait: u64, children: Children) -> impl IntoView {
    let form = Live {
        language,
        check: |_| FieldFaults::default(),
        send: |_| Box::pin(onward(send_code())),
        done: "",
    };
    count_down(wait);
    live(form, children)
}

/// A second at a time, to nothing. By the clock of the page: a browser that slept in between
/// counts slower, never too fast.
fn count_down(wait: u64) {
    let left = StoredValue::new(wait);
    let before = StoredValue::new(String::new());
    Effect::new(move |_| {
        let Some(place) = part(COUNT) else {
            return;
        };
        before.set_value(place.text_content().unwrap_or_default());
        show(left.get_value(), &before.get_value());
        let ticking = set_interval_with_handle(
            move || {
                let seconds = left.get_value();
                if seconds > 0 {
                    left.set_value(seconds - 1);
                    show(seconds - 1, &before.get_value());
                }
            },
            Duration::from_secs(1),
        );
        on_cleanup(move || {
            if let Ok(ticking) = ticking {
                ticking.clear();
            }
        });
    });
}

fn show(seconds: u64, plain: &str) {
    let Some(place) = part(COUNT) else {
        return;
    };
    let text = if seconds == 0 {
        plain.to_owned()
    } else {
        let time = format!("{}:{:02}", seconds / 60, seconds % 60);
        fill(
            &place.get_attribute("data-text").unwrap_or_default(),
            "time",
            &time,
        )
    };
    place.set_text_content(Some(&text));
    if let Ok(Some(button)) = place.closest("button") {
        let _ = button.toggle_attribute_with_force("disabled", seconds > 0);
    }
}
