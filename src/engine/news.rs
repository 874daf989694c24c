//! What the panels of the comparison are told: the Pareto front, the ranking, importance, metric curves and
//! differences; and what is told of an expression that is being typed.
//!
//! These panels are a late part of the page, and so is what reads these messages: an [`Event`] carries them as the text
//! that they are.
//!
//! [`Event`]: super::Event

use super::protocol::{Cell, FilterProblem};
pub use crate::analysis::differences::LineChange;
use crate::entities::{ColumnKey, RunId};
use crate::view::{AxisKind, BandSpread, Brush, CurveX, Direction, GroupCentre, Lane};
use serde::{Deserialize, Serialize};

/// What there is to say of an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpressionInfo {
    /// The text that was asked about.
    pub text: String,
    /// What it would make, or what is wrong with it.
    pub outcome: Result<ExpressionPreview, FilterProblem>,
}

/// A derived column that nobody has added yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpressionPreview {
    /// The column, the expression in its one spelling.
    pub column: ColumnKey,
    /// Name and value of the table's first run that has one.
    pub first: Option<(String, String)>,
    /// Runs that have a value.
    pub n_present: usize,
    /// Loaded runs.
    pub n_runs: usize,
    /// The metrics whose histories it needs; they are read once it is a column.
    pub histories: Vec<String>,
}

/// The news. Each kind replaces the last of its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorkspaceNews {
    /// The best runs by the view's objectives.
    Pareto(ParetoInfo),
    /// The kept runs by score.
    Ranking(RankingInfo),
    /// What mattered for an objective.
    Importance(ImportanceInfo),
    /// How an objective came about, and how its values are spread.
    History(HistoryInfo),
    /// The runs by two columns.
    Scatter(Box<ScatterInfo>),
    /// The runs in groups.
    Groups(GroupsInfo),
    /// Which curves of the selected runs there are.
    Curves(CurvesInfo),
    /// The curves of one metric: a message for each, so that none keeps the page from answering for long.
    CurveChart(CurveChart),
    /// In what the selected runs differ.
    Differences(DifferencesInfo),
}

/// A run as a panel names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRun {
    /// Which.
    pub run_id: RunId,
    /// Its name; its id where it has none.
    pub name: String,
}

/// An objective with what a chart says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveInfo {
    /// The column.
    pub column: ColumnKey,
    /// Its title, the unit included.
    pub title: String,
    /// The unit; empty for none.
    pub unit: String,
    /// `Ascending` where less is better.
    pub direction: Direction,
    /// Kept runs that fit the constraints and have no number here, missing or NaN: they have no rank.
    pub n_without: usize,
}

/// The Pareto front of the kept runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct ParetoInfo {
    /// In the view's order.
    pub objectives: Vec<ObjectiveInfo>,
    /// The places of those that the chart shows, across and up.
    pub axes: (usize, usize),
    /// Kept runs.
    pub n_runs: usize,
    /// Those that do not fit the constraints, among which nobody ranks.
    pub n_unfit: usize,
    /// Those among them that have a rank.
    pub n_ranked: usize,
    /// Runs of rank 1.
    pub n_front: usize,
    /// The first of them by the first objective, the best first, at most [`ParetoInfo::N_FRONT`].
    pub front: Vec<FrontRun>,
    /// The other ranked runs in the chart's objectives, in the titles' units; those with an infinity there have no
    /// place in a chart.
    pub others: Vec<(f64, f64)>,
    /// Who those are, where there are at most [`ParetoInfo::N_NAMED`] of them.
    pub other_runs: Vec<NamedRun>,
}

impl ParetoInfo {
    /// So many runs of the front are listed; the table shows all of them.
    pub const N_FRONT: usize = 1000;
    /// So many other runs can be told apart in a chart, and are told.
    pub const N_NAMED: usize = 2000;
}

/// A run of the front.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrontRun {
    /// Which.
    pub run: NamedRun,
    /// Its values in the objectives, as the table shows them.
    pub cells: Vec<Cell>,
    /// Its place in the chart, in the titles' units; none for an infinity.
    pub point: Option<(f64, f64)>,
}

