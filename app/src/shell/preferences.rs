//! How the house looks and speaks to this browser: forms that work without scripts.
//! `frontend/shell/` makes the theme change in place.

use domain::{language::Language, theme::Theme};
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnError},
};
use leptos_i18n::td_string;

use crate::{
    context::{here, use_visit},
    ui::{Segment, Segments, Symbol},
};

/// Light, dark, or what the device says.
///
/// # Errors
/// None that a form of ours can cause.
#[server(prefix = "/ui/preferences", endpoint = "theme")]
pub async fn choose_theme(
    #[server(default)] theme: String,
    #[server(default)] back: String,
) -> Result<(), ServerFnError> {
    use crate::{context, shell::flash::Flash};
    context::redirect(&back);
    match theme.parse::<Theme>() {
        Ok(theme) => {
            context::set_cookie(context::THEME_COOKIE, theme.code(), context::YEAR);
            context::account::prefer(None, Some(theme)).await;
        }
        Err(_) => {
            context::set_program_status(422);
            context::say_next(Flash::UnknownPreference);
        }
    }
    Ok(())
}

/// The language of the page.
///
/// # Errors
/// None that a form of ours can cause.
#[server(prefix = "/ui/preferences", endpoint = "language")]
pub async fn choose_language(
    #[server(default)] language: String,
    #[server(default)] back: String,
) -> Result<(), ServerFnError> {
    use crate::{context, shell::flash::Flash};
    context::redirect(&back);
    match language.parse::<Language>() {
        Ok(language) => {
            context::set_cookie(context::LANGUAGE_COOKIE, language.code(), context::YEAR);
            context::account::prefer(Some(language), None).await;
        }
        Err(_) => {
            context::set_program_status(422);
            context::say_next(Flash::UnknownPreference);
        }
    }
    Ok(())
}

#[component]
pub fn ThemeForm() -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let segments = Theme::ALL
        .into_iter()
        .map(|theme| Segment {
            value: theme.code().to_owned(),
            label: match theme {
                Theme::Auto => td_string!(locale, shell.theme_auto),
                Theme::Light => td_string!(locale, shell.theme_light),
                Theme::Dark => td_string!(locale, shell.theme_dark),
            }
            .to_owned(),
            icon: Some(match theme {
                Theme::Auto => Symbol::Auto,
                Theme::Light => Symbol::Sun,
                Theme::Dark => Symbol::Moon,
            }),
            language: None,
            chosen: theme == visit.theme,
        })
        .collect();
    view! {
        <form method="post" action=ChooseTheme::PATH data-preference="theme">
            <input type="hidden" name="back" value=here() />
            <Segments label=td_string!(locale, shell.appearance) name="theme" segments />
        </form>
    }
}

#[component]
pub fn LanguageForm() -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let segments = Language::ALL
        .into_iter()
        .map(|language| Segment {
            value: language.code().to_owned(),
            label: language.native_name().to_owned(),
            icon: None,
            language: Some(language.code()),
            chosen: language == visit.language,
        })
        .collect();
    view! {
        <form method="post" action=ChooseLanguage::PATH data-preference="language">
            <input type="hidden" name="back" value=here() />
            <Segments label=td_string!(locale, shell.language) name="language" segments />
        </form>
    }
}
