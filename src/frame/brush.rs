//! Which rows the brushes and the decisions of a view take in.

use crate::entities::ColumnKey;
use crate::frame::format::display_number;
use crate::frame::{RowSet, RunFrame, Value};
use crate::view::{Brush, Pick, Step};

/// The rows that any of the brush's picks takes in; all rows when it has none.
///
/// An interval takes in finite numbers only. A text takes in exactly this text, and numbers that were logged
/// as this text (metrics and numeric attributes: whose shortest form is this text).
pub fn brushed(frame: &RunFrame, brush: &Brush) -> RowSet {
    if brush.picks.is_empty() {
        return RowSet::full(frame.n_rows());
    }
    frame.rows_where(&brush.column, |value, text| brush.picks.iter().any(|pick| is_in(pick, value, text)))
}

/// The rows in all of the brushes.
pub fn brushed_all(frame: &RunFrame, brushes: &[Brush]) -> RowSet {
    brushes
        .iter()
        .filter(|brush| !brush.picks.is_empty())
        .fold(RowSet::full(frame.n_rows()), |rows, brush| rows.and(&brushed(frame, brush)))
}

/// The rows of the filter that are left after these decisions. To exclude without a single pick excludes
/// nothing: who chose nothing did not choose everything.
pub fn kept(frame: &RunFrame, filter: &RowSet, steps: &[Step]) -> RowSet {
    steps.iter().fold(filter.clone(), |rows, step| match step {
        Step::Keep(brushes) => rows.and(&brushed_all(frame, brushes)),
        Step::Exclude(brushes) if brushes.iter().all(|brush| brush.picks.is_empty()) => rows,
        Step::Exclude(brushes) => rows.and_not(&brushed_all(frame, brushes)),
    })
}

fn is_in(pick: &Pick, value: Value<'_>, logged: Option<&str>) -> bool {
    match (pick, value) {
        (Pick::Interval { low, high }, Value::Number(number)) => *low <= number && number <= *high,
        (Pick::Text(wanted), Value::Text(text)) => wanted == text,
        (Pick::Text(wanted), Value::Number(number)) => match logged {
            Some(text) => wanted == text,
            None => *wanted == display_number(number),
        },
        (Pick::Lane(lane), value) => value.lane() == Some(*lane),
        (Pick::Interval { .. } | Pick::Text(_), _) => false,
    }
}

/// The finite numbers of a column in order, so that the rows of an interval are found by binary search.
#[derive(Clone, Debug, Default)]
pub struct IntervalIndex {
    numbers: Vec<f64>,
    rows: Vec<u32>,
}

impl IntervalIndex {
    /// Sorts the column's finite numbers.
    pub fn new(frame: &RunFrame, key: &ColumnKey) -> Self {
        let stored = frame.stored(key);
        let mut pairs: Vec<(f64, u32)> = (0..frame.n_rows())
            .filter_map(|row| match stored.value(row) {
                Value::Number(number) => Some((number, row as u32)),
                _ => None,
            })
            .collect();
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (numbers, rows) = pairs.into_iter().unzip();
        Self { numbers, rows }
    }

    /// The rows whose number is from `low` to `high`, both included, by ascending number.
    pub fn rows_in(&self, low: f64, high: f64) -> &[u32] {
        if low <= high {
            let start = self.numbers.partition_point(|&number| number < low);
            let end = self.numbers.partition_point(|&number| number <= high);
            &self.rows[start..end]
        } else {
            // Also where a bound is NaN.
            &[]
        }
    }

    /// The finite numbers, ascending; the row of each stands at the same place of [`Self::rows`].
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The rows of all finite numbers, by ascending number.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::run_frame::tests::{frame, key, run};
    use crate::view::Lane;
    use proptest::prelude::*;

    fn small() -> RunFrame {
        frame([
            run("a", &[("p", "0.10")], &[("m", 1.5)], &[]),
            run("b", &[("p", "x")], &[("m", f64::NAN)], &[]),
            run("c", &[("p", "")], &[("m", f64::INFINITY)], &[]),
            run("d", &[], &[("m", -2.0)], &[]),
        ])
    }

    fn brush(column: &str, picks: Vec<Pick>) -> Brush {
        Brush { column: key(column), picks }
    }

    fn check(column: &str, picks: Vec<Pick>, expected: &[usize]) {
        let rows: Vec<usize> = brushed(&small(), &brush(column, picks.clone())).iter().collect();
        assert_eq!(rows, expected, "{column} {picks:?}");
    }

    #[test]
    fn picks_take_in_what_they_say() {
        check("metrics.m", vec![], &[0, 1, 2, 3]);
        check("metrics.m", vec![Pick::Interval { low: -2.0, high: 1.5 }], &[0, 3]);
        check("metrics.m", vec![Pick::Interval { low: -9.0, high: f64::INFINITY }], &[0, 3]);
        check("metrics.m", vec![Pick::Lane(Lane::Nan), Pick::Lane(Lane::PosInf)], &[1, 2]);
        check("metrics.m", vec![Pick::Text("1.5".into())], &[0]);
        check("params.p", vec![Pick::Text("0.10".into())], &[0]);
        check("params.p", vec![Pick::Text("0.1".into())], &[]);
        check("params.p", vec![Pick::Text("x".into()), Pick::Lane(Lane::Missing)], &[1, 3]);
        check("params.p", vec![Pick::Lane(Lane::Empty)], &[2]);
        check("params.absent", vec![Pick::Lane(Lane::Missing)], &[0, 1, 2, 3]);
    }

    #[test]
    fn steps_keep_and_exclude() {
        let frame = small();
        let all = RowSet::full(4);
        let low = brush("metrics.m", vec![Pick::Interval { low: -9.0, high: 9.0 }]);
        let keep = kept(&frame, &all, &[Step::Keep(vec![low.clone()])]);
        assert_eq!(keep.iter().collect::<Vec<_>>(), [0, 3]);
        let exclude = kept(&frame, &all, &[Step::Exclude(vec![low])]);
        assert_eq!(exclude.iter().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(kept(&frame, &all, &[Step::Exclude(vec![brush("metrics.m", vec![])])]), all);
    }

    proptest! {
        #[test]
        fn an_index_finds_what_a_brush_takes_in(
            numbers in prop::collection::vec(any::<f64>(), 0..80),
            low in -1e3..1e3,
            width in 0.0..2e3,
        ) {
            let frame = frame(numbers.iter().enumerate().map(|(at, &number)| {
                run(&at.to_string(), &[], &[("m", if at % 2 == 0 { number } else { number % 1e3 })], &[])
            }));
            let index = IntervalIndex::new(&frame, &key("metrics.m"));
            let mut found: Vec<usize> = index.rows_in(low, low + width).iter().map(|&row| row as usize).collect();
            found.sort_unstable();
            let pick = Pick::Interval { low, high: low + width };
            let naive: Vec<usize> = brushed(&frame, &brush("metrics.m", vec![pick])).iter().collect();
            prop_assert_eq!(found, naive);

            let summary = frame.summary(&key("metrics.m"), None);
            if let (Some(low), Some(high)) = (summary.min, summary.max) {
                let whole = brushed(&frame, &brush("metrics.m", vec![Pick::Interval { low, high }]));
                let is_finite = |row: &usize| matches!(frame.value(&key("metrics.m"), *row), Value::Number(_));
                prop_assert_eq!(
                    whole.iter().collect::<Vec<_>>(),
                    (0..frame.n_rows()).filter(is_finite).collect::<Vec<_>>()
                );
            }
        }
    }
}
