//! How the values of one column lie: quantiles, box plots, histograms, shares, and the best so far.

use super::LeftOut;
use super::quantile::{quantile, sort};
use crate::view::Direction;

/// The finite numbers of a column in ascending order, and what was left out.
pub fn sorted(values: &[Option<f64>]) -> (Vec<f64>, LeftOut) {
    let mut left_out = LeftOut::default();
    let mut finite: Vec<f64> = values.iter().filter_map(|&value| left_out.finite(value)).collect();
    sort(&mut finite);
    (finite, left_out)
}

/// A box plot.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxPlot {
    /// How many finite numbers it is of.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// The lower quartile.
    pub q1: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub q3: f64,
    /// The smallest number that is no outlier, or the lower quartile.
    pub low_whisker: f64,
    /// The largest number that is no outlier, or the upper quartile.
    pub high_whisker: f64,
    /// The rows of the outliers: beyond the quartiles by more than one and a half times their distance.
    pub outliers: Vec<usize>,
    /// The values that are no finite numbers.
    pub left_out: LeftOut,
}

/// How many times the distance of the quartiles a number may lie beyond them.
const FENCE: f64 = 1.5;

/// The box plot of a column; none without a finite number.
///
/// Source: Tukey, "Exploratory Data Analysis" (1977), with the quartiles of [`quantile`]; the same numbers as
/// `matplotlib.cbook.boxplot_stats(whis=1.5)`.
pub fn box_plot(values: &[Option<f64>]) -> Option<BoxPlot> {
    let (finite, left_out) = sorted(values);
    let (q1, median, q3) = (quantile(&finite, 0.25)?, quantile(&finite, 0.5)?, quantile(&finite, 0.75)?);
    let reach = FENCE * (q3 - q1);
    let (low_fence, high_fence) = (q1 - reach, q3 + reach);
    let inside = |value: &&f64| low_fence <= **value && **value <= high_fence;
    let n = finite.len();
    Some(BoxPlot {
        n,
        // Of parts, because the sum may be beyond the floats.
        mean: finite.iter().map(|value| value / n as f64).sum(),
        q1,
        median,
        q3,
        low_whisker: finite.iter().find(inside).map_or(q1, |&value| value.min(q1)),
        high_whisker: finite.iter().rfind(inside).map_or(q3, |&value| value.max(q3)),
        outliers: (0..values.len())
            .filter(|&row| values[row].is_some_and(|value| value.is_finite() && !inside(&&value)))
            .collect(),
        left_out,
    })
}

/// How many bins a histogram has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bins {
    /// As wide as twice the distance of the quartiles over the cube root of the count, so that outliers do not
    /// widen them. Where the quartiles are equal, as Sturges. Source: Freedman and Diaconis (1981),
    /// `numpy.histogram_bin_edges(bins="fd")`.
    FreedmanDiaconis,
    /// The binary logarithm of the count, plus one. Source: Sturges (1926), `bins="sturges"`.
    Sturges,
    /// This many, at least one.
    Count(usize),
}

/// A histogram. Bins hold their lower edge, and the last one its upper edge, too.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The edges, ascending: one more than there are bins.
    pub edges: Vec<f64>,
    /// How many numbers are in each bin.
    pub counts: Vec<u32>,
    /// Whether the rule asked for more bins than allowed, as it does when an outlier is far away.
    pub is_limited: bool,
    /// The values that are no finite numbers.
    pub left_out: LeftOut,
}

