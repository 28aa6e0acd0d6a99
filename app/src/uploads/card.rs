//! The card of one upload, as a template that the script fills in. All that can be done stands
//! on it; the script shows the buttons that fit.

use domain::videos::{Tags, Visibility};
use leptos::prelude::*;
use leptos_i18n::td_string;

use super::said;
use crate::{
    context::use_visit,
    i18n::fill,
    ui::{Icon, Select, Symbol, TextArea, TextField},
};

#[component]
pub(super) fn CardTemplate() -> impl IntoView {
    let locale = use_visit().locale();
    let tags_hint = fill(
        td_string!(locale, uploads.field.tags_hint),
        "count",
        &Tags::MAX_COUNT.to_string(),
    );
    view! {
        <li class="upload">
            <div class="frame">
                <Icon symbol=Symbol::Film />
                <img alt="" data-part="frame" hidden />
            </div>
            <div class="what">
                <h2 class="name" id="upload-name">
                    <bdi data-part="name"></bdi>
                </h2>
                <p class="figures" data-part="figures"></p>
                <div
                    class="sending"
                    role="progressbar"
                    aria-valuemin="0"
                    aria-valuemax="100"
                    aria-valuenow="0"
                    aria-labelledby="upload-name"
                    data-part="bar"
                ></div>
                <p class="status" data-part="status"></p>
            </div>
            <div class="acts">
                <a class="button" data-variant="quiet" data-size="s" data-part="link" hidden>
                    <span></span>
                </a>
                <Act act="choose" symbol=Symbol::Film text=td_string!(locale, uploads.choose_again) primary=true />
                <Act act="keep" symbol=Symbol::Copy text=td_string!(locale, uploads.keep_both) />
                <Act act="drop" symbol=Symbol::Close text=td_string!(locale, uploads.drop_it) />
                <Act act="now" symbol=Symbol::Retry text=td_string!(locale, uploads.try_now) />
                <Act act="retry" symbol=Symbol::Retry text=td_string!(locale, uploads.retry) primary=true />
                <Act act="resume" symbol=Symbol::Play text=td_string!(locale, uploads.resume) primary=true />
                <Act act="pause" symbol=Symbol::Pause text=td_string!(locale, uploads.pause) />
                <Act act="remove" symbol=Symbol::Trash text=td_string!(locale, uploads.remove) />
                <Act act="dismiss" symbol=Symbol::Check text=td_string!(locale, uploads.dismiss) />
            </div>
            <details class="about" data-part="about">
                <summary>
                    <span>{td_string!(locale, uploads.about)}</span>
                    <span class="kept" role="status" data-part="saved"></span>
                </summary>
                <div class="form">
                    <TextField
                        name=said::TITLE
                        id="upload-title"
                        label=td_string!(locale, uploads.field.title)
                    />
                    <TextArea
                        name=said::DESCRIPTION
                        id="upload-description"
                        label=td_string!(locale, uploads.field.description)
                    />
                    <TextField
                        name=said::TAGS
                        id="upload-tags"
                        label=td_string!(locale, uploads.field.tags)
                        hint=tags_hint
                        autocapitalize="none"
                    />
                    <VisibilitySelect id="upload-visibility" value=String::new() />
                </div>
            </details>
        </li>
    }
}

#[component]
fn Act(
    act: &'static str,
    symbol: Symbol,
    #[prop(into)] text: String,
    /// What one most likely came for.
    #[prop(optional)]
    primary: bool,
) -> impl IntoView {
    let variant = if primary { "primary" } else { "quiet" };
    view! {
        <button
            type="button"
            class="button"
            data-variant=variant
            data-size="s"
            data-act=act
            aria-describedby="upload-name"
            hidden
        >
            <Icon symbol />
            <span>{text}</span>
        </button>
    }
}

/// Who may see it.
#[component]
pub(super) fn VisibilitySelect(#[prop(into)] id: String, value: String) -> impl IntoView {
    let locale = use_visit().locale();
    let options = Visibility::ALL
        .into_iter()
        .map(|visibility| {
            let text = match visibility {
                Visibility::Public => td_string!(locale, accounts.visibility_public),
                Visibility::Unlisted => td_string!(locale, accounts.visibility_unlisted),
                Visibility::Private => td_string!(locale, accounts.visibility_private),
            };
            (visibility.code().to_owned(), text.to_owned())
        })
        .collect();
    view! {
        <Select
            name=said::VISIBILITY
            id
            label=td_string!(locale, uploads.field.visibility)
            options
            value
        />
    }
}
