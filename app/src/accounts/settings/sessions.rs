//! Where one is logged in, and how to end it.

use domain::accounts::Device;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    Doing, Part, SessionSight, Setting,
    api::{self, RevokeOthers, RevokeSession},
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
        Returned::of(RevokeOthers::PATH),
    ];
    part(Part::Sessions, api::sessions(), move |sight| {
        let locale = use_visit().locale();
        let now = sight.now;
        let others = sight.sessions.iter().any(|session| !session.here);
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
                        .map(|session| view! { <Line session now /> })
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
        }
        .into_any()
    })
}

#[component]
fn Line(session: SessionSight, now: i64) -> impl IntoView {
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
    let end = td_string!(locale, accounts.session_end);
    let label = format!("{end}: {name}, {}", session.address);
    view! {
        <li>
            <Icon symbol />
            <div class="what">
                <p class="name">
                    <span>{name}</span>
                    {session
                        .here
                        .then(|| {
                            view! {
                                <Badge tone=Tone::Good dot=true>
                                    {td_string!(locale, accounts.session_here)}
                                </Badge>
                            }
                        })}
                </p>
                <p class="facts">
                    <span translate="no">{session.address}</span>
                    <span>
                        {td_string!(locale, accounts.last_used)} " "
                        <Ago at=session.used_at now />
                    </span>
                    <Day at=session.created_at within=td_string!(locale, accounts.logged_in_at) />
                </p>
            </div>
            {(!session.here)
                .then(|| {
                    view! {
                        <Doing
                            action=RevokeSession::PATH
                            id=session.id.to_string()
                            text=end
                            label
                        />
                    }
                })}
        </li>
    }
}
