//! In what the selected runs differ, against a baseline.

use super::{
    PagerPart, PanelFrame, WorkspaceContext, cell_text, keyed, missing_text, run_link, runs_text, verdict,
};
use crate::engine::Command;
use crate::engine::news::{
    DifferenceCell, DifferenceKind, DifferenceRow, DifferencesInfo, DifferencesWindow, LineChange, NamedRun,
};
use crate::entities::RunId;
use crate::plot::charts::{Look, Mark};
use crate::ui::chart::Swatch;
use crate::ui::focus::focus_on;
use crate::view::edit::ViewEdit;
use crate::view::{DifferencesView, Panel};
use leptos::prelude::*;
use serde::Serialize;

/// The panel.
#[component]
pub(super) fn DifferencesPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.differences;
    let summary = Signal::derive(move || info.with(|info| info.as_ref().map(summary_of).unwrap_or_default()));
    let is_here = Memo::new(move |_| info.with(Option::is_some));
    let has_two = Memo::new(move |_| info.with(|info| info.as_ref().is_some_and(|info| info.n_runs > 1)));
    view! {
        <PanelFrame context panel=Panel::Differences summary>
            <Settings context />
            <Show when=move || is_here.get() fallback=|| view! { <p class="panel__empty" role="status">"Comparing"</p> }>
                <Show
                    when=move || has_two.get()
                    fallback=|| view! {
                        <p class="panel__empty">
                            "Select two runs or more, with the boxes in the table or with the Space key, to see in what they differ."
                        </p>
                    }
                >
                    <Pager context />
                    <DifferencesTable context />
                </Show>
            </Show>
        </PanelFrame>
    }
}

/// `3 runs, 12 columns in which they differ, 40 in which they are equal`.
fn summary_of(info: &DifferencesInfo) -> String {
    let n_columns = match info.n_rows {
        1 => "1 column".to_owned(),
        n => format!("{n} columns"),
    };
    let files = match info.n_files {
        Some((n_read, n_all)) if n_read < n_all => {
            format!("; {n_read} of {n_all} files of their environments read")
        }
        _ => String::new(),
    };
    format!(
        "{}, {n_columns} in which they differ, {} in which they are equal{}{files}",
        runs_text(info.n_runs),
        info.n_equal,
        missing_text(&info.missing)
    )
}

/// Which part of many runs and columns is shown, and the ways to the others.
#[component]
fn Pager(context: WorkspaceContext) -> impl IntoView {
    let window = Memo::new(move |_| {
        context.differences.with(|info| {
            let info = info.as_ref()?;
            Some((info.window, info.n_runs.saturating_sub(1), info.n_rows))
        })
    });
    let look = move |change: &dyn Fn(&mut DifferencesWindow)| {
        if let Some((mut wanted, ..)) = window.get_untracked() {
            change(&mut wanted);
            context.runs.send.run(Command::LookAtDifferences(wanted));
        }
    };
    let runs = move || window.get().map(|(window, n_runs, _)| (window.first_run, n_runs)).unwrap_or_default();
    let rows = move || window.get().map(|(window, _, n_rows)| (window.first_row, n_rows)).unwrap_or_default();
    view! {
        <PagerPart
            noun="runs"
            more=" beside the baseline"
            place=Signal::derive(runs)
            n_at_once=DifferencesInfo::N_RUNS
            on_look=Callback::new(move |first| look(&|window| window.first_run = first))
        />
        <PagerPart
            noun="columns"
            place=Signal::derive(rows)
            n_at_once=DifferencesInfo::N_ROWS
            on_look=Callback::new(move |first| look(&|window| window.first_row = first))
        />
    }
}

/// What counts as equal, and whether runs are rows or columns.
#[component]
fn Settings(context: WorkspaceContext) -> impl IntoView {
    let view = Memo::new(move |_| context.runs.view.with(|view| view.differences));
    let change = move |changed: DifferencesView| context.edit.edit(ViewEdit::SetDifferences(changed));
    view! {
        <div class="toolbar">
            <label class="check">
                "Equal within "
                <input
                    class="input differences__tolerance"
                    type="number"
                    min="0"
                    max="100"
                    step="any"
                    aria-label="Numbers are equal within so many percent"
                    prop:value=move || view.get().tolerance_percent.to_string()
                    on:change:target=move |event| {
                        let percent = event.target().value().parse().unwrap_or(0.0_f64);
                        let tolerance_percent = if percent.is_finite() { percent.max(0.0) } else { 0.0 };
                        change(DifferencesView { tolerance_percent, ..view.get_untracked() });
                    }
                />
                " %"
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || view.get().are_runs_rows
                    on:change=move |_| {
                        let now = view.get_untracked();
                        change(DifferencesView { are_runs_rows: !now.are_runs_rows, ..now });
                    }
                />
                "Runs as rows"
            </label>
            <button
                type="button"
                class="button"
                title="Reads requirements.txt, conda.yaml and python_env.yaml of each run's model"
                aria-pressed=move || view.get().has_environments.to_string()
                on:click=move |_| {
                    let now = view.get_untracked();
                    change(DifferencesView { has_environments: !now.has_environments, ..now });
                }
            >
                "Compare environments"
            </button>
        </div>
    }
}

