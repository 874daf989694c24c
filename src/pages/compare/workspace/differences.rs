//! In what the selected runs differ, against a baseline.

use super::{PanelFrame, WorkspaceContext, cell_text, missing_text, run_link, runs_text, verdict};
use crate::engine::news::{DifferenceCell, DifferencesInfo, LineChange, NamedRun};
use crate::entities::{ColumnKey, RunId};
use crate::view::edit::ViewEdit;
use crate::view::{DifferencesView, Panel};
use leptos::prelude::*;

/// The panel.
#[component]
pub(super) fn DifferencesPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.differences;
    let summary = Signal::derive(move || {
        info.with(|info| match info {
            None => String::new(),
            Some(info) => {
                let n_columns = match info.rows.len() {
                    1 => "1 column".to_owned(),
                    n => format!("{n} columns"),
                };
                format!(
                    "{}, {n_columns} in which they differ, {} in which they are equal{}",
                    runs_text(info.runs.len()),
                    info.n_equal,
                    missing_text(&info.missing)
                )
            }
        })
    });
    let content = move || {
        match info.get() {
        None => view! { <p class="panel__empty" role="status">"Comparing"</p> }.into_any(),
        Some(info) if info.runs.len() < 2 => view! {
            <p class="panel__empty">
                "Select two runs or more, with the boxes in the table or with the Space key, to see in what they differ."
            </p>
        }
        .into_any(),
        Some(info) => view! { <DifferencesTable context info /> }.into_any(),
    }
    };
    view! {
        <PanelFrame context panel=Panel::Differences summary>
            <Settings context />
            {content}
        </PanelFrame>
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
        </div>
    }
}

#[component]
fn DifferencesTable(context: WorkspaceContext, info: DifferencesInfo) -> impl IntoView {
    let are_runs_rows = context.runs.view.with_untracked(|view| view.differences.are_runs_rows);
    let table = if are_runs_rows {
        runs_as_rows(context, info).into_any()
    } else {
        runs_as_columns(context, info).into_any()
    };
    view! {
        <div class="table-scroll workspace__table" tabindex="0" role="region" aria-label="Differences, scrollable">
            <table class="table differences" aria-label="Differences between runs">{table}</table>
        </div>
    }
}

fn runs_as_columns(context: WorkspaceContext, info: DifferencesInfo) -> impl IntoView {
    let heads =
        info.runs.iter().enumerate().map(|(place, run)| head(context, place, run, "col")).collect_view();
    let mut last_kind = "";
    let rows = info.rows.into_iter().map(|row| {
        let kind = kind_of(&row.column);
        let is_first = std::mem::replace(&mut last_kind, kind) != kind;
        let n_columns = row.cells.len() + 1;
        view! {
            {is_first.then(|| view! {
                <tr class="differences__kind"><th scope="rowgroup" colspan=n_columns.to_string()>{kind}</th></tr>
            })}
            <tr>
                <th scope="row" class="table__name">{row.title}</th>
                {row.cells.into_iter().map(difference_cell).collect_view()}
            </tr>
        }
    });
    view! {
        <thead><tr><th scope="col">"Column"</th>{heads}</tr></thead>
        <tbody>{rows.collect_view()}</tbody>
    }
}

fn runs_as_rows(context: WorkspaceContext, info: DifferencesInfo) -> impl IntoView {
    let mut kinds: Vec<(&'static str, usize)> = Vec::new();
    for row in &info.rows {
        let kind = kind_of(&row.column);
        match kinds.last_mut() {
            Some((last, n)) if *last == kind => *n += 1,
            _ => kinds.push((kind, 1)),
        }
    }
    let kinds =
        kinds.into_iter().map(|(kind, n)| view! { <th scope="colgroup" colspan=n.to_string()>{kind}</th> });
    let kinds = kinds.collect_view();
    let titles =
        info.rows.iter().map(|row| view! { <th scope="col" class="table__name">{row.title.clone()}</th> });
    let titles = titles.collect_view();
    let mut cells: Vec<_> = info.rows.into_iter().map(|row| row.cells.into_iter()).collect();
    let rows = info.runs.iter().enumerate().map(|(place, run)| {
        let own: Vec<DifferenceCell> = cells.iter_mut().filter_map(Iterator::next).collect();
        view! {
            <tr>{head(context, place, run, "row")}{own.into_iter().map(difference_cell).collect_view()}</tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <thead>
            <tr class="differences__kind"><td></td>{kinds}</tr>
            <tr><th scope="col">"Run"</th>{titles}</tr>
        </thead>
        <tbody>{rows}</tbody>
    }
}

fn head(
    context: WorkspaceContext,
    place: usize,
    run: &NamedRun,
    scope: &'static str,
) -> impl IntoView + use<> {
    let name = run.name.clone();
    let run_id = StoredValue::new(run.run_id.clone());
    let make_baseline = move |_| {
        let first = run_id.get_value();
        let others = context.selected.get_untracked().into_iter().filter(|id| *id != first);
        let selected: Vec<RunId> = std::iter::once(first.clone()).chain(others).collect();
        context.edit.edit(ViewEdit::Select(selected));
    };
    let remove = move |_| context.edit.edit(ViewEdit::ToggleSelected(run_id.get_value()));
    view! {
        <th scope=scope class="differences__head">
            {run_link(context, run)}
            <span class="differences__actions">
                {if place == 0 {
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

fn difference_cell(cell: DifferenceCell) -> impl IntoView {
    let DifferenceCell { cell, change, lines, is_better } = cell;
    view! {
        <td class="table__name">
            {cell_text(cell)}
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

fn kind_of(column: &ColumnKey) -> &'static str {
    match column {
        ColumnKey::Metric(_) => "Metrics",
        ColumnKey::Param(_) => "Params",
        ColumnKey::Attribute(_) => "Attributes",
        ColumnKey::Tag(_) => "Tags",
        ColumnKey::Derived(_) => "Derived",
    }
}
