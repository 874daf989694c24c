//! What the history of a metric comes to, run by run: what a tracking server does not say.

use super::run_frame::NumberColumn;
use crate::entities::HistoryPoint;
use crate::entities::order::sort_by;
use std::collections::HashMap;

/// One number out of a history. NaN is passed over wherever there is anything else: a run that failed for a step still
/// has a best one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aggregate {
    /// The value at the first step.
    First,
    /// The value at the last step: what the server gives.
    Last,
    /// The smallest value, infinities included.
    Min,
    /// The largest value, infinities included.
    Max,
    /// The mean of the values, each counting the same.
    Mean,
    /// The newest value at this step or before; none in a run that never came so far.
    At(i64),
}

/// What is kept of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistorySummary {
    first: f64,
    min: f64,
    max: f64,
    mean: f64,
    at: Vec<(i64, f64)>,
}

impl HistorySummary {
    /// What these points come to, in any order, and at these steps; none without a point.
    pub fn new(mut points: Vec<HistoryPoint>, steps: impl IntoIterator<Item = i64>) -> Option<Self> {
        // Of several values at one step the newest counts.
        sort_by(&mut points, |a, b| a.step.cmp(&b.step).then(a.millis.cmp(&b.millis)));
        let (first, last) = (points.first()?.value, points.last()?.step);
        let known = || points.iter().map(|point| point.value).filter(|value| !value.is_nan());
        let (sum, n) = known().fold((0.0, 0_u32), |(sum, n), value| (sum + value, n + 1));
        let at_step = |step: i64| {
            let n_before = points.partition_point(|point| point.step <= step);
            let value = points.get(n_before.checked_sub(1)?)?.value;
            (step <= last).then_some((step, value))
        };
        Some(Self {
            first,
            min: known().reduce(f64::min).unwrap_or(f64::NAN),
            max: known().reduce(f64::max).unwrap_or(f64::NAN),
            mean: sum / f64::from(n),
            at: steps.into_iter().filter_map(at_step).collect(),
        })
    }

    fn get(&self, aggregate: Aggregate) -> Option<f64> {
        Some(match aggregate {
            Aggregate::First => self.first,
            Aggregate::Min => self.min,
            Aggregate::Max => self.max,
            Aggregate::Mean => self.mean,
            Aggregate::At(step) => self.at.iter().find(|(other, _)| *other == step)?.1,
            Aggregate::Last => return None,
        })
    }
}

/// The histories that have been read, by metric and row.
#[derive(Clone, Debug, Default)]
pub(super) struct Histories(HashMap<String, HashMap<u32, HistorySummary>>);

impl Histories {
    pub(super) fn set(&mut self, row: usize, metric: &str, summary: HistorySummary) {
        self.0.entry(metric.to_owned()).or_default().insert(row as u32, summary);
    }

    /// What each of so many rows has; missing where no history was read.
    pub(super) fn column(&self, metric: &str, aggregate: Aggregate, n_rows: usize) -> NumberColumn {
        let mut column = NumberColumn::empty(n_rows);
        for (row, summary) in self.0.get(metric).into_iter().flatten() {
            if let Some(number) = summary.get(aggregate) {
                column.set(*row as usize, number);
            }
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: i64, millis: i64, value: f64) -> HistoryPoint {
        HistoryPoint { step, millis, value }
    }

    fn check(points: &[HistoryPoint], aggregate: Aggregate, expected: f64) {
        let summary = HistorySummary::new(points.to_vec(), [0, 5, 9, 10]).unwrap();
        let found = summary.get(aggregate).unwrap_or(f64::MIN);
        assert!(found == expected || (found.is_nan() && expected.is_nan()), "{aggregate:?}: {found}");
    }

    #[test]
    fn a_history_comes_to_numbers() {
        let points = [
            point(9, 9, 3.0),
            point(2, 4, 7.0),
            point(2, 3, 100.0),
            point(4, 5, f64::NAN),
            point(3, 4, f64::NEG_INFINITY),
            point(1, 1, 8.0),
        ];
        check(&points, Aggregate::First, 8.0);
        check(&points, Aggregate::Min, f64::NEG_INFINITY);
        check(&points, Aggregate::Max, 100.0);
        check(&points, Aggregate::Mean, f64::NEG_INFINITY);
        check(&points[..3], Aggregate::Mean, 110.0 / 3.0);
        check(&points, Aggregate::At(9), 3.0);
        check(&points, Aggregate::At(5), f64::NAN);
        check(&points[..3], Aggregate::At(5), 7.0);
    }

    #[test]
    fn what_was_never_reached_is_missing() {
        let points = [point(1, 1, 8.0), point(9, 9, 3.0)];
        let missing = f64::MIN;
        check(&points, Aggregate::At(10), missing);
        check(&points, Aggregate::At(0), missing);
        assert_eq!(HistorySummary::new(Vec::new(), [1]), None);
        check(&[point(1, 1, f64::NAN)], Aggregate::Min, f64::NAN);
        check(&[point(1, 1, f64::NAN)], Aggregate::Mean, f64::NAN);
    }
}
