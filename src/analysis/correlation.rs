//! How columns go together: Pearson, Spearman and Kendall.

use super::LeftOut;

/// What kind of going together is measured; all from -1 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// On a straight line. Source: Pearson (1895), `scipy.stats.pearsonr`. Finite numbers only.
    Pearson,
    /// In the same order: Pearson over ranks, tied values sharing the mean of theirs. Source: Spearman (1904),
    /// `scipy.stats.spearmanr`. The infinities are the smallest and the largest value: a loss of +∞ is the
    /// worst, not unknown.
    Spearman,
    /// In the same order: how many more pairs of rows agree than disagree, corrected for ties. Source:
    /// Kendall's tau-b (1945), `scipy.stats.kendalltau`. Infinities as with Spearman.
    Kendall,
}

/// Why there is no correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// Fewer than two rows have both values.
    TooFew,
    /// One of the columns has the same value in all rows that count.
    Constant,
}

/// How two columns go together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correlation {
    /// From -1 to 1.
    pub r: Result<f64, Undefined>,
    /// The rows it was found over: those in which both columns have a value that counts.
    pub n: usize,
    /// The other rows, by the first value that does not count: the first column's, then the second's.
    pub left_out: LeftOut,
}

/// The correlation of each pair of columns.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrelationMatrix {
    n_columns: usize,
    // The pairs with a <= b, row by row.
    pairs: Vec<Correlation>,
}

impl CorrelationMatrix {
    /// How many columns it is of.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The correlation of column `a` with column `b`, the same both ways; none beyond the columns.
    pub fn get(&self, a: usize, b: usize) -> Option<&Correlation> {
        let (a, b) = (a.min(b), a.max(b));
        let first = a * self.n_columns - a * a.saturating_sub(1) / 2;
        if b < self.n_columns { self.pairs.get(first + b - a) } else { None }
    }
}

/// The correlation of two columns over the rows in which both have a value that counts (pairwise complete);
/// rows beyond the shorter column are missing in it.
pub fn correlation(method: Method, a: &[Option<f64>], b: &[Option<f64>]) -> Correlation {
    let (a, b) = (Column::new(method, a), Column::new(method, b));
    a.with(&b, method)
}

/// The correlation of each column with each, every pair over the rows that are complete for it, so that the
/// number of rows differs from pair to pair.
pub fn correlation_matrix(method: Method, columns: &[&[Option<f64>]]) -> CorrelationMatrix {
    let sorted: Vec<Column<'_>> = columns.iter().map(|values| Column::new(method, values)).collect();
    let pairs = (0..sorted.len())
        .flat_map(|a| (a..sorted.len()).map(move |b| (a, b)))
        .map(|(a, b)| sorted[a].with(&sorted[b], method))
        .collect();
    CorrelationMatrix { n_columns: columns.len(), pairs }
}

/// A column with the order of its values, which is found once for all pairs.
struct Column<'a> {
    values: &'a [Option<f64>],
    /// The rows that count, by value; empty for Pearson, which needs no order.
    order: Vec<u32>,
}

impl<'a> Column<'a> {
    fn new(method: Method, values: &'a [Option<f64>]) -> Self {
        let mut order = Vec::new();
        if method != Method::Pearson {
            let mut keyed: Vec<(f64, u32)> = values
                .iter()
                .enumerate()
                .filter_map(|(row, value)| Some((counting(method, *value)?, row as u32)))
                .collect();
            keyed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            order = keyed.into_iter().map(|(_, row)| row).collect();
        }
        Self { values, order }
    }

    fn get(&self, row: usize) -> Option<f64> {
        self.values.get(row).copied().flatten()
    }

    fn with(&self, other: &Self, method: Method) -> Correlation {
        let n_rows = self.values.len().max(other.values.len());
        let mut left_out = LeftOut::default();
        let mut rows = Vec::new();
        for row in 0..n_rows {
            let (a, b) = (self.get(row), other.get(row));
            match (counting(method, a), counting(method, b)) {
                (Some(_), Some(_)) => rows.push(row as u32),
                (None, _) => drop(left_out.finite(a)),
                (_, None) => drop(left_out.finite(b)),
            }
        }
        let r = if rows.len() < 2 {
            Err(Undefined::TooFew)
        } else {
            match method {
                Method::Pearson => {
                    let of = |column: &Self| -> Vec<f64> {
                        rows.iter().filter_map(|&row| column.get(row as usize)).collect()
                    };
                    pearson(&of(self), &of(other))
                }
                Method::Spearman => {
                    let (a, b) = (self.places(&rows, n_rows), other.places(&rows, n_rows));
                    pearson(&mean_ranks(&a, &rows), &mean_ranks(&b, &rows))
                }
                Method::Kendall => {
                    let (a, b) = (self.places(&rows, n_rows), other.places(&rows, n_rows));
                    kendall(&a, &b, &rows)
                }
            }
        };
        Correlation { r, n: rows.len(), left_out }
    }

