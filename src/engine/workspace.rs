//! What the panels below the plot show: the Pareto front and the ranking of the kept runs.

use super::cells::Formats;
use super::news::{
    FrontRun, NamedRun, ObjectiveInfo, ParetoInfo, PickDifference, PickInfo, PickRival, RankedRun,
    RankingInfo,
};
use super::protocol::{Cell, ColumnsInfo, FilterProblem};
use crate::analysis::differences::difference;
use crate::analysis::pareto;
use crate::analysis::ranking::{self, IfUnknown, Ranking, Standing, Unranked};
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey, RunId};
use crate::frame::{RowSet, RowStanding, RunFrame, Value, display_number};
use crate::view::{Direction, Objective, View};

/// The runs among which the best are looked for.
#[derive(Clone, Copy)]
pub struct Candidates<'a> {
    /// The kept runs.
    pub kept: &'a RowSet,
    /// Those of them that fit the constraints.
    pub eligible: &'a RowSet,
    /// What is wrong with the constraints, which then take everything in.
    pub problem: Option<&'a FilterProblem>,
}

/// What the page shows now.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The kept runs.
    pub kept: &'a RowSet,
    /// Those of them that the brushes take in.
    pub brushed: &'a RowSet,
    /// How they are shown.
    pub view: &'a View,
    /// All columns, with the defaults.
    pub columns: &'a ColumnsInfo,
}

impl<'a> Shown<'a> {
    /// The metric that matters where nobody chose: the first of the default axes.
    pub fn main_metric(self) -> Option<&'a ColumnKey> {
        self.columns.default_axes.iter().find(|column| matches!(column, ColumnKey::Metric(_)))
    }

    /// The objective that panels about one objective are about.
    pub fn explained(self) -> Option<&'a ColumnKey> {
        let first = self.view.objectives.first().map(|objective| &objective.column);
        self.view.explained.as_ref().or(first).or_else(|| self.main_metric())
    }
}

/// A run with the name to call it by.
pub fn named(frame: &RunFrame, row: usize) -> NamedRun {
    let (run_id, name) = (frame.run_id(row).clone(), frame.name(row));
    let name = if name.is_empty() { run_id.to_string() } else { name.to_owned() };
    NamedRun { run_id, name }
}

/// The rows of the selected runs, and those selected ones that are not loaded.
pub fn selected_rows(frame: &RunFrame, selected: &[RunId]) -> (Vec<usize>, Vec<RunId>) {
    let rows = selected.iter().filter_map(|run_id| frame.row_of(run_id)).collect();
    (rows, selected.iter().filter(|run_id| frame.row_of(run_id).is_none()).cloned().collect())
}

/// A value as a number; none where it is neither a number nor an infinity nor NaN.
pub(super) fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number),
        Value::PosInf => Some(f64::INFINITY),
        Value::NegInf => Some(f64::NEG_INFINITY),
        Value::Nan => Some(f64::NAN),
        Value::Missing | Value::Empty | Value::Text(_) => None,
    }
}

/// A value as a cost, where less is better: NaN where it is no number.
fn cost(value: Value<'_>, direction: Direction) -> f64 {
    let number = number(value).unwrap_or(f64::NAN);
    match direction {
        Direction::Ascending => number,
        Direction::Descending => -number,
    }
}

/// How these rows stand among each other.
pub fn standings(frame: &RunFrame, rows: &RowSet, view: &View) -> Vec<RowStanding> {
    if view.objectives.is_empty() {
        return Vec::new();
    }
    let rows: Vec<usize> = rows.iter().collect();
    let columns: Vec<Vec<Value<'_>>> =
        view.objectives.iter().map(|objective| frame.values(&objective.column)).collect();
    let costs: Vec<Vec<f64>> = rows
        .iter()
        .map(|&row| {
            let values = columns.iter().zip(&view.objectives);
            values.map(|(column, objective)| cost(column[row], objective.direction)).collect()
        })
        .collect();
    let ranking = ranked(frame, &rows, view);
    let score = |at: usize| match ranking.as_ref()?.standings[at] {
        Standing::Ranked { score, .. } => Some(score),
        Standing::Out(_) => None,
    };
    let ranks = pareto::ranks(&costs).into_iter().enumerate();
    ranks.map(|(at, pareto_rank)| RowStanding { row: rows[at], pareto_rank, score: score(at) }).collect()
}

