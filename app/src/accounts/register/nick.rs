//! The second step: a nick, which is an address, and a name, which is whatever one likes.

use domain::{
    accounts::Nick,
    forms::{Fault, name::DisplayName},
    language::Language,
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;

use super::{
    api::{AnswerNick, answer_nick},
    check::{Checked, Live, LiveLine, Look, What},
    sending::{Sending, focus, input, input_of},
};
use crate::{
    i18n::locale,
    ui::{Button, Symbol, TextField, Variant, form::FormError},
};

const NICK: &str = "nick";
const NAME: &str = "name";
const SUGGESTIONS: &str = "suggestions";
/// Suggestions are buttons of a form of their own, or Enter would press the first of them.
const OTHERS: &str = "others";

#[island]
pub fn NickForm(
    language: Language,
    nick: String,
    name: String,
    /// The nick was somebody else's at the last moment; these are free.
    lost: bool,
    suggestions: Vec<String>,
    returned: Option<FormError>,
) -> impl IntoView {
    let sending = Sending::new(language, returned.as_ref());
    let live = Live::new(What::Nick);
    let back = returned.map(|error| error.refusal());
    let others = back.as_ref().map(|back| back.value(SUGGESTIONS));
    let others = RwSignal::new(match others {
        Some(list) => list.split_whitespace().map(str::to_owned).collect(),
        None => suggestions,
    });
    let (nick, name) = back.map_or((nick, name), |back| (back.value(NICK), back.value(NAME)));
    if lost && sending.faults.with_untracked(domain::forms::FieldFaults::is_empty) {
        sending.set(NICK, Some(Fault::Taken));
    }
    let wrong = |field| sending.faults.with_untracked(|faults| faults.of(field)).is_some();
    let name_first = wrong(NAME) && !wrong(NICK);
    let left = StoredValue::new((wrong(NICK), wrong(NAME)));
    // Whose draft it is may keep what is in it; it is free as far as one knows.
    let own = StoredValue::new(if lost { String::new() } else { nick.clone() });
    let values = StoredValue::new((nick.clone(), name.clone()));

    let look_at_nick = move |value: String| {
        others.set(Vec::new());
        match Nick::parse(&value) {
            Err(fault) => {
                live.forget();
                let told = left.with_value(|(nick, _)| *nick)
                    || !matches!(fault, Fault::Required | Fault::TooShort | Fault::Punctuation);
                sending.set(NICK, told.then_some(fault));
            }
            Ok(_) => {
                sending.set(NICK, None);
                if own.with_value(|own| *own == value) {
                    live.forget();
                } else {
                    live.ask(value);
                }
            }
        }
    };
    let look_at_name = move |value: &str| {
        let fault = DisplayName::parse(value).err();
        // Without one the nick is the name.
        fault.filter(|fault| *fault != Fault::Required)
    };
    let on_input = move |event: ev::Event| {
        let Some(input) = input_of(&event) else {
            return;
        };
        let value = input.value();
        if input.name() == NICK {
            values.update_value(|(nick, _)| nick.clone_from(&value));
            look_at_nick(value);
        } else {
            let told = left.with_value(|(_, name)| *name);
            sending.set(NAME, look_at_name(&value).filter(|_| told));
            values.update_value(|(_, name)| *name = value);
        }
    };
    let on_leave = move |event: ev::FocusEvent| {
        let Some(input) = input_of(&event) else {
            return;
        };
        let value = input.value();
        if value.is_empty() {
            return;
        }
        if input.name() == NICK {
            left.update_value(|(nick, _)| *nick = true);
            if let Err(fault) = Nick::parse(&value) {
                sending.set(NICK, Some(fault));
            }
        } else {
            left.update_value(|(_, name)| *name = true);
            sending.set(NAME, look_at_name(&value));
        }
    };
    Effect::new(move |_| match live.look.get() {
        Look::Known(Checked::Taken(free)) => {
            sending.set(NICK, Some(Fault::Taken));
            others.set(free);
        }
        Look::Known(Checked::Refused(fault)) => sending.set(NICK, Some(fault)),
        _ => {}
    });
    Effect::new(move |_| {
        // Refused when it was sent: the answer brings suggestions too.
        let list = sending.refusal.with(|refusal| refusal.value(SUGGESTIONS));
        if !list.is_empty() {
            others.set(list.split_whitespace().map(str::to_owned).collect());
        }
    });
    let take = move |event: ev::MouseEvent, nick: &str| {
        event.prevent_default();
        if let Some(field) = input(NICK) {
            field.set_value(nick);
        }
        values.update_value(|(value, _)| nick.clone_into(value));
        look_at_nick(nick.to_owned());
        focus(NICK);
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (nick, name) = values.get_value();
        left.set_value((true, true));
        let wrong_name = look_at_name(&name);
        sending.set(NAME, wrong_name);
        if let Err(fault) = Nick::parse(&nick) {
            sending.refuse(NICK, fault);
        } else if wrong_name.is_some() {
            focus(NAME);
        } else {
            sending.send(answer_nick(nick, name));
        }
    };
    let locale = locale(language);
    view! {
        <form
            class="form"
            method="post"
            action=AnswerNick::PATH
            novalidate
            on:submit=on_submit
            on:input=on_input
            on:focusout=on_leave
        >
            {sending.alert()}
            <div class="checked">
                <TextField
                    name=NICK
                    label=td_string!(locale, register.nick)
                    hint=td_string!(locale, register.nick_hint)
                    value=nick
                    autocomplete="username"
                    autocapitalize="none"
                    required=true
                    autofocus=!name_first
                    error=sending.error(NICK)
                />
                <LiveLine language live free=td_string!(locale, register.nick_free) />
                {move || {
                    let list = others.get();
                    (!list.is_empty())
                        .then(|| {
                            view! {
                                <div class="suggestions" role="group" aria-labelledby="free-nicks">
                                    <p id="free-nicks">{td_string!(locale, register.nick_others)}</p>
                                    {list
                                        .into_iter()
                                        .map(|nick| {
                                            let (value, text) = (nick.clone(), nick.clone());
                                            view! {
                                                <button
                                                    class="button"
                                                    data-size="s"
                                                    form=OTHERS
                                                    name=NICK
                                                    value=nick
                                                    translate="no"
                                                    on:click=move |event| take(event, &value)
                                                >
                                                    {text}
                                                </button>
                                            }
                                        })
                                        .collect_view()}
                                </div>
                            }
                        })
                }}
            </div>
            <TextField
                name=NAME
                label=td_string!(locale, register.name)
                hint=td_string!(locale, register.name_hint)
                value=name.clone()
                autocomplete="name"
                autofocus=name_first
                error=sending.error(NAME)
            />
            <div class="onward">
                <Button variant=Variant::Primary icon=Symbol::ArrowRight loading=sending.busy>
                    {td_string!(locale, register.next)}
                </Button>
            </div>
        </form>
        <form id=OTHERS method="post" action=AnswerNick::PATH>
            <input type="hidden" name=NAME value=name />
        </form>
    }
}
