//! What the forms of all steps have in common: faults at their fields, a failure above them,
//! and the way to the server and on.

use domain::{
    forms::{Fault, FieldFaults},
    language::Language,
};
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use crate::ui::{
    Alert, Tone,
    form::{Failure, FormError, Refusal, failure_text, fault_text},
};

/// A form on its way.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    language: Language,
    pub(super) busy: RwSignal<bool>,
    pub(super) faults: RwSignal<FieldFaults>,
    pub(super) failure: RwSignal<Option<Failure>>,
    /// What came back beside the faults.
    pub(super) refusal: RwSignal<Refusal>,
}

impl Sending {
    pub(super) fn new(language: Language, returned: Option<&FormError>) -> Self {
        let refusal = returned.map(FormError::refusal).unwrap_or_default();
        let sending = Self {
            language,
            busy: RwSignal::new(false),
            faults: RwSignal::new(refusal.faults.clone()),
            failure: RwSignal::new(returned.and_then(FormError::why)),
            refusal: RwSignal::new(refusal),
        };
        Effect::new(move |_| {
            // The browser kept the page as it was when it left: on its way. It is back now.
            let back = window_event_listener(ev::pageshow, move |_| sending.busy.set(false));
            on_cleanup(move || back.remove());
        });
        sending
    }

    /// The sentence at a field.
    pub(super) fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.faults
                .with(|faults| faults.of(field))
                .map(|fault| fault_text(self.language, fault))
        })
    }

    /// Says what is wrong at a field, or that nothing is.
    pub(super) fn set(self, field: &'static str, fault: Option<Fault>) {
        if self.faults.with_untracked(|faults| faults.of(field)) == fault {
            return;
        }
        self.faults.update(|faults| {
            faults.clear(field);
            if let Some(fault) = fault {
                faults.add(field, fault);
            }
        });
    }

    /// Refuses to send: what is wrong at a field is said, and the field comes into focus.
    pub(super) fn refuse(self, field: &'static str, fault: Fault) {
        self.set(field, Some(fault));
        focus(field);
    }

    /// Sends an answer and goes on to where it leads.
    pub(super) fn send(self, answer: impl Future<Output = Result<String, FormError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            match answer.await {
                Ok(to) => go(&to),
                Err(error) => {
                    self.busy.set(false);
                    self.failure.set(error.why());
                    let refusal = error.refusal();
                    let first = refusal.faults.iter().next().map(|(field, _)| field.to_owned());
                    self.faults.set(refusal.faults.clone());
                    self.refusal.set(refusal);
                    if let Some(first) = first {
                        focus(&first);
                    }
                }
            }
        });
    }

    /// What is wrong with the form as a whole, above its fields.
    pub(super) fn alert(self) -> impl IntoView {
        alert(self.language, self.failure.into())
    }
}

/// A failure in words, if there is one.
pub(super) fn alert(language: Language, failure: Signal<Option<Failure>>) -> impl IntoView {
    move || {
        failure
            .get()
            .map(|why| view! { <Alert tone=Tone::Bad title=failure_text(language, why) /> })
    }
}

/// The field an event of the form comes from.
pub(super) fn input_of(event: &web_sys::Event) -> Option<web_sys::HtmlInputElement> {
    event.target()?.dyn_into().ok()
}

/// A field of the page by its id.
pub(super) fn input(id: &str) -> Option<web_sys::HtmlInputElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

pub(super) fn focus(id: &str) {
    if let Some(field) = input(id) {
        // It is there and can be focused; if not, the error is still said at the field.
        let _ = field.focus();
    }
}

fn go(to: &str) {
    // The address is one of ours; a browser that does not go there stays on a page that works.
    let _ = window().location().assign(to);
}
