//! The kept runs in groups by columns: what is measured of each, its runs, and a brush that takes them in.

use super::{PanelFrame, WorkspaceContext, hover, is_kind, run_link, runs_text};
use crate::engine::Command;
use crate::engine::news::{GroupMeasure, GroupRow, GroupRuns, GroupsInfo, NamedRun, ObjectiveInfo};
use crate::entities::ColumnKey;
use crate::ui::chart::Chart;
use crate::ui::column_list::{ColumnList, ListKind};
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use crate::view::{Direction, MoreView, Panel};
use leptos::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;
use wasm_bindgen::JsCast;

/// The panel.
#[component]
pub(super) fn GroupsPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.groups;
    let summary = Signal::derive(move || {
        info.with(|info| match info {
            Some(info) if !info.columns.is_empty() => {
                let depth = info.columns.len() - 1;
                let n_groups = info.rows.iter().filter(|row| row.depth == depth).count();
                format!("{} kept runs in {n_groups} groups", info.n_runs)
            }
            _ => String::new(),
        })
    });
    let figure = Signal::derive(move || {
        Arc::new(info.with(|info| info.as_ref().map(GroupsInfo::figure)).unwrap_or_default())
    });
    let label = Signal::derive(move || {
        info.with(|info| {
            let measure = info.as_ref().and_then(GroupsInfo::first_measure);
            measure.map(|measure| format!("{} by group", measure.title)).unwrap_or_default()
        })
    });
    let has_groups =
        Memo::new(move |_| info.with(|info| info.as_ref().is_some_and(|info| !info.rows.is_empty())));
    view! {
        <PanelFrame context panel=Panel::Groups summary>
            <GroupColumns context />
            <Show
                when=move || has_groups.get()
                fallback=|| view! {
                    <p class="panel__empty">
                        "Choose the columns to group by, such as a param or the status. Further columns split the groups of the ones before."
                    </p>
                }
            >
                <Chart label figure />
                <GroupTable context />
            </Show>
        </PanelFrame>
    }
}

/// By what: the columns in their order, and what adds and removes them.
#[component]
fn GroupColumns(context: WorkspaceContext) -> impl IntoView {
    let chosen = Memo::new(move |_| context.runs.view.with(|view| view.groups.clone()));
    let columns = Signal::derive(move || {
        context
            .runs
            .columns
            .with(|columns| columns.columns.iter().filter(|info| is_kind(info)).cloned().collect::<Vec<_>>())
    });
    let is_adding = RwSignal::new(false);
    let set = move |columns: Vec<ColumnKey>| context.edit.edit(ViewEdit::SetGroups(columns));
    let add = Callback::new(move |column: ColumnKey| {
        is_adding.set(false);
        let mut all = chosen.get_untracked();
        all.push(column);
        set(all);
    });
    let chip = move |column: ColumnKey| {
        let name = column.label().to_owned();
        let remove = move |_| {
            let mut all = chosen.get_untracked();
            all.retain(|other| *other != column);
            set(all);
        };
        view! {
            <li class="chip">
                <span class="chip__text">{name.clone()}</span>
                <button type="button" class="button button--quiet" aria-label=format!("Do not group by {name}") on:click=remove>"×"</button>
            </li>
        }
    };
    view! {
        <div class="toolbar">
            <ul class="chips" aria-label="Grouped by">
                <For each=move || chosen.get() key=|column| column.clone() children=chip />
            </ul>
            <Popover label="Group by" text="Group by…" is_open=is_adding>
                <ColumnList columns chosen kind=ListKind::Buttons on_choose=add />
            </Popover>
            <GroupCount context />
        </div>
    }
}

/// Into how many groups a column splits the runs.
#[component]
fn GroupCount(context: WorkspaceContext) -> impl IntoView {
    const COUNTS: [(Option<u8>, &str); 6] = [
        (None, "5 stretches or 7 texts"),
        (Some(3), "3"),
        (Some(10), "10"),
        (Some(20), "20"),
        (Some(50), "50"),
        (Some(MoreView::MAX_GROUPS), "200"),
    ];
    let n_groups = Memo::new(move |_| context.runs.view.with(|view| view.more.n_groups));
    let choose = move |n_groups: Option<u8>| {
        let more = context.runs.view.with_untracked(|view| view.more);
        context.edit.edit(ViewEdit::SetMore(MoreView { n_groups, ..more }));
    };
    view! {
        <label class="check">
            "Groups of a column, at most "
            <select
                class="select"
                on:change:target=move |event| {
                    let at = event.target().value().parse::<usize>().ok();
                    if let Some((n_groups, _)) = at.and_then(|at| COUNTS.get(at)) {
                        choose(*n_groups);
                    }
                }
            >
                {COUNTS.iter().enumerate().map(|(at, (count, words))| view! {
                    <option value=at.to_string() selected=move || n_groups.get() == *count>{*words}</option>
                }).collect_view()}
            </select>
        </label>
    }
}

