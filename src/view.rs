//! How a comparison is shown: filter, kept runs, brushes, sort, axes, columns, colour.
//!
//! A view is plain data without runs in it: the same view over the same runs gives the same page, which is
//! why it can live in an address. It knows no server and draws nothing.

mod better;
pub mod brush_px;
mod change;
pub mod choices;
pub mod edit;
pub mod measure;
pub mod undo;

pub use better::{better, objective_rank};
pub use change::ViewChange;

use crate::entities::{ColumnKey, RunId};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// The places on an axis for what is not a number and not a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// Positive infinity.
    PosInf,
    /// Negative infinity.
    NegInf,
    /// Not a number.
    Nan,
    /// Text on an axis of numbers; on one of categories each text has a place of its own.
    Text,
    /// Text of length zero.
    Empty,
    /// The run has no such value.
    Missing,
}

impl Lane {
    /// All of them, top to bottom as an axis shows them.
    pub const ALL: [Self; 6] =
        [Self::PosInf, Self::NegInf, Self::Nan, Self::Text, Self::Empty, Self::Missing];

    /// The lane's word on an axis.
    pub fn label(self) -> &'static str {
        match self {
            Self::PosInf => "+∞",
            Self::NegInf => "−∞",
            Self::Nan => "NaN",
            Self::Text => "text",
            Self::Empty => "empty",
            Self::Missing => "missing",
        }
    }
}

/// One thing a brush takes in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pick {
    /// Finite numbers from `low` to `high`, both included.
    Interval {
        /// The smaller bound.
        low: f64,
        /// The larger bound.
        high: f64,
    },
    /// Exactly this text (also the text of a number on a categorical axis).
    Text(String),
    /// The texts from one to another, both included, in the order of a categorical axis: what a long drag over
    /// categories takes in, without naming each.
    Texts {
        /// The one that stands first.
        first: String,
        /// The one that stands last.
        last: String,
    },
    /// All values of this lane.
    Lane(Lane),
    /// Finite numbers of runs whose place in a chart over this column and another is inside an area.
    Area(Area),
}

/// An area of a chart whose x is the brushed column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// The column of the chart's y.
    pub y: ColumnKey,
    /// Whether x and y are spread by logarithm: the area's sides are straight on the chart.
    pub is_log: (bool, bool),
    /// The corners, x and y in the columns' own units, in order; the last is joined to the first.
    pub corners: Vec<(f64, f64)>,
}

/// A choice on one column: a run is in it when any of the picks takes it in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brush {
    /// The column it is on.
    pub column: ColumnKey,
    /// What it takes in; empty means no choice at all.
    pub picks: Vec<Pick>,
}

impl Brush {
    /// The column it is on, and those of its areas.
    fn columns(&self) -> impl Iterator<Item = &ColumnKey> {
        let of_areas = self.picks.iter().filter_map(|pick| match pick {
            Pick::Area(area) => Some(&area.y),
            _ => None,
        });
        std::iter::once(&self.column).chain(of_areas)
    }
}

/// A past decision that narrows the kept runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Only the runs in all of these brushes were kept.
    Keep(Vec<Brush>),
    /// The runs in all of these brushes were excluded.
    Exclude(Vec<Brush>),
}

/// Which way a sort runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// A column by which registered models are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelColumn {
    /// The name.
    Name,
    /// The newest version in any stage.
    Latest,
    /// The last change.
    Changed,
}

/// The order of the registered models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelSort {
    /// By this column.
    pub column: ModelColumn,
    /// Which way.
    pub direction: Direction,
}

/// A column by which a model's versions are sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionColumn {
    /// The version's number.
    Number,
    /// The stage: Production, Staging, None, Archived.
    Stage,
    /// The aliases.
    Aliases,
    /// When it was registered.
    Registered,
    /// The last change.
    Changed,
    /// What its run says.
    OfRun(ColumnKey),
}

/// The order of a model's versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSort {
    /// By this column.
    pub column: VersionColumn,
    /// In this direction; missing values are last in both.
    pub direction: Direction,
}

/// The order of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// By this column.
    pub column: ColumnKey,
    /// In this direction; special values keep their place at the end in both (see `frame::sort`).
    pub direction: Direction,
}

