//! The versions as a table. Only the rows on the screen are in the document, so that a thousand versions stay quick.

use super::{Intent, ModelContext};
use crate::engine::protocol::format_millis;
use crate::entities::{ColumnKey, ModelVersion, VersionNumber};
use crate::registry::record::PREFIX;
use crate::registry::version_table::{self, cell, next_sort, run_of};
use crate::ui::popover::Popover;
use crate::ui::row_window::{RowWindow, WindowedTable};
use crate::ui::stage::StageMark;
use crate::view::{Direction, VersionColumn};
use leptos::prelude::*;

/// A row's height, in CSS pixels; `registry.css` says the same.
const ROW_PX: f64 = 34.0;

/// The table.
#[component]
pub(super) fn VersionsTable(context: ModelContext) -> impl IntoView {
    let columns = Memo::new(move |_| {
        let chosen = context.page.with(|page| page.columns.clone());
        chosen.unwrap_or_else(|| context.defaults.get())
    });
    let n_rows = Memo::new(move |_| context.shown.with(Vec::len));
    let window = RowWindow::new(ROW_PX, n_rows);
    let rows = move || {
        let (start, end) = window.rows();
        let numbers = context.shown.with(|shown| shown.get(start..end).unwrap_or_default().to_vec());
        context.state.with(|state| {
            let find = |(place, number): (usize, VersionNumber)| {
                Some((place, state.as_ref()?.version(number)?.clone()))
            };
            numbers
                .into_iter()
                .enumerate()
                .map(|(offset, number)| (start + offset, number))
                .filter_map(find)
                .collect::<Vec<_>>()
        })
    };
    let caption = move || context.page.with(|page| format!("Versions of {}", page.name));
    let own_head = move |column: VersionColumn, text: String| {
        let key = StoredValue::new(column);
        let aria = move || {
            context.page.with(|page| match &page.sort {
                Some(sort) if key.with_value(|key| sort.column == *key) => match sort.direction {
                    Direction::Ascending => "ascending",
                    Direction::Descending => "descending",
                },
                _ => "none",
            })
        };
        view! {
            <th scope="col" aria-sort=aria>
                <button
                    type="button"
                    class="table__sort"
                    on:click=move |_| context.change(|page| page.sort = key.with_value(|key| next_sort(page.sort.as_ref(), key)))
                >
                    {text}
                </button>
            </th>
        }
    };
    let head = move |column: ColumnKey| {
        let text = version_table::title(&column);
        own_head(VersionColumn::OfRun(column), text)
    };
    let heads = view! {
        {own_head(VersionColumn::Number, "Version".to_owned())}
        {own_head(VersionColumn::Stage, "Stage".to_owned())}
        {own_head(VersionColumn::Aliases, "Aliases".to_owned())}
        <For each=move || columns.get() key=Clone::clone children=head />
        {own_head(VersionColumn::Registered, "Registered (UTC)".to_owned())}
        {own_head(VersionColumn::Changed, "Last change (UTC)".to_owned())}
        <th scope="col">"Tags"</th>
        <th scope="col" class="versions__actions"><span class="visually-hidden">"Actions"</span></th>
    };
    view! {
        <section class="panel">
            <header class="panel__head">
                <h2 class="panel__title">"Versions"</h2>
                <ColumnChoice context columns />
            </header>
            <WindowedTable
                window
                label=Signal::derive(caption)
                region="Versions, scrollable"
                class="versions"
                head=heads.into_any()
            >
                <For each=rows key=|(place, version)| (*place, format!("{version:?}")) let((place, version))>
                    <VersionRow context columns place version />
                </For>
            </WindowedTable>
        </section>
    }
}

#[component]
fn VersionRow(
    context: ModelContext,
    columns: Memo<Vec<ColumnKey>>,
    place: usize,
    version: ModelVersion,
) -> impl IntoView {
    let number = version.number;
    let aliases = move || {
        context.state.with(|state| {
            let aliases = state.as_ref().map(|state| state.aliases_of(number)).unwrap_or_default();
            aliases.iter().map(|alias| alias.name.clone()).collect::<Vec<_>>().join(", ")
        })
    };
    let tags: Vec<String> = version
        .tags
        .iter()
        .filter(|tag| !tag.key.starts_with(PREFIX))
        .map(|tag| format!("{}={}", tag.key, tag.value))
        .collect();
    let tags = tags.join(", ");
    let stage = version.stage;
    let (created, changed) =
        (version.creation_millis.map(format_millis), version.last_update_millis.map(format_millis));
    let version = StoredValue::new(version);
    let cells = move || {
        let one = |column: &ColumnKey| {
            let value = context.registry.runs.with(|runs| {
                version.with_value(|version| run_of(version, runs).and_then(|run| cell(run, column)))
            });
            let is_number = matches!(value, Some(version_table::CellValue::Number(_)));
            let text = value.map(|value| value.text());
            let title = text.clone();
            view! { <td class=if is_number { "table__number" } else { "versions__text" } title=title>{text}</td> }
        };
        columns.with(|columns| columns.iter().map(one).collect_view())
    };
    view! {
        <tr aria-rowindex=(place + 2).to_string()>
            <th scope="row"><a href=move || context.href(Some(number))>{format!("Version {number}")}</a></th>
            <td><StageMark stage /></td>
            <td class="versions__text">{aliases}</td>
            {cells}
            <td class="table__number">{created}</td>
            <td class="table__number">{changed}</td>
            <td class="versions__text" title=tags.clone()>{tags.clone()}</td>
            <td class="versions__actions"><MoveButton context number /></td>
        </tr>
    }
}

/// Opens the dialog for a version.
#[component]
pub(super) fn MoveButton(context: ModelContext, number: VersionNumber) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button"
            aria-haspopup="dialog"
            aria-description=format!("Version {number}")
            on:click=move |_| context.decide(number, Intent::Move(None))
        >
            "Move to…"
        </button>
    }
}

/// Which columns of the runs are shown.
#[component]
fn ColumnChoice(context: ModelContext, columns: Memo<Vec<ColumnKey>>) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let wanted = search.get().to_lowercase();
        let all = context.registry.runs.with(version_table::columns);
        all.into_iter()
            .filter(|column| column.to_string().to_lowercase().contains(&wanted))
            .collect::<Vec<_>>()
    });
    let item = move |column: ColumnKey| {
        let text = column.to_string();
        let key = StoredValue::new(column);
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || columns.with(|columns| key.with_value(|key| columns.contains(key)))
                    on:change=move |_| {
                        let mut now = columns.get_untracked();
                        let column = key.get_value();
                        match now.iter().position(|other| *other == column) {
                            Some(place) => { now.remove(place); }
                            None => now.push(column),
                        }
                        context.change(|page| page.columns = Some(now));
                    }
                />
                {text}
            </label>
        }
    };
    view! {
        <Popover label=Signal::stored("Columns".to_owned()) text=Signal::stored("Columns…".to_owned())>
            <input class="input" type="search" aria-label="Search columns" placeholder="Search columns"
                on:input:target=move |event| search.set(event.target().value()) />
            <For each=move || found.get() key=Clone::clone children=item />
        </Popover>
    }
}
