//! Buttons and links.

use domain::{routes, theme::Theme};
use leptos::prelude::*;
use leptos_i18n::td_string;
use leptos_router::hooks::use_query_map;

use super::{Specimen, in_room, room_name};
use crate::{
    context::use_visit,
    ui::{Button, ButtonLink, ButtonType, Link, LinkTone, Size, Symbol, Tab, Tabs, Variant},
};

#[component]
pub(super) fn Actions(theme: Theme) -> impl IntoView {
    let locale = use_visit().locale();
    let variants = [
        (Variant::Primary, td_string!(locale, admin.primary)),
        (Variant::Secondary, td_string!(locale, admin.secondary)),
        (Variant::Quiet, td_string!(locale, admin.quiet)),
        (Variant::Danger, td_string!(locale, admin.danger)),
    ];
    let row = move |loading: bool, disabled: bool| {
        variants
            .into_iter()
            .map(|(variant, text)| {
                view! {
                    <Button kind=ButtonType::Button variant loading disabled>
                        {text}
                    </Button>
                }
            })
            .collect_view()
    };
    let here = |tab: &str| format!("{}?tab={tab}#actions", routes::ADMIN_UI);
    let chosen = use_query_map()
        .read_untracked()
        .get("tab")
        .unwrap_or_default();
    let tabs = [
        ("all", td_string!(locale, admin.tab_all)),
        ("public", td_string!(locale, admin.tab_public)),
        ("drafts", td_string!(locale, admin.tab_drafts)),
    ];
    // An address that names no tab shows the first.
    let current = tabs
        .iter()
        .map(|(tab, _)| *tab)
        .find(|tab| *tab == chosen)
        .unwrap_or("all");
    let tabs = tabs
        .into_iter()
        .map(|(tab, label)| Tab {
            href: here(tab),
            label: label.to_owned(),
            current: tab == current,
        })
        .collect();
    let tabs_label = format!(
        "{}, {}",
        td_string!(locale, admin.tabs),
        room_name(locale, theme)
    );
    view! {
        <Specimen name=td_string!(locale, admin.variants)>
            <div class="button-row">{row(false, false)}</div>
            <div class="button-row">{row(false, true)}</div>
            <div class="button-row">{row(true, false)}</div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.sizes)>
            <div class="button-row">
                <Button kind=ButtonType::Button size=Size::Small icon=Symbol::Plus>
                    {td_string!(locale, admin.small)}
                </Button>
                <Button kind=ButtonType::Button icon=Symbol::Play variant=Variant::Primary>
                    {td_string!(locale, admin.medium)}
                </Button>
                <Button kind=ButtonType::Button size=Size::Large icon=Symbol::Upload>
                    {td_string!(locale, admin.large)}
                </Button>
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.symbols_only)>
            <div class="button-row">
                <Button
                    kind=ButtonType::Button
                    size=Size::Small
                    icon=Symbol::Pencil
                    label=td_string!(locale, admin.edit)
                />
                <Button
                    kind=ButtonType::Button
                    icon=Symbol::Retry
                    label=td_string!(locale, admin.again)
                />
                <Button
                    kind=ButtonType::Button
                    variant=Variant::Quiet
                    icon=Symbol::More
                    label=td_string!(locale, admin.more)
                />
                <Button
                    kind=ButtonType::Button
                    variant=Variant::Danger
                    icon=Symbol::Trash
                    label=td_string!(locale, admin.remove)
                />
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.links)>
            <p>
                {td_string!(locale, admin.link_before)} " "
                <Link href="#actions">{td_string!(locale, admin.link_inside)}</Link> ", "
                <Link href="https://www.w3.org/WAI/" external=true>
                    {td_string!(locale, admin.link_outside)}
                </Link> ", "
                <Link href="#actions" tone=LinkTone::Quiet>
                    {td_string!(locale, admin.link_quiet)}
                </Link> "."
            </p>
            <ButtonLink href=routes::SEARCH icon=Symbol::Search>
                {td_string!(locale, admin.link_button)}
            </ButtonLink>
        </Specimen>
        <Specimen name=td_string!(locale, admin.tabs)>
            <div id=in_room(theme, "tabs")>
                <Tabs label=tabs_label tabs />
            </div>
        </Specimen>
    }
}