/// How an axis spreads its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AxisKind {
    /// Evenly by value.
    Linear,
    /// Evenly by logarithm; values at or below zero stand at the low end, and the axis says so.
    Log,
    /// One place for each text.
    Categorical,
    /// Evenly by time, with dates as ticks.
    Time,
}

/// One axis of the parallel coordinates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AxisView {
    /// What it shows.
    pub column: ColumnKey,
    /// How it spreads values; inferred where not chosen.
    pub kind: Option<AxisKind>,
    /// Whether large values stand at the bottom.
    pub is_flipped: bool,
}

/// One column of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnView {
    /// What it shows.
    pub column: ColumnKey,
    /// Its width in CSS pixels; the default where not chosen.
    pub width_px: Option<u16>,
    /// Whether it stays in place when the table scrolls sideways.
    pub is_pinned: bool,
    /// How its numbers are written; so that different ones look different where not chosen.
    pub format: Option<NumberFormat>,
}

/// How the numbers of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NumberFormat {
    /// With so many decimals.
    Decimals(u8),
    /// With an exponent, and so many decimals before it.
    Scientific(u8),
}

impl NumberFormat {
    /// More than this tells nothing that a float has.
    pub const MAX_DECIMALS: u8 = 16;
}

/// What somebody wants most of, or least of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    /// The column.
    pub column: ColumnKey,
    /// `Ascending` where less is better.
    pub direction: Direction,
    /// How much it counts in the ranking, 0 to [`Objective::MAX_WEIGHT`]; only the ratio of weights matters. The Pareto
    /// front knows no weights.
    pub weight: u8,
}

impl Objective {
    /// What counts most.
    pub const MAX_WEIGHT: u8 = 10;
    /// What an objective counts where nobody chose.
    pub const DEFAULT_WEIGHT: u8 = 5;
}

/// So many objectives can be weighed at once.
pub const MAX_OBJECTIVES: usize = 6;

/// How the values of an objective become parts of a score, from 0 to 1 where 1 is best, among the runs that fit the
/// constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum Normalisation {
    /// By value: the best finite value is 1, the worst is 0, and the others lie between in proportion
    /// (`sklearn.preprocessing.MinMaxScaler`). All are 1 where they are equal. An infinity counts as the best or
    /// the worst finite value; beside equal ones the worse infinity is 0.
    #[default]
    MinMax,
    /// By rank: the share of the other runs with a value that are not better, so the best is 1 and a worst
    /// without a tie is 0; the only one is 1. How far apart values are does not matter, and one outlier
    /// moves nothing. (1 - (`scipy.stats.rankdata(method="min")` - 1) / (n - 1).)
    Rank,
}

/// How runs are ranked by all objectives together, and which one is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct RankingView {
    /// An expression of the filter language: runs that do not fit it stay in view, and have neither rank nor score.
    pub constraints: String,
    /// How values become parts of a score.
    pub normalisation: Normalisation,
    /// The run that somebody chose; the best one by score where nobody did.
    pub pick: Option<RunId>,
}

/// The panels below the parallel coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Panel {
    /// The runs that are best by several objectives.
    Pareto,
    /// The runs by a score of all objectives.
    Ranking,
    /// Which params mattered for an objective.
    Importance,
    /// How an objective came about over time, and how its values are spread.
    History,
    /// The runs by two columns.
    Scatter,
    /// The runs in groups by columns.
    Groups,
    /// Metrics over the steps of the selected runs.
    Curves,
    /// In what the selected runs differ.
    Differences,
}

impl Panel {
    /// All of them, top to bottom.
    pub const ALL: [Self; 8] = [
        Self::Pareto,
        Self::Ranking,
        Self::Importance,
        Self::History,
        Self::Scatter,
        Self::Groups,
        Self::Curves,
        Self::Differences,
    ];

    /// The panel's title, which is its accessible name too.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pareto => "Pareto front",
            Self::Ranking => "Ranking",
            Self::Importance => "Importance",
            Self::History => "History",
            Self::Scatter => "Scatter plot",
            Self::Groups => "Groups",
            Self::Curves => "Metric curves",
            Self::Differences => "Differences",
        }
    }
}

