//! A value to take along. One press selects it; with scripts a button copies it.

use leptos::prelude::*;

use super::{Button, ButtonType, Size, Symbol, Variant};

#[component]
pub fn Copyable(
    #[prop(into)] value: String,
    #[prop(into)] label: String,
    /// What is said once it is copied.
    #[prop(into)]
    done: String,
) -> impl IntoView {
    view! {
        <span class="copyable">
            <code translate="no">{value.clone()}</code>
            <span class="needs-scripts">
                <Button
                    kind=ButtonType::Button
                    variant=Variant::Quiet
                    size=Size::Small
                    icon=Symbol::Copy
                    label
                    attr:data-copy=value
                    attr:data-copied=done
                />
            </span>
        </span>
    }
}
