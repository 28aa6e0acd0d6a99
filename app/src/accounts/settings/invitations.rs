//! Invitations: links that let others in.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    Doing, Fresh, InvitationSight, Lines, Part, Setting,
    api::{self, Invite, RevokeInvitation},
    part,
};
use crate::{
    context::use_visit,
    i18n::{Locale, fill},
    ui::{Badge, Button, Day, Icon, Select, Symbol, TextField, Tone, Variant, form::Returned},
};

#[component]
pub fn InvitationsPage() -> impl IntoView {
    let (made, revoked) = (
        Returned::of(Invite::PATH),
        Returned::of(RevokeInvitation::PATH),
    );
    part(Part::Invitations, api::invitations(), move |sight| {
        let locale = use_visit().locale();
        let now = sight.now;
        let lines = sight
            .invitations
            .into_iter()
            .map(|invitation| view! { <Line invitation now /> }.into_any())
            .collect();
        view! {
            <Setting
                id="new-invitation"
                title=td_string!(locale, accounts.invite)
                note=td_string!(locale, accounts.invite_note)
            >
                {sight
                    .fresh
                    .map(|secret| {
                        view! {
                            <Fresh
                                secret
                                title=td_string!(locale, accounts.invited)
                                note=td_string!(locale, accounts.invited_note)
                            />
                        }
                    })}
                {form(locale, &made)}
            </Setting>
            <Setting
                id="invitations"
                title=td_string!(locale, accounts.invitations)
                note=td_string!(locale, accounts.invitations_note)
            >
                {revoked.alert()}
                <Lines lines none=td_string!(locale, accounts.invitations_none) />
            </Setting>
        }
        .into_any()
    })
}

fn form(locale: Locale, back: &Returned) -> AnyView {
    let days = [
        ("1", td_string!(locale, accounts.days_1)),
        ("7", td_string!(locale, accounts.days_7)),
        ("30", td_string!(locale, accounts.days_30)),
    ];
    let days = days
        .into_iter()
        .map(|(days, text)| (days.to_owned(), text.to_owned()))
        .collect();
    view! {
        <form
            class="form"
            method="post"
            action=format!("{}#new-invitation", Invite::PATH)
            novalidate
        >
            {back.alert()}
            <TextField
                name="email"
                kind="email"
                label=td_string!(locale, accounts.invite_email)
                hint=td_string!(locale, accounts.invite_email_hint)
                value=back.value("email", "")
                autocomplete="off"
                autofocus=back.is_wrong("email")
                error=back.error("email")
            />
            <div class="pair">
                <TextField
                    name="uses"
                    kind="number"
                    label=td_string!(locale, accounts.invite_uses)
                    value=back.value("uses", "1")
                    autocomplete="off"
                    autofocus=back.is_wrong("uses")
                    error=back.error("uses")
                />
                <Select
                    name="days"
                    label=td_string!(locale, accounts.invite_days)
                    options=days
                    value=back.value("days", "7")
                    error=back.error("days")
                />
            </div>
            <div class="button-row">
                <Button variant=Variant::Primary icon=Symbol::Plus>
                    {td_string!(locale, accounts.invite_make)}
                </Button>
            </div>
        </form>
    }
    .into_any()
}

#[component]
fn Line(invitation: InvitationSight, now: i64) -> impl IntoView {
    let locale = use_visit().locale();
    let end = td_string!(locale, accounts.invitation_end);
    let is_over = invitation.expires_at <= now || invitation.uses >= invitation.max_uses;
    let name = invitation
        .email
        .unwrap_or_else(|| td_string!(locale, accounts.invitation_link).to_owned());
    let label = format!("{end}: {name}");
    let used = fill(
        td_string!(locale, accounts.invitation_used),
        "uses",
        &invitation.uses.to_string(),
    );
    let used = fill(&used, "max", &invitation.max_uses.to_string());
    view! {
        <li>
            <Icon symbol=Symbol::Letter />
            <div class="what">
                <p class="name">
                    <span>{name}</span>
                    {is_over
                        .then(|| {
                            view! {
                                <Badge tone=Tone::Warn>{td_string!(locale, accounts.over)}</Badge>
                            }
                        })}
                </p>
                <p class="facts">
                    <span>{used}</span>
                    <Day at=invitation.expires_at within=td_string!(locale, accounts.good_until) />
                </p>
            </div>
            <Doing action=RevokeInvitation::PATH id=invitation.id.to_string() text=end label />
        </li>
    }
}
