//! How many runs are shown of how many, what was skipped and why, and how far the load has come.

use super::EditView;
use crate::engine::Command;
use crate::engine::protocol::{ColumnsInfo, HistoryProgress};
use crate::entities::{Attribute, ColumnKey};
use crate::pages::context::RunsContext;
use crate::view::Step;
use crate::view::edit::ViewEdit;
use crate::view::measure::{Measure, step_words};
use leptos::prelude::*;

/// The counts, as a status that screen readers follow.
#[component]
pub(super) fn RunCounts(context: RunsContext) -> impl IntoView {
    let has_brush = Memo::new(move |_| context.view.with(|view| !view.brushes.is_empty()));
    let text = Memo::new(move |_| {
        let counts = context.counts.get();
        let mut text = format!("{} of {} runs", counts.n_kept, counts.n_all);
        if has_brush.get() {
            text.push_str(&format!(" · {} brushed", counts.n_brushed));
        }
        let (n_skipped, n_running) =
            context.progress.with(|progress| (progress.n_skipped, progress.n_running));
        text.push_str(&format!(" · {n_skipped} skipped"));
        if n_running > 0 {
            text.push_str(&format!(" · {n_running} running"));
        }
        text
    });
    let reasons = Memo::new(move |_| context.progress.with(|progress| progress.skipped.clone()));
    view! {
        <div class="run-counts">
            <p class="run-counts__text" role="status" aria-label="Run counts">{text}</p>
            <Show when=move || reasons.with(|reasons| !reasons.is_empty())>
                <details class="run-counts__skipped">
                    <summary>"Why skipped"</summary>
                    <ul>
                        <For each=move || reasons.get() key=|reason| reason.clone() let:reason>
                            <li>{reason}</li>
                        </For>
                    </ul>
                </details>
            </Show>
        </div>
    }
}

/// What was kept and excluded, each with a way to take it back, whatever became of the history since.
#[component]
pub(super) fn Decisions(context: RunsContext, edit: EditView) -> impl IntoView {
    let measure_of = |column: &ColumnKey, columns: &ColumnsInfo| {
        let info = columns.columns.iter().find(|info| info.key == *column);
        Measure {
            is_time: matches!(column, ColumnKey::Attribute(Attribute::StartTime | Attribute::EndTime)),
            unit: info.map(|info| info.unit.clone()).unwrap_or_default(),
            per_unit: info.map_or(1.0, |info| info.per_unit),
        }
    };
    let decisions = Memo::new(move |_| {
        context.columns.with(|columns| {
            let words = |step: &Step| step_words(step, |column| measure_of(column, columns));
            context.view.with(|view| view.steps.iter().map(words).enumerate().collect::<Vec<_>>())
        })
    });
    view! {
        <ul class="decisions" aria-label="Kept and excluded" hidden=move || decisions.with(Vec::is_empty)>
            <For each=move || decisions.get() key=|decision| decision.clone() let((place, words))>
                <li class="decisions__item">
                    <span class="decisions__words" title=words.clone()>{words.clone()}</span>
                    <button
                        type="button"
                        class="decisions__remove"
                        aria-label=format!("Take back: {words}")
                        on:click=move |_| edit.edit(ViewEdit::RemoveStep(place))
                    >
                        "×"
                    </button>
                </li>
            </For>
        </ul>
    }
}

/// What has arrived so far while runs load, and a way to stop. On the line of the counts, so that nothing below it
/// moves under the pointer when it comes and goes.
#[component]
pub(super) fn LoadStatus(context: RunsContext) -> impl IntoView {
    let progress = context.progress;
    let text = move || {
        progress.with(|progress| {
            format!("Loading runs: {} so far, {}", progress.n_runs, bytes_text(progress.n_bytes))
        })
    };
    // The words, the button's words, and what it does.
    let sizes = Memo::new(move |_| {
        progress.with(|progress| {
            let (n_known, n_models) = progress.n_model_sizes;
            if progress.are_model_sizes_stopped {
                let text = format!("Model sizes: stopped after {n_known}");
                return Some((text, "Find the rest", Command::ResumeModelSizes));
            }
            if n_known < n_models {
                let text = format!("Model sizes: {n_known} of {n_models} so far");
                return Some((text, "Stop", Command::StopModelSizes));
            }
            let text = || format!("Model sizes: {n_known} of {}, those on the screen", progress.n_models);
            let is_part = n_known > 0 && n_known < progress.n_models;
            is_part.then(|| (text(), "Read all", Command::ReadModelSizes))
        })
    });
    let histories = Memo::new(move |_| progress.with(|progress| histories_of(progress.histories)));
    view! {
        <Show when=move || progress.with(|progress| progress.is_loading)>
            <p class="load-status">
                <span>{text}</span>
                <button type="button" class="button" on:click=move |_| context.send.run(Command::CancelLoad)>
                    "Cancel"
                </button>
            </p>
        </Show>
        <Show when=move || progress.with(|progress| progress.is_cancelled)>
            <p class="load-status">
                {move || {
                    progress.with(|progress| format!("Stopped: the {} runs that arrived are shown", progress.n_runs))
                }}
            </p>
        </Show>
        {move || sizes.get().map(|(text, action, command)| view! {
            <p class="load-status">
                <span>{text}</span>
                <button type="button" class="button" on:click=move |_| context.send.run(command.clone())>{action}</button>
            </p>
        })}
        {move || histories.get().map(|(text, action, command)| view! {
            <p class="load-status">
                <span>{text}</span>
                <button type="button" class="button" on:click=move |_| context.send.run(command.clone())>{action}</button>
            </p>
        })}
    }
}

/// How far reading histories has come, where it has not come to its end: the words, the button's words, what it does.
fn histories_of(progress: HistoryProgress) -> Option<(String, &'static str, Command)> {
    let HistoryProgress { n_read, n_failed, n_all, is_stopped } = progress;
    if is_stopped {
        return Some((
            format!("Metric histories: stopped after {n_read}"),
            "Read the rest",
            Command::ResumeHistories,
        ));
    }
    if n_read + n_failed < n_all {
        return Some((
            format!("Metric histories: {n_read} of {n_all} so far"),
            "Stop",
            Command::StopHistories,
        ));
    }
    let text = || format!("Metric histories: {n_failed} of {n_all} could not be read");
    (n_failed > 0).then(|| (text(), "Try again", Command::ResumeHistories))
}

/// What to do where there is no run.
#[component]
pub(super) fn NoRuns(context: RunsContext) -> impl IntoView {
    let is_empty = move || {
        context
            .progress
            .with(|progress| !progress.is_loading && !progress.is_cancelled && progress.n_runs == 0)
            && context.columns.with(|columns| !columns.columns.is_empty())
    };
    view! {
        <Show when=is_empty>
            <p class="load-status">"No runs here yet: log one, or show deleted runs too"</p>
        </Show>
    }
}

/// A number of bytes in words, three significant digits.
pub(crate) fn bytes_text(n_bytes: u64) -> String {
    let mut amount = n_bytes as f64;
    if amount < 1000.0 {
        return format!("{n_bytes} B");
    }
    for unit in ["kB", "MB", "GB", "TB"] {
        amount /= 1000.0;
        if amount < 999.5 || unit == "TB" {
            let n_digits = if amount < 9.995 {
                2
            } else if amount < 99.95 {
                1
            } else {
                0
            };
            return format!("{amount:.n_digits$} {unit}");
        }
    }
    format!("{n_bytes} B")
}
