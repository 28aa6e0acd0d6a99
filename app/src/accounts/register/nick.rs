//! The second step: a nick, which is an address, and a name, which is whatever one likes.

use domain::{
    accounts::Nick,
    forms::{Fault, FieldFaults, name::DisplayName},
    language::Language,
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_i18n::td_string;
use wasm_bindgen::JsCast;

use super::{
    api::{AnswerNick, answer_nick},
    check::{Checked, LiveLine, Watch, What, watch},
    frame::{input, mark, onward, part, wake_on_return},
};
use crate::{
    context::use_visit,
    ui::{
        Button, Symbol, TextField, Variant,
        form::{FailureLine, FormError, Live, Values, fault_text, live, returned},
    },
};

const NICK: &str = "nick";
const NAME: &str = "name";
/// What comes back beside a taken nick: free ones, with spaces between.
pub(super) const SUGGESTIONS: &str = "suggestions";
/// Suggestions are buttons of a form of their own, or Enter would press the first of them.
const OTHERS: &str = "others";

#[component]
pub(super) fn NickForm(
    nick: String,
    name: String,
    /// The nick became somebody else's at the last moment.
    lost: bool,
    /// These are free then.
    suggestions: Vec<String>,
) -> impl IntoView {
    let visit = use_visit();
    let (language, locale) = (visit.language, visit.locale());
    let returned = returned(AnswerNick::PATH);
    let failure = returned.as_ref().and_then(FormError::why);
    let refusal = returned.map(|error| error.refusal());
    let suggestions = refusal.as_ref().map_or(suggestions, |refusal| {
        refusal
            .value(SUGGESTIONS)
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    });
    let (nick, name) = refusal.as_ref().map_or((nick, name), |refusal| {
        (refusal.value(NICK), refusal.value(NAME))
    });
    let kept_name = name.clone();
    let none_free = suggestions.is_empty();
    let is_back = refusal.is_some();
    let refusal = refusal.unwrap_or_default();
    let nick_error = refusal
        .error(language, NICK)
        .or_else(|| (lost && !is_back).then(|| fault_text(language, Fault::Taken)));
    let name_first = refusal.first(&[NICK, NAME]) == Some(NAME);
    view! {
        <LiveNick language>
            <form class="form" method="post" action=AnswerNick::PATH novalidate>
                <FailureLine language why=failure />
                <div class="checked">
                    <TextField
                        name=NICK
                        label=td_string!(locale, register.nick)
                        hint=td_string!(locale, register.nick_hint)
                        value=nick
                        error=nick_error
                        autocomplete="username"
                        autocapitalize="none"
                        required=true
                        autofocus=!name_first
                    />
                    <LiveLine what=What::Nick free=td_string!(locale, register.nick_free) />
                    <div
                        class="suggestions"
                        id=SUGGESTIONS
                        role="group"
                        aria-labelledby="free-nicks"
                        hidden=none_free
                    >
                        <p id="free-nicks">{td_string!(locale, register.nick_others)}</p>
                        {suggestions
                            .into_iter()
                            .map(|nick| {
                                let text = nick.clone();
                                view! {
                                    <button
                                        class="button"
                                        data-size="s"
                                        form=OTHERS
                                        name=NICK
                                        value=nick
                                        translate="no"
                                    >
                                        {text}
                                    </button>
                                }
                            })
                            .collect_view()}
                    </div>
                </div>
                <TextField
                    name=NAME
                    label=td_string!(locale, register.name)
                    hint=td_string!(locale, register.name_hint)
                    value=name
                    error=refusal.error(language, NAME)
                    autocomplete="name"
                    autofocus=name_first
                />
                <div class="onward">
                    <Button variant=Variant::Primary icon=Symbol::ArrowRight>
                        {td_string!(locale, register.next)}
                    </Button>
                </div>
            </form>
        </LiveNick>
        <form id=OTHERS method="post" action=AnswerNick::PATH>
            <input type="hidden" name=NAME value=kept_name />
        </form>
    }
}

#[island]
fn LiveNick(language: Language, children: Children) -> impl IntoView {
    wake_on_return();
    let form = Live {
        language,
        check: faults,
        send: |values| {
            Box::pin(async move {
                let answer = answer_nick(values.get(NICK), values.get(NAME)).await;
                if let Err(error) = &answer {
                    let free = error.refusal().value(SUGGESTIONS);
                    suggest(free.split_whitespace());
                }
                onward(async { answer }).await
            })
        },
        done: "",
    };
    let nick = Watch {
        language,
        what: What::Nick,
        rule: |text| Nick::parse(text).err(),
        show: |answer| match answer {
            Some(Checked::Taken(free)) => suggest(free.iter().map(String::as_str)),
            _ => suggest([].into_iter()),
        },
    };
    // A suggestion is tried on, not sent at once.
    let on_click = move |event: ev::MouseEvent| {
        if let Some(button) = event
            .target()
            .and_then(|it| it.dyn_into::<web_sys::Element>().ok())
            .filter(|it| it.get_attribute("form").as_deref() == Some(OTHERS))
        {
            event.prevent_default();
            take(&button.text_content().unwrap_or_default());
        }
    };
    view! { <div on:click=on_click>{watch(nick, live(form, children))}</div> }
}

/// Writes a nick into the field as if it were typed.
fn take(nick: &str) {
    if let Some(field) = input(NICK) {
        field.set_value(nick.trim());
        let init = web_sys::EventInit::new();
        init.set_bubbles(true);
        if let Ok(event) = web_sys::Event::new_with_event_init_dict("input", &init) {
            let _ = field.dispatch_event(&event);
        }
        let _ = field.focus();
    }
}

/// Shows buttons with these nicks in place of the ones before.
fn suggest<'a>(free: impl Iterator<Item = &'a str>) {
    let Some(group) = part(SUGGESTIONS) else {
        return;
    };
    while let Ok(Some(old)) = group.query_selector("button") {
        old.remove();
    }
    let mut any = false;
    for nick in free {
        let Ok(button) = document().create_element("button") else {
            continue;
        };
        button.set_text_content(Some(nick));
        for (name, value) in [
            ("class", "button"),
            ("data-size", "s"),
            ("type", "button"),
            ("form", OTHERS),
            ("translate", "no"),
        ] {
            let _ = button.set_attribute(name, value);
        }
        any |= group.append_child(&button).is_ok();
    }
    mark(SUGGESTIONS, "hidden", (!any).then_some(""));
}

fn faults(values: &Values) -> FieldFaults {
    let mut faults = FieldFaults::default();
    if let Err(fault) = Nick::parse(&values.get(NICK)) {
        faults.add(NICK, fault);
    }
    match DisplayName::parse(&values.get(NAME)) {
        // Without a name the nick is the name.
        Ok(_) | Err(Fault::Required) => {}
        Err(fault) => faults.add(NAME, fault),
    }
    faults
}