/// The kept runs by their score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct RankingInfo {
    /// In the view's order.
    pub objectives: Vec<ObjectiveInfo>,
    /// Kept runs.
    pub n_runs: usize,
    /// Those that do not fit the constraints.
    pub n_unfit: usize,
    /// Those that have a score.
    pub n_ranked: usize,
    /// The best of them: [`RankingInfo::N_LISTED`], or as many as [`RankingInfo::N_MOST`].
    pub best: Vec<RankedRun>,
    /// The run that was chosen, or the best.
    pub pick: Option<PickInfo>,
    /// What is wrong with the constraints.
    pub problem: Option<FilterProblem>,
}

impl RankingInfo {
    /// So many runs are listed unless somebody wants all.
    pub const N_LISTED: usize = 20;
    /// So many a list can hold; sorted by score, the table shows all of them.
    pub const N_MOST: usize = 1000;
    /// With so many of the best others the pick is compared.
    pub const N_OTHERS: usize = 3;
}

/// A run with a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedRun {
    /// Which.
    pub run: NamedRun,
    /// 1 is best; equal scores share a place.
    pub place: usize,
    /// From 0 to 1.
    pub score: f64,
    /// What each objective adds to the score.
    pub parts: Vec<f64>,
    /// Its values in the objectives, as the table shows them.
    pub cells: Vec<Cell>,
}

/// The run that was chosen, and what speaks for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PickInfo {
    /// Which, with its values.
    pub run: NamedRun,
    /// Its values in the objectives, as the table shows them.
    pub cells: Vec<Cell>,
    /// Whether somebody chose it; else it is the best by score.
    pub is_chosen: bool,
    /// Its place and score, or why it has none.
    pub standing: Result<(usize, f64), String>,
    /// The best others, beside it.
    pub others: Vec<PickRival>,
}

/// Another run beside the pick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PickRival {
    /// Which.
    pub run: NamedRun,
    /// Its place.
    pub place: usize,
    /// What the pick's score is ahead of this run's, negative where it is behind; none where the pick has no score.
    pub lead: Option<f64>,
    /// Objective by objective.
    pub differences: Vec<PickDifference>,
}

/// One objective, the pick against another run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PickDifference {
    /// The other run's value, as the table shows it.
    pub cell: Cell,
    /// From the other run's value to the pick's, such as `−0.12 (−1.9 %)`; none for equal values and without numbers.
    pub change: Option<String>,
    /// Whether that is for the better.
    pub is_better: Option<bool>,
    /// What it puts the pick ahead by; none where the pick has no score.
    pub lead: Option<f64>,
}

/// What mattered for an objective, as a forest learned it from the kept runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct ImportanceInfo {
    /// The objective, and its title with the unit.
    pub target: Option<(ColumnKey, String)>,
    /// Kept runs.
    pub n_runs: usize,
    /// Runs that were looked at, where they are too many to look at all.
    pub n_sampled: Option<usize>,
    /// Those that the forest learned from: with a finite objective.
    pub n_learned: usize,
    /// The share of the variance explained in runs that a tree has not seen, 1 at most.
    pub r2: Option<f64>,
    /// Params, the most important first.
    pub params: Vec<ImportanceRow>,
    /// Params that vary and were left out, each with the reason.
    pub left_out: Vec<String>,
    /// Why to read it with care.
    pub warnings: Vec<String>,
    /// Why there are no importances.
    pub problem: Option<String>,
    /// How objectives and numeric params go together.
    pub correlations: CorrelationInfo,
}

/// One param.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportanceRow {
    /// Which.
    pub column: ColumnKey,
    /// Its title.
    pub title: String,
    /// The share of variance that it explains alone, 0 to 1, and its deviation between trees; see
    /// `analysis::importance`.
    pub share: f64,
    /// The deviation.
    pub share_std: f64,
    /// By how much R² falls when its values change places: mean and deviation.
    pub permutation: Option<(f64, f64)>,
    /// Runs that have it.
    pub n_present: usize,
    /// Whether it was learned by its logarithm.
    pub is_log: bool,
    /// What the forest predicts at each of its levels.
    pub effect: Vec<EffectPoint>,
    /// Runs that it learned from: the param, or the place of its text among the words of `effect`, and the objective in
    /// its unit.
    pub dots: Vec<(f64, f64)>,
    /// Runs with a place there, drawn or not.
    pub n_placed: usize,
}

