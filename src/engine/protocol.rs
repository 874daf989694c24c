//! The messages between the page and the engine: [`Command`]s one way, [`Event`]s the other, as JSON.
//!
//! Messages stay small: only the rows, ticks and names that stand on the screen, never the runs themselves.

use crate::entities::{
    Artifact, ColumnKey, Dataset, Experiment, ExperimentId, LoggedModelRef, Metric, Param, RunId, RunInfo,
    RunTag, RunView,
};
use crate::tracking::{ServerAddress, ServerInfo};

use super::news::DifferencesWindow;

pub use crate::frame::format_millis;
pub use crate::tracking::{ConnectProblem, ConnectProblemKind};
use crate::view::{AxisKind, Direction, Lane, View};
use serde::{Deserialize, Serialize};

/// What the page asks of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Probe a server and use it from now on. Answered by `Connected` or `ConnectFailed`.
    Connect {
        /// Which, and how to sign in.
        address: ServerAddress,
        /// The number of the attempt, which the answer bears: an answer to an earlier one may still be on its way.
        attempt: u32,
    },
    /// Answered by `Experiments` or `Failed`.
    ListExperiments,
    /// Load all runs of these experiments. Answered by `Progress` events, `Columns`, then the view's events.
    LoadRuns {
        /// Whose runs.
        experiment_ids: Vec<ExperimentId>,
        /// Active, deleted or all of them.
        run_view: RunView,
        /// Whether to ask the server even where the engine holds these very runs.
        is_anew: bool,
    },
    /// Ask for what runs have become that had not ended, and for new ones. Ignored while runs load. Answered like a load.
    Refresh,
    /// Stop the load under way, of runs, of model sizes and of histories, those of curves too, and keep what has arrived.
    CancelLoad,
    /// Stop the search for model sizes, and keep what has arrived.
    StopModelSizes,
    /// Find out the model sizes that are still missing after `CancelLoad` or `StopModelSizes`, of the rows on the screen
    /// and of all runs where the view needs them.
    ResumeModelSizes,
    /// Find out the sizes of the models of all runs, whatever the view needs.
    ReadModelSizes,
    /// Stop reading histories, and keep what has arrived.
    StopHistories,
    /// Read the histories that are still missing after `CancelLoad` or `StopHistories`, or that could not be read.
    ResumeHistories,
    /// Show the runs in this way. Answered by `Counts`, `Axes`, `RowsChanged`, and a repainted plot.
    SetView {
        /// The whole view.
        view: Box<View>,
        /// Returned in `Painted`, so that the page can time the change.
        sequence: u32,
    },
    /// The plot's size and colours. Sent before the first paint and whenever they change.
    SetPlot {
        /// Drawing height and width, in CSS pixels, of the axes' area.
        size: PlotSize,
        /// The theme's colours.
        theme: PlotTheme,
    },
    /// Ask for rows of the table, by their place in the present order. Answered by `Rows`.
    Rows {
        /// Returned with the answer; the page shows the newest only.
        request: u32,
        /// First row.
        start: usize,
        /// How many.
        n_rows: usize,
        /// The cells wanted, left to right.
        columns: Vec<ColumnKey>,
    },
    /// The run under the pointer: in the plot (CSS pixels from the canvas's left top), in the table, or none.
    /// Answered by `Hovered`.
    Hover(HoverTarget),
    /// The shortest ids that name these runs among the loaded ones, for a link. Answered by `ShortIds`.
    ShortenIds(Vec<RunId>),
    /// Which runs are in this set now. Answered by `RunIds`.
    ListRunIds(RunSet),
    /// The part of x that is in view in the metric curves, where it is not all: there they are told with more points.
    LookAtCurves(Option<(f64, f64)>),
    /// The metrics whose charts are in view or near, where there are many: no others are read or told, but for the first.
    ShowCurvesOf(Vec<String>),
    /// Stop reading histories for the metric curves, and keep what has arrived.
    StopCurves,
    /// Read the histories that are still missing after `StopCurves` or `CancelLoad`.
    ResumeCurves,
    /// The first row of the table of groups that is looked at, where these are many.
    LookAtGroups(usize),
    /// The part of the differences that is looked at, where these are many.
    LookAtDifferences(DifferencesWindow),
    /// Write the rows and columns of the table. Answered by a `Download`.
    SaveTable(TableFormat),
    /// The same as a Markdown table for the clipboard. Answered by `TableText`.
    CopyTable,
    /// The same as HTML, for a report, with all differences of the selected runs where their panel is open. Answered by
    /// `TableHtml`.
    WriteHtml,
    /// Python that gives the runs of the table, in its order, for the clipboard. Answered by `TableText`.
    CopyPython(PythonSource),
    /// What this expression of a derived column would make. Answered by `Expression`.
    CheckExpression(String),
    /// Fetch one run anew with all it logged. Answered by `RunDetails` or `Failed`.
    OpenRun(RunId),
    /// List a folder of a run's artifacts; the root is the empty path. Answered by `Artifacts` or `Failed`.
    ListArtifacts {
        /// Whose.
        run_id: RunId,
        /// The folder below the artifact root.
        path: String,
    },
    /// Fetch a file for saving. Answered by a `Download` from the worker (the bytes as a Blob) or `Failed`.
    DownloadArtifact {
        /// Whose.
        run_id: RunId,
        /// The file below the artifact root.
        path: String,
    },
}