/// The ranking of these rows by the view's objectives; none where no objective counts. A run without a number in an
/// objective that counts is not ranked, as it has no place on the front.
fn ranked(frame: &RunFrame, rows: &[usize], view: &View) -> Option<Ranking> {
    let columns: Vec<Vec<Option<f64>>> = view
        .objectives
        .iter()
        .map(|objective| {
            let values = frame.values(&objective.column);
            rows.iter().map(|row| number(values[*row])).collect()
        })
        .collect();
    let objectives: Vec<ranking::Objective<'_>> = view
        .objectives
        .iter()
        .zip(&columns)
        .map(|(objective, values)| ranking::Objective {
            values,
            direction: objective.direction,
            weight: f64::from(objective.weight),
        })
        .collect();
    ranking::rank(&objectives, &[], view.ranking.normalisation, IfUnknown::Unranked).ok()
}

/// The objectives as panels name them.
pub(super) fn objective_infos(
    frame: &RunFrame,
    eligible: &RowSet,
    objectives: &[Objective],
    formats: &mut Formats,
) -> Vec<ObjectiveInfo> {
    let info = |Objective { column, direction, .. }: &Objective| ObjectiveInfo {
        title: formats.title(frame, column),
        unit: formats.of(frame, column).unit().to_owned(),
        column: column.clone(),
        direction: *direction,
        n_without: eligible.iter().filter(|row| cost(frame.value(column, *row), *direction).is_nan()).count(),
    };
    objectives.iter().map(info).collect()
}

/// The best of the kept runs by score, and the pick beside the best others.
pub fn ranking_info(
    frame: &RunFrame,
    candidates: Candidates<'_>,
    view: &View,
    formats: &mut Formats,
) -> RankingInfo {
    let Candidates { kept, eligible, problem } = candidates;
    let objectives = &view.objectives;
    let rows: Vec<usize> = eligible.iter().collect();
    let mut info = RankingInfo {
        objectives: objective_infos(frame, eligible, objectives, formats),
        n_runs: kept.len(),
        n_unfit: kept.len() - rows.len(),
        problem: problem.cloned(),
        ..RankingInfo::default()
    };
    let Some(ranking) = ranked(frame, &rows, view) else { return info };
    let mut cells_of = |row: usize| -> Vec<Cell> {
        objectives.iter().map(|objective| formats.cell(frame, &objective.column, row)).collect()
    };
    info.n_ranked = ranking.order.len();
    let n_listed = if view.more.has_all_ranked { RankingInfo::N_MOST } else { RankingInfo::N_LISTED };
    for &at in ranking.order.iter().take(n_listed) {
        let Standing::Ranked { place, score } = ranking.standings[at] else { continue };
        let (run, parts) = (named(frame, rows[at]), ranking.contributions[at].clone());
        info.best.push(RankedRun { run, place, score, parts, cells: cells_of(rows[at]) });
    }
    let chosen = view.ranking.pick.as_ref().and_then(|run_id| frame.row_of(run_id));
    let Some(pick) = chosen.or_else(|| ranking.order.first().map(|at| rows[*at])) else { return info };
    let pick_cells = cells_of(pick);
    let pick_at = rows.binary_search(&pick).ok();
    let standing = match pick_at.map(|at| ranking.standings[at]) {
        Some(Standing::Ranked { place, score }) => Ok((place, score)),
        Some(Standing::Out(why)) => Err(why_not(why, &info.objectives)),
        None if kept.contains(pick) => Err("it does not fit the constraints".to_owned()),
        None => Err("it is not among the kept runs".to_owned()),
    };
    let others = ranking.order.iter().filter(|at| rows[**at] != pick).take(RankingInfo::N_OTHERS);
    let others: Vec<PickRival> = others
        .filter_map(|&at| {
            let Standing::Ranked { place, score } = ranking.standings[at] else { return None };
            let leads = pick_at.and_then(|pick| ranking.lead(pick, at));
            let row = rows[at];
            let differences = objectives.iter().enumerate().map(|(n, objective)| {
                let column = &objective.column;
                let (from, to) = (frame.value(column, row), frame.value(column, pick));
                let change = difference(from, to, Some(objective.direction));
                let change = change.filter(|change| change.absolute != 0.0);
                let format = formats.of(frame, column);
                PickDifference {
                    change: change
                        .map(|change| change_text(format.in_unit(change.absolute), change.relative)),
                    is_better: change.and_then(|change| change.is_better),
                    lead: leads.as_ref().map(|leads| leads[n]),
                    cell: formats.cell(frame, column, row),
                }
            });
            let differences = differences.collect();
            let lead = standing.as_ref().ok().map(|(_, own)| own - score);
            Some(PickRival { run: named(frame, row), place, lead, differences })
        })
        .collect();
    info.pick = Some(PickInfo {
        run: named(frame, pick),
        cells: pick_cells,
        is_chosen: chosen.is_some(),
        standing,
        others,
    });
    info
}

