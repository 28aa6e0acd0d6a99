//! Pages for when there is no page: not found, and everything that can go wrong.

use domain::routes;
use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};

use super::{Frame, Head, title};
use crate::{
    context::{Visit, set_status, use_visit},
    i18n::Locale,
    ui::{ButtonLink, Copyable, Symbol, Variant},
};

/// A torn frame.
const ART: &str = include_str!("torn.svg");

/// What a person can do about it, and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    BadRequest,
    Forbidden,
    NotFound,
    Method,
    TooLarge,
    TooMany,
    Unavailable,
    Internal,
}

impl Kind {
    const fn of(status: u16) -> Self {
        match status {
            401 | 403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            405 => Self::Method,
            413 | 414 | 431 => Self::TooLarge,
            429 => Self::TooMany,
            400..=499 => Self::BadRequest,
            502..=504 => Self::Unavailable,
            _ => Self::Internal,
        }
    }

    fn title(self, locale: Locale) -> &'static str {
        match self {
            Self::BadRequest => td_string!(locale, errors.page.bad_request_title),
            Self::Forbidden => td_string!(locale, errors.page.forbidden_title),
            Self::NotFound => td_string!(locale, errors.page.not_found_title),
            Self::Method => td_string!(locale, errors.page.method_title),
            Self::TooLarge => td_string!(locale, errors.page.too_large_title),
            Self::TooMany => td_string!(locale, errors.page.too_many_title),
            Self::Unavailable => td_string!(locale, errors.page.unavailable_title),
            Self::Internal => td_string!(locale, errors.page.internal_title),
        }
    }

    fn note(self, locale: Locale) -> &'static str {
        match self {
            Self::BadRequest => td_string!(locale, errors.page.bad_request_note),
            Self::Forbidden => td_string!(locale, errors.page.forbidden_note),
            Self::NotFound => td_string!(locale, errors.page.not_found_note),
            Self::Method => td_string!(locale, errors.page.method_note),
            Self::TooLarge => td_string!(locale, errors.page.too_large_note),
            Self::TooMany => td_string!(locale, errors.page.too_many_note),
            Self::Unavailable => td_string!(locale, errors.page.unavailable_note),
            Self::Internal => td_string!(locale, errors.page.internal_note),
        }
    }
}

/// No page has this address.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    let locale = use_visit().locale();
    view! {
        <Title text=Kind::NotFound.title(locale) />
        <Meta name="robots" content="noindex" />
        <Failure status=404 />
    }
}

/// The page could not be made. The log has the reason.
#[component]
pub fn Broken() -> impl IntoView {
    set_status(500);
    let locale = use_visit().locale();
    view! {
        <Title text=Kind::Internal.title(locale) />
        <Failure status=500 />
    }
}

#[component]
fn Failure(status: u16) -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let kind = Kind::of(status);
    view! {
        <section class="failure">
            <div class="art" aria-hidden="true" inner_html=ART></div>
            <p class="status">{status}</p>
            <h1>{kind.title(locale)}</h1>
            <p class="note">{kind.note(locale)}</p>
            <p class="request">
                <span class="soft">{td_string!(locale, errors.page.request_id)}</span>
                <Copyable
                    value=visit.request_id
                    label=td_string!(locale, ui.copy)
                    done=td_string!(locale, ui.copied)
                />
            </p>
            <div class="button-row">
                <ButtonLink href=routes::HOME variant=Variant::Primary icon=Symbol::Home>
                    {td_string!(locale, errors.page.to_home)}
                </ButtonLink>
                <ButtonLink href=routes::SEARCH icon=Symbol::Search>
                    {td_string!(locale, errors.page.to_search)}
                </ButtonLink>
            </div>
        </section>
    }
}

/// The page for an answer that no page gave: rendered outside of the router, for the layers
/// around it. Needs nothing but the visit.
#[must_use]
pub fn error_document(visit: Visit, status: u16) -> String {
    let owner = Owner::new();
    owner.with(|| {
        let heading = title(Kind::of(status).title(visit.locale()).to_owned());
        provide_context(visit.clone());
        view! {
            <!DOCTYPE html>
            <html lang=visit.language.code() data-theme=visit.theme.code()>
                <head>
                    <Head visit=visit.clone() />
                    // As text it would end in a marker of the renderer, which a title shows.
                    <title inner_html=heading></title>
                    <meta name="robots" content="noindex" />
                </head>
                <body>
                    <Frame>
                        <Failure status />
                    </Frame>
                </body>
            </html>
        }
        .to_html()
    })
}

#[cfg(test)]
mod tests {
    use domain::{language::Language, theme::Theme};

    use super::*;
    use crate::context::Assets;

    fn page(language: Language, status: u16) -> String {
        let visit = Visit {
            language,
            theme: Theme::Dark,
            request_id: "req-<42>".to_owned(),
            assets: Assets::default(),
            viewer: None,
            registration: domain::accounts::RegistrationMode::Open,
        };
        error_document(visit, status)
    }

    #[test]
    fn the_page_is_whole_and_names_the_request() {
        let html = page(Language::En, 500);
        assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
        assert_eq!(html.matches("<h1").count(), 1);
        assert!(
            html.contains("<title>The film broke · Kadr</title>"),
            "{html}"
        );
        assert_eq!(html.matches("<title").count(), 1);
        assert!(html.contains("data-theme=\"dark\""));
        assert!(html.contains("req-&lt;42&gt;") && !html.contains("req-<42>"));
    }

    #[test]
    fn every_status_has_its_words_in_every_language() {
        for language in Language::ALL {
            for status in [
                400, 401, 403, 404, 405, 408, 410, 413, 414, 422, 429, 431, 500, 502, 503,
            ] {
                let html = page(language, status);
                assert!(html.contains(Kind::of(status).title(crate::i18n::locale(language))));
                assert!(
                    html.contains("req-&lt;42&gt;"),
                    "{status}: the log has a line for each refusal"
                );
            }
        }
    }
}