/// What the scatter plot shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ScatterView {
    /// From left to right; chosen by the engine where absent.
    pub x: Option<AxisView>,
    /// From bottom to top; chosen by the engine where absent.
    pub y: Option<AxisView>,
    /// What colours the dots; all are alike where absent.
    pub colour: Option<ColumnKey>,
    /// What the dots' sizes say; all are alike where absent.
    pub size: Option<ColumnKey>,
    /// One chart for each group of this column; one for all where absent.
    pub facet: Option<ColumnKey>,
    /// The column whose mean is told for groups by x and by y at once; none where nobody wants to know.
    pub heat: Option<ColumnKey>,
}

/// What a curve runs along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum CurveX {
    /// The step that was logged.
    #[default]
    Step,
    /// Seconds since the curve's first point.
    RelativeTime,
    /// The time of logging.
    WallTime,
    /// The newest value of this metric at each step, such as the epoch.
    Metric(String),
}

/// How a curve is smoothed; see `analysis::smoothing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum Smoothing {
    /// The exponential moving average, its amount the weight of the past in hundredths.
    #[default]
    Exponential,
    /// The mean weighed by a bell, its amount the standard deviation in points.
    Gaussian,
    /// The mean of as many points around as its amount.
    RunningMean,
}

/// What stands for a group of curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum BandCentre {
    /// Their mean.
    #[default]
    Mean,
    /// Their median.
    Median,
    /// Each of its own, in the group's colour.
    Each,
}

/// How far a group of curves is shown to spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum BandSpread {
    /// From the smallest to the largest.
    #[default]
    Range,
    /// A standard deviation of a sample to either side of the mean.
    StandardDeviation,
    /// From the lower to the upper quartile.
    Quartiles,
    /// Not at all.
    None,
}

/// Curves in groups: a line and a band for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveBands {
    /// Runs of one value, or of a stretch of values, belong together.
    pub column: ColumnKey,
    /// The line.
    pub centre: BandCentre,
    /// The band.
    pub spread: BandSpread,
}

/// How the metric curves are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct CurvesView {
    /// The metrics, a chart each; the first objective's, or the main one, where empty.
    pub metrics: Vec<String>,
    /// What they run along.
    pub x: CurveX,
    /// How they are smoothed.
    pub smoothing: Smoothing,
    /// How much, 0 to 99, in the smoothing's own measure: 0 shows the points as they were logged.
    pub smoothing_amount: u8,
    /// The groups that the runs are shown in; each for itself where absent.
    pub bands: Option<CurveBands>,
    /// Whether the value axis leaves out the lowest and the highest twentieth of values.
    pub is_clipped: bool,
    /// Whether steps or seconds are spread by magnitude. A date has none: along the wall time this changes nothing.
    pub is_log_x: bool,
    /// Whether values are spread by magnitude.
    pub is_log_y: bool,
}

impl CurvesView {
    /// The metric that the curves run along, if it is one.
    pub fn x_metric(&self) -> Option<&str> {
        if let CurveX::Metric(metric) = &self.x { Some(metric) } else { None }
    }
}

/// Which two objectives the chart of the front shows, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct FrontView {
    /// From left to right; the first one that is not `y` where nobody chose, or where it is no objective.
    pub x: Option<ColumnKey>,
    /// From bottom to top; the first one that is not x, likewise.
    pub y: Option<ColumnKey>,
    /// Whether x is spread by magnitude.
    pub is_log_x: bool,
    /// Whether y is.
    pub is_log_y: bool,
}

/// What panels leave out unless somebody wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct MoreView {
    /// Params that few runs have, or that name a run more than a kind, are learned from as well.
    pub has_all_params: bool,
    /// Correlations are told of all columns.
    pub has_all_correlations: bool,
    /// Every run that was learned from is drawn behind the effects.
    pub has_all_dots: bool,
    /// All ranked runs are listed, as many as a list can hold.
    pub has_all_ranked: bool,
    /// Each value of what splits the scatter plot has a chart of its own.
    pub has_all_facets: bool,
    /// So many stretches of numbers, or texts, of a column are groups of their own, [`MoreView::MAX_GROUPS`] at most.
    pub n_groups: Option<u8>,
}

impl MoreView {
    /// Beyond this nobody reads them.
    pub const MAX_GROUPS: u8 = 200;
}

/// Which number stands for the runs of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum GroupCentre {
    /// Their mean.
    #[default]
    Mean,
    /// Their median.
    Median,
    /// The lowest of them.
    Minimum,
    /// The highest of them.
    Maximum,
}

