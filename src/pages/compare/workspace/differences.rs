//! In what the selected runs differ, against a baseline.

use super::{PanelFrame, WorkspaceContext, cell_text, missing_text, run_link, runs_text};
use crate::engine::news::{DifferenceCell, DifferenceRow, DifferencesInfo, NamedRun};
use crate::entities::{ColumnKey, RunId};
use crate::view::Panel;
use crate::view::edit::ViewEdit;
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
            {content}
        </PanelFrame>
    }
}

#[component]
fn DifferencesTable(context: WorkspaceContext, info: DifferencesInfo) -> impl IntoView {
    let heads = info.runs.iter().enumerate().map(|(place, run)| head(context, place, run)).collect_view();
    let mut last_kind = "";
    let rows = info.rows.into_iter().map(|row| {
        let kind = kind_of(&row.column);
        let is_first = std::mem::replace(&mut last_kind, kind) != kind;
        let n_columns = row.cells.len() + 1;
        view! {
            {is_first.then(|| view! {
                <tr class="differences__kind"><th scope="rowgroup" colspan=n_columns.to_string()>{kind}</th></tr>
            })}
            {difference_row(row)}
        }
    });
    view! {
        <div class="table-scroll workspace__table" tabindex="0" role="region" aria-label="Differences, scrollable">
            <table class="table differences" aria-label="Differences between runs">
                <thead><tr><th scope="col">"Column"</th>{heads}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

fn head(context: WorkspaceContext, place: usize, run: &NamedRun) -> impl IntoView + use<> {
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
        <th scope="col" class="differences__head">
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

fn difference_row(row: DifferenceRow) -> impl IntoView {
    let cell = |DifferenceCell { cell, change, is_better }: DifferenceCell| {
        let (word, class) = match is_better {
            Some(true) => ("better", "verdict verdict--better"),
            Some(false) => ("worse", "verdict verdict--worse"),
            None => ("", "verdict"),
        };
        view! {
            <td class="table__name">
                {cell_text(cell)}
                {change.map(|change| view! {
                    <span class="differences__change">{change} " " <span class=class>{word}</span></span>
                })}
            </td>
        }
    };
    view! {
        <tr>
            <th scope="row" class="table__name">{row.title}</th>
            {row.cells.into_iter().map(cell).collect_view()}
        </tr>
    }
}

fn kind_of(column: &ColumnKey) -> &'static str {
    match column {
        ColumnKey::Metric(_) => "Metrics",
        ColumnKey::Param(_) => "Params",
        ColumnKey::Attribute(_) => "Attributes",
        ColumnKey::Tag(_) => "Tags",
    }
}
