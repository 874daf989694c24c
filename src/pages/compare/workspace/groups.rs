//! The kept runs in groups by columns, as they are open: what is measured of each, its runs, and a brush that takes them
//! in.

use super::{
    Choice, ColumnChoice, PagerPart, PanelFrame, WorkspaceContext, cell_text, hover, is_kind, run_link,
    runs_text, select_box,
};
use crate::engine::news::{GroupCell, GroupRow, GroupRun, GroupsInfo, GroupsRow, ObjectiveInfo};
use crate::engine::protocol::{Cell, ColumnInfo};
use crate::engine::{Command, GROUP_CENTRES, GROUP_SPREADS};
use crate::entities::{ColumnKey, RunId};
use crate::plot::charts::Figure;
use crate::ui::chart::Chart;
use crate::ui::column_list::{ColumnList, ListKind};
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use crate::view::{BandSpread, Direction, GroupCentre, GroupsView, MoreView, Panel};
use leptos::html;
use leptos::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// The panel.
#[component]
pub(super) fn GroupsPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.groups;
    let summary = Signal::derive(move || {
        info.with(|info| match info {
            Some(GroupsInfo { n_runs, n_groups, columns, .. }) if !columns.is_empty() => {
                format!("{n_runs} kept runs in {n_groups} groups")
            }
            _ => String::new(),
        })
    });
    let has_groups =
        Memo::new(move |_| info.with(|info| info.as_ref().is_some_and(|info| info.n_groups > 0)));
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
                <Settings context />
                <Charts context />
                <GroupTable context />
            </Show>
        </PanelFrame>
    }
}

