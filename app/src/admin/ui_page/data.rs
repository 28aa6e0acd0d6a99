//! Lists and things.

use domain::{accounts::Initials, forms::name::DisplayName, ids::UserId, routes, theme::Theme};
use leptos::prelude::*;
use leptos_i18n::{td, td_string};

use super::{Specimen, room_name};
use crate::{
    context::use_visit,
    ui::{
        Ago, Avatar, AvatarSize, Badge, Button, ButtonType, Card, Cell, Column, Copyable, Day,
        Pager, Sort, Table, Tone, Variant,
    },
};

/// People of the table. Names are names in every language.
const PEOPLE: [(&str, u32, Tone); 3] = [
    ("Dziga Vertov", 18, Tone::Good),
    ("Agnès Varda", 7, Tone::Accent),
    ("Леся Українка", 1204, Tone::Warn),
];

#[component]
pub(super) fn Data(theme: Theme) -> impl IntoView {
    let locale = use_visit().locale();
    let room = room_name(locale, theme);
    let (name, videos, state) = (
        td_string!(locale, admin.column_name),
        td_string!(locale, admin.column_films),
        td_string!(locale, admin.column_state),
    );
    let columns = vec![
        Column {
            label: name.to_owned(),
            href: Some(format!("{}?sort=name#data", routes::ADMIN_UI)),
            ..Column::default()
        },
        Column {
            label: state.to_owned(),
            ..Column::default()
        },
        Column {
            label: videos.to_owned(),
            href: Some(format!("{}?sort=-videos#data", routes::ADMIN_UI)),
            sort: Some(Sort::Descending),
            number: true,
        },
    ];
    view! {
        <Specimen name=td_string!(locale, admin.table)>
            <Table caption=format!("{}, {room}", td_string!(locale, admin.table)) columns>
                {PEOPLE
                    .into_iter()
                    .map(|(person, count, tone)| {
                        view! {
                            <tr role="row">
                                <Cell label=name>
                                    <span class="person">
                                        <Avatar name=person src=initials(person) size=AvatarSize::Small />
                                        {person}
                                    </span>
                                </Cell>
                                <Cell label=state>
                                    <Badge tone dot=true>
                                        {match tone {
                                            Tone::Good => td_string!(locale, admin.ready),
                                            Tone::Warn => td_string!(locale, admin.waiting),
                                            _ => td_string!(locale, admin.running),
                                        }}
                                    </Badge>
                                </Cell>
                                <Cell label=videos number=true>
                                    {td!(locale, ui.films, count = move || count)}
                                </Cell>
                            </tr>
                        }
                    })
                    .collect_view()}
            </Table>
            <Pager
                label=format!("{}, {room}", td_string!(locale, admin.pager))
                newer_label=td_string!(locale, ui.newer)
                older_label=td_string!(locale, ui.older)
                newer=format!("{}?after=1#data", routes::ADMIN_UI)
                older=format!("{}?before=1#data", routes::ADMIN_UI)
            />
        </Specimen>
        <Specimen name=td_string!(locale, admin.avatars)>
            <div class="button-row">
                <Avatar name="Дзиґа Вертов" src=initials("Дзиґа Вертов") size=AvatarSize::Huge alone=true />
                <Avatar name="Agnès Varda" src=initials("Agnès Varda") size=AvatarSize::Large alone=true />
                <Avatar name="Chantal Akerman" src=initials("Chantal Akerman") alone=true />
                <Avatar name="黒澤 明" src=initials("黒澤 明") alone=true />
                <Avatar name="Kira Muratova" src=initials("Kira Muratova") size=AvatarSize::Small alone=true />
                <Avatar name="Kadr" src="/icon-192.png" size=AvatarSize::Small alone=true />
            </div>
        </Specimen>
        <Specimen name=td_string!(locale, admin.moments)>
            <p>
                <Ago at=NOW - 60_000 now=NOW />
                ", "
                <Ago at=NOW - 3 * 3_600_000 now=NOW />
                ", "
                <Day at=NOW />
            </p>
        </Specimen>
        <Specimen name=td_string!(locale, admin.cards)>
            <Card title=td_string!(locale, admin.card_title) note=td_string!(locale, admin.card_note)>
                <p>{td_string!(locale, admin.card_text)}</p>
                <footer>
                    <Button kind=ButtonType::Button variant=Variant::Primary>
                        {td_string!(locale, admin.primary)}
                    </Button>
                    <Button kind=ButtonType::Button variant=Variant::Quiet>
                        {td_string!(locale, admin.quiet)}
                    </Button>
                </footer>
            </Card>
            <Card raised=true>
                <p>{td_string!(locale, admin.card_raised)}</p>
            </Card>
        </Specimen>
        <Specimen name=td_string!(locale, admin.copyable)>
            <Copyable
                value="0193e7a2-5f1c-7c1e"
                label=td_string!(locale, ui.copy)
                done=td_string!(locale, ui.copied)
            />
        </Specimen>
    }
}

/// A moment that is the same on every visit.
const NOW: i64 = 1_771_000_000_000;

/// A picture for somebody who is not there, as those without one have it.
fn initials(name: &str) -> String {
    // Ids that differ as the names do, so that the colours do.
    let id = format!("{:1>22}", name.len() % 9 + 1).parse::<UserId>();
    let of = match (DisplayName::parse(name), id) {
        (Ok(name), Ok(id)) => Initials::new(&name, id).svg(),
        _ => String::new(),
    };
    let data = of.replace('%', "%25").replace('#', "%23").replace('"', "'");
    format!("data:image/svg+xml,{data}")
}
