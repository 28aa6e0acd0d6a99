//! The third step: a password, and how hard it is to guess.

use domain::{
    accounts::{Strength, password},
    forms::{Fault, FieldFaults},
    language::Language,
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    api::{AnswerPassword, answer_password},
    check::{Checked, LiveLine, Watch, What, watch},
    frame::{input, input_of, mark, onward, wake_on_return},
};
use crate::{
    context::use_visit,
    i18n::Locale,
    ui::{
        Button, PasswordField, Symbol, Variant,
        form::{FailureLine, FormError, Live, Values, live, returned},
    },
};

const PASSWORD: &str = "password";
const METER: &str = "password-strength";
const SCORE: &str = "data-score";
/// Fields that say what the password must not hold, and whether there is one already.
const NICK: &str = "own-nick";
const EMAIL: &str = "own-email";
const CHOSEN: &str = "chosen";

fn word(locale: Locale, strength: Strength) -> &'static str {
    match strength {
        Strength::Hopeless => td_string!(locale, register.strength_hopeless),
        Strength::Weak => td_string!(locale, register.strength_weak),
        Strength::Fair => td_string!(locale, register.strength_fair),
        Strength::Good => td_string!(locale, register.strength_good),
        Strength::Strong => td_string!(locale, register.strength_strong),
    }
}

#[component]
pub(super) fn PasswordForm(
    nick: String,
    email: String,
    /// One was chosen before. It is not shown, and need not be written again.
    chosen: bool,
) -> impl IntoView {
    let visit = use_visit();
    let (language, locale) = (visit.language, visit.locale());
    let returned = returned(AnswerPassword::PATH);
    let failure = returned.as_ref().and_then(FormError::why);
    let refusal = returned.map(|error| error.refusal()).unwrap_or_default();
    let hint = if chosen {
        td_string!(locale, register.password_kept)
    } else {
        td_string!(locale, register.password_hint)
    };
    view! {
        <LivePassword language>
            <form class="form" method="post" action=AnswerPassword::PATH novalidate>
                <FailureLine language why=failure />
                // For whoever keeps passwords: whose it is.
                <input
                    type="text"
                    id=NICK
                    autocomplete="username"
                    value=nick
                    aria-hidden="true"
                    tabindex="-1"
                    hidden
                    readonly
                />
                <input type="hidden" id=EMAIL value=email />
                <input type="hidden" id=CHOSEN value=if chosen { "true" } else { "" } />
                <div class="checked">
                    <PasswordField
                        name=PASSWORD
                        label=td_string!(locale, register.password)
                        show=td_string!(locale, register.password_show)
                        hint=hint
                        error=refusal.error(language, PASSWORD)
                        autocomplete="new-password"
                        optional=chosen
                        autofocus=true
                    />
                    <div class="strength needs-scripts" id=METER>
                        <span class="bar" aria-hidden="true">
                            <i></i>
                            <i></i>
                            <i></i>
                            <i></i>
                        </span>
                        <p class="words" role="status">
                            {Strength::ALL
                                .into_iter()
                                .map(|strength| {
                                    view! {
                                        <span data-score=strength.score().to_string()>
                                            {word(locale, strength)}
                                        </span>
                                    }
                                })
                                .collect_view()}
                        </p>
                    </div>
                    <LiveLine what=What::Password />
                </div>
                <div class="onward">
                    <Button variant=Variant::Primary icon=Symbol::ArrowRight>
                        {td_string!(locale, register.next)}
                    </Button>
                </div>
            </form>
        </LivePassword>
    }
}

#[island]
fn LivePassword(language: Language, children: Children) -> impl IntoView {
    wake_on_return();
    let form = Live {
        language,
        check: |values: &Values| {
            fault(&values.get(PASSWORD))
                .filter(|fault| *fault != Fault::Required || !is_chosen())
                .map(|fault| FieldFaults::one(PASSWORD, fault))
                .unwrap_or_default()
        },
        send: |values| Box::pin(onward(answer_password(values.get(PASSWORD)))),
        done: "",
    };
    let password = Watch {
        language,
        what: What::Password,
        rule: fault,
        // What the server says in place of the guess.
        show: |answer| {
            if let Some(Checked::Password(strength, _)) = answer {
                meter(Some(*strength));
            }
        },
    };
    let on_input = move |event: ev::Event| {
        if let Some(field) = input_of(&event, PASSWORD) {
            let text = field.value();
            meter((!text.is_empty()).then(|| password::estimate(&text)));
        }
    };
    view! { <div on:input=on_input>{watch(password, live(form, children))}</div> }
}

fn meter(strength: Option<Strength>) {
    let score = strength.map(|strength| strength.score().to_string());
    mark(METER, SCORE, score.as_deref());
}

fn is_chosen() -> bool {
    input(CHOSEN).is_some_and(|field| !field.value().is_empty())
}

fn fault(text: &str) -> Option<Fault> {
    let own = [NICK, EMAIL].map(|id| input(id).map(|field| field.value()).unwrap_or_default());
    password::check(text, &[own[0].as_str(), own[1].as_str()]).err()
}
