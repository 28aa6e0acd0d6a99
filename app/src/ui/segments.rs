//! One of few, sent at once: a row of buttons of which one is pressed.

use leptos::prelude::*;

use super::{Icon, Symbol};

#[derive(Debug, Clone)]
pub struct Segment {
    pub value: String,
    pub label: String,
    pub icon: Option<Symbol>,
    /// The language the label is in, where it is not the page's.
    pub language: Option<&'static str>,
    pub chosen: bool,
}

#[component]
pub fn Segments(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    segments: Vec<Segment>,
) -> impl IntoView {
    view! {
        <div class="segments" role="group" aria-label=label>
            {segments
                .into_iter()
                .map(|segment| {
                    view! {
                        <button
                            type="submit"
                            name=name.clone()
                            value=segment.value
                            lang=segment.language
                            aria-pressed=if segment.chosen { "true" } else { "false" }
                        >
                            {segment.icon.map(|symbol| view! { <Icon symbol /> })}
                            <span>{segment.label}</span>
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}