/// Where the focus goes when what had it goes away.
const SCROLLER: &str = "[aria-label='Differences, scrollable']";

#[component]
fn DifferencesTable(context: WorkspaceContext) -> impl IntoView {
    let are_runs_rows = Memo::new(move |_| context.runs.view.with(|view| view.differences.are_runs_rows));
    view! {
        <div class="table-scroll workspace__table" tabindex="0" role="region" aria-label="Differences, scrollable">
            <table class="table differences differences--selected" aria-label="Differences between runs">
                <Show when=move || are_runs_rows.get() fallback=move || view! { <RunsAsColumns context /> }>
                    <RunsAsRows context />
                </Show>
            </table>
        </div>
    }
}

/// The runs of the part, the baseline first: by their ids, so that each keeps its head.
fn shown_runs(context: WorkspaceContext) -> impl Fn() -> Vec<(NamedRun, bool)> + Clone + Send + 'static {
    move || {
        let of = |info: &DifferencesInfo| {
            info.runs.iter().enumerate().map(|(place, run)| (run.clone(), place == 0)).collect()
        };
        context.differences.with(|info| info.as_ref().map(of).unwrap_or_default())
    }
}

/// A row of the table whose columns are runs.
#[derive(Clone, Serialize)]
enum Entry {
    /// The heading of a kind, as wide as so many columns.
    Kind(DifferenceKind, usize),
    Row(DifferenceRow),
}

#[component]
fn RunsAsColumns(context: WorkspaceContext) -> impl IntoView {
    let entries = move || {
        let mut entries = Vec::new();
        let mut last = None;
        let rows =
            context.differences.with(|info| info.as_ref().map(|info| info.rows.clone()).unwrap_or_default());
        for row in rows {
            if last.replace(row.kind) != Some(row.kind) {
                entries.push(Entry::Kind(row.kind, row.cells.len() + 1));
            }
            entries.push(Entry::Row(row));
        }
        keyed(entries)
    };
    let entry = |(_, entry): (String, Entry)| {
        match entry {
        Entry::Kind(kind, n_columns) => view! {
            <tr class="differences__kind"><th scope="rowgroup" colspan=n_columns.to_string()>{kind.title()}</th></tr>
        }
        .into_any(),
        Entry::Row(row) => view! {
            <tr>
                <th scope="row" class="table__name">{row.title}</th>
                {row.cells.into_iter().map(difference_cell).collect_view()}
            </tr>
        }
        .into_any(),
    }
    };
    view! {
        <thead>
            <tr>
                <th scope="col">"Column"</th>
                <For
                    each=shown_runs(context)
                    key=|(run, is_baseline)| (run.run_id.clone(), run.name.clone(), *is_baseline)
                    children=move |(run, is_baseline)| head(context, is_baseline, &run, "col")
                />
            </tr>
        </thead>
        <tbody><For each=entries key=|(key, _)| key.clone() children=entry /></tbody>
    }
}

