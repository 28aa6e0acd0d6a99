//! Rows of alike things: a table on a wide window, a list of cards on a narrow one.

use leptos::prelude::*;

use super::{Icon, Symbol};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Ascending,
    Descending,
}

#[derive(Debug, Clone, Default)]
pub struct Column {
    pub label: String,
    /// Where the list sorted by this column is.
    pub href: Option<String>,
    pub sort: Option<Sort>,
    /// Figures stand at the end of their cell.
    pub number: bool,
}

#[component]
pub fn Table(
    /// What is listed; read out before the rows.
    #[prop(into)]
    caption: String,
    columns: Vec<Column>,
    children: Children,
) -> impl IntoView {
    view! {
        // `role`s, because a browser forgets that it is a table once CSS lays it out as a list.
        <table class="table" role="table">
            <caption class="visually-hidden">{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">{columns.into_iter().map(head).collect_view()}</tr>
            </thead>
            <tbody role="rowgroup">{children()}</tbody>
        </table>
    }
}

fn head(column: Column) -> impl IntoView {
    let sort = column.sort.map(|sort| match sort {
        Sort::Ascending => "ascending",
        Sort::Descending => "descending",
    });
    let inside = match column.href {
        Some(href) => view! {
            <a href=href>{column.label} <Icon symbol=Symbol::ChevronDown /></a>
        }
        .into_any(),
        None => column.label.into_any(),
    };
    view! {
        <th scope="col" role="columnheader" aria-sort=sort data-kind=column.number.then_some("number")>
            {inside}
        </th>
    }
}

/// A cell; `label` repeats its column's where the head is out of sight.
#[component]
pub fn Cell(
    #[prop(into)] label: String,
    #[prop(optional)] number: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <td role="cell" data-label=label data-kind=number.then_some("number")>
            {children()}
        </td>
    }
}
