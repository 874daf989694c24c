//! What the compare page and the run page need of the application: signals in, callbacks out.
//!
//! The state fills it in once; the pages see neither the worker nor the address.

use crate::engine::Command;
use crate::engine::protocol::{
    AxesInfo, ColumnsInfo, Counts, FilterProblem, HoveredRun, LoadProgress, NewsText, PlotTheme, RowsPage,
};
use crate::entities::{Experiment, ExperimentId, RunId, RunView};
use crate::route::{Comparison, Route};
use crate::state::{AppState, ExperimentList, Painted};
use crate::ui::theme::{plot_theme, theme_version};
use crate::view::View;
use leptos::prelude::*;
use web_sys::HtmlCanvasElement;

/// How a change of the view enters the browser's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryEntry {
    /// A new entry, so that Back takes it back.
    Push,
    /// In place of the present one: parts of drags and of typing.
    Replace,
}

/// The signals and callbacks of the pages that show runs.
#[derive(Clone, Copy)]
pub struct RunsContext {
    /// Whose runs the address compares.
    pub experiment_ids: Signal<Vec<ExperimentId>>,
    /// Active, deleted or all runs.
    pub run_view: Signal<RunView>,
    /// How they are shown.
    pub view: Signal<View>,
    /// The experiments that are known, for their names.
    pub experiments: Signal<Vec<Experiment>>,
    /// The newest event of each kind.
    pub progress: Signal<LoadProgress>,
    /// The columns there are.
    pub columns: Signal<ColumnsInfo>,
    /// How many runs each set holds.
    pub counts: Signal<Counts>,
    /// What is wrong with the filter.
    pub filter_problem: Signal<Option<FilterProblem>>,
    /// Rows of the table.
    pub n_rows: Signal<usize>,
    /// Grows with every `RowsChanged`.
    pub rows_revision: Signal<u32>,
    /// The newest rows.
    pub rows: Signal<Option<RowsPage>>,
    /// The axes' geometry.
    pub axes: Signal<AxesInfo>,
    /// The newest paint.
    pub painted: Signal<Painted>,
    /// The run under the pointer.
    pub hovered: Signal<Option<HoveredRun>>,
    /// The opened run: `RunDetails`.
    pub run_details: Signal<Option<NewsText>>,
    /// The newest folder of artifacts: an `ArtifactFolder`.
    pub artifacts: Signal<Option<NewsText>>,
    /// The newest download: file name and blob address.
    pub download: Signal<Option<(String, String)>>,
    /// What failed last, for the pages' own place; the shell shows it as an alert.
    pub failed: Signal<Option<String>>,
    /// The theme's colours; changes with the theme.
    pub theme: Signal<PlotTheme>,
    /// Asks the engine.
    pub send: Callback<Command>,
    /// Hands the canvas over to the engine, once for each canvas.
    pub send_canvas: Callback<HtmlCanvasElement>,
    /// Puts a view into the address.
    pub set_view: Callback<(View, HistoryEntry)>,
    /// Puts the choice of active, deleted or all runs into the address.
    pub set_run_view: Callback<RunView>,
    /// The address of a run's page.
    pub run_href: Callback<RunId, String>,
    /// Opens a run's page.
    pub open_run: Callback<RunId>,
    /// The address of the comparison with its view, for the way back from a run's page.
    pub compare_href: Signal<String>,
}

impl RunsContext {
    /// The context out of the application's state: the address gives what is compared, the engine the rest.
    pub fn of(state: AppState) -> Self {
        let comparison =
            Memo::new(move |_| state.route.with(|route| route.comparison().cloned().unwrap_or_default()));
        let theme_version = theme_version();
        let run_route = move |run_id: RunId| Route::Run { run_id, comparison: comparison.get() };
        Self {
            experiment_ids: part(comparison, |comparison| comparison.experiment_ids.clone()),
            run_view: part(comparison, |comparison| comparison.run_view),
            view: part(comparison, |comparison| comparison.view.clone()),
            experiments: Signal::derive(move || {
                state.experiments.with(|list| match list {
                    ExperimentList::Loaded { items, .. } => items.clone(),
                    ExperimentList::Loading | ExperimentList::Failed(_) => Vec::new(),
                })
            }),
            progress: state.progress.into(),
            columns: state.columns.into(),
            counts: state.counts.into(),
            filter_problem: state.filter_problem.into(),
            n_rows: Signal::derive(move || state.rows_changed.get().1),
            rows_revision: Signal::derive(move || state.rows_changed.get().0),
            rows: state.rows.into(),
            axes: state.axes.into(),
            painted: state.painted.into(),
            hovered: state.hovered.into(),
            run_details: state.run.into(),
            artifacts: state.artifacts.into(),
            download: state.download.into(),
            failed: state.run_problem.into(),
            theme: Memo::new(move |_| {
                theme_version.track();
                plot_theme()
            })
            .into(),
            send: Callback::new(move |command: Command| state.send(&command)),
            send_canvas: Callback::new(move |canvas: HtmlCanvasElement| {
                match canvas.transfer_control_to_offscreen() {
                    Ok(canvas) => state.send_canvas(&canvas),
                    Err(_) => state.alert("This browser cannot paint in the background, so the plot stays empty. The table shows all runs."),
                }
            }),
            set_view: Callback::new(move |(view, entry): (View, HistoryEntry)| {
                state.set_view(view, entry == HistoryEntry::Push);
            }),
            set_run_view: Callback::new(move |run_view: RunView| {
                let changed = Comparison { run_view, ..comparison.get_untracked() };
                state.navigate(Route::Compare(changed));
            }),
            run_href: Callback::new(move |run_id: RunId| run_route(run_id).to_string()),
            open_run: Callback::new(move |run_id: RunId| state.navigate(run_route(run_id))),
            compare_href: Signal::derive(move || Route::Compare(comparison.get()).to_string()),
        }
    }
}

/// One part of the comparison in the address; notifies only when that part changes.
fn part<T: PartialEq + Clone + Send + Sync + 'static>(
    comparison: Memo<Comparison>,
    read: fn(&Comparison) -> T,
) -> Signal<T> {
    Memo::new(move |_| comparison.with(read)).into()
}