#[component]
fn GroupTable(context: WorkspaceContext) -> impl IntoView {
    let info = context.groups;
    let measures = Memo::new(move |_| {
        let of = |info: &GroupsInfo| {
            let head = |measure: &ObjectiveInfo| (measure.title.clone(), measure.direction);
            info.measures.iter().map(head).collect::<Vec<_>>()
        };
        info.with(|info| info.as_ref().map(of).unwrap_or_default())
    });
    let heads = move || {
        let head = |(title, direction): (String, Direction)| {
            let best = match direction {
                Direction::Ascending => "lowest",
                Direction::Descending => "highest",
            };
            view! {
                <th scope="col">{format!("{title}, mean ± deviation")}</th>
                <th scope="col">{best}</th>
            }
        };
        measures.get().into_iter().map(head).collect_view()
    };
    // A group is named by what takes in its runs: it stays in the document, open or closed, while it is told anew.
    let by_key = Memo::new(move |_| {
        let of = |info: &GroupsInfo| {
            let named =
                |row: &GroupRow| (serde_json::to_string(&row.brushes).unwrap_or_default(), row.clone());
            info.rows.iter().map(named).collect::<HashMap<_, _>>()
        };
        info.with(|info| info.as_ref().map(of).unwrap_or_default())
    });
    let shapes = move || {
        let shape = |(key, row): (String, GroupRow)| (key, row.depth, row.label, !row.runs.is_empty());
        let all = info.with(|info| info.as_ref().map(|info| info.rows.clone()).unwrap_or_default());
        let keys = all.iter().map(|row| serde_json::to_string(&row.brushes).unwrap_or_default());
        keys.collect::<Vec<_>>().into_iter().zip(all).map(shape).collect::<Vec<_>>()
    };
    let row = move |(key, depth, label, is_leaf): (String, usize, String, bool)| {
        let key = StoredValue::new(key);
        let row = Memo::new(move |_| by_key.with(|rows| key.with_value(|key| rows.get(key).cloned())));
        let name = label.clone();
        let n_runs = move || row.with(|row| runs_text(row.as_ref().map_or(0, |row| row.n_runs)));
        let runs = Memo::new(move |_| {
            row.with(|row| row.as_ref().map(|row| (row.runs.clone(), row.n_runs)).unwrap_or_default())
        });
        let is_open = RwSignal::new(false);
        // Groups with groups within are told without their runs, and of the others the first ones are.
        let is_all_wanted = RwSignal::new(!is_leaf);
        Effect::new(move || {
            if is_open.get()
                && is_all_wanted.get()
                && let Some(GroupRow { brushes, .. }) = row.get()
            {
                context.runs.send.run(Command::ListGroup(brushes));
            }
        });
        let listed = Memo::new(move |_| {
            let of_key = |all: &HashMap<String, GroupRuns>| key.with_value(|key| all.get(key).cloned());
            context.group_runs.with(of_key).filter(|_| is_all_wanted.get())
        });
        let links = move || {
            let (runs, n_runs) = match listed.get() {
                Some(listed) => (listed.runs, listed.n_runs),
                None => runs.get(),
            };
            let n_unnamed = n_runs.saturating_sub(runs.len());
            let link = |run: &NamedRun| {
                let own = run.clone();
                view! {
                    <li
                        on:pointerenter=move |_| hover(context, Some(own.clone()))
                        on:pointerleave=move |_| hover(context, None)
                    >
                        {run_link(context, run)}
                    </li>
                }
            };
            let more = (n_unnamed > 0).then(|| {
                    if is_all_wanted.get() {
                        let text = if runs.is_empty() { "Listing".to_owned() } else { format!("and {}", runs_text(n_unnamed)) };
                        return view! { <li>{text}</li> }.into_any();
                    }
                    view! {
                        <li>
                            <button type="button" class="button button--quiet" on:click=move |_| is_all_wanted.set(true)>
                                {format!("Show all {n_runs}")}
                            </button>
                        </li>
                    }
                    .into_any()
                });
            view! { <ul class="groups__runs">{runs.iter().map(link).collect_view()}{more}</ul> }
        };
        let on_toggle = move |event: leptos::ev::Event| {
            let details = event.current_target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
            is_open.set(details.is_some_and(|details| details.has_attribute("open")));
        };
        let count = view! { <details on:toggle=on_toggle><summary>{n_runs}</summary>{links}</details> };
        let cells = move || {
            let measures = row.with(|row| row.as_ref().map(|row| row.measures.clone()).unwrap_or_default());
            measures.into_iter().map(measure_cells).collect_view()
        };
        let brush = move |_| {
            if let Some(GroupRow { brushes, .. }) = row.get_untracked() {
                context.edit.edit(ViewEdit::Brush(brushes));
            }
        };
        view! {
            <tr>
                <th scope="row" class="table__name" style:padding-inline-start=format!("{}px", 8 + depth * 20)>{label}</th>
                <td>{count}</td>
                {cells}
                <td>
                    <button type="button" class="button" aria-label=format!("Brush {name}") on:click=brush>"Brush"</button>
                </td>
            </tr>
        }
    };
    let n_more = Memo::new(move |_| info.with(|info| info.as_ref().map_or(0, |info| info.n_more)));
    view! {
        <div class="table-scroll workspace__table" tabindex="0" role="region" aria-label="Groups, scrollable">
            <table class="table" aria-label="Groups of runs">
                <thead>
                    <tr>
                        <th scope="col">"Group"</th>
                        <th scope="col">"Runs"</th>
                        {heads}
                        <th scope="col"><span class="visually-hidden">"Brush"</span></th>
                    </tr>
                </thead>
                <tbody><For each=shapes key=|shape| shape.clone() children=row /></tbody>
            </table>
        </div>
        <Show when=move || { n_more.get() > 0 }>
            <p class="secondary">
                {move || format!("{} more groups are not listed: narrow the runs, or group by fewer columns.", n_more.get())}
            </p>
        </Show>
    }
}

fn measure_cells(measure: Option<GroupMeasure>) -> AnyView {
    let Some(GroupMeasure { texts: [mean, std, best], .. }) = measure else {
        return view! { <td><em class="special">"missing"</em></td><td></td> }.into_any();
    };
    let mean = if std.is_empty() { mean } else { format!("{mean} ± {std}") };
    view! { <td class="table__number">{mean}</td><td class="table__number">{best}</td> }.into_any()
}
