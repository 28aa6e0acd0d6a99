//! Where sentences in passing are said: what the last page left to say, and what scripts
//! say later (`kadr:toast` on the document, see `frontend/shell/`).

use leptos::prelude::*;
use leptos_i18n::td_string;

use crate::{
    context::{here, take_flash, use_visit},
    ui::{Toast, Tone},
};

#[component]
pub fn Toasts() -> impl IntoView {
    let locale = use_visit().locale();
    let dismiss_label = td_string!(locale, ui.dismiss);
    view! {
        <div
            class="toasts"
            id="toasts"
            role="region"
            aria-live="polite"
            aria-label=td_string!(locale, shell.notices)
        >
            {take_flash()
                .map(|flash| {
                    view! {
                        <Toast
                            tone=flash.tone()
                            text=flash.text(locale)
                            dismiss=here()
                            dismiss_label
                        />
                    }
                })}
        </div>
        // What a script fills in: one for each tone, because each has its symbol.
        {Tone::ALL
            .into_iter()
            .map(|tone| {
                view! {
                    <template data-toast=tone.code()>
                        <Toast tone text="" dismiss="#" dismiss_label />
                    </template>
                }
            })
            .collect_view()}
    }
}
