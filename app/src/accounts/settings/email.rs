//! Where the mail to a new address leads. Works without being logged in: mail is read
//! elsewhere. Only the button uses the link up, not whatever opens it.

use domain::accounts::paths;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use super::api::ConfirmEmail;
use crate::{
    context::{set_status, use_visit},
    ui::{
        Button, ButtonLink, Icon, Size, Symbol, Variant,
        form::{Failure, Returned, failure_text},
    },
};

#[component]
pub fn EmailPage() -> impl IntoView {
    let visit = use_visit();
    let locale = visit.locale();
    let key = use_query_map()
        .read_untracked()
        .get("key")
        .unwrap_or_default();
    let back = Returned::of(ConfirmEmail::PATH);
    // Pressed once more it would be no better.
    let is_gone = key.is_empty() || back.why() == Some(Failure::LinkGone);
    if is_gone {
        set_status(Failure::LinkGone.status());
    }
    view! {
        <Title text=td_string!(locale, accounts.email_confirm_title) />
        <Meta name="robots" content="noindex" />
        <Meta name="referrer" content="same-origin" />
        <div class="entrance">
            <section class="shut">
                <Icon symbol=Symbol::Letter />
                <h1>{td_string!(locale, accounts.email_confirm_title)}</h1>
                <p class="lead">
                    {if is_gone {
                        failure_text(visit.language, Failure::LinkGone)
                    } else {
                        td_string!(locale, accounts.email_confirm_lead).to_owned()
                    }}
                </p>
                {(!is_gone).then(|| back.alert())}
                {back
                    .error("email")
                    .get_untracked()
                    .map(|text| {
                        view! { <crate::ui::Alert tone=crate::ui::Tone::Bad title=text /> }
                    })}
                {if is_gone {
                    view! {
                        <div class="button-row">
                            <ButtonLink href=paths::SETTINGS_ACCOUNT variant=Variant::Primary>
                                {td_string!(locale, accounts.settings)}
                            </ButtonLink>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <form class="button-row" method="post" action=ConfirmEmail::PATH>
                            <input type="hidden" name="key" value=key />
                            <Button variant=Variant::Primary size=Size::Large>
                                {td_string!(locale, accounts.email_confirm)}
                            </Button>
                        </form>
                    }
                        .into_any()
                }}
            </section>
        </div>
    }
}
