//! Where one is logged in, and how to end it.

use domain::accounts::Device;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    Doing, LogInSight, Part, Setting,
    api::{self, RevokeOthers, RevokeProgram, RevokeSession},
    part,
};
use crate::{
    context::use_visit,
    ui::{Ago, Badge, Day, Icon, Symbol, Tone, form::Returned},
};

#[component]
pub fn SessionsPage() -> impl IntoView {
    let back = [
        Returned::of(RevokeSession::PATH),
        Returned::of(RevokeProgram::PATH),
        Returned::of(RevokeOthers::PATH),
    ];
    part(Part::Sessions, api::sessions(), move |sight| {
        let locale = use_visit().locale();
        let now = sight.now;
        let others = sight.sessions.iter().any(|session| !session.here)
            || sight.programs.iter().any(|program| !program.here);
        let programs = sight.programs;
        view! {
            <Setting
                id="sessions"
                title=td_string!(locale, accounts.sessions)
                note=td_string!(locale, accounts.sessions_note)
            >
                {back.iter().map(Returned::alert).collect_view()}
                <ul class="lines">
                    {sight
                        .sessions
                        .into_iter()
                        .map(|session| view! { <Browser session now /> })
                        .collect_view()}
                </ul>
                {others
                    .then(|| {
                        view! {
                            <Doing
                                action=RevokeOthers::PATH
                                text=td_string!(locale, accounts.sessions_end_others)
                            />
                        }
                    })}
            </Setting>
            {(!programs.is_empty())
                .then(|| {
                    view! {
                        <Setting
                            id="programs"
                            title=td_string!(locale, accounts.programs)
                            note=td_string!(locale, accounts.programs_note)
                        >
                            <ul class="lines">
                                {programs
                                    .into_iter()
                                    .map(|program| view! { <Program program now /> })
                                    .collect_view()}
                            </ul>
                        </Setting>
                    }
                })}
        }
        .into_any()
    })
}

#[component]
fn Browser(session: LogInSight, now: i64) -> impl IntoView {
    let locale = use_visit().locale();
    let device = Device::of(&session.agent);
    let name = device
        .name()
        .unwrap_or_else(|| td_string!(locale, accounts.unknown_device).to_owned());
    let symbol = if device.is_handheld() {
        Symbol::Phone
    } else {
        Symbol::Monitor
    };
    view! {
        <Line
            symbol
            name
            here=session.here.then_some(td_string!(locale, accounts.session_here))
            log_in=session
            now
            action=RevokeSession::PATH
        />
    }
}

#[component]
fn Program(program: LogInSight, now: i64) -> impl IntoView {
    let locale = use_visit().locale();
    // As it calls itself: `python-requests/2.32`.
    let name = program.agent.split_whitespace().next().map_or_else(
        || td_string!(locale, accounts.unknown_program).to_owned(),
        str::to_owned,
    );
    view! {
        <Line
            symbol=Symbol::Terminal
            name
            here=program.here.then_some(td_string!(locale, accounts.program_here))
            log_in=program
            now
            action=RevokeProgram::PATH
        />
    }
}

#[component]
fn Line(
    symbol: Symbol,
    name: String,
    /// What to call it if it is the one that is looking: that one cannot be ended here.
    here: Option<&'static str>,
    log_in: LogInSight,
    now: i64,
    action: &'static str,
) -> impl IntoView {
    let locale = use_visit().locale();
    let LogInSight {
        id,
        address,
        created_at,
        used_at,
        ..
    } = log_in;
    let end = td_string!(locale, accounts.session_end);
    let label = format!("{end}: {name}, {address}");
    view! {
        <li>
            <Icon symbol />
            <div class="what">
                <p class="name">
                    <span>{name}</span>
                    {here
                        .map(|here| {
                            view! {
                                <Badge tone=Tone::Good dot=true>
                                    {here}
                                </Badge>
                            }
                        })}
                </p>
                <p class="facts">
                    <span translate="no">{address}</span>
                    <span>
                        {td_string!(locale, accounts.last_used)} " " <Ago at=used_at now />
                    </span>
                    <Day at=created_at within=td_string!(locale, accounts.logged_in_at) />
                </p>
            </div>
            {here
                .is_none()
                .then(|| view! { <Doing action id text=end label /> })}
        </li>
    }
}