/// Why a run has no score.
fn why_not(why: Unranked, objectives: &[ObjectiveInfo]) -> String {
    let label = |at: usize| objectives.get(at).map_or("an objective", |objective| objective.column.label());
    match why {
        Unranked::Missing { objective } => format!("it has no {}", label(objective)),
        Unranked::Nan { objective } => format!("its {} is NaN", label(objective)),
        Unranked::Breaks { .. } | Unranked::Untold { .. } => "it does not fit the constraints".to_owned(),
    }
}

/// The places of the objectives that the chart of the front shows, across and up. One objective alone stands over itself.
fn front_axes(view: &View) -> (usize, usize) {
    let place = |chosen: &Option<ColumnKey>| {
        view.objectives.iter().position(|objective| Some(&objective.column) == chosen.as_ref())
    };
    let other_than =
        |taken: Option<usize>| (0..view.objectives.len()).find(|at| Some(*at) != taken).unwrap_or_default();
    let (x, y) = (place(&view.front.x), place(&view.front.y));
    let x = x.unwrap_or_else(|| other_than(y));
    (x, y.unwrap_or_else(|| other_than(Some(x))))
}

/// The front of the kept runs.
pub fn pareto_info(
    frame: &RunFrame,
    candidates: Candidates<'_>,
    view: &View,
    formats: &mut Formats,
) -> ParetoInfo {
    let (objectives, axes) = (&view.objectives, front_axes(view));
    let Candidates { kept, eligible, .. } = candidates;
    let rank_of = |row: usize| match frame.value(&ColumnKey::Attribute(Attribute::ParetoRank), row) {
        Value::Number(rank) => Some(rank),
        _ => None,
    };
    let infos = objective_infos(frame, eligible, objectives, formats);
    let of_chart = [objectives.get(axes.0), objectives.get(axes.1)];
    let mut point = |row: usize| {
        let mut place = [0.0; 2];
        for (place, objective) in place.iter_mut().zip(of_chart) {
            match frame.value(&objective?.column, row) {
                Value::Number(number) => *place = formats.of(frame, &objective?.column).in_unit(number),
                _ => return None,
            }
        }
        Some((place[0], place[1]))
    };
    let (mut front, mut others, mut n_ranked) = (Vec::new(), Vec::new(), 0);
    for row in eligible.iter() {
        let Some(rank) = rank_of(row) else { continue };
        n_ranked += 1;
        if rank == 1.0 {
            front.push(row);
        } else if let Some(point) = point(row) {
            others.push((row, point));
        }
    }
    let other_runs = if others.len() > ParetoInfo::N_NAMED {
        Vec::new()
    } else {
        others.iter().map(|(row, _)| named(frame, *row)).collect()
    };
    let others = others.into_iter().map(|(_, point)| point).collect();
    if let Some(first) = objectives.first() {
        let cost_of = |row: &usize| cost(frame.value(&first.column, *row), first.direction);
        sort_by(&mut front, |a, b| cost_of(a).total_cmp(&cost_of(b)));
    }
    let n_front = front.len();
    front.truncate(ParetoInfo::N_FRONT);
    let points: Vec<Option<(f64, f64)>> = front.iter().map(|row| point(*row)).collect();
    let front = front.into_iter().zip(points).map(|(row, point)| FrontRun {
        run: named(frame, row),
        cells: objectives.iter().map(|objective| formats.cell(frame, &objective.column, row)).collect(),
        point,
    });
    let front = front.collect();
    let (n_runs, n_unfit) = (kept.len(), kept.len() - eligible.len());
    ParetoInfo { objectives: infos, axes, n_runs, n_unfit, n_ranked, n_front, front, others, other_runs }
}

