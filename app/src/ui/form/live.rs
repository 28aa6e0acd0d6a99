//! What scripts add to a form: it is checked while one writes and sent without leaving the
//! page. The fields stay the server's HTML and are never drawn again: the island is a frame
//! around them that listens, so a form costs wasm only for its rules.

use std::{future::Future, pin::Pin};

use domain::{
    forms::{Fault, FieldFaults},
    language::Language,
};
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Object, Reflect};

use super::{FormError, failure_text, fault_text};
use crate::ui::Tone;

/// What is written in the form, field by field, in the order of the page.
#[derive(Debug, Clone, Default)]
pub struct Values(Vec<(String, String)>);

impl Values {
    /// What is written in a field; nothing if there is no such field.
    #[must_use]
    pub fn get(&self, name: &str) -> String {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<(), FormError>>>>;

/// What is particular about a form. Plain functions: one copy of the rest serves all forms.
#[derive(Clone, Copy)]
pub struct Live {
    pub language: Language,
    /// The rules of `domain::forms`.
    pub check: fn(&Values) -> FieldFaults,
    /// The server function.
    pub send: fn(Values) -> Answer,
    /// What is said when it went through.
    pub done: &'static str,
}

/// The frame around a form: the whole body of its island.
pub fn live(form: Live, children: Children) -> impl IntoView {
    view! {
        <div
            on:input=move |event| on_input(form, &event)
            on:focusout=move |event| on_leave(form, &event)
            on:submit=move |event| on_submit(form, &event)
        >
            {children()}
        </div>
    }
}

/// Set on fields one has left: before that, nobody is told that they are wrong.
const LEFT: &str = "data-left";
const INVALID: &str = "aria-invalid";
const BUSY: &str = "aria-busy";

/// Errors go as soon as they are mended, and come only when one has left the field.
fn on_input(form: Live, event: &web_sys::Event) {
    if let Some(control) = control_of(event)
        && (control.has_attribute(LEFT) || control.has_attribute(INVALID))
    {
        recheck(form, &control);
    }
}

fn on_leave(form: Live, event: &web_sys::Event) {
    if let Some(control) = control_of(event)
        && !value_of(&control).is_empty()
        && !is_going_to_press(event)
    {
        set(&control, LEFT, "");
        recheck(form, &control);
    }
}

/// The focus goes to a button: an error that came or went now would move it away from under
/// the finger, and sending checks everything anyway.
fn is_going_to_press(event: &web_sys::Event) -> bool {
    event
        .dyn_ref::<web_sys::FocusEvent>()
        .and_then(web_sys::FocusEvent::related_target)
        .and_then(|it| it.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|it| it.tag_name() == "BUTTON")
}

fn on_submit(form: Live, event: &ev::SubmitEvent) {
    event.prevent_default();
    let Some(element) = event
        .target()
        .and_then(|it| it.dyn_into::<web_sys::Element>().ok())
    else {
        return;
    };
    if element.has_attribute(BUSY) {
        return;
    }
    let values = values_of(&element);
    let faults = (form.check)(&values);
    if !faults.is_empty() {
        refuse(form, &element, &faults);
        return;
    }
    busy(&element, true);
    show_failure(&element, "");
    spawn_local(async move {
        let answer = (form.send)(values).await;
        busy(&element, false);
        match answer {
            Ok(()) => say(form.done, Tone::Good),
            Err(FormError::Refused(refusal)) => {
                refuse(form, &element, &refusal.faults);
                if let Some(why) = refusal.why {
                    show_failure(&element, &failure_text(form.language, why));
                }
            }
            Err(FormError::Failed { why }) => {
                show_failure(&element, &failure_text(form.language, why));
            }
        }
    });
}

/// Says what is wrong with one field, or that it no longer is.
fn recheck(form: Live, control: &web_sys::Element) {
    if let Ok(Some(element)) = control.closest("form") {
        show_fault(form, control, &(form.check)(&values_of(&element)));
    }
}

/// Says what is wrong, everywhere, and goes to the first of it.
fn refuse(form: Live, element: &web_sys::Element, faults: &FieldFaults) {
    let mut first = None;
    for control in controls_of(element) {
        if show_fault(form, &control, faults) && first.is_none() {
            first = control.dyn_into::<web_sys::HtmlElement>().ok();
        }
    }
    if let Some(first) = first {
        // If it cannot be focused the error still stands at the field.
        let _ = first.focus();
    }
}

/// Shows a field's fault, or that it has none. Answers whether it has.
fn show_fault(form: Live, control: &web_sys::Element, faults: &FieldFaults) -> bool {
    let fault = faults.of(&name_of(control));
    show_fault_at(form.language, control, fault);
    fault.is_some()
}

/// The same for what was not found by the rules of the form: what the server said meanwhile.
pub fn show_fault_at(language: Language, control: &web_sys::Element, fault: Option<Fault>) {
    if fault.is_some() {
        set(control, INVALID, "true");
    } else {
        let _ = control.remove_attribute(INVALID);
    }
    if let Some(line) = document().get_element_by_id(&format!("{}-error", control.id())) {
        line.set_text_content(fault.map(|fault| fault_text(language, fault)).as_deref());
    }
}

fn show_failure(element: &web_sys::Element, text: &str) {
    if let Ok(Some(line)) = element.query_selector("[data-failure]") {
        if let Ok(Some(title)) = line.query_selector("strong") {
            title.set_text_content(Some(text));
        }
        let _ = line.toggle_attribute_with_force("hidden", text.is_empty());
    }
}

fn busy(element: &web_sys::Element, is_busy: bool) {
    let button = element.query_selector("button[type=submit]").ok().flatten();
    for element in [Some(element.clone()), button].into_iter().flatten() {
        if is_busy {
            set(&element, BUSY, "true");
        } else {
            let _ = element.remove_attribute(BUSY);
        }
    }
}

fn set(element: &web_sys::Element, attribute: &str, value: &str) {
    // Fails only for names that are no names.
    let _ = element.set_attribute(attribute, value);
}

/// The field an event comes from.
fn control_of(event: &web_sys::Event) -> Option<web_sys::Element> {
    let control: web_sys::Element = event.target()?.dyn_into().ok()?;
    control.has_attribute("name").then_some(control)
}

fn controls_of(element: &web_sys::Element) -> Vec<web_sys::Element> {
    let Ok(list) = element.query_selector_all("[name]:not(button)") else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|at| list.item(at)?.dyn_into().ok())
        .collect()
}

fn values_of(element: &web_sys::Element) -> Values {
    Values(
        controls_of(element)
            .iter()
            .filter(|control| !is_unticked(control))
            .map(|control| (name_of(control), value_of(control)))
            .collect(),
    )
}

/// A box without its tick sends nothing.
fn is_unticked(control: &web_sys::Element) -> bool {
    matches!(
        control.get_attribute("type").as_deref(),
        Some("checkbox" | "radio")
    ) && Reflect::get(control, &JsValue::from_str("checked")).is_ok_and(|it| it.is_falsy())
}

fn name_of(control: &web_sys::Element) -> String {
    control.get_attribute("name").unwrap_or_default()
}

/// `value` is there for inputs, text areas and lists alike.
fn value_of(control: &web_sys::Element) -> String {
    Reflect::get(control, &JsValue::from_str("value"))
        .ok()
        .and_then(|value| value.as_string())
        .unwrap_or_default()
}

/// A sentence in passing, said by the toasts of the page (`frontend/shell/`).
pub fn say(text: &str, tone: Tone) {
    let detail = Object::new();
    for (key, value) in [("text", text), ("tone", tone.code())] {
        let _ = Reflect::set(&detail, &key.into(), &value.into());
    }
    let init = web_sys::CustomEventInit::new();
    init.set_detail(&detail);
    if let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict("kadr:toast", &init) {
        // Nobody listening is no fault: the page goes on without the sentence.
        let _ = document().dispatch_event(&event);
    }
}
