//! The runs by two columns, in colours, sizes and several charts by others. An area that is drawn becomes a brush.

use super::near::near_children;
use super::{ColumnChoice, MANY_CHARTS, MoreButton, PanelFrame, RunChart, WorkspaceContext, is_kind};
use crate::engine::news::{HeatCell, HeatMap, ScatterInfo};
use crate::engine::protocol::ColumnInfo;
use crate::entities::ColumnKey;
use crate::ui::chart_area::{AreaTool, Drawn};
use crate::view::edit::ViewEdit;
use crate::view::{AxisKind, AxisView, Brush, Panel, ScatterView};
use leptos::prelude::*;

const TOOLS: [(Option<AreaTool>, &str); 3] =
    [(None, "Look"), (Some(AreaTool::Box), "Box"), (Some(AreaTool::Lasso), "Lasso")];
const KINDS: [(Option<AxisKind>, &str); 5] = [
    (None, "by its values"),
    (Some(AxisKind::Linear), "linear"),
    (Some(AxisKind::Log), "logarithmic"),
    (Some(AxisKind::Categorical), "categories"),
    (Some(AxisKind::Time), "time"),
];
/// So many charts are laid out at once; a button shows more.
const N_CHARTS: usize = 200;
const NO_LASSO: &str = "A lasso needs numbers on both axes: draw a box around categories.";

/// The panel.
#[component]
pub(super) fn ScatterPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.scatter;
    let summary = Signal::derive(move || info.with(|info| info.as_ref().map(summary_of).unwrap_or_default()));
    let tool = RwSignal::new(Some(AreaTool::Box));
    let problem = RwSignal::new("");
    let on_area = Callback::new(move |(tool, corners): Drawn| {
        let brushes = info.with_untracked(|info| info.as_ref()?.brushes(&corners, tool == AreaTool::Box));
        problem.set(if brushes.is_none() { NO_LASSO } else { "" });
        if let Some(brushes) = brushes {
            context.edit.edit(ViewEdit::Brush(brushes));
        }
    });
    let heat_map = Memo::new(move |_| info.with(|info| info.as_ref().and_then(|info| info.heat_map.clone())));
    let chart = move |place: usize, name: String| {
        let drawn = Memo::new(move |_| {
            info.with(|info| info.as_ref().map(|info| info.figure(place)).unwrap_or_default())
        });
        let label = Signal::derive(move || {
            let axes = drawn.with(|drawn| (drawn.figure.y.heading(), drawn.figure.x.heading()));
            let what = format!("{} against {}", axes.0, axes.1);
            if name.is_empty() { what } else { format!("{name}: {what}") }
        });
        view! { <RunChart context label drawn area_tool=tool on_area /> }
    };
    let has_axes =
        Memo::new(move |_| info.with(|info| info.as_ref().is_some_and(|info| info.axes.is_some())));
    view! {
        <PanelFrame context panel=Panel::Scatter summary>
            <Settings context />
            <Tools context tool />
            <p class="secondary" role="status">{problem}</p>
            <Show
                when=move || has_axes.get()
                fallback=|| view! { <p class="panel__empty">"There are no two columns of numbers to show. Choose x and y."</p> }
            >
                <Charts context chart />
            </Show>
            {move || heat_map.get().map(|map| view! { <HeatTable map /> })}
        </PanelFrame>
    }
}

/// The charts side by side, the first of them where they are very many; of many, only those in view or near are drawn.
#[component]
fn Charts<F, V>(context: WorkspaceContext, chart: F) -> impl IntoView
where
    F: Fn(usize, String) -> V + Copy + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let info = context.scatter;
    let titles =
        Memo::new(move |_| info.with(|info| info.as_ref().map(ScatterInfo::titles).unwrap_or_default()));
    let n_shown = RwSignal::new(N_CHARTS);
    let shown = move || {
        let titles = titles.get().into_iter().take(n_shown.get());
        titles.enumerate().collect::<Vec<_>>()
    };
    let is_many = Memo::new(move |_| titles.with(|titles| titles.len() > MANY_CHARTS));
    let grid = NodeRef::new();
    let near = near_children(grid, is_many);
    let one = move |(place, title): (usize, String)| {
        let is_drawn = Memo::new(move |_| place < MANY_CHARTS || near.with(|near| near.contains(&place)));
        let name = title.clone();
        view! {
            <Show
                when=move || is_drawn.get()
                fallback=move || view! { <p class="panel__empty workspace__chart-to-come">{name.clone()}</p> }
            >
                {chart(place, title.clone())}
            </Show>
        }
    };
    view! {
        <Facets context titles n_shown />
        <div class="workspace__charts" node_ref=grid>
            <For each=shown key=|item| item.clone() children=one />
        </div>
    }
}