/// How the table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableFormat {
    /// Comma-separated values, which a spreadsheet does not take for formulas.
    Csv,
    /// An array of objects, numbers with all their digits.
    Json,
    /// What HiPlot loads: every column, and which run started which.
    HiPlot,
    /// A table for a notebook or an issue.
    Markdown,
    /// A table for a page.
    Html,
}

/// Tables for a report, each a `<table>` in which texts are escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportTables {
    /// The table of runs.
    pub runs: String,
    /// All differences between the selected runs; none while their panel is closed.
    pub differences: Option<String>,
}

/// Where Python finds the runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonSource {
    /// The server's URL as another program reaches it.
    pub tracking_uri: String,
    /// Whose runs are loaded.
    pub experiment_ids: Vec<ExperimentId>,
    /// Which of them.
    pub run_view: RunView,
}

/// A set of the loaded runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunSet {
    /// Every one.
    All,
    /// Those in the filter, the decisions and the brushes: the rows of the table.
    Brushed,
    /// Every one but those.
    AllButBrushed,
    /// Those that somebody selected, wherever they are shown.
    Selected,
    /// Every one but those; none where no selected run is loaded.
    AllButSelected,
    /// These rows of the table.
    Rows {
        /// The first.
        start: usize,
        /// How many.
        n_rows: usize,
    },
}

/// The runs of a set, active ones and deleted ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunIds {
    /// Which set.
    pub set: RunSet,
    /// The active ones.
    pub active: NamedRuns,
    /// The deleted ones.
    pub deleted: NamedRuns,
}

/// Some runs.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NamedRuns {
    /// All of them.
    pub run_ids: Vec<RunId>,
    /// The names of the first ones, at most [`NamedRuns::N_NAMES`]; empty where a run has none.
    pub names: Vec<String>,
}

impl NamedRuns {
    /// So many names are sent: as many as somebody might read.
    pub const N_NAMES: usize = 500;
}

/// Where the pointer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HoverTarget {
    /// Nowhere.
    None,
    /// On the plot, in CSS pixels from the left top of the canvas.
    Plot {
        /// Across.
        x_px: f64,
        /// Down.
        y_px: f64,
    },
    /// On a row of the table, by its run.
    Run(RunId),
}

/// The plot's size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlotSize {
    /// Across, in CSS pixels, at the least; many axes make the plot wider than this (see `AxesInfo`).
    pub width_px: f64,
    /// Down, in CSS pixels, lanes included.
    pub height_px: f64,
    /// Device pixels per CSS pixel.
    pub device_pixel_ratio: f64,
}

pub use crate::plot::Rgb;

/// The theme's colours, read from the style sheet by the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlotTheme {
    /// What the lines are drawn over.
    pub surface: Rgb,
    /// Kept runs outside the brushes.
    pub context: Rgb,
    /// The hovered run.
    pub hover: Rgb,
    /// Runs whose colour column has no number.
    pub no_value: Rgb,
    /// Colours of categories, in order of frequency; the last also serves all further ones.
    pub series: Vec<Rgb>,
    /// A perceptually uniform ramp, at least two stops, from the good end to the bad end.
    pub ramp: Vec<Rgb>,
}

