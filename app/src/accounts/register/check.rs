//! Live checks: what the server thinks of a field while somebody writes in it.
//!
//! A question waits until the fingers rest, and only the answer to the latest one counts.
//! No answer is "could not check", never "free"; it is asked again when the network is back.

use std::time::Duration;

use domain::{accounts::Strength, forms::Fault, language::Language};
use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use leptos_i18n::td_string;
use serde::{Deserialize, Serialize};

use crate::{
    i18n::locale,
    ui::{
        Icon, Spinner, Symbol,
        form::FormError,
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

/// Asks about a value. Tells free or taken and nothing else: whose it is is nobody's business.
///
/// # Errors
/// When nobody can tell.
#[server(prefix = "/ui/accounts", endpoint = "register_check")]
pub async fn check(what: What, #[server(default)] text: String) -> Result<Checked, FormError> {
    use crate::context::registration as server;
    server::check(what, &text).await
}

/// What is known about the value in the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing to say: too short to ask, or wrong by itself.
    Nothing,
    Asking,
    Known(Checked),
    /// Nobody could tell.
    Unknown,
}

/// The check of one field.
#[derive(Clone, Copy)]
pub(super) struct Live {
    what: What,
    pub(super) look: RwSignal<Look>,
    /// The latest question.
    asked: StoredValue<(u32, String)>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Live {
    pub(super) fn new(what: What) -> Self {
        let live = Self {
            what,
            look: RwSignal::new(Look::Nothing),
            asked: StoredValue::new((0, String::new())),
            timer: StoredValue::new(None),
        };
        Effect::new(move |_| {
            let again = window_event_listener(ev::online, move |_| {
                if live.look.get_untracked() == Look::Unknown {
                    let text = live.asked.with_value(|(_, text)| text.clone());
                    live.ask(text);
                }
            });
            on_cleanup(move || again.remove());
        });
        live
    }

    /// The value changed and cannot be asked about.
    pub(super) fn forget(self) {
        self.next(String::new());
        self.look.set(Look::Nothing);
    }

    /// The value changed: asks when it has rested.
    pub(super) fn ask(self, text: String) {
        let turn = self.next(text);
        // The last word about another value is no word about this one.
        self.look.set(Look::Asking);
        let timer = set_timeout_with_handle(
            move || {
                let text = self.asked.with_value(|(_, text)| text.clone());
                spawn_local(async move {
                    let answer = check(self.what, text).await;
                    let latest = self.asked.with_value(|(latest, _)| *latest);
                    if latest == turn {
                        self.look.set(answer.map_or(Look::Unknown, Look::Known));
                    }
                });
            },
            REST,
        );
        self.timer.set_value(timer.ok());
    }

    /// Makes answers to all questions before late.
    fn next(self, text: String) -> u32 {
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        let turn = self.asked.with_value(|(turn, _)| turn.wrapping_add(1));
        self.asked.set_value((turn, text));
        turn
    }
}

/// The line that tells, below its field. `free` is what is said of a free one.
#[component]
pub(super) fn LiveLine(language: Language, live: Live, free: &'static str) -> impl IntoView {
    let locale = locale(language);
    view! {
        <p class="live" role="status">
            {move || match live.look.get() {
                Look::Asking => {
                    // Not read out: it is over before the sentence is.
                    view! {
                        <span class="asking" aria-hidden="true">
                            <Spinner />
                            {td_string!(locale, register.checking)}
                        </span>
                    }
                        .into_any()
                }
                Look::Unknown => {
                    view! {
                        <span class="unknown">
                            <Icon symbol=Symbol::Warning />
                            {td_string!(locale, register.unchecked)}
                        </span>
                    }
                        .into_any()
                }
                Look::Known(Checked::Free) => {
                    view! {
                        <span class="free">
                            <Icon symbol=Symbol::Done />
                            {free}
                        </span>
                    }
                        .into_any()
                }
                // What is wrong with it is said at the field.
                Look::Nothing | Look::Known(_) => ().into_any(),
            }}
        </p>
    }
}