/// What a forest predicts at one level of a param, all other params taken over their whole range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectPoint {
    /// A number, or a word where it is none.
    pub at: Result<f64, String>,
    /// Runs at this level.
    pub n: usize,
    /// The mean prediction, in the objective's unit.
    pub mean: f64,
    /// The deviation between trees.
    pub std: f64,
}

/// Spearman's rank correlation of each column with each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct CorrelationInfo {
    /// Objectives first, then numeric params.
    pub columns: Vec<ColumnKey>,
    /// Their titles.
    pub titles: Vec<String>,
    /// From −1 to 1, and the runs that have both; none where it is undefined.
    pub cells: Vec<Vec<Option<(f64, usize)>>>,
    /// Columns that there are, told or not.
    pub n_all: usize,
    /// The titles of params that are none of them: they have one value in all runs that have them.
    pub constant: Vec<String>,
}

/// How an objective came about, run by run, and how its values are spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct HistoryInfo {
    /// The objective; none where no metric was found.
    pub objective: Option<ObjectiveInfo>,
    /// Kept runs.
    pub n_runs: usize,
    /// Those of them that have no start, and no place in time.
    pub n_without_start: usize,
    /// The runs in time, the first one first, thinned out where they are too many to be told apart.
    pub runs: Vec<HistoryRun>,
    /// Runs that are not drawn, since another one lies where they do.
    pub n_covered: usize,
    /// The best finite value so far, in its unit, from its run's place on.
    pub best: Vec<(usize, f64)>,
    /// For each different finite value, in its unit, the share of the runs with a value that are at most as large; some
    /// of them where they are very many.
    pub shares: Vec<(f64, f64)>,
    /// Runs that these shares are of: infinities count.
    pub n_shares: usize,
    /// So many runs at most were under way at once.
    pub n_lanes: usize,
}

/// A run in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRun {
    /// Which.
    pub run: NamedRun,
    /// Its place among the kept runs by start; the first is 1.
    pub place: usize,
    /// When it started, in milliseconds since 1970.
    pub start_millis: f64,
    /// When it ended; none while it runs.
    pub end_millis: Option<f64>,
    /// The objective in its unit; none where it is no finite number.
    pub value: Option<f64>,
    /// Runs that overlap in time have different lanes; from 0.
    pub lane: usize,
    /// How it ended, as the server says it.
    pub status: String,
    /// Whether the brushes take it in.
    pub is_brushed: bool,
}

/// The runs by two columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct ScatterInfo {
    /// From left to right, and from bottom to top; none where there is no column to show.
    pub axes: Option<(ScatterAxis, ScatterAxis)>,
    /// What colours the dots.
    pub colour: Option<Grouping>,
    /// What splits the dots into charts.
    pub facet: Option<Grouping>,
    /// What the sizes say.
    pub size: Option<SizeInfo>,
    /// Kept runs.
    pub n_runs: usize,
    /// Those that have no place on x or y.
    pub n_unplaced: usize,
    /// Those that are not drawn, since another one lies where they do.
    pub n_covered: usize,
    /// Whether brushes are on, so that there is a difference between brushed and other runs.
    pub has_brushes: bool,
    /// The drawn runs.
    pub dots: Vec<Dot>,
    /// Who they are, where there are at most [`ScatterInfo::N_NAMED`] of them.
    pub runs: Vec<NamedRun>,
    /// The mean of a column by x and y, where somebody wants to know.
    pub heat_map: Option<HeatMap>,
}