/// What the engine tells the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The engine runs. The page compares versions before it uses it.
    Ready {
        /// `CARGO_PKG_VERSION` of the engine.
        version: String,
    },
    /// The server answered as a tracking server.
    Connected {
        /// What it is.
        info: ServerInfo,
        /// The attempt that this answers.
        attempt: u32,
    },
    /// It did not.
    ConnectFailed {
        /// Why not, and what helps.
        problem: ConnectProblem,
        /// The attempt that this answers.
        attempt: u32,
    },
    /// The server's experiments, newest change first.
    Experiments {
        /// Those that could be read.
        items: Vec<Experiment>,
        /// One sentence for each that could not.
        skipped: Vec<String>,
    },
    /// How far the load has come.
    Progress(LoadProgress),
    /// The columns there are now.
    Columns(ColumnsInfo),
    /// How many runs each set holds.
    Counts(Counts),
    /// The filter's text does not parse; until it does, it narrows nothing.
    FilterProblem(Option<FilterProblem>),
    /// The table's order or number of rows changed: ask again for the rows on the screen.
    RowsChanged {
        /// Rows of the table now: the brushed runs.
        n_rows: usize,
    },
    /// Rows of the table.
    Rows(RowsPage),
    /// The axes' geometry.
    Axes(AxesInfo),
    /// A paint has reached the canvas, or a view needs none: its order is another, say, or its plot is folded away.
    Painted {
        /// The `SetView` that caused it, or 0.
        sequence: u32,
        /// Runs drawn, the ones outside the brushes included.
        n_runs: usize,
        /// Runs in the brushes.
        n_brushed: usize,
        /// Axes drawn; 0 where nothing was painted.
        n_axes: usize,
        /// Milliseconds from the input that caused it to the finished picture. The engine has no clock: the worker
        /// fills it in.
        since_input_millis: f64,
    },
    /// The run under the pointer, or none.
    Hovered(Option<HoveredRun>),
    /// The runs of a set.
    RunIds(RunIds),
    /// Short ids, in the order in which they were asked for.
    ShortIds(Vec<RunId>),
    /// Short ids in the view, each with the whole one of the run that it names: all runs are loaded.
    WholeIds(Vec<(RunId, RunId)>),
    /// The table in Markdown.
    TableText(String),
    /// What a report has of the engine.
    TableHtml(ReportTables),
    /// News for the panels below the plot, which are a late part of the page: read there, not here.
    Workspace(NewsText),
    /// An [`ExpressionInfo`](super::news::ExpressionInfo) as JSON.
    Expression(NewsText),
    /// One run with all it logged: [`RunDetails`], read by the late page that shows them.
    RunDetails(NewsText),
    /// A folder of a run's artifacts: an [`ArtifactFolder`], read there too.
    Artifacts(NewsText),
    /// A file has arrived and can be saved: `url` is a blob address.
    Download {
        /// The file's own name.
        file_name: String,
        /// `blob:` address made by the worker.
        url: String,
    },
    /// Something asked for failed: one sentence of what happened, what was kept, and what to do.
    Failed {
        /// What had been asked for.
        what: FailedWhat,
        /// The sentence.
        message: String,
    },
}

/// News as JSON, such as a [`WorkspaceNews`](super::news::WorkspaceNews), carried as they stand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewsText(pub Box<serde_json::value::RawValue>);

impl PartialEq for NewsText {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl NewsText {
    /// News as text; none where they cannot be written, which no news of ours is.
    pub fn of(news: &impl Serialize) -> Option<Self> {
        serde_json::value::to_raw_value(news).ok().map(Self)
    }

    /// The news; none where they are of another kind.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.0.get()).ok()
    }
}

/// What had been asked for when something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailedWhat {
    /// The list of experiments.
    Experiments,
    /// Loading runs.
    Runs,
    /// One run's details.
    Run,
    /// A folder of artifacts, or a file.
    Artifacts,
    /// What the panels show, or the table as text.
    Panels,
}

