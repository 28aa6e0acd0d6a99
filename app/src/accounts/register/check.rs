//! Live checks: what the server thinks of a field while somebody writes in it.
//!
//! A question waits until the fingers rest, and only the answer to the latest one counts.
//! No answer is "could not check", never "free"; it is asked again when the network is back.

use std::time::Duration;

use domain::{accounts::Strength, forms::Fault, language::Language};
use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use leptos_i18n::td_string;
use serde::{Deserialize, Serialize};

use super::frame::{input, input_of, mark, part};
use crate::{
    context::use_visit,
    ui::{
        Icon, Spinner, Symbol,
        form::{FormError, show_fault_at},
    },
};

/// The fingers rest.
const REST: Duration = Duration::from_millis(300);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Email,
    Nick,
    Password,
}

impl What {
    /// The name of the field, and its id.
    const fn field(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Nick => "nick",
            Self::Password => "password",
        }
    }
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    Free,
    /// With free ones nearby.
    Taken(Vec<String>),
    Refused(Fault),
    Password(Strength, Option<Fault>),
}

impl Checked {
    /// What is to be mended.
    const fn fault(&self) -> Option<Fault> {
        match self {
            Self::Free | Self::Password(_, None) => None,
            Self::Taken(_) => Some(Fault::Taken),
            Self::Refused(fault) | Self::Password(_, Some(fault)) => Some(*fault),
        }
    }
}

/// Asks about a value. Tells free or taken and nothing else: whose it is is nobody's business.
///
/// # Errors
/// When nobody can tell.
#[server(prefix = "/ui/accounts", endpoint = "register_check")]
pub async fn check(what: What, #[server(default)] text: String) -> Result<Checked, FormError> {
    use crate::context::registration as server;
    server::check(what, &text).await
}

/// Where the line below a field shows what is known, as `data-look`.
const LOOK: &str = "data-look";
const ASKING: &str = "asking";
const UNKNOWN: &str = "unknown";

fn line(what: What) -> &'static str {
    match what {
        What::Email => "email-live",
        What::Nick => "nick-live",
        What::Password => "password-live",
    }
}

/// The line that tells, below its field, with everything it may have to say.
#[component]
pub(super) fn LiveLine(what: What, #[prop(optional)] free: &'static str) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <p class="live" id=line(what) role="status">
            // Not read out: it is over before the sentence is.
            <span class="asking" aria-hidden="true">
                <Spinner />
                {td_string!(locale, register.checking)}
            </span>
            <span class="unknown">
                <Icon symbol=Symbol::Warning />
                {td_string!(locale, register.unchecked)}
            </span>
            {(!free.is_empty())
                .then(|| {
                    view! {
                        <span class="free">
                            <Icon symbol=Symbol::Done />
                            {free}
                        </span>
                    }
                })}
        </p>
    }
}

/// What is particular about a check. Plain functions: one copy of the rest serves all.
#[derive(Clone, Copy)]
pub(super) struct Watch {
    pub(super) language: Language,
    pub(super) what: What,
    /// What can be said without the server. Only what passes is asked about.
    pub(super) rule: fn(&str) -> Option<Fault>,
    /// Shows more of an answer; nothing when the value changed.
    pub(super) show: fn(Option<&Checked>),
}

/// What is known about the value in the field.
#[derive(Default)]
struct Known {
    /// The number of the latest question.
    turn: u32,
    text: String,
    answer: Option<Checked>,
    timer: Option<TimeoutHandle>,
}

/// The frame around a form whose field is watched. It hears events after what is inside.
pub(super) fn watch(watch: Watch, inside: impl IntoView + 'static) -> impl IntoView {
    let known = StoredValue::new(Known::default());
    Effect::new(move |_| {
        let again = window_event_listener(ev::online, move |_| {
            if is_unknown(watch) {
                ask(watch, known, known.with_value(|known| known.text.clone()));
            }
        });
        on_cleanup(move || again.remove());
        // Written before anybody listened, or put there by the browser.
        if let Some(input) = input(watch.what.field())
            && input.value() != input.default_value()
        {
            look_at(watch, known, input.value());
        }
    });
    let on_input = move |event: ev::Event| {
        if let Some(input) = input_of(&event, watch.what.field()) {
            look_at(watch, known, input.value());
        }
    };
    let on_leave = move |event: ev::FocusEvent| {
        // What the server said of it counts as much as the rules that were just looked at.
        if input_of(&event, watch.what.field()).is_some() {
            // Nothing else is drawn anew: it may be a suggestion that is being pressed.
            known.with_value(|known| blame(watch, known.answer.as_ref()));
        }
    };
    view! {
        <div on:input=on_input on:focusout=on_leave>
            {inside}
        </div>
    }
}

fn is_unknown(watch: Watch) -> bool {
    part(line(watch.what)).is_some_and(|line| line.get_attribute(LOOK).as_deref() == Some(UNKNOWN))
}

fn look_at(watch: Watch, known: StoredValue<Known>, value: String) {
    (watch.show)(None);
    if (watch.rule)(&value).is_none() {
        ask(watch, known, value);
    } else {
        next(known, value);
        mark(line(watch.what), LOOK, None);
    }
}

/// Asks when the value has rested.
fn ask(watch: Watch, known: StoredValue<Known>, value: String) {
    let turn = next(known, value.clone());
    // The last word about another value is no word about this one.
    mark(line(watch.what), LOOK, Some(ASKING));
    let timer = set_timeout_with_handle(
        move || {
            spawn_local(async move {
                let answer = check(watch.what, value).await.ok();
                if known.with_value(|known| known.turn == turn) {
                    let look = match &answer {
                        None => Some(UNKNOWN),
                        Some(Checked::Free) => Some("free"),
                        Some(_) => None,
                    };
                    mark(line(watch.what), LOOK, look);
                    say(watch, answer.as_ref());
                    known.update_value(|known| known.answer = answer);
                }
            });
        },
        REST,
    );
    known.update_value(|known| known.timer = timer.ok());
}

/// Makes the answers to all questions before late.
fn next(known: StoredValue<Known>, text: String) -> u32 {
    known.update_value(|known| {
        if let Some(timer) = known.timer.take() {
            timer.clear();
        }
        known.turn = known.turn.wrapping_add(1);
        known.text = text;
        known.answer = None;
    });
    known.with_value(|known| known.turn)
}

/// Says at the field what the server thinks of it.
fn say(watch: Watch, answer: Option<&Checked>) {
    let Some(answer) = answer else {
        return;
    };
    (watch.show)(Some(answer));
    blame(watch, Some(answer));
}

/// Shows what is wrong with the value, if anything.
fn blame(watch: Watch, answer: Option<&Checked>) {
    if let Some(fault) = answer.and_then(Checked::fault)
        && let Some(control) = part(watch.what.field())
    {
        show_fault_at(watch.language, &control, Some(fault));
    }
}