/// What a column comes to in groups by two others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct HeatMap {
    /// The column, its unit included.
    pub title: String,
    /// The groups from left to right.
    pub x: Grouping,
    /// The groups from top to bottom, numbers from the largest down, as on a chart.
    pub y: Grouping,
    /// Whether less of the column is better; none where nobody knows.
    pub is_less_better: Option<bool>,
    /// From top to bottom, each from left to right; none where no run is.
    pub cells: Vec<Vec<Option<HeatCell>>>,
}

/// The runs of a group by x and a group by y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatCell {
    /// Their mean, over those that have a finite number; none where none has.
    pub mean: Option<String>,
    /// How many they are.
    pub n_runs: usize,
    /// Where the mean is between the worst, 0, and the best, 1, of the map; between the least and the most where nobody
    /// knows which is better.
    pub share: f64,
}

impl ScatterInfo {
    /// So many dots can be told apart, and are named.
    pub const N_NAMED: usize = 2000;
}

/// An axis of the scatter plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScatterAxis {
    /// The column.
    pub column: ColumnKey,
    /// The unit; empty for none.
    pub unit: String,
    /// What one of this unit is in the column's own, such as 1,000 milliseconds for a second.
    pub per_unit: f64,
    /// How values are spread.
    pub kind: AxisKind,
    /// Whether large values stand at the low end.
    pub is_flipped: bool,
    /// The categories, in order: a dot's place is the index of one.
    pub categories: Vec<String>,
    /// The smallest and the largest place of a dot.
    pub range: Option<(f64, f64)>,
}

/// Runs in groups by a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct Grouping {
    /// The column's title, the unit included.
    pub title: String,
    /// What the groups are called.
    pub labels: Vec<String>,
    /// So many of the first ones are stretches of numbers, in order.
    pub n_ordered: usize,
    /// So many different values there are; more than groups where some stand for several.
    pub n_values: usize,
    /// Whether small numbers are the good ones, or it is not known.
    pub is_less_better: bool,
}

/// What the sizes of dots say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeInfo {
    /// The column's title, the unit included.
    pub title: String,
    /// The smallest and the largest number, as the table shows them.
    pub range: (String, String),
}

/// A run in the scatter plot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dot {
    /// In its axis' unit, or the index of a category.
    pub x: f64,
    /// As x.
    pub y: f64,
    /// Which group colours it.
    pub colour: u32,
    /// In which chart it is.
    pub facet: u32,
    /// Its size from 0, the smallest, to 1; none for what is no number.
    pub size: Option<f32>,
    /// Whether the brushes take it in.
    pub is_brushed: bool,
}

/// The runs in groups, and what is measured of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct GroupsInfo {
    /// Titles of the columns that group, the outer ones first.
    pub columns: Vec<String>,
    /// What is measured: the objectives, or the main metric and the duration, and what the charts are about.
    pub measures: Vec<ObjectiveInfo>,
    /// Which of these the charts are about.
    pub charted_measure: usize,
    /// What stands for a group.
    pub centre: GroupCentre,
    /// How far its runs are said to spread.
    pub spread: BandSpread,
    /// Kept runs.
    pub n_runs: usize,
    /// The innermost groups.
    pub n_groups: usize,
    /// The rows of the table: groups in which no closed one lies around, and the runs of those that are open to them.
    pub n_rows: usize,
    /// The place of the first row that is told.
    pub first_row: usize,
    /// [`GroupsInfo::N_ROWS`] of them from there on, each group before what lies in it.
    pub rows: Vec<GroupsRow>,
    /// The groups that the charts show, those that are not open to further ones: [`GroupsInfo::N_CHARTED`] at most.
    pub charted: Vec<ChartedGroup>,
    /// How many of these there are.
    pub n_charted: usize,
}

impl GroupsInfo {
    /// So many rows are told at once.
    pub const N_ROWS: usize = 200;
    /// So many groups have room in a chart.
    pub const N_CHARTED: usize = 500;
}