/// How far a load has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct LoadProgress {
    /// Runs in the table so far.
    pub n_runs: usize,
    /// Runs that could not be read.
    pub n_skipped: usize,
    /// Why, a sentence each, the same one only once.
    pub skipped: Vec<String>,
    /// Bytes received.
    pub n_bytes: u64,
    /// Runs that were here already, since the same ones had been loaded before.
    pub n_from_cache: usize,
    /// Whether requests are still under way.
    pub is_loading: bool,
    /// Whether the user stopped it before the end.
    pub is_cancelled: bool,
    /// Logged models whose size has been asked for and has arrived, of how many.
    pub n_model_sizes: (usize, usize),
    /// Logged models of all runs: only those are asked for that the view or the rows on the screen need.
    pub n_models: usize,
    /// Whether the user stopped the search for model sizes before its end.
    pub are_model_sizes_stopped: bool,
    /// The histories that derived columns are worked out from.
    pub histories: HistoryProgress,
    /// Runs that have not ended, as far as is known.
    pub n_running: usize,
}

/// How far reading histories of metrics has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryProgress {
    /// Read.
    pub n_read: usize,
    /// That could not be read.
    pub n_failed: usize,
    /// Wanted.
    pub n_all: usize,
    /// Whether the user stopped it before the end.
    pub is_stopped: bool,
}

/// The columns there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct ColumnsInfo {
    /// Every column of the loaded runs.
    pub columns: Vec<ColumnInfo>,
    /// The table's columns where the view names none.
    pub default_columns: Vec<ColumnKey>,
    /// The axes where the view names none.
    pub default_axes: Vec<ColumnKey>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnInfo {
    /// Its key.
    pub key: ColumnKey,
    /// Its header.
    pub label: String,
    /// Whether its values are numbers (right-aligned).
    pub is_numeric: bool,
    /// What stands behind the label, such as `s` or `kB`; empty for none.
    pub unit: String,
    /// How much one unit is in the column's own measure, milliseconds or bytes; 1 without a unit.
    pub per_unit: f64,
    /// Runs that have a value.
    pub n_present: usize,
    /// Different values.
    pub n_distinct: usize,
    /// Whether the runs differ in it, "has none" counting as a value.
    pub is_varying: bool,
    /// Why a derived column has no values, where its expression is wrong.
    pub problem: Option<String>,
    /// Whether smaller is better, as far as the name says: `Some(Ascending)` for errors and losses,
    /// `Some(Descending)` for scores and accuracies.
    pub better: Option<Direction>,
}

/// How many runs each set holds. Each is a part of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Counts {
    /// Loaded.
    pub n_all: usize,
    /// Kept: in the filter, and neither excluded nor left out by a keep.
    pub n_kept: usize,
    /// Kept and in all brushes.
    pub n_brushed: usize,
}

/// Where and why a filter does not parse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterProblem {
    /// First character of the wrong part, counted in chars.
    pub start: usize,
    /// One past its last character.
    pub end: usize,
    /// What was expected.
    pub message: String,
}

/// Rows of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowsPage {
    /// The request answered.
    pub request: u32,
    /// Place of the first row.
    pub start: usize,
    /// Rows of the whole table.
    pub n_total: usize,
    /// The columns of the cells, as asked for.
    pub columns: Vec<ColumnKey>,
    /// The rows.
    pub rows: Vec<RowView>,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowView {
    /// Its run.
    pub run_id: RunId,
    /// How many of the runs above it in its family are shown; 0 where runs do not stand below those that started them.
    pub depth: usize,
    /// The colour of its line, if it has one.
    pub colour: Option<Rgb>,
    /// The cells, as many and in the order asked for.
    pub cells: Vec<Cell>,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// A number or text, formatted for its column.
    Shown(String),
    /// A number with fewer digits than were logged or in a larger unit, and the whole of it.
    Rounded {
        /// For the cell.
        text: String,
        /// For whoever asks.
        logged: String,
    },
    /// One of the special values.
    Special(Lane),
}

/// The axes' geometry, in CSS pixels from the canvas's left top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct AxesInfo {
    /// The canvas's width: at least what was asked for.
    pub width_px: f64,
    /// The canvas's height.
    pub height_px: f64,
    /// Left to right.
    pub axes: Vec<AxisInfo>,
    /// The colour legend.
    pub legend: Option<Legend>,
    /// The colour of runs without a value in the coloured column; none where every run has one.
    pub no_value: Option<Rgb>,
}

