//! The kinds of mail there are, and what each says.

use domain::{accounts::paths, language::Language};
use serde::{Deserialize, Serialize};
use url::Url;

use super::texts::{Said, Texts, fill};

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
    /// The code of a registration.
    Code { code: String },
    /// A link for a new password.
    Reset { path: String },
    /// The password is another one now.
    PasswordChanged,
    /// To the new address: a link that makes it true.
    EmailChange { path: String, nick: String },
    /// To the old address: it may soon no longer be the one.
    EmailChangeAsked { address: String },
    /// To the old address: it is no longer the one.
    EmailChanged { address: String },
    /// A link to register with.
    Invitation { path: String },
    /// The account will be deleted in seven days.
    Leaving,
    /// The account was deleted.
    Left,
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
        let path = "/somewhere?key=0123456789abcdef".to_owned();
        vec![
            Self::Test,
            Self::Code {
                code: "012345".to_owned(),
            },
            Self::Reset { path: path.clone() },
            Self::PasswordChanged,
            Self::EmailChange {
                path: path.clone(),
                nick: "viewer".to_owned(),
            },
            Self::EmailChangeAsked {
                address: "v…@mail.example".to_owned(),
            },
            Self::EmailChanged {
                address: "v…@mail.example".to_owned(),
            },
            Self::Invitation { path },
            Self::Leaving,
            Self::Left,
        ]
    }

    pub(super) fn content(&self, to: &Recipient, site: &Site) -> Content {
        let texts = Texts::of(to.language);
        let layout = &texts.layout;
        let of_site = [("site", site.name.as_str())];
        let greeting = match to.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => fill(&layout.greeting, &[("name", name)]),
            _ => layout.greeting_nameless.clone(),
        };
        let (said, path, value) = self.said(texts);
        // A code is read aloud and typed: two groups of three.
        let code = match self {
            Self::Code { code } => {
                format!("{} {}", &code[..code.len() / 2], &code[code.len() / 2..])
            }
            _ => String::new(),
        };
        let values = [
            ("site", site.name.as_str()),
            ("value", value),
            ("code", code.as_str()),
        ];
        let subject = fill(&said.subject, &values);
        let preheader = fill(&said.preheader, &values);
        let paragraphs = [Some(&said.intro), Some(&said.rest), said.more.as_ref()]
            .into_iter()
            .flatten()
            .map(|text| fill(text, &values))
            .collect();
        let link = path.zip(said.button.as_ref()).map(|(path, label)| Link {
            label: label.clone(),
            url: format!("{}{path}", site.url),
        });
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

    /// Its words, where its button leads, and what stands for `{value}` in it.
    fn said<'a>(&'a self, texts: &'static Texts) -> (&'static Said, Option<&'a str>, &'a str) {
        match self {
            Self::Test => (&texts.test, Some("/"), ""),
            Self::Code { .. } => (&texts.code, None, ""),
            Self::Reset { path } => (&texts.reset, Some(path), ""),
            Self::PasswordChanged => (&texts.password_changed, Some(paths::RESET), ""),
            Self::EmailChange { path, nick } => (&texts.email_change, Some(path), nick),
            Self::EmailChangeAsked { address } => {
                (&texts.email_change_asked, Some(paths::RESET), address)
            }
            Self::EmailChanged { address } => (&texts.email_changed, None, address),
            Self::Invitation { path } => (&texts.invitation, Some(path), ""),
            Self::Leaving => (&texts.leaving, Some(paths::STAY), ""),
            Self::Left => (&texts.left, None, ""),
        }
    }
}
