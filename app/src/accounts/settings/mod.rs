//! `/settings/…`: what people decide about themselves, each part with an address of its own.

mod account;
mod api;
mod email;
mod invitations;
mod preferences;
mod profile;
mod sessions;
mod sight;
mod tokens;

use domain::accounts::{RegistrationMode, paths};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};

pub use self::{
    account::AccountPage, email::EmailPage, invitations::InvitationsPage,
    preferences::PreferencesPage, profile::ProfilePage, sessions::SessionsPage, sight::*,
    tokens::TokensPage,
};
use crate::{
    context::{Viewer, go, require_viewer, set_status, use_visit},
    i18n::Locale,
    ui::{
        Alert, Button, Copyable, Icon, Symbol, Tab, Tabs, Tone, Variant,
        form::{Failure, FormError, failure_text},
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Profile,
    Account,
    Sessions,
    Tokens,
    Preferences,
    Invitations,
}

impl Part {
    const ALL: [Self; 6] = [
        Self::Profile,
        Self::Account,
        Self::Sessions,
        Self::Tokens,
        Self::Preferences,
        Self::Invitations,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Profile => paths::SETTINGS_PROFILE,
            Self::Account => paths::SETTINGS_ACCOUNT,
            Self::Sessions => paths::SETTINGS_SESSIONS,
            Self::Tokens => paths::SETTINGS_TOKENS,
            Self::Preferences => paths::SETTINGS_PREFERENCES,
            Self::Invitations => paths::SETTINGS_INVITATIONS,
        }
    }

    fn label(self, locale: Locale) -> &'static str {
        match self {
            Self::Profile => td_string!(locale, accounts.tab_profile),
            Self::Account => td_string!(locale, accounts.tab_account),
            Self::Sessions => td_string!(locale, accounts.tab_sessions),
            Self::Tokens => td_string!(locale, accounts.tab_tokens),
            Self::Preferences => td_string!(locale, accounts.tab_preferences),
            Self::Invitations => td_string!(locale, accounts.tab_invitations),
        }
    }
}

/// Whether somebody may invite others: admins always, everybody where that is the way in.
#[must_use]
pub fn may_invite(viewer: &Viewer, registration: RegistrationMode) -> bool {
    viewer.role.is_admin() || registration == RegistrationMode::Invite
}

/// `/settings` is no page: it leads to the first one.
#[component]
pub fn SettingsPage() -> impl IntoView {
    if require_viewer().is_some() {
        go(paths::SETTINGS_PROFILE);
    }
}

/// One part: loaded, or why not. Whoever is not logged in is sent to do that.
fn part<T>(
    part: Part,
    load: impl Future<Output = Result<T, FormError>> + Send + 'static,
    inside: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    let Some(viewer) = require_viewer() else {
        return ().into_any();
    };
    let visit = use_visit();
    let locale = visit.locale();
    let invites = may_invite(&viewer, visit.registration);
    let tabs = Part::ALL
        .into_iter()
        .filter(|each| *each != Part::Invitations || invites)
        .map(|each| Tab {
            href: each.path().to_owned(),
            label: each.label(locale).to_owned(),
            current: each == part,
        })
        .collect();
    let title = format!(
        "{} · {}",
        part.label(locale),
        td_string!(locale, accounts.settings)
    );
    view! {
        <Title text=title />
        <Meta name="robots" content="noindex" />
        <div class="settings">
            <h1>{td_string!(locale, accounts.settings)}</h1>
            <Tabs label=td_string!(locale, accounts.settings) tabs />
            {Suspend::new(async move {
                match load.await {
                    Ok(loaded) => inside(loaded),
                    Err(error) => {
                        let why = error.why().unwrap_or(Failure::Internal);
                        set_status(why.status());
                        view! {
                            <Alert tone=Tone::Bad title=failure_text(visit.language, why) />
                        }
                            .into_any()
                    }
                }
            })}
        </div>
    }
    .into_any()
}

/// One thing that can be decided: what it is on one side, how on the other.
#[component]
fn Setting(
    id: &'static str,
    title: &'static str,
    #[prop(into, optional)] note: Option<String>,
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    view! {
        <section class="setting" id=id aria-labelledby=title_id.clone()>
            <header>
                <h2 id=title_id.clone()>{title}</h2>
                {note.map(|note| view! { <p>{note}</p> })}
            </header>
            <div class="inside">{children()}</div>
        </section>
    }
}

/// The only time a secret can be seen: at the top of the part the browser comes back to.
#[component]
fn Fresh(secret: String, title: &'static str, note: &'static str) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <div class="fresh" role="status">
            <Alert tone=Tone::Good title>
                {note}
            </Alert>
            <Copyable
                value=secret
                label=td_string!(locale, ui.copy)
                done=td_string!(locale, ui.copied)
            />
        </div>
    }
}

/// A list of what there is, or that there is nothing.
#[component]
fn Lines(
    lines: Vec<AnyView>,
    /// What is said in place of an empty list.
    none: &'static str,
) -> impl IntoView {
    if lines.is_empty() {
        view! { <p class="soft">{none}</p> }.into_any()
    } else {
        view! { <ul class="lines">{lines}</ul> }.into_any()
    }
}

/// A button that is a form of its own: one thing, done at once.
#[component]
fn Doing(
    action: &'static str,
    /// Which one of many.
    #[prop(into, optional)]
    id: Option<String>,
    #[prop(into)] text: String,
    /// The text with what it is done to, for who does not see beside what it stands.
    #[prop(into, optional)]
    label: Option<String>,
    #[prop(optional)] variant: Variant,
) -> impl IntoView {
    view! {
        <form method="post" action=action>
            {id.map(|id| view! { <input type="hidden" name="id" value=id /> })}
            <Button variant size=crate::ui::Size::Small attr:aria-label=label>
                {text}
            </Button>
        </form>
    }
}

/// What is said on every page to who is about to leave.
#[component]
pub fn LeavingBanner() -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    visit.viewer.filter(|viewer| viewer.leaving).map(|_| {
        view! {
            <aside class="leaving-banner" aria-label=td_string!(locale, accounts.leaving_banner)>
                <Icon symbol=Symbol::Warning />
                <p>
                    <strong>{td_string!(locale, accounts.leaving_banner)}</strong> " "
                    {td_string!(locale, accounts.leaving_banner_note)}
                </p>
                <form method="post" action=api::Stay::PATH>
                    <Button variant=Variant::Primary size=crate::ui::Size::Small>
                        {td_string!(locale, accounts.stay)}
                    </Button>
                </form>
            </aside>
        }
    })
}
