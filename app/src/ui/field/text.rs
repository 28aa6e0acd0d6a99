//! Fields one writes in or picks from a list.

use leptos::prelude::*;

use super::{ErrorLine, Ids};
use crate::ui::{Icon, Symbol};

/// One line of text. Events of the control reach the field: `on:input` works on it.
#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// Only where the name is not unique in the page.
    #[prop(into, optional)]
    id: Option<String>,
    /// `type`: `text`, `email`, `password`, `search`, `url`, …
    #[prop(into, default = "text".to_owned())]
    kind: String,
    #[prop(into, optional)] value: String,
    #[prop(into, optional)] hint: Option<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(into, optional)] placeholder: Option<String>,
    #[prop(into, optional)] autocomplete: Option<String>,
    /// `none` for what is no sentence, as a nick.
    #[prop(into, optional)]
    autocapitalize: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] disabled: bool,
    /// The page asks for this field first.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let ids = Ids::new(id, &name);
    let described = ids.described_first(hint.is_some(), autofocus);
    let invalid = move || error.with(Option::is_some).then_some("true");
    view! {
        <div class="field">
            <label for=ids.control.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=ids.hint.clone()>{hint}</p> })}
            <input
                class="control"
                id=ids.control
                type=kind
                name=name
                value=value
                placeholder=placeholder
                autocomplete=autocomplete
                autocapitalize=autocapitalize
                required=required
                disabled=disabled
                autofocus=autofocus
                aria-invalid=invalid
                aria-describedby=described
            />
            <ErrorLine id=ids.error error />
        </div>
    }
}

/// Several lines of text; grows with what is written.
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into, optional)] id: Option<String>,
    #[prop(into, optional)] value: String,
    #[prop(into, optional)] hint: Option<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(into, optional)] placeholder: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    let ids = Ids::new(id, &name);
    let described = ids.described_by(hint.is_some());
    let invalid = move || error.with(Option::is_some).then_some("true");
    view! {
        <div class="field">
            <label for=ids.control.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=ids.hint.clone()>{hint}</p> })}
            <textarea
                class="control"
                id=ids.control
                name=name
                placeholder=placeholder
                required=required
                disabled=disabled
                aria-invalid=invalid
                aria-describedby=described
            >
                {value}
            </textarea>
            <ErrorLine id=ids.error error />
        </div>
    }
}

/// One of many, by the browser's own list. `options` are values and what they are called.
#[component]
pub fn Select(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    #[prop(into, optional)] id: Option<String>,
    #[prop(into, optional)] value: String,
    #[prop(into, optional)] hint: Option<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    let ids = Ids::new(id, &name);
    let described = ids.described_by(hint.is_some());
    let invalid = move || error.with(Option::is_some).then_some("true");
    view! {
        <div class="field">
            <label for=ids.control.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=ids.hint.clone()>{hint}</p> })}
            <div class="select">
                <select
                    class="control"
                    id=ids.control
                    name=name
                    disabled=disabled
                    aria-invalid=invalid
                    aria-describedby=described
                >
                    {options
                        .into_iter()
                        .map(|(option, text)| {
                            let selected = option == value;
                            view! {
                                <option value=option selected=selected>
                                    {text}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
                <Icon symbol=Symbol::ChevronDown />
            </div>
            <ErrorLine id=ids.error error />
        </div>
    }
}
