//! What the compare page and the run page need of the application: signals in, callbacks out.
//!
//! The state fills it in once; the pages see neither the worker nor the address.

use crate::engine::Command;
use crate::engine::protocol::{
    AxesInfo, ColumnsInfo, Counts, FilterProblem, HoveredRun, LoadProgress, PlotTheme, RowsPage, RunDetails,
};
use crate::entities::{Artifact, Experiment, ExperimentId, RunId, RunView};
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

/// A paint that has reached the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Painted {
    /// The `SetView` that caused it, or 0.
    pub sequence: u32,
    /// Runs drawn.
    pub n_runs: usize,
    /// Runs in the brushes.
    pub n_brushed: usize,
    /// Axes drawn.
    pub n_axes: usize,
}

/// One folder of a run's artifacts as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct ArtifactFolder {
    /// Whose.
    pub run_id: RunId,
    /// Which folder.
    pub path: String,
    /// What is in it.
    pub items: Vec<Artifact>,
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
    /// The opened run.
    pub run_details: Signal<Option<RunDetails>>,
    /// The newest folder of artifacts.
    pub artifacts: Signal<Option<ArtifactFolder>>,
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
