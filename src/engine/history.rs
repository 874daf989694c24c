//! How an objective came about: each run in time with its value, the best so far, how values are spread, and which runs
//! were under way at once.

use super::cells::Formats;
use super::news::{HistoryInfo, HistoryRun, ObjectiveInfo};
use super::workspace::{Shown, named, number};
use crate::analysis::distribution::{best_so_far, shares};
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{RunFrame, Value};
use crate::view::better;

/// The most runs that are sent: more lie closer to each other than pixels do.
const N_SENT: usize = 5000;

/// What the panel shows of the kept runs.
pub fn history_info(frame: &RunFrame, shown: Shown<'_>, formats: &mut Formats) -> HistoryInfo {
    let Shown { kept, brushed, view, .. } = shown;
    let mut info = HistoryInfo { n_runs: kept.len(), ..HistoryInfo::default() };
    let time = |attribute: Attribute, row: usize| match frame.value(&ColumnKey::Attribute(attribute), row) {
        Value::Number(millis) => Some(millis),
        _ => None,
    };
    let mut started: Vec<(f64, usize)> =
        kept.iter().filter_map(|row| Some((time(Attribute::StartTime, row)?, row))).collect();
    sort_by(&mut started, |a, b| a.0.total_cmp(&b.0));
    info.n_without_start = kept.len() - started.len();
    let mut values: Vec<Option<f64>> = vec![None; started.len()];
    let mut improved_at: Vec<usize> = Vec::new();
    if let Some(column) = shown.explained() {
        let format = formats.of(frame, column).clone();
        let weighed = view.objectives.iter().find(|objective| objective.column == *column);
        let direction = weighed.map(|objective| objective.direction).or(better(column)).unwrap_or_default();
        let in_time: Vec<Option<f64>> =
            started.iter().map(|(_, row)| number(frame.value(column, *row))).collect();
        let progress = best_so_far(&in_time, direction);
        let steps = progress.improved_at.iter();
        info.best = steps.filter_map(|at| Some((at + 1, format.in_unit(progress.best[*at]?)))).collect();
        // The best so far lasts to the last run.
        if let Some((_, best)) = info.best.last().copied().filter(|(at, _)| *at < started.len()) {
            info.best.push((started.len(), best));
        }
        improved_at = progress.improved_at;
        let all: Vec<Option<f64>> = kept.iter().map(|row| number(frame.value(column, row))).collect();
        let spread = shares(&all);
        info.n_shares = spread.n;
        let steps: Vec<(f64, f64)> =
            spread.x.iter().map(|value| format.in_unit(*value)).zip(spread.share).collect();
        info.shares = thinned(&steps);
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        values = in_time.into_iter().map(|value| finite(value).map(|value| format.in_unit(value))).collect();
        info.objective = Some(ObjectiveInfo {
            title: formats.title(frame, column),
            unit: format.unit().to_owned(),
            column: column.clone(),
            direction,
            n_without: all.iter().filter(|value| value.is_none_or(f64::is_nan)).count(),
        });
    }
    let (lanes, n_lanes) = lanes(started.iter().map(|(start, row)| (*start, time(Attribute::EndTime, *row))));
    info.n_lanes = n_lanes;
    let is_sent = |at: usize| {
        // Those that were the best are among them.
        started.len() <= N_SENT
            || at.is_multiple_of(started.len().div_ceil(N_SENT))
            || improved_at.binary_search(&at).is_ok()
    };
    for (at, (start_millis, row)) in started.iter().enumerate().filter(|(at, _)| is_sent(*at)) {
        let status = frame.text(&ColumnKey::Attribute(Attribute::Status), *row);
        info.runs.push(HistoryRun {
            run: named(frame, *row),
            place: at + 1,
            start_millis: *start_millis,
            end_millis: time(Attribute::EndTime, *row),
            value: values[at],
            lane: lanes[at],
            status: status.unwrap_or_default().into_owned(),
            is_brushed: brushed.contains(*row),
        });
    }
    info.n_covered = started.len() - info.runs.len();
    info
}