/// One axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisInfo {
    /// What it shows.
    pub column: ColumnKey,
    /// Its title.
    pub label: String,
    /// The unit behind the title.
    pub unit: String,
    /// How much one unit is in the measure of `domain`; 1 without a unit.
    pub per_unit: f64,
    /// The kind in force.
    pub kind: AxisKind,
    /// Whether the kind was inferred.
    pub is_kind_inferred: bool,
    /// Whether large values stand at the bottom.
    pub is_flipped: bool,
    /// Where it stands.
    pub x_px: f64,
    /// Top of the part for values.
    pub top_px: f64,
    /// Bottom of the part for values.
    pub bottom_px: f64,
    /// Smallest and largest finite value; none for categorical axes and for axes without one.
    pub domain: Option<(f64, f64)>,
    /// The least of the values at or below zero that stand at the low end of a logarithmic axis.
    pub least_not_positive: Option<f64>,
    /// Ticks or categories.
    pub ticks: Vec<Tick>,
    /// The lanes below the values.
    pub lanes: Vec<LaneInfo>,
    /// What a line under the title must say, such as `2 values at or below 0 stand at the low end`.
    pub note: Option<String>,
}

/// A tick or a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// Where it stands.
    pub y_px: f64,
    /// What it says.
    pub label: String,
    /// The category's whole text on a categorical axis; none on the others.
    pub category: Option<String>,
    /// Whether there is room for its label.
    pub is_labelled: bool,
}

/// A lane on an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneInfo {
    /// Which.
    pub lane: Lane,
    /// Where it stands.
    pub y_px: f64,
    /// Kept runs in it.
    pub n_runs: usize,
}

/// The colour legend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Legend {
    /// A ramp from `low` to `high`.
    Ramp {
        /// The coloured column.
        column: ColumnKey,
        /// The number at the first stop, formatted.
        low: String,
        /// The number at the last stop, formatted.
        high: String,
        /// The median, formatted, where the colours are spread by rank: it has the colour in the middle.
        median: Option<String>,
        /// Colours at equal steps from `low` to `high`.
        stops: Vec<Rgb>,
        /// Which end is better, as far as known.
        better: Option<Direction>,
    },
    /// One colour a category.
    Categories {
        /// The coloured column.
        column: ColumnKey,
        /// Text and colour.
        items: Vec<(String, Rgb)>,
        /// Further categories that share the last colour.
        n_others: usize,
    },
}

impl Legend {
    /// What the colour of runs without a value is called.
    pub const NO_VALUE: &str = "no value";

    /// The column whose values it explains.
    pub fn column(&self) -> &ColumnKey {
        match self {
            Self::Ramp { column, .. } | Self::Categories { column, .. } => column,
        }
    }
}

/// The run under the pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HoveredRun {
    /// Which.
    pub run_id: RunId,
    /// Its name.
    pub name: String,
    /// Its line: one point an axis, CSS pixels.
    pub points: Vec<(f64, f64)>,
    /// Its value on each axis, formatted.
    pub values: Vec<String>,
    /// Its place in the table, if it is in it.
    pub row: Option<usize>,
}

/// One folder of a run's artifacts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArtifactFolder {
    /// Whose.
    pub run_id: RunId,
    /// Which folder.
    pub path: String,
    /// What is in it, folders first.
    pub items: Vec<Artifact>,
    /// A sentence for each item that could not be read, or of why none could.
    pub skipped: Vec<String>,
}

/// One run with all it logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunDetails {
    /// What is known of it besides.
    pub info: RunInfo,
    /// The experiment's name, where known.
    pub experiment_name: String,
    /// Params by key.
    pub params: Vec<Param>,
    /// Latest metrics by key.
    pub metrics: Vec<Metric>,
    /// Tags by key.
    pub tags: Vec<RunTag>,
    /// The models it logged.
    pub models: Vec<LoggedModelRef>,
    /// The datasets that it was given.
    pub datasets: Vec<Dataset>,
    /// Bytes of its models, where known.
    pub model_size_bytes: Option<u64>,
    /// A sentence for each of its values that could not be read.
    pub skipped: Vec<String>,
}