/// How runs in groups are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupsView {
    /// What the charts are about; the first of what is measured where absent.
    pub measure: Option<ColumnKey>,
    /// What stands for a group.
    pub centre: GroupCentre,
    /// How far its runs are said to spread.
    pub spread: BandSpread,
    /// Whether all groups are open that have groups within; else none is.
    pub are_all_open: bool,
    /// The groups that are otherwise, and the innermost ones that are open to their runs, by [`group_id`].
    pub exceptions: Vec<u32>,
}

impl Default for GroupsView {
    fn default() -> Self {
        Self {
            measure: None,
            centre: GroupCentre::Mean,
            spread: BandSpread::StandardDeviation,
            are_all_open: false,
            exceptions: Vec::new(),
        }
    }
}

impl GroupsView {
    /// Whether a group is open; an innermost one opens to its runs.
    pub fn is_open(&self, id: u32, is_innermost: bool) -> bool {
        (self.are_all_open && !is_innermost) != self.exceptions.contains(&id)
    }

    /// The same with one group open that was closed, or closed that was open.
    pub fn toggled(&self, id: u32) -> Self {
        let mut exceptions = self.exceptions.clone();
        match exceptions.iter().position(|other| *other == id) {
            Some(at) => drop(exceptions.remove(at)),
            None => exceptions.push(id),
        }
        Self { exceptions, ..self.clone() }
    }
}

/// What names a group in an address, in eight letters at most: its label and that of all groups around it, as 32 bits of
/// FNV-1a. Should two groups ever have the same, they open together.
pub fn group_id(around: Option<u32>, label: &str) -> u32 {
    let letters = label.bytes().chain([0]);
    letters.fold(around.unwrap_or(0x811c_9dc5), |hash, letter| {
        (hash ^ u32::from(letter)).wrapping_mul(0x0100_0193)
    })
}

/// How the differences between the selected runs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct DifferencesView {
    /// Numbers that differ by no more than this, in percent of the larger, count as equal; 0 or more.
    pub tolerance_percent: f64,
    /// Whether each run has a row, rather than a column.
    pub are_runs_rows: bool,
    /// Whether what the runs' models need is read and compared, too.
    pub has_environments: bool,
}

/// How the colours of a ramp are spread over numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColourSpread {
    /// Evenly over the values, or over their magnitudes where these suit the column.
    ByValue,
    /// Evenly over the runs, in the order of their values.
    ByRank,
}

/// Everything about how a comparison is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct View {
    /// The text of the filter box.
    pub filter: String,
    /// Keep and exclude, oldest first.
    pub steps: Vec<Step>,
    /// The brushes now on the axes, at most one a column.
    pub brushes: Vec<Brush>,
    /// The table's order; the server's (newest first) where not chosen.
    pub sort: Option<Sort>,
    /// The axes, left to right; chosen by the engine where absent.
    pub axes: Option<Vec<AxisView>>,
    /// The table's columns, left to right; chosen by the engine where absent.
    pub columns: Option<Vec<ColumnView>>,
    /// The column that colours the lines; the last metric axis where absent.
    pub colour: Option<ColumnKey>,
    /// How its colours are spread over the numbers; as suits them where not chosen.
    pub colour_spread: Option<ColourSpread>,
    /// The expressions of derived columns that are offered like others, whether they are shown or not.
    pub derived: Vec<String>,
    /// Whether the parallel coordinates are folded away.
    pub is_plot_folded: bool,
    /// How high they are, in CSS pixels, lanes included; as high as suits most where not chosen.
    pub plot_height_px: Option<u16>,
    /// Whether runs stand below the runs that started them.
    pub is_nested: bool,
    /// Whether the table's rows stand closer together.
    pub is_compact: bool,
    /// The runs looked at closely, in the order in which they were chosen; the first is what others are compared with.
    pub selected: Vec<RunId>,
    /// For each of them which of the looks of many it has in every chart, see [`Self::slot`]; by its place where absent.
    pub slots: Vec<usize>,
    /// By what runs are ranked; at most [`MAX_OBJECTIVES`].
    pub objectives: Vec<Objective>,
    /// How they are weighed.
    pub ranking: RankingView,
    /// Which of them the chart of the front shows.
    pub front: FrontView,
    /// What panels show beyond what they do by themselves.
    pub more: MoreView,
    /// The objective that panels about one objective are about: what params are to explain, whose history is told. The
    /// first objective, or the main metric, where nobody chose.
    pub explained: Option<ColumnKey>,
    /// What the scatter plot shows.
    pub scatter: ScatterView,
    /// By what the runs are grouped; later columns split the groups of earlier ones.
    pub groups: Vec<ColumnKey>,
    /// How these groups are shown, and which of them are open.
    pub group_view: GroupsView,
    /// The panels that are open, top to bottom.
    pub panels: Vec<Panel>,
    /// How the metric curves are shown.
    pub curves: CurvesView,
    /// How differences are shown.
    pub differences: DifferencesView,
}

