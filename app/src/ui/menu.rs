//! What can be done with a thing, behind one button. A popover: Escape and a press beside
//! it close it, focus goes in and comes back, all by the browser. With scripts the arrow
//! keys walk too.

use leptos::prelude::*;

use super::{Button, ButtonType, Icon, Size, Symbol, Tone, Variant};

/// On which edge of the button the menu lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MenuAlign {
    #[default]
    Start,
    End,
}

/// Only a symbol on its button if there is an `icon`, or only a `picture`; then `label` is
/// what it is called.
#[component]
pub fn Menu(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(into, optional_no_strip)] icon: Option<Symbol>,
    #[prop(optional_no_strip)] picture: Option<AnyView>,
    #[prop(optional)] variant: Variant,
    #[prop(optional)] size: Size,
    #[prop(optional)] align: MenuAlign,
    children: Children,
) -> impl IntoView {
    let align = match align {
        MenuAlign::Start => "start",
        MenuAlign::End => "end",
    };
    let button = if let Some(picture) = picture {
        view! {
            <button
                class="button"
                type="button"
                data-variant="quiet"
                data-shape="icon"
                aria-label=label.clone()
                title=label.clone()
                popovertarget=id.clone()
            >
                {picture}
            </button>
        }
        .into_any()
    } else if icon.is_some() {
        view! {
            <Button
                kind=ButtonType::Button
                variant
                size
                icon
                label=label.clone()
                attr:popovertarget=id.clone()
            />
        }
        .into_any()
    } else {
        let text = label.clone();
        view! {
            <Button kind=ButtonType::Button variant size attr:popovertarget=id.clone()>
                <span class="menu-opener">{text} <Icon symbol=Symbol::ChevronDown /></span>
            </Button>
        }
        .into_any()
    };
    view! {
        {button}
        <div class="menu" id=id popover="auto" data-align=align role="group" aria-label=label>
            {children()}
        </div>
    }
}

#[component]
pub fn MenuLink(
    #[prop(into)] href: String,
    #[prop(optional)] icon: Option<Symbol>,
    #[prop(optional)] current: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <a class="menu-item" href=href aria-current=current.then_some("true")>
            {icon.map(|symbol| view! { <Icon symbol /> })}
            <span>{children()}</span>
        </a>
    }
}

/// A button of the form around.
#[component]
pub fn MenuAction(
    #[prop(optional)] icon: Option<Symbol>,
    #[prop(optional)] tone: Tone,
    /// This is what is chosen already.
    #[prop(optional)]
    current: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class="menu-item"
            type="submit"
            data-tone=tone.code()
            aria-current=current.then_some("true")
        >
            {icon.map(|symbol| view! { <Icon symbol /> })}
            <span>{children()}</span>
            {current
                .then(|| {
                    view! {
                        <span class="check">
                            <Icon symbol=Symbol::Check />
                        </span>
                    }
                })}
        </button>
    }
}
