//! The first step: an address that mail reaches.

use domain::{
    accounts::paths,
    forms::{Fault, FieldFaults, email::Email},
    language::Language,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    api::{AnswerEmail, answer_email},
    check::{Checked, LiveLine, Watch, What, watch},
    frame::{mark, onward, wake_on_return},
};
use crate::{
    context::use_visit,
    ui::{
        Button, Symbol, TextField, Variant,
        form::{FailureLine, FormError, Live, Values, live, returned},
    },
};

const EMAIL: &str = "email";
/// The way in for whoever has an account with this address.
const INSTEAD: &str = "email-instead";

#[component]
pub(super) fn EmailForm(
    /// The address so far.
    email: String,
    /// What lets somebody in who has no draft yet.
    invite: String,
    admin: String,
) -> impl IntoView {
    let visit = use_visit();
    let (language, locale) = (visit.language, visit.locale());
    let returned = returned(AnswerEmail::PATH);
    let failure = returned.as_ref().and_then(FormError::why);
    let refusal = returned.map(|error| error.refusal());
    let shown = refusal
        .as_ref()
        .map_or(email, |refusal| refusal.value(EMAIL));
    let refusal = refusal.unwrap_or_default();
    let taken = refusal.faults.of(EMAIL) == Some(Fault::Taken);
    let hidden = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value /> })
    };
    view! {
        <LiveEmail language>
            <form class="form" method="post" action=AnswerEmail::PATH novalidate>
                <FailureLine language why=failure />
                <div class="checked">
                    <TextField
                        name=EMAIL
                        kind="email"
                        label=td_string!(locale, register.email)
                        hint=td_string!(locale, register.email_hint)
                        value=shown
                        error=refusal.error(language, EMAIL)
                        autocomplete="email"
                        required=true
                        autofocus=true
                    />
                    <LiveLine what=What::Email free=td_string!(locale, register.email_free) />
                    <p class="instead" id=INSTEAD hidden=!taken>
                        <a href=paths::LOGIN>{td_string!(locale, register.email_login)}</a>
                    </p>
                </div>
                {hidden("invite", invite)}
                {hidden("admin", admin)}
                <div class="onward">
                    <Button variant=Variant::Primary icon=Symbol::ArrowRight>
                        {td_string!(locale, register.next)}
                    </Button>
                </div>
            </form>
        </LiveEmail>
    }
}

#[island]
fn LiveEmail(language: Language, children: Children) -> impl IntoView {
    wake_on_return();
    let form = Live {
        language,
        check: faults,
        send: |values| {
            Box::pin(onward(answer_email(
                values.get(EMAIL),
                values.get("invite"),
                values.get("admin"),
            )))
        },
        done: "",
    };
    let email = Watch {
        language,
        what: What::Email,
        rule: |text| Email::parse(text).err(),
        show: |answer| {
            let taken = matches!(answer, Some(Checked::Taken(_)));
            mark(INSTEAD, "hidden", (!taken).then_some(""));
        },
    };
    watch(email, live(form, children))
}

fn faults(values: &Values) -> FieldFaults {
    Email::parse(&values.get(EMAIL))
        .err()
        .map(|fault| FieldFaults::one(EMAIL, fault))
        .unwrap_or_default()
}
