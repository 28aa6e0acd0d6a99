//! A question that has to be answered first. The browser opens and closes it.

use leptos::prelude::*;

use super::{Button, ButtonType, Size, Symbol, Variant};

/// Opens the dialog of that id, by the browser's own `command`; `shell.js` stands in where
/// a browser does not know it yet.
#[component]
pub fn DialogOpener(
    #[prop(into)] dialog: String,
    #[prop(optional)] variant: Variant,
    #[prop(into, optional_no_strip)] icon: Option<Symbol>,
    children: Children,
) -> impl IntoView {
    view! {
        <Button
            kind=ButtonType::Button
            variant
            icon
            attr:command="show-modal"
            attr:commandfor=dialog
            attr:aria-haspopup="dialog"
        >
            {children()}
        </Button>
    }
}

/// Escape, a press beside it and the cross close it without an answer.
#[component]
pub fn Dialog(
    #[prop(into)] id: String,
    #[prop(into)] title: String,
    /// What the cross is called.
    #[prop(into)]
    close_label: String,
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    view! {
        <dialog class="dialog" id=id.clone() aria-labelledby=title_id.clone() closedby="any">
            <div class="inside">
                <header>
                    <h2 id=title_id.clone()>{title}</h2>
                    <form method="dialog">
                        <Button
                            variant=Variant::Quiet
                            size=Size::Small
                            icon=Symbol::Close
                            label=close_label
                        />
                    </form>
                </header>
                {children()}
            </div>
        </dialog>
    }
}