/// How the groups are spread, beside what stands for each: of those that are not open to further groups.
#[component]
fn Charts(context: WorkspaceContext) -> impl IntoView {
    let info = context.groups;
    let figure = move |of: fn(&GroupsInfo) -> Figure| {
        Signal::derive(move || Arc::new(info.with(|info| info.as_ref().map(of).unwrap_or_default())))
    };
    let title = move |of: fn(&GroupsInfo, &str) -> String| {
        Signal::derive(move || {
            info.with(|info| {
                let found = info.as_ref().and_then(|info| Some((info, info.measure()?)));
                found.map(|(info, measure)| of(info, &measure.title)).unwrap_or_default()
            })
        })
    };
    let boxes = title(|_, measure| format!("{measure} by group"));
    let bars = title(|info, measure| format!("{} of {measure} by group", info.centre_title()));
    let n_beyond = Memo::new(move |_| {
        info.with(|info| info.as_ref().map(|info| (info.charted.len(), info.n_charted)).unwrap_or_default())
    });
    view! {
        <div class="workspace__charts">
            <Chart label=boxes figure=figure(GroupsInfo::boxes) />
            <Chart label=bars figure=figure(GroupsInfo::bars) />
        </div>
        <p class="secondary" role="status">
            {move || {
                let (n_shown, n_all) = n_beyond.get();
                (n_shown < n_all).then(|| {
                    format!("The charts show the first {n_shown} of {n_all} groups: close some, or narrow the runs.")
                })
            }}
        </p>
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

/// What stands for a group, how far its runs spread, what the charts measure, and which groups are open.
#[component]
fn Settings(context: WorkspaceContext) -> impl IntoView {
    let shown = Memo::new(move |_| context.runs.view.with(|view| view.group_view.clone()));
    let change = move |changed: GroupsView| context.edit.edit(ViewEdit::SetGroupsView(changed));
    let charted = Signal::derive(move || {
        context.groups.with(|info| info.as_ref().and_then(GroupsInfo::measure).map(|one| one.column.clone()))
    });
    let set_measure = Callback::new(move |measure| change(GroupsView { measure, ..shown.get_untracked() }));
    let is_number: fn(&ColumnInfo) -> bool = |info| info.is_numeric;
    let is_nested = Memo::new(move |_| context.runs.view.with(|view| view.groups.len() > 1));
    // Opening or closing all forgets what was opened one by one.
    let open_all = move |are_all_open| {
        change(GroupsView { are_all_open, exceptions: Vec::new(), ..shown.get_untracked() });
    };
    let are_some_open = move || shown.with(|shown| shown.are_all_open || !shown.exceptions.is_empty());
    view! {
        <div class="toolbar">
            <Choice
                label="What stands for a group"
                words=&GROUP_CENTRES
                is_chosen=move |centre| shown.with(|shown| shown.centre == centre)
                on_choose=move |centre| change(GroupsView { centre, ..shown.get_untracked() })
            />
            <Choice
                label="How far a group spreads"
                words=&GROUP_SPREADS
                is_chosen=move |spread| shown.with(|shown| shown.spread == spread)
                on_choose=move |spread| change(GroupsView { spread, ..shown.get_untracked() })
            />
            <ColumnChoice context label="Charts of" chosen=charted is_offered=is_number on_choose=set_measure />
            <Show when=move || is_nested.get()>
                <button type="button" class="button" on:click=move |_| open_all(true)>"Open all groups"</button>
            </Show>
            <button
                type="button"
                class="button"
                aria-disabled=move || (!are_some_open()).then_some("true")
                title=move || (!are_some_open()).then_some("No group is open")
                on:click=move |_| if untrack(are_some_open) {
                    open_all(false);
                }
            >
                "Close all groups"
            </button>
        </div>
    }
}

/// What keeps a row in the document, with its focus, while it is told anew.
#[derive(Clone, PartialEq, Eq, Hash)]
enum RowKey {
    Group(u32),
    Run(u32, RunId),
}

fn row_key(row: &GroupsRow) -> RowKey {
    match row {
        GroupsRow::Group(group) => RowKey::Group(group.id),
        GroupsRow::Run(GroupRun { group, run, .. }) => RowKey::Run(*group, run.run_id.clone()),
    }
}

/// The groups as they are open, with the runs of innermost ones.
#[component]
fn GroupTable(context: WorkspaceContext) -> impl IntoView {
    let info = context.groups;
    let rows =
        Memo::new(move |_| info.with(|info| info.as_ref().map(|info| info.rows.clone()).unwrap_or_default()));
    let by_key = Memo::new(move |_| {
        let named = |row: &GroupsRow| (row_key(row), row.clone());
        rows.with(|rows| rows.iter().map(named).collect::<HashMap<_, _>>())
    });
    let keys = move || rows.with(|rows| rows.iter().map(row_key).collect::<Vec<_>>());
    let heads = Memo::new(move |_| info.with(|info| info.as_ref().map(heads_of).unwrap_or_default()));
    let place = Signal::derive(move || {
        info.with(|info| info.as_ref().map(|info| (info.first_row, info.n_rows)).unwrap_or_default())
    });
    let scroller = NodeRef::<html::Div>::new();
    let look = Callback::new(move |first| {
        context.runs.send.run(Command::LookAtGroups(first));
        if let Some(scroller) = scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
    });
    let row = move |key: RowKey| {
        let is_run = matches!(key, RowKey::Run(..));
        let row = Memo::new(move |_| by_key.with(|rows| rows.get(&key).cloned()));
        if is_run {
            view! { <RunRow context row heads /> }.into_any()
        } else {
            view! { <GroupLine context row heads /> }.into_any()
        }
    };
    view! {
        <PagerPart noun="rows" more=", of groups and runs" place n_at_once=GroupsInfo::N_ROWS on_look=look />
        <div class="table-scroll workspace__table" node_ref=scroller tabindex="0" role="region" aria-label="Groups, scrollable">
            <table class="table groups" aria-label="Groups of runs">
                <thead>
                    <tr>
                        <th scope="col">"Group"</th>
                        <th scope="col">"Runs"</th>
                        {move || heads.get().into_iter().flatten().map(|head| view! { <th scope="col">{head}</th> }).collect_view()}
                        <th scope="col"><span class="visually-hidden">"Brush"</span></th>
                    </tr>
                </thead>
                <tbody><For each=keys key=|key| key.clone() children=row /></tbody>
            </table>
        </div>
    }
}

/// What stands above the numbers: for each measure what stands for the group and, where that is not the best itself, the
/// best.
fn heads_of(info: &GroupsInfo) -> Vec<Vec<String>> {
    let centre = info.centre_title().to_lowercase();
    let spread = match (info.spread, info.centre) {
        (BandSpread::None, _) => "",
        (BandSpread::StandardDeviation, GroupCentre::Mean) => " ± deviation",
        (BandSpread::StandardDeviation, _) => " (deviation)",
        (BandSpread::Quartiles, _) => " (quartiles)",
        (BandSpread::Range, _) => " (minimum to maximum)",
    };
    let of_measure = |measure: &ObjectiveInfo| {
        let (best, word) = match measure.direction {
            Direction::Ascending => (GroupCentre::Minimum, "minimum"),
            Direction::Descending => (GroupCentre::Maximum, "maximum"),
        };
        let first = format!("{}, {centre}{spread}", measure.title);
        std::iter::once(first).chain((best != info.centre).then(|| word.to_owned())).collect()
    };
    info.measures.iter().map(of_measure).collect()
}

/// How far rows within groups stand in from those around them, in pixels.
fn inset(depth: usize) -> String {
    format!("{}px", 8 + depth * 20)
}

/// A group: what opens it, what is measured of its runs, and a brush that takes them in.
#[component]
fn GroupLine(
    context: WorkspaceContext,
    row: Memo<Option<GroupsRow>>,
    heads: Memo<Vec<Vec<String>>>,
) -> impl IntoView {
    let group = Memo::new(move |_| match row.get() {
        Some(GroupsRow::Group(group)) => Some(group),
        _ => None,
    });
    let of =
        move |what: fn(&GroupRow) -> String| group.with(|group| group.as_ref().map(what).unwrap_or_default());
    let is_open = Memo::new(move |_| {
        let named = group.with(|group| group.as_ref().map(|group| (group.id, group.is_innermost)));
        named.is_some_and(|(id, is_innermost)| {
            context.runs.view.with(|view| view.group_view.is_open(id, is_innermost))
        })
    });
    let toggle = move |_| {
        if let Some(id) = group.with_untracked(|group| group.as_ref().map(|group| group.id)) {
            let changed = context.runs.view.with_untracked(|view| view.group_view.toggled(id));
            context.edit.edit(ViewEdit::SetGroupsView(changed));
        }
    };
    let brush = move |_| {
        if let Some(GroupRow { brushes, .. }) = group.get_untracked() {
            context.edit.edit(ViewEdit::Brush(brushes));
        }
    };
    let cells = move || {
        let (cells, n_runs) = group.with(|group| {
            group.as_ref().map(|group| (group.cells.clone(), group.n_runs)).unwrap_or_default()
        });
        let heads = heads.get();
        let cell = |(cell, heads): (Option<GroupCell>, Vec<String>)| measure_cells(cell, n_runs, heads.len());
        cells.into_iter().zip(heads).map(cell).collect_view()
    };
    view! {
        <tr>
            <th scope="row" class="table__name" style:padding-inline-start=move || inset(group.with(|group| group.as_ref().map_or(0, |group| group.depth)))>
                <button
                    type="button"
                    class="groups__toggle"
                    aria-expanded=move || is_open.get().to_string()
                    aria-label=move || of(full_name)
                    on:click=toggle
                >
                    {move || of(|group| group.label.clone())}
                </button>
            </th>
            <td class="table__number">{move || of(|group| runs_text(group.n_runs))}</td>
            {cells}
            <td>
                <button
                    type="button"
                    class="button"
                    aria-label=move || format!("Brush {}", of(full_name))
                    on:click=brush
                >
                    "Brush"
                </button>
            </td>
        </tr>
    }
}

/// `8, in FINISHED`: the group and those around it.
fn full_name(group: &GroupRow) -> String {
    match group.around.as_slice() {
        [] => group.label.clone(),
        around => format!("{}, in {}", group.label, around.join(", ")),
    }
}

/// A run of an open group, with its own values.
#[component]
fn RunRow(
    context: WorkspaceContext,
    row: Memo<Option<GroupsRow>>,
    heads: Memo<Vec<Vec<String>>>,
) -> impl IntoView {
    let run = Memo::new(move |_| match row.get() {
        Some(GroupsRow::Run(run)) => Some(run),
        _ => None,
    });
    let named = Memo::new(move |_| run.with(|run| run.as_ref().map(|run| (run.run.clone(), run.depth))));
    let name = move || {
        named.get().map(|(run, depth)| {
            view! {
                <span class="groups__run" style:padding-inline-start=inset(depth)>
                    {select_box(context, run.clone())}
                    {run_link(context, &run)}
                </span>
            }
        })
    };
    let cells = move || {
        let cells = run.with(|run| run.as_ref().map(|run| run.cells.clone()).unwrap_or_default());
        let heads = heads.get();
        let cell = |(cell, heads): (Cell, Vec<String>)| {
            view! {
                <td class="table__number">{cell_text(cell)}</td>
                {(heads.len() > 1).then(|| view! { <td></td> })}
            }
        };
        cells.into_iter().zip(heads).map(cell).collect_view()
    };
    view! {
        <tr
            on:pointerenter=move |_| hover(context, named.get_untracked().map(|(run, _)| run))
            on:pointerleave=move |_| hover(context, None)
        >
            <th scope="row" class="table__name groups__name">{name}</th>
            <td></td>
            {cells}
            <td></td>
        </tr>
    }
}

/// What is measured of a group, and its best where there is a column for it; of how many runs, where not of all.
fn measure_cells(cell: Option<GroupCell>, n_runs: usize, n_cells: usize) -> AnyView {
    let best = |text: String| (n_cells > 1).then(|| view! { <td class="table__number">{text}</td> });
    let Some(GroupCell { n, centre, best: best_text }) = cell else {
        return view! { <td><em class="special">"missing"</em></td>{best(String::new())} }.into_any();
    };
    let part = (n < n_runs)
        .then(|| view! { <span class="groups__part">{format!("{n} of {}", runs_text(n_runs))}</span> });
    view! { <td class="table__number">{centre}{part}</td>{best(best_text)} }.into_any()
}
