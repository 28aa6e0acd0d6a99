//! How far one is: a strip of film, a frame for each step.

use domain::accounts::{Progress, Step};
use leptos::prelude::*;
use leptos_i18n::td_string;

use super::sight::path;
use crate::{
    context::use_visit,
    i18n::{Locale, fill},
    ui::{Icon, Symbol},
};

/// The name of a step, short.
pub(super) fn name(locale: Locale, step: Step) -> &'static str {
    match step {
        Step::Email => td_string!(locale, register.step_email),
        Step::Nick => td_string!(locale, register.step_nick),
        Step::Password => td_string!(locale, register.step_password),
        Step::Avatar => td_string!(locale, register.step_avatar),
        Step::Confirm => td_string!(locale, register.step_confirm),
    }
}

/// "Step 2 of 5".
pub(super) fn place(locale: Locale, step: Step) -> String {
    let number = step.number().to_string();
    let text = fill(td_string!(locale, register.step_of), "step", &number);
    fill(&text, "steps", &Step::ALL.len().to_string())
}

/// Frames that may be opened are links: one goes back and forth without losing anything.
#[component]
pub(super) fn Reel(step: Step, progress: Progress) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <nav class="reel" aria-label=td_string!(locale, register.steps)>
            <ol class="frames">
                {Step::ALL
                    .into_iter()
                    .map(|each| {
                        let done = progress.is_answered(each);
                        let mark = if done && each != step {
                            view! {
                                <Icon symbol=Symbol::Check />
                                <span class="visually-hidden">
                                    {td_string!(locale, register.step_done)}
                                </span>
                            }
                                .into_any()
                        } else {
                            each.number().into_any()
                        };
                        let inside = view! {
                            <span class="count">{mark}</span>
                            <span class="name">{name(locale, each)}</span>
                        };
                        let inside = if each != step && progress.open(each).is_ok() {
                            view! { <a class="frame" href=path(each)>{inside}</a> }.into_any()
                        } else {
                            view! { <span class="frame">{inside}</span> }.into_any()
                        };
                        view! {
                            <li
                                aria-current=(each == step).then_some("step")
                                data-done=done.then_some("")
                            >
                                {inside}
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </nav>
    }
}