/// The histogram of a column with bins of equal width over all its finite numbers, in at most `max_bins`; none
/// without a finite number. Equal numbers are in the middle of bins one wide in all, as in `numpy.histogram`.
pub fn histogram(values: &[Option<f64>], bins: Bins, max_bins: usize) -> Option<Histogram> {
    let (finite, left_out) = sorted(values);
    let (&low, &high) = (finite.first()?, finite.last()?);
    let n = finite.len() as f64;
    let iqr = quantile(&finite, 0.75)? - quantile(&finite, 0.25)?;
    let sturges = n.log2() + 1.0;
    let wanted = match bins {
        Bins::Count(count) => count as f64,
        _ if low == high => 1.0,
        Bins::FreedmanDiaconis if iqr > 0.0 => {
            // Of halves, because the range itself may be beyond the floats.
            (high / 2.0 - low / 2.0) / (iqr / n.cbrt())
        }
        Bins::FreedmanDiaconis | Bins::Sturges => sturges,
    };
    let wanted = wanted.ceil().max(1.0);
    let limit = max_bins.max(1);
    let n_bins = (wanted as usize).min(limit);
    let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
    let mut edges: Vec<f64> = (0..=n_bins)
        .map(|at| {
            let share = at as f64 / n_bins as f64;
            (low * (1.0 - share) + high * share).clamp(low, high)
        })
        .collect();
    (edges[0], edges[n_bins]) = (low, high);
    let mut counts = vec![0; n_bins];
    let mut bin = 0;
    for value in finite {
        while bin + 1 < n_bins && value >= edges[bin + 1] {
            bin += 1;
        }
        counts[bin] += 1;
    }
    Some(Histogram { edges, counts, is_limited: wanted > limit as f64, left_out })
}

/// The share of values up to each value: an empirical distribution function, as steps.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Shares {
    /// The different finite values, ascending.
    pub x: Vec<f64>,
    /// The share of values that are at most as large, above 0 and up to 1.
    pub share: Vec<f64>,
    /// How many values the shares are of: all but missing and NaN. −∞ is in the first share already, and +∞ in
    /// none, so the last share stays below 1 where runs diverged.
    pub n: usize,
    /// The values that are no place on the axis. Infinities are counted here and in `n`.
    pub left_out: LeftOut,
}

/// The share of values up to each value of a column. Source: `scipy.stats.ecdf`.
pub fn shares(values: &[Option<f64>]) -> Shares {
    let (finite, left_out) = sorted(values);
    let n = finite.len() + left_out.n_neg_inf + left_out.n_pos_inf;
    let mut out = Shares { n, left_out, ..Shares::default() };
    let mut n_up_to = left_out.n_neg_inf;
    for same in finite.chunk_by(|a, b| a == b) {
        n_up_to += same.len();
        out.x.push(same[0]);
        out.share.push(n_up_to as f64 / n as f64);
    }
    out
}

/// How the best value of a search came about.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Progress {
    /// The best finite value up to each row; none before the first.
    pub best: Vec<Option<f64>>,
    /// The rows that were better than all before, ascending.
    pub improved_at: Vec<usize>,
    /// The values that are no finite numbers; they are never the best.
    pub left_out: LeftOut,
}

