//! Registration, step by step: each step is an address of its own, so that the browser's own
//! back and forth work. The draft behind it is a row on the server, found by a cookie; a page
//! is only ever a look at it.

mod api;
mod check;
mod code;
mod email;
mod frame;
mod nick;
mod password;
mod picture;
mod reel;
mod sight;
mod ticket;

use domain::{
    accounts::{Progress, Step, paths},
    routes,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

pub use self::{
    check::{Checked, What, check},
    sight::{DraftSight, Note, Sight, path},
};
use self::{code::CodeForm, email::EmailForm, nick::NickForm, password::PasswordForm};
use crate::{
    context::{go, here, set_status, use_visit},
    i18n::Locale,
    ui::{
        Alert, Button, ButtonLink, Icon, Symbol, Variant,
        form::{ALERT_ID, Failure, FormError, failure_text, returned},
    },
};

/// `/register`: goes on where one was, or begins.
#[component]
pub fn RegisterPage() -> impl IntoView {
    view! { <Registration wanted=None /> }
}

#[component]
pub fn RegisterEmailPage() -> impl IntoView {
    view! { <Registration wanted=Some(Step::Email) /> }
}

#[component]
pub fn RegisterNickPage() -> impl IntoView {
    view! { <Registration wanted=Some(Step::Nick) /> }
}

#[component]
pub fn RegisterPasswordPage() -> impl IntoView {
    view! { <Registration wanted=Some(Step::Password) /> }
}

#[component]
pub fn RegisterAvatarPage() -> impl IntoView {
    view! { <Registration wanted=Some(Step::Avatar) /> }
}

#[component]
pub fn RegisterConfirmPage() -> impl IntoView {
    view! { <Registration wanted=Some(Step::Confirm) /> }
}

/// What the address of the page says.
#[derive(Clone)]
struct Asked {
    invite: String,
    admin: String,
    note: Option<Note>,
}

impl Asked {
    fn read() -> Self {
        let query = use_query_map().read_untracked().clone();
        let get = |name| query.get(name).unwrap_or_default();
        Self {
            invite: get("invite"),
            admin: get("admin"),
            note: Note::parse(&get("note")),
        }
    }
}

#[component]
fn Registration(wanted: Option<Step>) -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let asked = Asked::read();
    // Written now, while the page is: later its address is no longer known.
    let here = here();
    let inside = match visit.viewer {
        Some(viewer) => view! { <AlreadyIn name=viewer.name /> }.into_any(),
        None => view! {
            <Suspense>
                {Suspend::new(async move {
                    let sight = api::look(wanted, asked.invite.clone(), asked.admin.clone()).await;
                    show(wanted, &here, asked, sight)
                })}
            </Suspense>
        }
        .into_any(),
    };
    view! {
        <Meta name="robots" content="noindex" />
        <Meta name="description" content=td_string!(locale, register.description) />
        <div class="entrance">{inside}</div>
    }
}

fn show(
    wanted: Option<Step>,
    here: &str,
    asked: Asked,
    sight: Result<Sight, FormError>,
) -> AnyView {
    let visit = use_visit();
    let locale = visit.locale();
    let sight = match sight {
        Ok(sight) => sight,
        Err(error) => {
            let why = error.why().unwrap_or(Failure::Internal);
            return view! { <Shut why /> }.into_any();
        }
    };
    if let Some(why) = sight.shut {
        return view! { <Shut why /> }.into_any();
    }
    // The address says which step it is, also when it is another one than was asked for.
    let begun = sight.draft.is_some();
    let right = match (wanted, begun) {
        (Some(wanted), true) => wanted == sight.step,
        (None, true) => sight.step == Step::Email,
        (Some(Step::Email) | None, false) => true,
        (Some(_), false) => false,
    };
    if !right {
        let to = if begun {
            path(sight.step).to_owned()
        } else {
            Note::Gone.on(paths::REGISTER)
        };
        if to != here {
            go(&to);
        }
    }
    let step = sight.step;
    let progress = sight
        .draft
        .as_ref()
        .map_or_else(Progress::default, |draft| draft.progress);
    let (title, lead) = words(locale, step, sight.draft.as_ref());
    // What was refused for its old code has a new one by now.
    let replaced = sight.sent
        && returned(api::Confirm::PATH).and_then(|error| error.why()) == Some(Failure::CodeSpent);
    let note = asked.note.or(replaced.then_some(Note::Sent));
    let note = note.map(|note| {
        view! { <Alert tone=note.tone() title=note.title(locale) /> }
    });
    view! {
        <Title text=format!("{}: {}", reel::place(locale, step), reel::name(locale, step)) />
        <reel::Reel step progress />
        <header class="scene-title">
            <p class="place">{reel::place(locale, step)}</p>
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
        </header>
        <div role="status" id=ALERT_ID>{note}</div>
        {body(step, sight, asked)}
        {foot(locale, step, begun)}
    }
    .into_any()
}

