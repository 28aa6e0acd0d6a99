//! Buttons, and links that look like one.

use leptos::prelude::*;

use super::{Icon, Symbol};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// The one thing to do here. At most one in sight.
    Primary,
    #[default]
    Secondary,
    /// Says that it can be pressed only when one comes near.
    Quiet,
    /// Takes something away.
    Danger,
}

impl Variant {
    const fn code(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    Small,
    #[default]
    Medium,
    Large,
}

impl Size {
    const fn code(self) -> &'static str {
        match self {
            Self::Small => "s",
            Self::Medium => "m",
            Self::Large => "l",
        }
    }
}

/// What pressing does to the form around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonType {
    #[default]
    Submit,
    Button,
}

impl ButtonType {
    const fn code(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Button => "button",
        }
    }
}

/// With a `label` and no text inside it is a square with a symbol. While `loading` it keeps
/// its size and its place in the order of focus, and says that it is busy; a script only has
/// to set `aria-busy`.
#[component]
pub fn Button(
    #[prop(optional)] variant: Variant,
    #[prop(optional)] size: Size,
    #[prop(optional)] kind: ButtonType,
    #[prop(into, optional_no_strip)] icon: Option<Symbol>,
    /// What it does, for a button that shows only a symbol.
    #[prop(into, optional)]
    label: Option<String>,
    #[prop(into, optional)] loading: Signal<bool>,
    #[prop(into, optional)] disabled: Signal<bool>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let shape = children.is_none().then_some("icon");
    view! {
        <button
            class="button"
            type=kind.code()
            data-variant=variant.code()
            data-size=size.code()
            data-shape=shape
            aria-label=label.clone()
            title=label
            disabled=disabled
            aria-busy=move || loading.get().then_some("true")
        >
            {icon.map(|symbol| view! { <Icon symbol /> })}
            {children.map(|children| view! { <span>{children()}</span> })}
        </button>
    }
}

/// A link to a page, in the clothes of a button.
#[component]
pub fn ButtonLink(
    #[prop(into)] href: String,
    #[prop(optional)] variant: Variant,
    #[prop(optional)] size: Size,
    #[prop(into, optional_no_strip)] icon: Option<Symbol>,
    #[prop(into, optional)] label: Option<String>,
    #[prop(into, optional)] rel: Option<String>,
    /// The symbol stands behind the text: where it points is where one goes.
    #[prop(optional)]
    icon_last: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let shape = children.is_none().then_some("icon");
    view! {
        <a
            class="button"
            href=href
            rel=rel
            data-variant=variant.code()
            data-size=size.code()
            data-shape=shape
            aria-label=label.clone()
            title=label
        >
            {(!icon_last).then(|| icon.map(|symbol| view! { <Icon symbol /> }))}
            {children.map(|children| view! { <span>{children()}</span> })}
            {icon_last.then(|| icon.map(|symbol| view! { <Icon symbol /> }))}
        </a>
    }
}
