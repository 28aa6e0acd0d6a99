//! Fields one presses: a tick, a switch, one of a group.

use leptos::prelude::*;

use super::{ErrorLine, Ids};

/// Yes or no, sent with the form.
#[component]
pub fn Checkbox(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into, optional)] id: Option<String>,
    #[prop(into, optional)] hint: Option<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(optional)] checked: bool,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    tick(name, label, id, hint, error, checked, disabled, None)
}

/// On or off: a setting rather than an answer.
#[component]
pub fn Switch(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into, optional)] id: Option<String>,
    #[prop(into, optional)] hint: Option<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
    #[prop(optional)] checked: bool,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    tick(
        name,
        label,
        id,
        hint,
        error,
        checked,
        disabled,
        Some("switch"),
    )
}

#[expect(
    clippy::too_many_arguments,
    reason = "the properties of two components, which only differ in the role"
)]
fn tick(
    name: String,
    label: String,
    id: Option<String>,
    hint: Option<String>,
    error: Signal<Option<String>>,
    checked: bool,
    disabled: bool,
    role: Option<&'static str>,
) -> impl IntoView {
    let ids = Ids::new(id, &name);
    let described = ids.described_by(hint.is_some());
    let invalid = move || error.with(Option::is_some).then_some("true");
    view! {
        <div class="field">
            <label class="choice">
                <input
                    type="checkbox"
                    role=role
                    id=ids.control
                    name=name
                    value="true"
                    checked=checked
                    disabled=disabled
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <span>{label}</span>
                {hint.map(|hint| view! { <span class="hint" id=ids.hint>{hint}</span> })}
            </label>
            <ErrorLine id=ids.error error />
        </div>
    }
}

#[derive(Debug, Clone)]
pub struct Radio {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
    pub disabled: bool,
}

/// One of a few that are worth seeing side by side.
#[component]
pub fn RadioGroup(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<Radio>,
    #[prop(into, optional)] value: String,
    #[prop(into, optional)] id: Option<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
) -> impl IntoView {
    let ids = Ids::new(id, &name);
    let described = ids.described_by(false);
    let control = ids.control.clone();
    view! {
        <fieldset class="choices" role="radiogroup" aria-describedby=described>
            <legend>{label}</legend>
            {options
                .into_iter()
                .map(|option| {
                    let hint_id = format!("{control}-{}-hint", option.value);
                    let described = option.hint.is_some().then(|| hint_id.clone());
                    view! {
                        <label class="choice">
                            <input
                                type="radio"
                                name=name.clone()
                                checked=option.value == value
                                value=option.value
                                disabled=option.disabled
                                aria-describedby=described
                            />
                            <span>{option.label}</span>
                            {option
                                .hint
                                .map(|hint| view! { <span class="hint" id=hint_id>{hint}</span> })}
                        </label>
                    }
                })
                .collect_view()}
            <ErrorLine id=ids.error error />
        </fieldset>
    }
}