#[component]
fn RunsAsRows(context: WorkspaceContext) -> impl IntoView {
    let titles = Memo::new(move |_| {
        let of = |info: &DifferencesInfo| {
            info.rows.iter().map(|row| (row.kind, row.title.clone())).collect::<Vec<_>>()
        };
        context.differences.with(|info| info.as_ref().map(of).unwrap_or_default())
    });
    let kinds = move || {
        let mut kinds: Vec<(DifferenceKind, usize)> = Vec::new();
        titles.with(|titles| {
            for (kind, _) in titles {
                match kinds.last_mut() {
                    Some((last, n)) if last == kind => *n += 1,
                    _ => kinds.push((*kind, 1)),
                }
            }
        });
        kinds
    };
    let rows = move || {
        let of = |info: &DifferencesInfo| {
            let row = |(place, run): (usize, &NamedRun)| {
                let cells = info.rows.iter().filter_map(|row| row.cells.get(place).cloned());
                (run.clone(), place == 0, cells.collect::<Vec<_>>())
            };
            keyed(info.runs.iter().enumerate().map(row).collect())
        };
        context.differences.with(|info| info.as_ref().map(of).unwrap_or_default())
    };
    let row = move |(_, (run, is_baseline, cells)): (String, (NamedRun, bool, Vec<DifferenceCell>))| {
        view! {
            <tr>{head(context, is_baseline, &run, "row")}{cells.into_iter().map(difference_cell).collect_view()}</tr>
        }
    };
    view! {
        <thead>
            <tr class="differences__kind">
                <td></td>
                <For
                    each=kinds
                    key=|kind| *kind
                    children=|(kind, n): (DifferenceKind, usize)| view! { <th scope="colgroup" colspan=n.to_string()>{kind.title()}</th> }
                />
            </tr>
            <tr>
                <th scope="col">"Run"</th>
                <For
                    each=move || titles.get()
                    key=|title| title.clone()
                    children=|(_, title): (DifferenceKind, String)| view! { <th scope="col" class="table__name">{title}</th> }
                />
            </tr>
        </thead>
        <tbody><For each=rows key=|(key, _)| key.clone() children=row /></tbody>
    }
}

fn head(
    context: WorkspaceContext,
    is_baseline: bool,
    run: &NamedRun,
    scope: &'static str,
) -> impl IntoView + use<> {
    let name = run.name.clone();
    let run_id = StoredValue::new(run.run_id.clone());
    let make_baseline = move |_| {
        let first = run_id.get_value();
        let others = context.selected.get_untracked().into_iter().filter(|id| *id != first);
        let selected: Vec<RunId> = std::iter::once(first.clone()).chain(others).collect();
        // This button goes away, and the head of a run that is gone does so as well.
        focus_on(SCROLLER);
        context.edit.edit(ViewEdit::Select(selected));
    };
    let remove = move |_| {
        focus_on(SCROLLER);
        context.edit.edit(ViewEdit::ToggleSelected(run_id.get_value()));
    };
    view! {
        <th scope=scope class="differences__head">
            {run_look(context, run_id)}
            {run_link(context, run)}
            <span class="differences__actions">
                {if is_baseline {
                    view! { <span class="secondary">"baseline"</span> }.into_any()
                } else {
                    view! {
                        <button type="button" class="button button--quiet" aria-label=format!("Make baseline: {name}") on:click=make_baseline>
                            "Make baseline"
                        </button>
                    }
                    .into_any()
                }}
                <button type="button" class="button button--quiet" aria-label=format!("Remove {name} from the selection") on:click=remove>
                    "Remove"
                </button>
            </span>
        </th>
    }
}

/// The run's line in the metric curves, by colour and dash, which it keeps as long as it is selected. Where curves have
/// the looks of groups, no run has one.
fn run_look(context: WorkspaceContext, run_id: StoredValue<RunId>) -> impl IntoView {
    let look = Memo::new(move |_| {
        context.runs.view.with(|view| {
            let place = view.selected.iter().position(|id| run_id.with_value(|own| own == id))?;
            view.curves.bands.is_none().then(|| Look::nth(view.slot(place)))
        })
    });
    move || look.get().map(|look| view! { <Swatch mark=Mark::Line { has_dots: false } look /> })
}

fn difference_cell(cell: DifferenceCell) -> impl IntoView {
    let DifferenceCell { cell, change, lines, is_better } = cell;
    view! {
        <td class="table__name">
            {match cell {
                Some(cell) => cell_text(cell),
                None => view! { <em class="special">{DifferenceCell::UNREAD}</em> }.into_any(),
            }}
            {change.map(|change| view! {
                <span class="differences__change">{change} " " {verdict(is_better)}</span>
            })}
            {(!lines.is_empty()).then(|| line_list(lines))}
        </td>
    }
}

/// The lines that differ, with a sign before each.
fn line_list(lines: Vec<LineChange>) -> impl IntoView {
    let title =
        if lines.len() == 1 { "1 line differs".to_owned() } else { format!("{} lines differ", lines.len()) };
    let line = |change: LineChange| {
        let (sign, said, text) = match change {
            LineChange::Removed(text) => ("−", "only in the baseline: ", text),
            LineChange::Added(text) => ("+", "not in the baseline: ", text),
        };
        view! {
            <li>
                <span aria-hidden="true">{sign} " "</span>
                <span class="visually-hidden">{said}</span>
                <code>{text}</code>
            </li>
        }
    };
    view! {
        <details class="differences__lines">
            <summary>{title}</summary>
            <ul>{lines.into_iter().map(line).collect_view()}</ul>
        </details>
    }
}
