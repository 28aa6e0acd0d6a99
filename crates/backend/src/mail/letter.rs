//! The kinds of mail there are, and what each says.

use domain::language::Language;
use serde::{Deserialize, Serialize};
use url::Url;

use super::texts::{Texts, fill};

/// Who gets a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub address: String,
    /// As the person calls themself; greeted without a name if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default)]
    pub language: Language,
}

/// What a mail is about. Its fields are stored with the job, so they only ever grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// Proves that mails arrive (`kadr doctor --mail`).
    Test,
}

/// The house as people know it.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) url: String,
    /// Host, and port if it is not the usual one: what people see in the address bar.
    pub(super) name: String,
    /// What stands behind the `@` of a Message-ID.
    pub(super) host: String,
}

impl Site {
    pub(super) fn new(public_url: &str) -> Self {
        let parsed = Url::parse(public_url).ok();
        let host = parsed
            .as_ref()
            .and_then(Url::host_str)
            .unwrap_or("localhost")
            .to_owned();
        Self {
            url: public_url.trim_end_matches('/').to_owned(),
            name: match parsed.as_ref().and_then(Url::port) {
                Some(port) => format!("{host}:{port}"),
                None => host.clone(),
            },
            host,
        }
    }
}

/// A button, and the same as an address for who can not press it.
pub(super) struct Link {
    pub(super) label: String,
    pub(super) url: String,
}

/// What a letter says in one language. All of it plain text: escaping belongs to the layout.
pub(super) struct Content {
    pub(super) subject: String,
    /// What mail programs show beside the subject.
    pub(super) preheader: String,
    pub(super) greeting: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) link: Option<Link>,
    pub(super) link_hint: String,
    pub(super) footer: String,
}

impl Letter {
    /// Every letter once, so that tests see them all.
    #[cfg(test)]
    pub(super) fn samples() -> Vec<Self> {
        vec![Self::Test]
    }

    pub(super) fn content(&self, to: &Recipient, site: &Site) -> Content {
        let texts = Texts::of(to.language);
        let layout = &texts.layout;
        let of_site = [("site", site.name.as_str())];
        let greeting = match to.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => fill(&layout.greeting, &[("name", name)]),
            _ => layout.greeting_nameless.clone(),
        };
        let (subject, preheader, paragraphs, link) = match self {
            Self::Test => {
                let said = &texts.test;
                (
                    said.subject.clone(),
                    fill(&said.preheader, &of_site),
                    vec![fill(&said.intro, &of_site), said.rest.clone()],
                    Some(Link {
                        label: said.button.clone(),
                        url: format!("{}/", site.url),
                    }),
                )
            }
        };
        Content {
            subject,
            preheader,
            greeting,
            paragraphs,
            link,
            link_hint: layout.link_hint.clone(),
            footer: fill(&layout.footer, &of_site),
        }
    }
}
