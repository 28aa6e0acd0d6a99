//! How far a thing has come. Without a figure: that it moves.

use leptos::prelude::*;

use super::Tone;

#[component]
pub fn Progress(
    #[prop(into)] label: String,
    /// 0 to 1; nothing when the end is not known.
    #[prop(optional)]
    value: Option<f64>,
    #[prop(into, optional)] note: Option<String>,
    #[prop(optional)] tone: Tone,
) -> impl IntoView {
    let value = value.map(|value| value.clamp(0.0, 1.0));
    let figure = value.map(|value| format!("{:.0}\u{a0}%", (value * 100.0).floor()));
    view! {
        <div class="progress" data-tone=tone.code()>
            <span aria-hidden="true">{label.clone()}</span>
            <span class="figure" aria-hidden="true">{figure}</span>
            <progress aria-label=label max="1" value=value.map(|value| value.to_string())></progress>
            {note.map(|note| view! { <span class="note">{note}</span> })}
        </div>
    }
}
