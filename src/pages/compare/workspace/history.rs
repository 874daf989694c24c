//! How an objective came about: run by run, how its values are spread, and which runs were under way at once.

use super::{ExplainedChoice, PanelFrame, RunChart, WorkspaceContext};
use crate::engine::RunFigure;
use crate::engine::news::HistoryInfo;
use crate::ui::chart::Chart;
use crate::view::Panel;
use leptos::prelude::*;
use std::sync::Arc;

/// The panel.
#[component]
pub(super) fn HistoryPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.history;
    let summary = Signal::derive(move || info.with(|info| info.as_ref().map(summary_of).unwrap_or_default()));
    let objective = Signal::derive(move || {
        info.with(|info| info.as_ref()?.objective.as_ref().map(|objective| objective.column.clone()))
    });
    let has_brushes = Memo::new(move |_| context.runs.view.with(|view| !view.brushes.is_empty()));
    let drawn = move |figure: &dyn Fn(&HistoryInfo) -> RunFigure| {
        info.with(|info| info.as_ref().map(figure)).unwrap_or_default()
    };
    let progress = Memo::new(move |_| drawn(&|info| info.progress(has_brushes.get())));
    let timeline = Memo::new(move |_| drawn(&HistoryInfo::timeline));
    let spread =
        Memo::new(move |_| info.with(|info| info.as_ref().map(HistoryInfo::spread)).unwrap_or_default());
    let spread = Signal::derive(move || Arc::new(spread.get()));
    let title = move || {
        info.with(|info| {
            let objective = info.as_ref().and_then(|info| info.objective.as_ref());
            objective.map(|objective| objective.title.clone()).unwrap_or_default()
        })
    };
    let label = move |what: &'static str| Signal::derive(move || format!("{what} of {}", title()));
    view! {
        <PanelFrame context panel=Panel::History summary>
            <div class="toolbar"><ExplainedChoice context chosen=objective /></div>
            <div class="workspace__charts">
                <Show
                    when=move || objective.with(Option::is_some)
                    fallback=|| view! { <p class="panel__empty">"No run has a metric. Choose an objective."</p> }
                >
                    <RunChart context label=label("History") drawn=progress />
                    <Chart label=label("Distribution") figure=spread />
                </Show>
                <RunChart context label="Timeline of runs" drawn=timeline />
            </div>
        </PanelFrame>
    }
}

/// `58 kept runs, up to 2 at once; 1 without rmse`.
fn summary_of(info: &HistoryInfo) -> String {
    let at_once = format!("{} kept runs, up to {} at once", info.n_runs, info.n_lanes);
    let without = info
        .objective
        .as_ref()
        .filter(|objective| objective.n_without > 0)
        .map(|objective| format!("{} without {}", objective.n_without, objective.column.label()));
    let no_start = (info.n_without_start > 0).then(|| format!("{} without a start", info.n_without_start));
    let covered = (info.n_covered > 0).then(|| format!("{} drawn, evenly chosen", info.runs.len()));
    let parts = [Some(at_once), without, no_start, covered];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