fn words(locale: Locale, step: Step, draft: Option<&DraftSight>) -> (&'static str, &'static str) {
    match step {
        Step::Email => (
            td_string!(locale, register.email_title),
            td_string!(locale, register.email_lead),
        ),
        Step::Nick => (
            td_string!(locale, register.nick_title),
            td_string!(locale, register.nick_lead),
        ),
        Step::Password => (
            td_string!(locale, register.password_title),
            td_string!(locale, register.password_lead),
        ),
        Step::Avatar => (
            td_string!(locale, register.avatar_title),
            td_string!(locale, register.avatar_lead),
        ),
        Step::Confirm if draft.is_some_and(|draft| draft.confirmed) => (
            td_string!(locale, register.code_title),
            td_string!(locale, register.code_confirmed),
        ),
        Step::Confirm => (
            td_string!(locale, register.code_title),
            td_string!(locale, register.code_lead),
        ),
    }
}

fn body(step: Step, sight: Sight, asked: Asked) -> AnyView {
    match (step, sight.draft) {
        (Step::Email, draft) => view! {
            <EmailForm
                email=draft.map(|draft| draft.email).unwrap_or_default()
                invite=asked.invite
                admin=asked.admin
            />
        }
        .into_any(),
        (Step::Nick, Some(draft)) => view! {
            <NickForm
                lost=!draft.progress.nick && !draft.nick.is_empty()
                // The nick stands in for a name that was not given: it is not to be kept.
                name=if draft.name == draft.nick { String::new() } else { draft.name }
                nick=draft.nick
                suggestions=sight.suggestions
            />
        }
        .into_any(),
        (Step::Password, Some(draft)) => view! {
            <PasswordForm nick=draft.nick email=draft.email chosen=draft.progress.password />
        }
        .into_any(),
        (Step::Avatar, Some(draft)) => view! { <picture::PictureForms draft /> }.into_any(),
        (Step::Confirm, Some(draft)) => view! {
            <ticket::Ticket draft=draft.clone() />
            <CodeForm
                email=draft.email
                confirmed=draft.confirmed
                resend_in=draft.resend_in
                sent=sight.sent
                unsent=sight.unsent
            />
        }
        .into_any(),
        // Without a draft there is the first step, which is above.
        (_, None) => ().into_any(),
    }
}

/// The way back, and out.
fn foot(locale: Locale, step: Step, begun: bool) -> AnyView {
    if !begun {
        return view! {
            <p class="aside soft">
                {td_string!(locale, register.have_account)} " "
                <a href=paths::LOGIN>{td_string!(locale, register.log_in)}</a>
            </p>
        }
        .into_any();
    }
    view! {
        <footer class="aside">
            {step
                .previous()
                .map(|previous| {
                    view! {
                        <ButtonLink
                            href=path(previous)
                            variant=Variant::Quiet
                            icon=Symbol::ArrowLeft
                            rel="prev"
                        >
                            {td_string!(locale, register.back)}
                        </ButtonLink>
                    }
                })}
            <form method="post" action=api::Discard::PATH>
                <Button variant=Variant::Quiet>{td_string!(locale, register.start_over)}</Button>
            </form>
            <p class="soft small">{td_string!(locale, register.kept)}</p>
        </footer>
    }
    .into_any()
}

/// Nobody comes in this way, and why.
#[component]
fn Shut(why: Failure) -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    set_status(why.status());
    let (title, note) = match why {
        Failure::Closed => (
            td_string!(locale, register.closed_title),
            td_string!(locale, register.closed_note).to_owned(),
        ),
        Failure::InvitationNeeded => (
            td_string!(locale, register.invite_title),
            td_string!(locale, register.invite_note).to_owned(),
        ),
        Failure::InvitationGone => (
            td_string!(locale, register.invite_gone_title),
            td_string!(locale, register.invite_gone_note).to_owned(),
        ),
        other => (
            td_string!(locale, register.shut_title),
            failure_text(visit.language, other),
        ),
    };
    view! {
        <Title text=title />
        <section class="shut">
            <Icon symbol=Symbol::Seat />
            <h1>{title}</h1>
            <p class="lead">{note}</p>
            <div class="button-row">
                <ButtonLink href=routes::HOME variant=Variant::Primary icon=Symbol::Home>
                    {td_string!(locale, errors.page.to_home)}
                </ButtonLink>
                <ButtonLink href=paths::LOGIN>{td_string!(locale, register.log_in)}</ButtonLink>
            </div>
        </section>
    }
}

/// Whoever has a seat needs no other.
#[component]
fn AlreadyIn(name: String) -> impl IntoView {
    let locale = use_visit().locale();
    view! {
        <Title text=td_string!(locale, register.already_title) />
        <section class="shut">
            <Icon symbol=Symbol::Seat />
            <h1>{td_string!(locale, register.already_title)}</h1>
            <p class="lead">
                {crate::i18n::fill(td_string!(locale, register.already_note), "name", &name)}
            </p>
            <div class="button-row">
                <ButtonLink href=routes::HOME variant=Variant::Primary icon=Symbol::Home>
                    {td_string!(locale, errors.page.to_home)}
                </ButtonLink>
            </div>
        </section>
    }
}