/// Every so manieth step and the last one, so that they are not too many.
fn thinned(steps: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let each = steps.len().div_ceil(N_SENT).max(1);
    let is_kept = |at: usize| at.is_multiple_of(each) || at + 1 == steps.len();
    steps.iter().enumerate().filter(|(at, _)| is_kept(*at)).map(|(_, step)| *step).collect()
}

/// For each stretch of time, by start, the lowest lane that is free then, and how many lanes that takes: as many as there
/// are stretches at once, at most. One without an end is never over.
fn lanes(stretches: impl Iterator<Item = (f64, Option<f64>)>) -> (Vec<usize>, usize) {
    let mut free_from: Vec<f64> = Vec::new();
    let lanes = stretches.map(|(start, end)| {
        let end = end.unwrap_or(f64::INFINITY);
        match free_from.iter().position(|free| *free <= start) {
            Some(lane) => {
                free_from[lane] = end;
                lane
            }
            None => {
                free_from.push(end);
                free_from.len() - 1
            }
        }
    });
    let lanes = lanes.collect();
    (lanes, free_from.len())
}

#[cfg(test)]
mod tests {
    use super::super::defaults::columns_info;
    use super::*;
    use crate::frame::{RowSet, test_runs};
    use crate::view::{Direction, Objective, View};

    /// Runs that start a second apart and take as long as said.
    fn frame(rows: &[(Option<f64>, Option<i64>)]) -> RunFrame {
        test_runs::frame(rows.iter().enumerate().map(|(n, (value, seconds))| {
            let metrics: Vec<(&str, f64)> = value.map(|value| ("r2", value)).into_iter().collect();
            let mut run = test_runs::run(&format!("r{n}"), &[], &metrics, &[]);
            run.info.start_millis = Some(1000 * n as i64);
            run.info.end_millis = seconds.map(|seconds| 1000 * (n as i64 + seconds));
            run
        }))
    }

    fn info(frame: &RunFrame, view: &View) -> HistoryInfo {
        let kept = RowSet::full(frame.n_rows());
        let columns = columns_info(frame);
        let shown = Shown { kept: &kept, brushed: &kept, view, columns: &columns };
        history_info(frame, shown, &mut Formats::default())
    }

    #[test]
    fn the_best_so_far_knows_which_way_is_better() {
        let rows = [
            (Some(0.5), Some(1)),
            (None, Some(1)),
            (Some(0.2), Some(1)),
            (Some(0.9), Some(1)),
            (Some(f64::NAN), None),
        ];
        let told = info(&frame(&rows), &View::default());
        assert_eq!(told.best, [(1, 0.5), (4, 0.9), (5, 0.9)]);
        assert_eq!((told.runs.len(), told.runs[1].value, told.runs[4].value), (5, None, None));
        let objective = told.objective.unwrap();
        assert_eq!((objective.direction, objective.n_without), (Direction::Descending, 2));
        assert_eq!((told.shares.len(), told.n_shares), (3, 3));
        assert_eq!(told.shares[0], (0.2, 1.0 / 3.0));
        let ascending = Objective {
            column: ColumnKey::Metric("r2".to_owned()),
            direction: Direction::Ascending,
            weight: Objective::DEFAULT_WEIGHT,
        };
        let told = info(&frame(&rows), &View { objectives: vec![ascending], ..View::default() });
        assert_eq!(told.best, [(1, 0.5), (3, 0.2), (5, 0.2)]);
    }

    #[test]
    fn runs_at_once_have_different_lanes() {
        let told = info(
            &frame(&[(None, Some(3)), (None, Some(1)), (None, None), (None, Some(1))]),
            &View::default(),
        );
        let lanes: Vec<usize> = told.runs.iter().map(|run| run.lane).collect();
        assert_eq!((lanes, told.n_lanes), (vec![0, 1, 1, 0], 2));
        assert_eq!(told.runs[2].end_millis, None);
        assert!(told.best.is_empty());
    }
}
