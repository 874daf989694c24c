//! What the panels of the comparison are told: the Pareto front, the ranking, importance, metric curves and
//! differences.
//!
//! These panels are a late part of the page, and so is what reads these messages: an [`Event`] carries them as the text
//! that they are.
//!
//! [`Event`]: super::Event

use super::protocol::{Cell, FilterProblem};
use crate::entities::{ColumnKey, RunId};
use crate::view::{CurveX, Direction, Lane};
use serde::{Deserialize, Serialize};

/// The news. Each kind replaces the last of its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorkspaceNews {
    /// The best runs by the view's objectives.
    Pareto(ParetoInfo),
    /// The kept runs by score.
    Ranking(RankingInfo),
    /// What mattered for an objective.
    Importance(ImportanceInfo),
    /// The curves of the selected runs.
    Curves(CurvesInfo),
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
    /// The other ranked runs in the first two objectives, in the titles' units; those with an infinity there have no
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
    /// Its place in the chart: the first two objectives, in the titles' units; none for an infinity.
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
    /// The best of them, at most [`RankingInfo::N_LISTED`].
    pub best: Vec<RankedRun>,
    /// The run that was chosen, or the best.
    pub pick: Option<PickInfo>,
    /// What is wrong with the constraints.
    pub problem: Option<FilterProblem>,
}

impl RankingInfo {
    /// So many runs are listed; sorted by score, the table shows all of them.
    pub const N_LISTED: usize = 20;
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
}

/// The curves of the selected runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct CurvesInfo {
    /// What they run along.
    pub x: CurveX,
    /// A chart for each metric.
    pub charts: Vec<CurveChart>,
    /// Histories that are still being fetched, of how many.
    pub n_pending: usize,
    /// All of them.
    pub n_all: usize,
    /// Selected runs that are not among the loaded ones.
    pub missing: Vec<RunId>,
    /// Metrics that the selected runs have with more than one step, for the choice.
    pub metrics: Vec<String>,
    /// A sentence for each history that could not be read.
    pub failures: Vec<String>,
}

/// The curves of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveChart {
    /// The metric.
    pub metric: String,
    /// A series for each run that logged it, in the order of selection.
    pub series: Vec<CurveSeries>,
    /// Runs that did not log it.
    pub without: Vec<NamedRun>,
}

/// One run's history of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveSeries {
    /// Whose.
    pub run: NamedRun,
    /// Its place among the selected runs, which gives it its colour and dash in every chart.
    pub place: usize,
    /// Points to draw: along, value; without a value where it is not a finite number. Smoothed if the view says so.
    pub points: Vec<(f64, Option<f64>)>,
    /// The points as they were logged, where `points` are smoothed.
    pub raw: Vec<(f64, Option<f64>)>,
    /// What stands where there is no number.
    pub specials: Vec<(f64, Lane)>,
    /// Points that were logged.
    pub n_points: usize,
}

/// In what runs differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct DifferencesInfo {
    /// The runs, the baseline first.
    pub runs: Vec<NamedRun>,
    /// The columns in which they differ.
    pub rows: Vec<DifferenceRow>,
    /// Columns in which they are equal; those that none of them has are not counted.
    pub n_equal: usize,
    /// Selected runs that are not among the loaded ones.
    pub missing: Vec<RunId>,
}

/// One column in which runs differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRow {
    /// The column.
    pub column: ColumnKey,
    /// Its title, the unit included.
    pub title: String,
    /// A cell for each run.
    pub cells: Vec<DifferenceCell>,
}

/// What one run has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceCell {
    /// The value, as the table shows it.
    pub cell: Cell,
    /// Against the baseline, such as `−0.12 (−1.9 %)`; none for the baseline, for what is not a number, and for none.
    pub change: Option<String>,
    /// Whether that is for the better, where known.
    pub is_better: Option<bool>,
}