    /// For each of the given rows, which of their different values it has, counted from 0.
    fn places(&self, rows: &[u32], n_rows: usize) -> Vec<u32> {
        const ABSENT: u32 = u32::MAX;
        let mut places = vec![ABSENT; n_rows];
        for &row in rows {
            places[row as usize] = 0;
        }
        let mut place = 0;
        let mut previous = None;
        for &row in &self.order {
            let row = row as usize;
            if places[row] != ABSENT {
                let value = self.get(row);
                if previous.is_some_and(|previous| previous != value) {
                    place += 1;
                }
                previous = Some(value);
                places[row] = place;
            }
        }
        places
    }
}

// The value, if it counts for this method. Adding zero makes -0 the same as 0.
fn counting(method: Method, value: Option<f64>) -> Option<f64> {
    let is_counting = |number: &f64| match method {
        Method::Pearson => number.is_finite(),
        Method::Spearman | Method::Kendall => !number.is_nan(),
    };
    value.filter(is_counting).map(|number| number + 0.0)
}

/// Pearson's r of finite numbers, pair by pair.
fn pearson(a: &[f64], b: &[f64]) -> Result<f64, Undefined> {
    let (a, b) = (deviations(a)?, deviations(b)?);
    let products: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
    Ok(products.clamp(-1.0, 1.0))
}

/// Deviations from the mean, as a vector of length one.
fn deviations(values: &[f64]) -> Result<Vec<f64>, Undefined> {
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return Err(Undefined::Constant);
    }
    let largest = |values: &[f64]| values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    // Scaled by a power of two, which rounds nothing, so that no sum leaves the floats.
    let exponent = largest(values).to_bits() >> (f64::MANTISSA_DIGITS - 1) << (f64::MANTISSA_DIGITS - 1);
    let scale = f64::from_bits(exponent).max(f64::MIN_POSITIVE);
    let mut deviations: Vec<f64> = values.iter().map(|value| value / scale).collect();
    // Twice, because the mean of nearly equal numbers is itself rounded.
    for _ in 0..2 {
        let mean = deviations.iter().sum::<f64>() / deviations.len() as f64;
        deviations.iter_mut().for_each(|value| *value -= mean);
    }
    let largest = largest(&deviations);
    if largest == 0.0 {
        // They differ by less than their mean can show.
        return Err(Undefined::Constant);
    }
    let length = deviations.iter().map(|value| (value / largest).powi(2)).sum::<f64>().sqrt() * largest;
    deviations.iter_mut().for_each(|value| *value /= length);
    Ok(deviations)
}

/// Ranks of the rows; tied ones share the mean of theirs.
fn mean_ranks(places: &[u32], rows: &[u32]) -> Vec<f64> {
    let counts = counts(places, rows);
    let mut before = 0.0;
    let ranks: Vec<f64> = counts
        .iter()
        .map(|&count| {
            let rank = before + (count as f64 - 1.0) / 2.0;
            before += count as f64;
            rank
        })
        .collect();
    rows.iter().map(|&row| ranks[places[row as usize] as usize]).collect()
}

fn counts(places: &[u32], rows: &[u32]) -> Vec<u64> {
    let n_places = rows.iter().map(|&row| places[row as usize] as usize + 1).max().unwrap_or(0);
    let mut counts = vec![0; n_places];
    for &row in rows {
        counts[places[row as usize] as usize] += 1;
    }
    counts
}

/// Kendall's tau-b by Knight's way (1966): sort by the first column, then count the swaps that sort the second.
fn kendall(a: &[u32], b: &[u32], rows: &[u32]) -> Result<f64, Undefined> {
    let n_pairs = |n: u64| n * n.saturating_sub(1) / 2;
    let tied = |places: &[u32]| counts(places, rows).into_iter().map(n_pairs).sum::<u64>();
    let all = n_pairs(rows.len() as u64);
    let (tied_a, tied_b) = (tied(a), tied(b));
    if tied_a == all || tied_b == all {
        return Err(Undefined::Constant);
    }
    // Both places in one number, which sorts by the first and then by the second.
    let mut both: Vec<u64> =
        rows.iter().map(|&row| u64::from(a[row as usize]) << 32 | u64::from(b[row as usize])).collect();
    both.sort_unstable();
    let tied_both: u64 = both.chunk_by(|a, b| a == b).map(|same| n_pairs(same.len() as u64)).sum();
    let mut seconds: Vec<u32> = both.into_iter().map(|both| both as u32).collect();
    let swaps = swaps(&mut seconds);
    // Agreeing minus disagreeing pairs.
    let agreement = (all + tied_both - tied_a - tied_b) as f64 - 2.0 * swaps as f64;
    let r = agreement / ((all - tied_a) as f64).sqrt() / ((all - tied_b) as f64).sqrt();
    Ok(r.clamp(-1.0, 1.0))
}

