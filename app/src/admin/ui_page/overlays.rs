//! What floats: a dialog and menus. All open and close without scripts.

use domain::theme::Theme;
use leptos::prelude::*;
use leptos_i18n::td_string;

use super::{Specimen, in_room};
use crate::{
    context::use_visit,
    shell::preferences::{LanguageForm, ThemeForm},
    ui::{
        Avatar, AvatarSize, Button, Dialog, DialogOpener, Menu, MenuAction, MenuLink, Symbol, Tone,
        Variant,
    },
};

#[component]
pub(super) fn Overlays(theme: Theme) -> impl IntoView {
    let locale = use_visit().locale();
    let dialog = in_room(theme, "dialog");
    view! {
        <Specimen name=td_string!(locale, admin.dialog)>
            <DialogOpener dialog=dialog.clone() variant=Variant::Danger icon=Symbol::Trash>
                {td_string!(locale, admin.dialog_open)}
            </DialogOpener>
            <Dialog
                id=dialog
                title=td_string!(locale, admin.dialog_title)
                close_label=td_string!(locale, ui.close)
            >
                <p>{td_string!(locale, admin.dialog_text)}</p>
                <form method="dialog">
                    <footer>
                        <Button variant=Variant::Quiet>{td_string!(locale, ui.cancel)}</Button>
                        <Button variant=Variant::Danger>{td_string!(locale, admin.remove)}</Button>
                    </footer>
                </form>
            </Dialog>
        </Specimen>
        <Specimen name=td_string!(locale, admin.menu)>
            <div class="button-row">
                <Menu id=in_room(theme, "menu") label=td_string!(locale, admin.menu_label)>
                    <ul class="items">
                        <li>
                            <MenuLink href="#overlays" icon=Symbol::Play current=true>
                                {td_string!(locale, admin.menu_watch)}
                            </MenuLink>
                        </li>
                        <li>
                            <MenuLink href="#overlays" icon=Symbol::Pencil>
                                {td_string!(locale, admin.edit)}
                            </MenuLink>
                        </li>
                    </ul>
                    <hr />
                    <form method="get" action="#overlays">
                        <MenuAction icon=Symbol::Trash tone=Tone::Bad>
                            {td_string!(locale, admin.remove)}
                        </MenuAction>
                    </form>
                </Menu>
                <Menu
                    id=in_room(theme, "menu-more")
                    label=td_string!(locale, admin.more)
                    icon=Symbol::More
                    variant=Variant::Quiet
                >
                    <ul class="items">
                        <li>
                            <MenuLink href="#overlays" icon=Symbol::External>
                                {td_string!(locale, admin.menu_share)}
                            </MenuLink>
                        </li>
                    </ul>
                </Menu>
                <Menu
                    id=in_room(theme, "menu-person")
                    label=td_string!(locale, shell.menu)
                    picture=Some(
                        view! { <Avatar name="Agnès Varda" src="/icon-192.png" size=AvatarSize::Small /> }
                            .into_any(),
                    )
                >
                    <ul class="items">
                        <li>
                            <MenuLink href="#overlays" icon=Symbol::Person>
                                {td_string!(locale, accounts.menu_profile)}
                            </MenuLink>
                        </li>
                    </ul>
                </Menu>
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.segments)>
            <ThemeForm />
            <LanguageForm />
        </Specimen>
    }
}