/// A row of the table of groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum GroupsRow {
    /// A group.
    Group(GroupRow),
    /// A run of the group before it, the best first by the first measure.
    Run(GroupRun),
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// What names it in an address, see [`crate::view::group_id`].
    pub id: u32,
    /// How deep it lies; the outermost are at 0.
    pub depth: usize,
    /// Whether it opens to its runs, and not to further groups.
    pub is_innermost: bool,
    /// What it is called within the group around it.
    pub label: String,
    /// What the groups around it are called, the outermost first.
    pub around: Vec<String>,
    /// A brush that takes in just its runs.
    pub brushes: Vec<Brush>,
    /// Its runs.
    pub n_runs: usize,
    /// What is measured of them, in the order of the measures; none where no run has a finite number.
    pub cells: Vec<Option<GroupCell>>,
}

/// One column over the runs of a group, as the table shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupCell {
    /// Runs with a finite number, of which the others speak.
    pub n: usize,
    /// What stands for the group, and how far its runs spread.
    pub centre: String,
    /// The best of them.
    pub best: String,
}

/// A run of a group that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRun {
    /// The group's id.
    pub group: u32,
    /// How deep it lies.
    pub depth: usize,
    /// Which.
    pub run: NamedRun,
    /// Its values, in the order of the measures.
    pub cells: Vec<Cell>,
}

/// A group in the charts, in the unit of what they are about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartedGroup {
    /// What it is called, with the groups around it.
    pub name: String,
    /// Its runs.
    pub n_runs: usize,
    /// What is measured of them; none where no run has a finite number.
    pub spread: Option<GroupSpread>,
}

/// How one column is spread over the runs of a group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupSpread {
    /// Runs with a finite number.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, as of a sample; of one run there is none.
    pub std: Option<f64>,
    /// Lowest, lower quartile, median, upper quartile, highest.
    pub quartiles: [f64; 5],
}

impl GroupSpread {
    /// What stands for the group.
    pub fn centre(&self, centre: GroupCentre) -> f64 {
        match centre {
            GroupCentre::Mean => self.mean,
            GroupCentre::Median => self.quartiles[2],
            GroupCentre::Minimum => self.quartiles[0],
            GroupCentre::Maximum => self.quartiles[4],
        }
    }

    /// From where to where it spreads: the deviation lies to both sides of the mean.
    pub fn ends(&self, spread: BandSpread) -> Option<(f64, f64)> {
        match spread {
            BandSpread::Range => Some((self.quartiles[0], self.quartiles[4])),
            BandSpread::Quartiles => Some((self.quartiles[1], self.quartiles[3])),
            BandSpread::StandardDeviation => self.std.map(|std| (self.mean - std, self.mean + std)),
            BandSpread::None => None,
        }
    }
}

/// The curves of the selected runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct CurvesInfo {
    /// What they run along.
    pub x: CurveX,
    /// The metrics that have a chart.
    pub shown: Vec<String>,
    /// How far along all curves go, and the least place above zero, where a logarithmic axis begins.
    pub range: Option<CurveRange>,
    /// Curves of the charts in view that are not here yet.
    pub n_pending: usize,
    /// All of them.
    pub n_all: usize,
    /// Those of the others that are a selection of points made by the server.
    pub n_selections: usize,
    /// Whether somebody stopped reading them.
    pub is_stopped: bool,
    /// Selected runs that are not among the loaded ones.
    pub missing: Vec<RunId>,
    /// Metrics that the selected runs have, for the choice.
    pub metrics: Vec<String>,
    /// Those of them that no run logged at another step than 0.
    pub stepless: Vec<String>,
    /// A sentence for each curve that could not be read.
    pub failures: Vec<String>,
}

/// From where to where curves go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveRange {
    /// The least place.
    pub low: f64,
    /// The greatest place.
    pub high: f64,
    /// The least place above zero, if there is one.
    pub least_positive: Option<f64>,
}

/// The curves of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct CurveChart {
    /// The metric.
    pub metric: String,
    /// A series for each run that logged it, in the order of selection.
    pub series: Vec<CurveSeries>,
    /// Curves that are a selection of points made by the server, of how many.
    pub n_selections: usize,
    /// All that are drawn.
    pub n_curves: usize,
    /// Runs that did not log it, or not what it runs along.
    pub without: Vec<NamedRun>,
    /// Where the value axis begins and ends, if that is to leave something out.
    pub y_range: Option<(f64, f64)>,
    /// Logged numbers beyond that.
    pub n_beyond: usize,
}

