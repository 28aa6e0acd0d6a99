//! What a page knows about the request it answers, and the one place with server-only code.

use std::{collections::HashMap, sync::Arc};

use domain::{language::Language, theme::Theme};
use leptos::prelude::*;

use crate::i18n::{Locale, locale};

/// The names of the built site's files with their hashes, by plain name (`kadr.css`).
#[derive(Debug, Clone, Default)]
pub struct Assets(Arc<HashMap<String, String>>);

impl Assets {
    #[must_use]
    pub fn new(names: HashMap<String, String>) -> Self {
        Self(Arc::new(names))
    }

    /// The address of a file of the site; its plain name when the site knows no hash for it.
    #[must_use]
    pub fn href(&self, name: &str) -> String {
        format!(
            "{}/{}",
            domain::routes::PKG,
            self.0.get(name).map_or(name, String::as_str)
        )
    }
}

/// What is known about who asks, before any page runs.
#[derive(Debug, Clone)]
pub struct Visit {
    pub language: Language,
    pub theme: Theme,
    /// The id under which the log knows this request.
    pub request_id: String,
    pub assets: Assets,
}

impl Visit {
    #[must_use]
    pub fn locale(&self) -> Locale {
        locale(self.language)
    }
}

/// The visit this page answers. The server provides it for every render.
#[must_use]
pub fn use_visit() -> Visit {
    expect_context::<Visit>()
}