/// How many charts there are of how many there could be, and the ways to the others; nothing where one shows all.
#[component]
fn Facets(context: WorkspaceContext, titles: Memo<Vec<String>>, n_shown: RwSignal<usize>) -> impl IntoView {
    let n_values = Memo::new(move |_| {
        context.scatter.with(|info| Some(info.as_ref()?.facet.as_ref()?.n_values)).unwrap_or_default()
    });
    let n_charts = Memo::new(move |_| titles.with(Vec::len));
    let has_all = Memo::new(move |_| context.runs.view.with(|view| view.more.has_all_facets));
    let text = move || {
        let (n_shown, n_charts, n_values) =
            (n_shown.get().min(n_charts.get()), n_charts.get(), n_values.get());
        let first = if n_shown < n_charts {
            format!("The first {n_shown} of {n_charts} charts")
        } else {
            format!("{n_charts} charts")
        };
        let of_values = if n_charts < n_values { format!(" for {n_values} values") } else { String::new() };
        let not_drawn = if n_shown > MANY_CHARTS { "; those out of view are not drawn" } else { "" };
        format!("{first}{of_values}{not_drawn}")
    };
    view! {
        <Show when=move || { n_values.get() > 0 }>
            <div class="toolbar">
                <p class="secondary" role="status">{text}</p>
                <Show when=move || has_all.get() || n_charts.get() < n_values.get()>
                    <MoreButton
                        context
                        text=Signal::derive(move || format!("A chart for each of the {} values", n_values.get()))
                        is_on=|more| more.has_all_facets
                        turn=|more| more.has_all_facets = !more.has_all_facets
                    />
                </Show>
                <Show when=move || n_shown.get() < n_charts.get()>
                    <button type="button" class="button" on:click=move |_| n_shown.update(|n| *n += N_CHARTS)>
                        {move || format!("Show {} more", N_CHARTS.min(n_charts.get().saturating_sub(n_shown.get())))}
                    </button>
                </Show>
            </div>
        </Show>
    }
}