/// `−0.12 (−1.9 %)`.
pub(super) fn change_text(absolute: f64, relative: Option<f64>) -> String {
    let signed = |number: f64, digits: usize| {
        let text = if number.abs() < 1e-4 || number.abs() >= 1e8 {
            format!("{:.*e}", digits, number.abs())
        } else {
            let decimals = (digits as f64 - number.abs().log10().floor()).clamp(0.0, 8.0) as usize;
            let text = format!("{:.*}", decimals, number.abs());
            text.parse().map_or(text, display_number)
        };
        format!("{}{text}", if number < 0.0 { '−' } else { '+' })
    };
    match relative {
        Some(relative) => format!("{} ({} %)", signed(absolute, 2), signed(relative * 100.0, 1)),
        None => signed(absolute, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs;

    fn frame() -> RunFrame {
        let runs =
            [("a", 6.0, 10.0), ("b", 5.0, 20.0), ("c", 7.0, 30.0), ("d", f64::NAN, 1.0), ("e", 5.0, 20.0)];
        test_runs::frame(runs.map(|(id, rmse, size)| {
            let depth = if id == "a" { "3" } else { "4" };
            test_runs::run(id, &[("depth", depth)], &[("rmse", rmse), ("n_trees", size)], &[])
        }))
    }

    fn objectives() -> Vec<Objective> {
        let objective = |key: &str, direction| Objective {
            column: ColumnKey::Metric(key.to_owned()),
            direction,
            weight: 5,
        };
        vec![objective("rmse", Direction::Ascending), objective("n_trees", Direction::Ascending)]
    }

    #[test]
    fn the_front_is_told_with_who_is_left_out() {
        let mut frame = frame();
        let kept = RowSet::full(frame.n_rows());
        let all = Candidates { kept: &kept, eligible: &kept, problem: None };
        let ranks = |frame: &RunFrame, objectives: Vec<Objective>| -> Vec<Option<u32>> {
            let standings = standings(frame, &kept, &View { objectives, ..View::default() });
            standings.into_iter().map(|standing| standing.pareto_rank).collect()
        };
        assert_eq!(ranks(&frame, objectives()), [Some(1), Some(1), Some(2), None, Some(1)]);
        frame.set_standings(&standings(&frame, &kept, &View { objectives: objectives(), ..View::default() }));
        let mut view = View { objectives: objectives(), ..View::default() };
        let info = pareto_info(&frame, all, &view, &mut Formats::default());
        assert_eq!((info.n_runs, info.n_unfit, info.n_ranked, info.n_front), (5, 0, 4, 3));
        assert_eq!(info.objectives.iter().map(|objective| objective.n_without).collect::<Vec<_>>(), [1, 0]);
        let names: Vec<&str> = info.front.iter().map(|run| run.run.name.as_str()).collect();
        assert_eq!(names, ["name-b", "name-e", "name-a"]);
        assert_eq!(info.others, [(7.0, 30.0)]);
        assert_eq!(info.other_runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), ["name-c"]);
        // The two of the chart are chosen, as far as they are objectives.
        view.front.x = Some(ColumnKey::Metric("n_trees".to_owned()));
        let turned = pareto_info(&frame, all, &view, &mut Formats::default());
        assert_eq!((info.axes, turned.axes, &turned.others[..]), ((0, 1), (1, 0), &[(30.0, 7.0)][..]));
        view.front.y = Some(ColumnKey::Metric("gone".to_owned()));
        assert_eq!(front_axes(&view), (1, 0));
        view.objectives.truncate(1);
        assert_eq!(front_axes(&view), (0, 0));
        // More is better: the other end of the same axis.
        let mut more = objectives();
        more[1].direction = Direction::Descending;
        assert_eq!(ranks(&frame, more)[2], Some(1));
        assert!(ranks(&frame, Vec::new()).is_empty());
    }

    #[test]
    fn the_pick_is_explained() {
        let frame = frame();
        let kept = RowSet::full(frame.n_rows());
        // Without c, which is the worst in both.
        let mut eligible = RowSet::empty(frame.n_rows());
        [0, 1, 3, 4].into_iter().for_each(|row| eligible.insert(row));
        let candidates = Candidates { kept: &kept, eligible: &eligible, problem: None };
        let mut view = View { objectives: objectives(), ..View::default() };
        view.objectives[0].weight = 10;
        let info = ranking_info(&frame, candidates, &view, &mut Formats::default());
        assert_eq!((info.n_runs, info.n_unfit, info.n_ranked), (5, 1, 3));
        // By value, d without rmse stretches n_trees from 1 to 20: a has 10 of them.
        let best: Vec<(&str, usize, f64)> = info
            .best
            .iter()
            .map(|run| (run.run.name.as_str(), run.place, (run.score * 1e3).round()))
            .collect();
        assert_eq!(best, [("name-b", 1, 667.0), ("name-e", 1, 667.0), ("name-a", 3, 175.0)]);
        let pick = info.pick.unwrap();
        assert_eq!((pick.run.name.as_str(), pick.is_chosen), ("name-b", false));
        let rival = &pick.others[1];
        assert_eq!((rival.run.name.as_str(), rival.place), ("name-a", 3));
        let told: Vec<_> = rival.differences.iter().map(|one| (one.change.clone(), one.is_better)).collect();
        assert_eq!(
            told,
            [(Some("−1 (−17 %)".to_owned()), Some(true)), (Some("+10 (+100 %)".to_owned()), Some(false)),]
        );
        let sum: f64 = rival.differences.iter().filter_map(|one| one.lead).sum();
        assert!((sum - rival.lead.unwrap()).abs() < 1e-12 && sum > 0.0);
        // A chosen one stays the pick, whatever speaks against it.
        let mut standing_of = |id: &str| {
            view.ranking.pick = Some(RunId(id.to_owned()));
            ranking_info(&frame, candidates, &view, &mut Formats::default()).pick.unwrap().standing
        };
        assert_eq!(standing_of("c"), Err("it does not fit the constraints".to_owned()));
        assert_eq!(standing_of("d"), Err("its rmse is NaN".to_owned()));
        assert_eq!(standing_of("e").unwrap().0, 1);
        view.objectives.iter_mut().for_each(|objective| objective.weight = 0);
        assert_eq!(ranking_info(&frame, candidates, &view, &mut Formats::default()).n_ranked, 0);
    }

    #[test]
    fn changes_are_short() {
        assert_eq!(change_text(-0.123456, Some(-0.0194)), "−0.123 (−1.9 %)");
        assert_eq!(change_text(1234.5, None), "+1234");
        assert_eq!(change_text(2.5e-7, Some(1e-9)), "+2.50e-7 (+1.0e-7 %)");
    }
}
