//! Where the mail to a new address leads. Works without being logged in: mail is read
//! elsewhere. Only the button uses the link up, not whatever opens it.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use super::api::ConfirmEmail;
use crate::{
    context::use_visit,
    ui::{Button, Icon, Size, Symbol, Variant, form::Returned},
};

#[component]
pub fn EmailPage() -> impl IntoView {
    let locale = use_visit().locale();
    let key = use_query_map()
        .read_untracked()
        .get("key")
        .unwrap_or_default();
    let back = Returned::of(ConfirmEmail::PATH);
    view! {
        <Title text=td_string!(locale, accounts.email_confirm_title) />
        <Meta name="robots" content="noindex" />
        <Meta name="referrer" content="same-origin" />
        <div class="entrance">
            <section class="shut">
                <Icon symbol=Symbol::Letter />
                <h1>{td_string!(locale, accounts.email_confirm_title)}</h1>
                <p class="lead">{td_string!(locale, accounts.email_confirm_lead)}</p>
                {back.alert()}
                {back
                    .error("email")
                    .get_untracked()
                    .map(|text| {
                        view! { <crate::ui::Alert tone=crate::ui::Tone::Bad title=text /> }
                    })}
                <form class="button-row" method="post" action=ConfirmEmail::PATH>
                    <input type="hidden" name="key" value=key />
                    <Button variant=Variant::Primary size=Size::Large>
                        {td_string!(locale, accounts.email_confirm)}
                    </Button>
                </form>
            </section>
        </div>
    }
}