/// The history of one metric, of one run or of a group of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveSeries {
    /// Whose: the run's name, or what the runs of the group have in common.
    pub name: String,
    /// The run; none for a group.
    pub run: Option<NamedRun>,
    /// The run's slot or the group's place, which gives it its colour and dash in every chart.
    pub place: usize,
    /// The run's place in its group, which gives it its dash there, where its colour is the group's.
    pub place_within: Option<usize>,
    /// Points to draw: along, value; without a value where it is not a finite number. Smoothed if the view says so.
    pub points: Vec<(f64, Option<f64>)>,
    /// The lines behind: the points as they were logged, where `points` are smoothed; the runs of a group.
    pub behind: Vec<Vec<(f64, Option<f64>)>>,
    /// How far the runs of a group spread: along, from and to; none where that is not known, which is a gap.
    pub band: Vec<(f64, Option<(f64, f64)>)>,
    /// What stands where there is no number, for so many of them as are marked.
    pub specials: Vec<(f64, Lane)>,
    /// All that are no number.
    pub n_specials: usize,
    /// Points that were logged.
    pub n_points: usize,
    /// Those of them that are drawn.
    pub n_drawn: usize,
}

/// In what runs differ. Of many runs and columns only a part is told: see [`DifferencesWindow`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct DifferencesInfo {
    /// Selected runs that are loaded.
    pub n_runs: usize,
    /// Columns in which they differ.
    pub n_rows: usize,
    /// Columns in which they are equal; those that none of them has are not counted.
    pub n_equal: usize,
    /// Selected runs that are not among the loaded ones.
    pub missing: Vec<RunId>,
    /// Where the told part begins.
    pub window: DifferencesWindow,
    /// The baseline, then the runs of the part.
    pub runs: Vec<NamedRun>,
    /// The columns of the part.
    pub rows: Vec<DifferenceRow>,
    /// Files of the runs' environments that have been read, of how many; none where nobody wants to compare them.
    pub n_files: Option<(usize, usize)>,
}

impl DifferencesInfo {
    /// So many runs are told at once, beside the baseline.
    pub const N_RUNS: usize = 24;
    /// So many columns are told at once.
    pub const N_ROWS: usize = 100;
}

/// Which part of the differences is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct DifferencesWindow {
    /// The place of its first column among those in which the runs differ.
    pub first_row: usize,
    /// The place of its first run among those besides the baseline.
    pub first_run: usize,
}

/// What runs differ in, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DifferenceKind {
    /// What somebody derived.
    Derived,
    /// What was measured.
    Metric,
    /// What was chosen.
    Param,
    /// What the server knows of a run.
    Attribute,
    /// A tag.
    Tag,
    /// A file that says what the run's model needs.
    Environment,
}

impl DifferenceKind {
    /// The heading above those of the kind.
    pub fn title(self) -> &'static str {
        match self {
            Self::Derived => "Derived",
            Self::Metric => "Metrics",
            Self::Param => "Params",
            Self::Attribute => "Attributes",
            Self::Tag => "Tags",
            Self::Environment => "Environment of the model",
        }
    }
}

/// One column in which runs differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRow {
    /// What kind of column it is.
    pub kind: DifferenceKind,
    /// Its title, the unit included.
    pub title: String,
    /// A cell for each run of the part.
    pub cells: Vec<DifferenceCell>,
}

/// What one run has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct DifferenceCell {
    /// The value, as the table shows it; none where it has not been read yet, so that nobody knows.
    pub cell: Option<Cell>,
    /// Against the baseline, such as `−0.12 (−1.9 %)`; none for the baseline, for what is not a number, and for none.
    pub change: Option<String>,
    /// The lines of a long text that differ from the baseline's; empty for all else.
    pub lines: Vec<LineChange>,
    /// Whether that is for the better, where known.
    pub is_better: Option<bool>,
}

impl DifferenceCell {
    /// What stands where a value has not been read yet.
    pub const UNREAD: &str = "not read yet";
}