/// The heat map, which is a table: its numbers say all, the colours help to find them.
#[component]
fn HeatTable(map: HeatMap) -> impl IntoView {
    let HeatMap { title, x, y, is_less_better, cells } = map;
    let strongest = match is_less_better {
        Some(true) => "the least, which is the best",
        Some(false) => "the most, which is the best",
        None => "the most",
    };
    let cell = |cell: Option<HeatCell>| {
        match cell {
        Some(HeatCell { mean: Some(mean), n_runs, share }) => {
            let colour = format!("color-mix(in srgb, var(--series-1) {:.0}%, transparent)", share * 35.0);
            view! { <td class="table__number" style:background-color=colour>{format!("{mean} ({n_runs})")}</td> }
                .into_any()
        }
        Some(HeatCell { n_runs, .. }) => {
            view! { <td class="table__number"><em class="special">"missing"</em>{format!(" ({n_runs})")}</td> }
                .into_any()
        }
        None => view! { <td class="table__number"><span class="secondary">"no run"</span></td> }.into_any(),
    }
    };
    let heads = x.labels.into_iter().map(|label| view! { <th scope="col">{label}</th> }).collect_view();
    let rows = y.labels.into_iter().zip(cells).map(|(label, cells)| {
        view! { <tr><th scope="row" class="table__name">{label}</th>{cells.into_iter().map(cell).collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <h3 class="pick__title">{format!("Mean of {title} by {} and {}", x.title, y.title)}</h3>
        <p class="secondary">{format!("In brackets the number of runs. The strongest colour is {strongest}.")}</p>
        <div class="table-scroll" tabindex="0" role="region" aria-label="Heat map, scrollable">
            <table class="table" aria-label="Heat map">
                <thead><tr><th scope="col">{format!("{} ↓ {} →", y.title, x.title)}</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// `58 kept runs; 4 without a place on both axes; 900 lie where another one is drawn`.
fn summary_of(info: &ScatterInfo) -> String {
    let said = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    let size = info
        .size
        .as_ref()
        .map(|size| format!("size: {} from {} to {}", size.title, size.range.0, size.range.1));
    let parts = [
        Some(format!("{} kept runs", info.n_runs)),
        said(info.n_unplaced, "without a place on both axes"),
        said(info.n_covered, "lie where another one is drawn"),
        size,
        said(info.n_without_size(), "of the least size, for they have none"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn is_any(_: &ColumnInfo) -> bool {
    true
}

fn is_number(info: &ColumnInfo) -> bool {
    info.is_numeric
}

/// Which columns.
#[component]
fn Settings(context: WorkspaceContext) -> impl IntoView {
    let view = Memo::new(move |_| context.runs.view.with(|view| view.scatter.clone()));
    let change = move |edit: &dyn Fn(&mut ScatterView)| {
        let mut changed = view.get_untracked();
        edit(&mut changed);
        context.edit.edit(ViewEdit::SetScatter(changed));
    };
    // The axes in force are the engine's where nobody chose.
    let axes = Memo::new(move |_| {
        context.scatter.with(|info| {
            let (x, y) = info.as_ref()?.axes.as_ref()?;
            Some((x.column.clone(), y.column.clone()))
        })
    });
    let x = Signal::derive(move || axes.get().map(|(x, _)| x));
    let y = Signal::derive(move || axes.get().map(|(_, y)| y));
    let plain = |column| AxisView { column, kind: None, is_flipped: false };
    let set_x =
        Callback::new(move |column: Option<ColumnKey>| change(&|view| view.x = column.clone().map(plain)));
    let set_y =
        Callback::new(move |column: Option<ColumnKey>| change(&|view| view.y = column.clone().map(plain)));
    let axis = move |is_x: bool, view: &ScatterView| {
        let chosen = if is_x { view.x.clone() } else { view.y.clone() };
        chosen.or_else(|| axes.get_untracked().map(|(x, y)| plain(if is_x { x } else { y })))
    };
    let set_axis = move |is_x: bool, edit: &dyn Fn(&mut AxisView)| {
        change(&|view| {
            let mut changed = axis(is_x, view);
            if let Some(axis) = &mut changed {
                edit(axis);
            }
            *(if is_x { &mut view.x } else { &mut view.y }) = changed;
        });
    };
    let kind = move |is_x: bool, label: &'static str| {
        let chosen = move || {
            view.with(|view| if is_x { &view.x } else { &view.y }.as_ref().and_then(|axis| axis.kind))
        };
        view! {
            <select
                class="select"
                aria-label=label
                on:change:target=move |event| {
                    let word = event.target().value();
                    if let Some((kind, _)) = KINDS.iter().find(|(_, name)| *name == word) {
                        set_axis(is_x, &|axis| axis.kind = *kind);
                    }
                }
            >
                {KINDS.map(|(kind, name)| view! { <option value=name selected=move || chosen() == kind>{name}</option> })}
            </select>
        }
    };
    let swap = move |_| {
        change(&|view| {
            let (x, y) = (axis(true, view), axis(false, view));
            (view.x, view.y) = (y, x);
        });
    };
    let colour = Signal::derive(move || view.with(|view| view.colour.clone()));
    let size = Signal::derive(move || view.with(|view| view.size.clone()));
    let facet = Signal::derive(move || view.with(|view| view.facet.clone()));
    let heat = Signal::derive(move || view.with(|view| view.heat.clone()));
    let set_heat =
        Callback::new(move |column: Option<ColumnKey>| change(&|view| view.heat.clone_from(&column)));
    let set_colour =
        Callback::new(move |column: Option<ColumnKey>| change(&|view| view.colour.clone_from(&column)));
    let set_size =
        Callback::new(move |column: Option<ColumnKey>| change(&|view| view.size.clone_from(&column)));
    let set_facet =
        Callback::new(move |column: Option<ColumnKey>| change(&|view| view.facet.clone_from(&column)));
    view! {
        <div class="toolbar">
            <ColumnChoice context label="x" chosen=x is_offered=is_any on_choose=set_x />
            {kind(true, "How x is spread")}
            <ColumnChoice context label="y" chosen=y is_offered=is_any on_choose=set_y />
            {kind(false, "How y is spread")}
            <button type="button" class="button" on:click=swap>"Swap x and y"</button>
            <ColumnChoice context label="Colour" chosen=colour is_offered=is_kind is_optional=true on_choose=set_colour />
            <ColumnChoice context label="Size" chosen=size is_offered=is_number is_optional=true on_choose=set_size />
            <ColumnChoice context label="A chart for each" chosen=facet is_offered=is_kind is_optional=true on_choose=set_facet />
            <ColumnChoice context label="Heat map" chosen=heat is_offered=is_number is_optional=true on_choose=set_heat />
        </div>
    }
}

/// What dragging does, and bounds to type for those who do not drag.
#[component]
fn Tools(context: WorkspaceContext, tool: RwSignal<Option<AreaTool>>) -> impl IntoView {
    let choice = move |(this, name): (Option<AreaTool>, &'static str)| {
        let is_chosen = move || tool.get() == this;
        view! {
            <button
                type="button"
                class="button"
                aria-pressed=move || is_chosen().to_string()
                on:click=move |_| tool.set(this)
            >
                {name}
            </button>
        }
    };
    let axes =
        Memo::new(move |_| context.scatter.with(|info| info.as_ref().and_then(|info| info.axes.clone())));
    let is_brushed = Memo::new(move |_| {
        let columns = axes.get().map(|(x, y)| [x.column, y.column]);
        context.runs.view.with(|view| {
            view.brushes
                .iter()
                .any(|brush| columns.as_ref().is_some_and(|columns| columns.contains(&brush.column)))
        })
    });
    let clear = move |_| {
        if let Some((x, y)) = axes.get_untracked() {
            let none = |column| Brush { column, picks: Vec::new() };
            context.edit.edit(ViewEdit::Brush(vec![none(x.column), none(y.column)]));
        }
    };
    view! {
        <div class="toolbar" role="group" aria-label="What dragging does">
            <span class="secondary">"Drag to"</span>
            {TOOLS.map(choice)}
            <Show when=move || is_brushed.get()>
                <button type="button" class="button" on:click=clear>"Clear these brushes"</button>
            </Show>
            <span class="secondary">"By keyboard, brush the same columns on their axes in the plot above."</span>
        </div>
    }
}
