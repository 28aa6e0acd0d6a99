//! `/admin/ui`: every component in every state, by day and by night.

mod actions;
mod data;
mod feedback;
mod fields;
mod foundation;
mod overlays;

use domain::theme::Theme;
use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};

use super::{OwnersOnly, introduce::IntroduceForm};
use crate::{context::use_visit, i18n::Locale, ui::Card};
use actions::Actions;
use data::Data;
use feedback::Feedback;
use fields::Fields;
use foundation::Foundation;
use overlays::Overlays;

#[component]
pub fn UiPage() -> impl IntoView {
    view! {
        <OwnersOnly>
            <Gallery />
        </OwnersOnly>
    }
}

#[component]
fn Gallery() -> impl IntoView {
    let locale = use_visit().locale();
    let chapters = [
        ("foundation", td_string!(locale, admin.foundation)),
        ("actions", td_string!(locale, admin.actions)),
        ("fields", td_string!(locale, admin.fields)),
        ("feedback", td_string!(locale, admin.feedback)),
        ("data", td_string!(locale, admin.data)),
        ("overlays", td_string!(locale, admin.overlays)),
        ("form", td_string!(locale, admin.form)),
    ];
    view! {
        <Title text=td_string!(locale, admin.ui_title) />
        <Meta name="description" content=td_string!(locale, admin.ui_note) />
        <Meta name="robots" content="noindex" />
        <div class="gallery">
            <header class="page-head">
                <h1>{td_string!(locale, admin.ui_title)}</h1>
                <p class="soft">{td_string!(locale, admin.ui_note)}</p>
                <nav aria-label=td_string!(locale, admin.ui_title)>
                    <ul class="chapters">
                        {chapters
                            .into_iter()
                            .map(|(id, text)| view! { <li><a href=format!("#{id}")>{text}</a></li> })
                            .collect_view()}
                    </ul>
                </nav>
            </header>
            <Chapter id="foundation" title=td_string!(locale, admin.foundation)>
                <Foundation />
            </Chapter>
            <Chapter id="actions" title=td_string!(locale, admin.actions)>
                <Rooms room=|theme| view! { <Actions theme /> }.into_any() />
            </Chapter>
            <Chapter id="fields" title=td_string!(locale, admin.fields)>
                <Rooms room=|theme| view! { <Fields theme /> }.into_any() />
            </Chapter>
            <Chapter id="feedback" title=td_string!(locale, admin.feedback)>
                <Rooms room=|_| view! { <Feedback /> }.into_any() />
            </Chapter>
            <Chapter id="data" title=td_string!(locale, admin.data)>
                <Rooms room=|theme| view! { <Data theme /> }.into_any() />
            </Chapter>
            <Chapter id="overlays" title=td_string!(locale, admin.overlays)>
                <Rooms room=|theme| view! { <Overlays theme /> }.into_any() />
            </Chapter>
            <Chapter id="form" title=td_string!(locale, admin.form)>
                <div class="form-demo">
                    <Card title=td_string!(locale, admin.form_title) note=td_string!(locale, admin.form_note)>
                        <IntroduceForm />
                    </Card>
                </div>
            </Chapter>
        </div>
    }
}

#[component]
fn Chapter(id: &'static str, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="chapter" id=id aria-labelledby=format!("{id}-title")>
            <h2 id=format!("{id}-title")>{title}</h2>
            {children()}
        </section>
    }
}

/// The same room twice: by day and by night.
#[component]
fn Rooms(room: fn(Theme) -> AnyView) -> impl IntoView {
    view! {
        <div class="rooms">
            {[Theme::Light, Theme::Dark]
                .into_iter()
                .map(|theme| {
                    view! {
                        <div class="room" data-theme=theme.code()>
                            {room(theme)}
                        </div>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// One component, with its name.
#[component]
fn Specimen(#[prop(into)] name: String, children: Children) -> impl IntoView {
    view! {
        <div class="specimen">
            <h3>{name}</h3>
            {children()}
        </div>
    }
}

/// Ids and labels are unique in a page, and here everything is there twice.
fn in_room(theme: Theme, id: &str) -> String {
    format!("{id}-{}", theme.code())
}

fn room_name(locale: Locale, theme: Theme) -> &'static str {
    match theme {
        Theme::Dark => td_string!(locale, shell.theme_dark),
        Theme::Light | Theme::Auto => td_string!(locale, shell.theme_light),
    }
}