impl ScatterView {
    /// The columns that it names.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnKey> {
        let axes = self.x.iter().chain(&self.y).map(|axis| &axis.column);
        axes.chain(&self.colour).chain(&self.size).chain(&self.facet).chain(&self.heat)
    }
}

impl View {
    /// Which of the looks of many the selected run at this place has: the same for as long as it is selected, whichever
    /// others are.
    pub fn slot(&self, place: usize) -> usize {
        self.slots.get(place).copied().unwrap_or(place)
    }

    /// Selects exactly these runs. Those that were selected keep their slots, others get the first that are free.
    pub(crate) fn select(&mut self, run_ids: Vec<RunId>) {
        let old: HashMap<&RunId, usize> =
            self.selected.iter().enumerate().map(|(place, id)| (id, self.slot(place))).collect();
        let mut taken: HashSet<usize> = run_ids.iter().filter_map(|id| old.get(id).copied()).collect();
        let mut free = 0;
        let slot = |id: &RunId| {
            old.get(id).copied().unwrap_or_else(|| {
                while !taken.insert(free) {
                    free += 1;
                }
                free
            })
        };
        let slots: Vec<usize> = run_ids.iter().map(slot).collect();
        // The usual ones need not be told.
        let is_usual = slots.iter().enumerate().all(|(place, slot)| place == *slot);
        self.slots = if is_usual { Vec::new() } else { slots };
        self.selected = run_ids;
    }

    /// The same with other ids for some of the runs that it names.
    pub fn with_ids(&self, new: impl Fn(&RunId) -> Option<RunId>) -> Self {
        let mut view = self.clone();
        for run_id in view.selected.iter_mut().chain(&mut view.ranking.pick) {
            if let Some(id) = new(run_id) {
                *run_id = id;
            }
        }
        view
    }

    /// Whether another view is this one with the whole ids of runs that are named here by their beginnings.
    pub fn is_short_for(&self, whole: &Self) -> bool {
        let pairs = || {
            let own = self.selected.iter().chain(&self.ranking.pick);
            own.zip(whole.selected.iter().chain(&whole.ranking.pick))
        };
        let is_meant = |id: &RunId| {
            pairs()
                .find(|(short, long)| *short == id && long.0.starts_with(&short.0))
                .map(|(_, long)| long.clone())
        };
        self.with_ids(is_meant) == *whole
    }

    /// The expressions of all derived columns that it names, sorted, each once. Those in filter and constraints are not
    /// among them, since these are mere texts here.
    pub fn expressions(&self) -> Vec<String> {
        let in_steps = self.steps.iter().flat_map(|step| match step {
            Step::Keep(brushes) | Step::Exclude(brushes) => brushes,
        });
        let columns = (self.axes.iter().flatten().map(|axis| &axis.column))
            .chain(self.columns.iter().flatten().map(|column| &column.column))
            .chain(self.brushes.iter().chain(in_steps).flat_map(Brush::columns))
            .chain(self.sort.iter().map(|sort| &sort.column))
            .chain(self.objectives.iter().map(|objective| &objective.column))
            .chain(self.colour.iter().chain(&self.explained))
            .chain(self.scatter.columns().chain(&self.groups).chain(&self.group_view.measure))
            .chain(self.curves.bands.iter().map(|bands| &bands.column));
        let mut expressions = self.derived.clone();
        for column in columns {
            if let ColumnKey::Derived(expression) = column {
                expressions.push(expression.clone());
            }
        }
        expressions.sort_unstable();
        expressions.dedup();
        expressions
    }
}
