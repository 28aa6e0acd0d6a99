//! What the frames around the forms of all steps have in common: the way on, and the parts of
//! the page they change. Every sentence is in the page already; a frame says which one counts.

use std::future::{Future, pending};

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use crate::ui::form::FormError;

/// Sends an answer and goes on to where it leads. The form stays busy until the page is left.
///
/// # Errors
/// What the server refuses.
pub(super) async fn onward(
    answer: impl Future<Output = Result<String, FormError>>,
) -> Result<(), FormError> {
    let to = answer.await?;
    // The address is one of ours; a browser that does not go there stays on a page that works.
    let _ = window().location().assign(&to);
    pending().await
}

/// Browsers keep a page as it was when it was left: busy. Back on it, it is not.
pub(super) fn wake_on_return() {
    Effect::new(move |_| {
        let back = window_event_listener(ev::pageshow, move |_| {
            let Ok(busy) = document().query_selector_all(".entrance [aria-busy]") else {
                return;
            };
            for at in 0..busy.length() {
                if let Some(it) = busy
                    .item(at)
                    .and_then(|it| it.dyn_into::<web_sys::Element>().ok())
                {
                    let _ = it.remove_attribute("aria-busy");
                }
            }
        });
        on_cleanup(move || back.remove());
    });
}

/// A part of the page by its id.
pub(super) fn part(id: &str) -> Option<web_sys::Element> {
    document().get_element_by_id(id)
}

/// A field of the page by its id, which is its name.
pub(super) fn input(id: &str) -> Option<web_sys::HtmlInputElement> {
    part(id)?.dyn_into().ok()
}

/// The field of this name, if the event comes from it.
pub(super) fn input_of(event: &web_sys::Event, name: &str) -> Option<web_sys::HtmlInputElement> {
    let input: web_sys::HtmlInputElement = event.target()?.dyn_into().ok()?;
    (input.name() == name).then_some(input)
}

/// Sets an attribute of a part; without a value it goes.
pub(super) fn mark(id: &str, attribute: &str, value: Option<&str>) {
    let Some(part) = part(id) else {
        return;
    };
    // Fails only for names that are no names.
    let _ = match value {
        Some(value) => part.set_attribute(attribute, value),
        None => part.remove_attribute(attribute),
    };
}
