//! The fourth step: a picture, or none.

use domain::accounts::{Initials, Step, paths};
use domain::forms::name::DisplayName;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_i18n::td_string;

use super::{
    api::{DropAvatar, KeepAvatar},
    sight::{DraftSight, path},
};
use crate::{
    accounts::avatar::AvatarPicker,
    context::use_visit,
    ui::{Button, Symbol, Variant},
};

#[component]
pub(super) fn PictureForms(draft: DraftSight) -> impl IntoView {
    let locale = use_visit().locale();
    let has_picture = draft.avatar.is_some();
    view! {
        <AvatarPicker
            action=paths::REGISTER_AVATAR
            next=path(Step::Confirm)
            picture=draft.avatar_href(192)
            initials=initials(&draft)
        />
        <div class="onward">
            <form method="post" action=KeepAvatar::PATH>
                <Button
                    variant=if has_picture { Variant::Primary } else { Variant::Secondary }
                    attr:autofocus=true
                >
                    {if has_picture {
                        td_string!(locale, register.next)
                    } else {
                        td_string!(locale, register.avatar_skip)
                    }}
                </Button>
            </form>
            {has_picture
                .then(|| {
                    view! {
                        <form method="post" action=DropAvatar::PATH>
                            <Button variant=Variant::Quiet icon=Symbol::Trash>
                                {td_string!(locale, register.avatar_remove)}
                            </Button>
                        </form>
                    }
                })}
        </div>
    }
}

/// What stands for a picture that is not there.
pub(super) fn initials(draft: &DraftSight) -> String {
    DisplayName::parse(&draft.name)
        .map(|name| Initials::new(&name, draft.user).svg())
        .unwrap_or_default()
}