/// Sorts by merging and says how many neighbours had to swap.
fn swaps(values: &mut [u32]) -> u64 {
    let mut total = 0;
    let mut from = values.to_vec();
    let mut width = 1;
    while width < values.len() {
        for begin in (0..values.len()).step_by(2 * width) {
            let middle = (begin + width).min(values.len());
            let end = (begin + 2 * width).min(values.len());
            let (mut left, mut right) = (begin, middle);
            for place in &mut values[begin..end] {
                if left < middle && (right == end || from[left] <= from[right]) {
                    *place = from[left];
                    left += 1;
                } else {
                    *place = from[right];
                    right += 1;
                    total += (middle - left) as u64;
                }
            }
        }
        from.copy_from_slice(values);
        width *= 2;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture_tests::{assert_close, column, fixture, number};
    use proptest::prelude::*;

    const METHODS: [(Method, &str); 3] =
        [(Method::Pearson, "pearson"), (Method::Spearman, "spearman"), (Method::Kendall, "kendall")];

    #[test]
    fn correlations_are_those_of_scipy() {
        let reference = fixture(include_str!("../../tests/fixtures/analysis/correlation.json"));
        let columns: Vec<Vec<Option<f64>>> =
            reference["columns"].as_array().unwrap().iter().map(column).collect();
        let columns: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
        for (method, name) in METHODS {
            let matrix = correlation_matrix(method, &columns);
            for (a, row) in reference[name].as_array().unwrap().iter().enumerate() {
                for (b, theirs) in row.as_array().unwrap().iter().enumerate() {
                    let ours = matrix.get(a, b).unwrap();
                    assert_eq!(*ours, matrix.get(b, a).copied().unwrap());
                    assert_eq!(ours.n as f64, number(&theirs["n"]), "{name} {a} {b}");
                    assert_eq!(ours.n + ours.left_out.total(), columns[a].len());
                    assert_close(&[ours.r.unwrap_or(f64::NAN)], &[number(&theirs["r"])], 1e-12);
                }
            }
            assert_eq!(matrix.get(0, columns.len()), None);
        }
        let alike = correlation(Method::Pearson, columns[0], &column(&reference["alike"]["values"]));
        assert_close(&[alike.r.unwrap()], &[number(&reference["alike"]["r"])], 1e-13);
    }

    #[test]
    fn what_is_undefined_says_why() {
        let (some, same) = ([Some(1.0), Some(2.0), None], [Some(0.1), Some(0.1), Some(5.0)]);
        for (method, _) in METHODS {
            assert_eq!(correlation(method, &some, &same).r, Err(Undefined::Constant));
            let few = correlation(method, &some[1..], &same[1..]);
            assert_eq!((few.r, few.n, few.left_out.n_missing), (Err(Undefined::TooFew), 1, 1));
            assert_eq!(correlation(method, &[], &[]).r, Err(Undefined::TooFew));
        }
    }

    #[test]
    fn an_infinity_has_a_rank_but_no_distance() {
        let (a, b) = ([Some(1.0), Some(2.0), Some(3.0)], [Some(1.0), Some(2.0), Some(f64::INFINITY)]);
        let of = |method| correlation(method, &a, &b);
        assert_eq!((of(Method::Pearson).n, of(Method::Pearson).left_out.n_pos_inf), (2, 1));
        assert_eq!((of(Method::Spearman).n, of(Method::Kendall).n), (3, 3));
        assert!(of(Method::Spearman).r.unwrap() > 0.999_999);
        assert_eq!(of(Method::Kendall).r, Ok(1.0));
    }

    fn columns() -> impl Strategy<Value = (Vec<Option<f64>>, Vec<Option<f64>>)> {
        let value = || {
            prop_oneof![
                6 => (-9i32..9).prop_map(|n| Some(f64::from(n))),
                6 => (-1e3..1e3).prop_map(Some),
                1 => Just(None),
                1 => Just(Some(f64::NAN)),
                1 => Just(Some(f64::INFINITY)),
            ]
        };
        prop::collection::vec((value(), value()), 0..50).prop_map(|rows| rows.into_iter().unzip())
    }

    proptest! {
        #[test]
        fn correlations_follow_their_laws((a, b) in columns()) {
            for (method, _) in METHODS {
                let (ab, ba) = (correlation(method, &a, &b), correlation(method, &b, &a));
                prop_assert_eq!(ab.n, ba.n);
                prop_assert_eq!(ab.n + ab.left_out.total(), a.len());
                let negative: Vec<Option<f64>> = b.iter().map(|b| b.map(|b| -b)).collect();
                let against = correlation(method, &a, &negative);
                match (ab.r, ba.r, against.r) {
                    (Ok(ab), Ok(ba), Ok(against)) => {
                        prop_assert!((-1.0..=1.0).contains(&ab));
                        prop_assert!((ab - ba).abs() < 1e-12 && (ab + against).abs() < 1e-12);
                    }
                    (ab, ba, against) => prop_assert!(ab == ba && ba == against),
                }
                if let Ok(r) = correlation(method, &a, &a).r {
                    prop_assert!((r - 1.0).abs() < 1e-12);
                }
            }
        }

        #[test]
        fn ranks_do_not_mind_a_growing_function((a, b) in columns()) {
            let grown: Vec<Option<f64>> = a.iter().map(|a| a.map(|a| 8.0 * a + 1.0)).collect();
            for method in [Method::Spearman, Method::Kendall] {
                prop_assert_eq!(correlation(method, &a, &b).r, correlation(method, &grown, &b).r);
            }
        }
    }
}
