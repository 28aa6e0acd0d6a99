//! A field for a secret. With scripts a button shows what is in it.

use leptos::prelude::*;

use super::{ErrorLine, Ids};
use crate::ui::{Button, ButtonType, Size, Symbol, Variant};

/// A password is never sent back: there is no value. `frontend/shell/` makes the button work.
#[component]
pub fn PasswordField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// What the button is called.
    #[prop(into)]
    show: String,
    /// Only where the name is not unique in the page.
    #[prop(into, optional)]
    id: Option<String>,
    #[prop(into, optional)] hint: Option<String>,
    #[prop(into, optional)] error: Signal<Option<String>>,
    /// `current-password` or `new-password`.
    #[prop(into)]
    autocomplete: String,
    /// Empty, it keeps what there is.
    #[prop(optional)]
    optional: bool,
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
            <div class="secret">
                <input
                    class="control"
                    id=ids.control.clone()
                    type="password"
                    name=name
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="256"
                    required=!optional
                    autofocus=autofocus
                    aria-invalid=invalid
                    aria-describedby=described
                />
                <span class="needs-scripts">
                    <Button
                        kind=ButtonType::Button
                        variant=Variant::Quiet
                        size=Size::Small
                        icon=Symbol::Eye
                        label=show
                        attr:data-reveal=ids.control
                        attr:aria-pressed="false"
                    />
                </span>
            </div>
            <ErrorLine id=ids.error error />
        </div>
    }
}