/// The best value so far, in the order of rows. [`Direction::Ascending`] where smaller is better, as in
/// [`crate::view::better()`]. Source: Optuna's `plot_optimization_history`, `numpy.minimum.accumulate`.
pub fn best_so_far(values: &[Option<f64>], direction: Direction) -> Progress {
    let mut out = Progress::default();
    let mut best: Option<f64> = None;
    for (row, &value) in values.iter().enumerate() {
        if let Some(value) = out.left_out.finite(value) {
            let is_better = best.is_none_or(|best| match direction {
                Direction::Ascending => value < best,
                Direction::Descending => value > best,
            });
            if is_better {
                best = Some(value);
                out.improved_at.push(row);
            }
        }
        out.best.push(best);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture_tests::{assert_close, column, fixture, numbers};
    use proptest::prelude::*;

    #[test]
    fn distributions_are_those_of_the_references() {
        let reference = fixture(include_str!("../../tests/fixtures/analysis/distribution.json"));
        for case in reference["cases"].as_array().unwrap() {
            let values = column(&case["values"]);
            let (finite, left_out) = sorted(&values);
            assert_eq!(finite.len() + left_out.total(), values.len());
            for (share, expected) in case["quantiles"].as_object().unwrap() {
                let ours = quantile(&finite, share.parse().unwrap()).unwrap();
                assert_close(&[ours], &[expected.as_f64().unwrap()], 1e-14);
            }
            let ours = box_plot(&values).unwrap();
            let stats = [ours.mean, ours.q1, ours.median, ours.q3, ours.low_whisker, ours.high_whisker];
            assert_close(&stats, &numbers(&case["box"]), 1e-14);
            let mut outliers: Vec<f64> = ours.outliers.iter().map(|&row| values[row].unwrap()).collect();
            outliers.sort_by(f64::total_cmp);
            let mut theirs = numbers(&case["outliers"]);
            theirs.sort_by(f64::total_cmp);
            assert_eq!(outliers, theirs);
            for (bins, name) in
                [(Bins::FreedmanDiaconis, "fd"), (Bins::Sturges, "sturges"), (Bins::Count(7), "7")]
            {
                let ours = histogram(&values, bins, 1000).unwrap();
                assert_close(&ours.edges, &numbers(&case["histograms"][name]["edges"]), 1e-13);
                let counts: Vec<f64> = ours.counts.iter().map(|&count| f64::from(count)).collect();
                assert_close(&counts, &numbers(&case["histograms"][name]["counts"]), 0.0);
                assert!(!ours.is_limited);
            }
            let ours = shares(&values);
            assert_close(&ours.x, &numbers(&case["ecdf"]["x"]), 0.0);
            assert_close(&ours.share, &numbers(&case["ecdf"]["share"]), 1e-15);
            for (direction, name) in [(Direction::Ascending, "lowest"), (Direction::Descending, "highest")] {
                let ours: Vec<f64> = best_so_far(&values, direction)
                    .best
                    .iter()
                    .map(|best| best.unwrap_or(f64::NAN))
                    .collect();
                assert_close(&ours, &numbers(&case[name]), 0.0);
            }
        }
    }

    #[test]
    fn a_far_outlier_does_not_make_a_million_bins() {
        let mut values: Vec<Option<f64>> = (0..100).map(|n| Some(f64::from(n))).collect();
        values.push(Some(1e300));
        let limited = histogram(&values, Bins::FreedmanDiaconis, 50).unwrap();
        assert_eq!((limited.counts.len(), limited.is_limited), (50, true));
        assert_eq!(limited.counts.iter().sum::<u32>(), 101);
    }

    #[test]
    fn without_finite_numbers_there_is_nothing() {
        let values = [None, Some(f64::NAN), Some(f64::INFINITY)];
        assert_eq!((box_plot(&values), histogram(&values, Bins::Sturges, 9)), (None, None));
        assert_eq!((shares(&values).x.len(), shares(&values).n), (0, 1));
        assert_eq!(best_so_far(&values, Direction::Ascending).best, [None; 3]);
        assert_eq!(quantile(&[], 0.5), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(
            values in prop::collection::vec(
                prop_oneof![
                    8 => (-1e6..1e6).prop_map(Some),
                    4 => (-3i32..3).prop_map(|n| Some(f64::from(n))),
                    1 => Just(None),
                    1 => Just(Some(f64::NAN)),
                    1 => Just(Some(f64::INFINITY)),
                ],
                0..80,
            ),
            count in 0usize..20,
        ) {
            let n = values.len();
            for bins in [Bins::FreedmanDiaconis, Bins::Sturges, Bins::Count(count)] {
                if let Some(histogram) = histogram(&values, bins, 200) {
                    let counted: u32 = histogram.counts.iter().sum();
                    prop_assert_eq!(counted as usize + histogram.left_out.total(), n);
                    prop_assert_eq!(histogram.edges.len(), histogram.counts.len() + 1);
                    prop_assert!(histogram.edges.is_sorted());
                }
            }
            if let Some(plot) = box_plot(&values) {
                prop_assert_eq!(plot.n + plot.left_out.total(), n);
                prop_assert!([plot.low_whisker, plot.q1, plot.median, plot.q3, plot.high_whisker].is_sorted());
                prop_assert!(plot.outliers.len() <= plot.n / 2);
            }
            let shares = shares(&values);
            prop_assert!(shares.x.is_sorted_by(|a, b| a < b) && shares.share.is_sorted_by(|a, b| a < b));
            prop_assert!(shares.share.iter().all(|&share| share > 0.0 && share <= 1.0));
            let progress = best_so_far(&values, Direction::Ascending);
            prop_assert_eq!(progress.best.len(), n);
            prop_assert!(progress.best.iter().flatten().is_sorted_by(|a, b| a >= b));
        }
    }
}
