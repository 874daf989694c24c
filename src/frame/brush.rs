//! Which rows the brushes and the decisions of a view take in.

use crate::entities::ColumnKey;
use crate::frame::format::display_number;
use crate::frame::{RowSet, RunFrame, Value, natural_order};
use crate::view::edit::texts;
use crate::view::{Area, Brush, Lane, Pick, Step};
use std::cmp::Ordering;

/// The rows that any of the brush's picks takes in; all rows when it has none.
///
/// An interval takes in finite numbers only. A text takes in exactly this text, and numbers that were logged
/// as this text (metrics and numeric attributes: whose shortest form is this text). So do texts from one to another, in
/// the order of a categorical axis.
pub fn brushed(frame: &RunFrame, brush: &Brush) -> RowSet {
    if brush.picks.is_empty() {
        return RowSet::full(frame.n_rows());
    }
    // A drag over categories picks as many texts as there are.
    let texts = texts(&brush.picks);
    let is_text = |pick: &&Pick| matches!(pick, Pick::Text(_) | Pick::Texts { .. });
    let others: Vec<&Pick> = brush.picks.iter().filter(|pick| !is_text(pick)).collect();
    let ranges: Vec<(&str, &str)> = brush
        .picks
        .iter()
        .filter_map(|pick| match pick {
            Pick::Texts { first, last } => Some((first.as_str(), last.as_str())),
            _ => None,
        })
        .collect();
    let is_picked = |text: &str| {
        let is_between = |(first, last): &(&str, &str)| {
            natural_order(first, text) != Ordering::Greater && natural_order(text, last) != Ordering::Greater
        };
        texts.binary_search(&text).is_ok() || ranges.iter().any(is_between)
    };
    let has_texts = !texts.is_empty() || !ranges.is_empty();
    let rows = frame.rows_where(&brush.column, |value, logged| {
        others.iter().any(|pick| is_in(pick, value))
            || has_texts
                && match (value, logged) {
                    (Value::Text(text), _) | (Value::Number(_), Some(text)) => is_picked(text),
                    (Value::Number(number), None) => is_picked(&display_number(number)),
                    _ => false,
                }
    });
    brush.picks.iter().fold(rows, |rows, pick| match pick {
        Pick::Area(area) => rows.or(&in_area(frame, &brush.column, area)),
        _ => rows,
    })
}

/// The rows whose place in the chart is inside the area.
fn in_area(frame: &RunFrame, x: &ColumnKey, area: &Area) -> RowSet {
    let (xs, ys) = (frame.stored(x), frame.stored(&area.y));
    // Where it lies on the chart; what has no place there is NaN, and inside nothing.
    let place = |number: f64, is_log: bool| if is_log { number.ln() } else { number };
    let at = |(x, y): (f64, f64)| (place(x, area.is_log.0), place(y, area.is_log.1));
    let corners: Vec<(f64, f64)> = area.corners.iter().copied().map(at).collect();
    RowSet::from_fn(frame.n_rows(), |row| match (xs.value(row), ys.value(row)) {
        (Value::Number(x), Value::Number(y)) => is_inside(at((x, y)), &corners),
        _ => false,
    })
}

/// Whether a ray from the point to the right crosses an odd number of sides (the even-odd rule; W. R. Franklin, PNPOLY).
fn is_inside((x, y): (f64, f64), corners: &[(f64, f64)]) -> bool {
    let mut is_in = false;
    let mut last = corners.last().copied();
    for &(x1, y1) in corners {
        if let Some((x0, y0)) = last
            && (y0 > y) != (y1 > y)
            && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        {
            is_in = !is_in;
        }
        last = Some((x1, y1));
    }
    is_in
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

fn is_in(pick: &Pick, value: Value<'_>) -> bool {
    match (pick, value) {
        (Pick::Interval { low, high }, Value::Number(number)) => *low <= number && number <= *high,
        (Pick::Lane(Lane::Text), Value::Text(_)) => true,
        (Pick::Lane(lane), value) => value.lane() == Some(*lane),
        (Pick::Interval { .. } | Pick::Text(_) | Pick::Texts { .. } | Pick::Area(_), _) => false,
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

    #[test]
    fn an_area_takes_in_what_lies_inside() {
        let places = [(1.0, 1.0), (2.0, 2.5), (3.0, 1.0), (2.0, 1.0), (100.0, 10.0), (f64::NAN, 1.0)];
        let runs = places
            .iter()
            .enumerate()
            .map(|(n, (x, y))| run(&format!("r{n}"), &[("y", &y.to_string())], &[("x", *x)], &[]));
        let frame = frame(runs);
        let inside = |is_log: (bool, bool), corners: &[(f64, f64)]| -> Vec<usize> {
            let area = Area { y: key("params.y"), is_log, corners: corners.to_vec() };
            brushed(&frame, &brush("metrics.x", vec![Pick::Area(area)])).iter().collect()
        };
        // A notch from above leaves the point in it out.
        let notched = [(0.5, 0.5), (3.5, 0.5), (3.5, 3.0), (2.0, 2.0), (0.5, 3.0)];
        assert_eq!(inside((false, false), &notched), [0, 2, 3]);
        assert_eq!(inside((false, false), &[(0.0, 0.0), (4.0, 4.0)]), [] as [usize; 0]);
        // The straight side from (1, 1) to (10000, 100) passes through (100, 10) on logarithmic axes only.
        let below = [(0.9, 0.8), (10_000.0, 80.0), (10_000.0, 0.8)];
        assert_eq!(inside((true, true), &below), [2, 3]);
        let above = [(0.9, 1.1), (10_000.0, 110.0), (10_000.0, 0.8), (0.9, 0.8)];
        assert_eq!(inside((true, true), &above), [0, 2, 3, 4]);
        let both = vec![
            Pick::Area(Area { y: key("params.y"), is_log: (false, false), corners: notched.to_vec() }),
            Pick::Lane(Lane::Nan),
        ];
        let rows: Vec<usize> = brushed(&frame, &brush("metrics.x", both)).iter().collect();
        assert_eq!(rows, [0, 2, 3, 5], "beside other picks");
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
        let range = |first: &str, last: &str| vec![Pick::Texts { first: first.into(), last: last.into() }];
        check("params.p", range("0.05", "0.5"), &[0]);
        check("params.p", range("0.5", "z"), &[1]);
        check("params.p", range("0.1", "x"), &[0, 1]);
        check("metrics.m", range("-3", "1.5"), &[0, 3]);
        check("params.p", vec![Pick::Lane(Lane::Empty)], &[2]);
        check("params.p", vec![Pick::Lane(Lane::Text)], &[1]);
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
