//! What one param does to an objective: as the runs show it, and as the forest sees it.

use super::LeftOut;
use super::forest::{Feature, Forest, Level};
use super::importance::Effects;
use super::quantile::{quantile, sort};

/// The runs with alike values of a param.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    /// What they share; of numbers, the mean and the bounds, the lower of which belongs to the first bin only.
    pub level: Level,
    /// How many they are, with a finite objective.
    pub n: usize,
    /// The mean of their objectives.
    pub mean: f64,
    /// The standard deviation as of a sample; NaN of one run.
    pub std: f64,
    /// The lower quartile.
    pub q1: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub q3: f64,
}

/// The objective by bins of a param.
#[derive(Clone, Debug, PartialEq)]
pub struct Binned {
    /// Those that have runs: −∞, numbers ascending, +∞ or texts in order, then NaN, then missing.
    pub bins: Vec<Bin>,
    /// The runs whose objective is no finite number.
    pub left_out: LeftOut,
}

/// The objective by bins of a param: numbers in at most `n_bins` bins (at least one) of about as many runs
/// each, equal ones together; every text, both infinities, NaN and missing each in a bin of their own. The
/// shorter column counts.
///
/// Other params are as they happen to be in the runs, so this shows what goes along with the param, not what it
/// causes. Source: `pandas.qcut(duplicates="drop")` and `groupby`.
pub fn binned(feature: Feature<'_>, target: &[Option<f64>], n_bins: usize) -> Binned {
    let mut left_out = LeftOut::default();
    let mut bins = Vec::new();
    match feature {
        Feature::Numbers(values) => {
            let known: Vec<(Option<f64>, f64)> = values
                .iter()
                .zip(target)
                .filter_map(|(&value, &target)| Some((value, left_out.finite(target)?)))
                .collect();
            let mut of = |level: Level, is_in: &dyn Fn(Option<f64>) -> bool| {
                bins.extend(bin(level, known.iter().filter(|(value, _)| is_in(*value)).map(|pair| pair.1)));
            };
            of(Level::NegInf, &|value| value == Some(f64::NEG_INFINITY));
            let mut finite: Vec<f64> =
                known.iter().filter_map(|pair| pair.0).filter(|v| v.is_finite()).collect();
            sort(&mut finite);
            let edge = |at: usize| quantile(&finite, at as f64 / n_bins.max(1) as f64);
            let mut edges: Vec<f64> = (0..=n_bins.max(1)).filter_map(edge).collect();
            edges.dedup();
            if edges.len() == 1 {
                edges.push(edges[0]);
            }
            for (at, pair) in edges.windows(2).enumerate() {
                let (low, high) = (pair[0], pair[1]);
                let is_in = |value: f64| (low < value || at == 0 && low == value) && value <= high;
                let inside = finite.iter().copied().filter(|&value| is_in(value));
                let n = inside.clone().count() as f64;
                let mean = inside.map(|value| value / n).sum();
                of(Level::Number { at: mean, low, high }, &|value| value.is_some_and(is_in));
            }
            of(Level::PosInf, &|value| value == Some(f64::INFINITY));
            of(Level::Nan, &|value| value.is_some_and(f64::is_nan));
            of(Level::Missing, &|value| value.is_none());
        }
        Feature::Categories(values) => {
            let mut known: Vec<(Option<&str>, f64)> = values
                .iter()
                .zip(target)
                .filter_map(|(&value, &target)| Some((value, left_out.finite(target)?)))
                .collect();
            // Stable, and missing last.
            known.sort_by_key(|(value, _)| (value.is_none(), *value));
            for same in known.chunk_by(|a, b| a.0 == b.0) {
                let level = same[0].0.map_or(Level::Missing, |text| Level::Category(text.to_owned()));
                bins.extend(bin(level, same.iter().map(|pair| pair.1)));
            }
        }
    }
    Binned { bins, left_out }
}

fn bin(level: Level, targets: impl Iterator<Item = f64>) -> Option<Bin> {
    let mut targets: Vec<f64> = targets.collect();
    sort(&mut targets);
    let n = targets.len();
    let mean = targets.iter().map(|target| target / n as f64).sum::<f64>();
    let squares: f64 = targets.iter().map(|target| (target - mean).powi(2)).sum();
    Some(Bin {
        level,
        n,
        mean,
        std: if n > 1 { (squares / (n - 1) as f64).sqrt() } else { f64::NAN },
        q1: quantile(&targets, 0.25)?,
        median: quantile(&targets, 0.5)?,
        q3: quantile(&targets, 0.75)?,
    })
}

/// What a forest predicts at one level of a param, all other params taken over their whole range.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The level of the param.
    pub level: Level,
    /// How many of the runs have it.
    pub n: usize,
    /// The mean of the predictions, in the units of the objective.
    pub mean: f64,
    /// How far the trees differ: their standard deviation.
    pub std: f64,
}

/// The effect of each param by itself, for each feature and level: the curves whose variance is the importance.
///
/// Unlike bins, it holds the other params even, so far as the forest learned them (see [`Forest::r2`]); but it
/// speaks of combinations that no run has, too. Source: the marginal predictions of Hutter, Hoos and
/// Leyton-Brown (ICML 2014), section 3.
pub fn effects(forest: &Forest) -> Vec<Vec<Effect>> {
    let curves = Effects::of(forest).curves;
    let of = |(column, curve): (&super::forest::Column, Vec<(f64, f64)>)| {
        let levels = column.levels.iter().zip(&column.n_rows).zip(curve);
        levels.map(|((level, &n), (mean, std))| Effect { level: level.clone(), n, mean, std }).collect()
    };
    forest.columns.iter().zip(curves).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture_tests::{assert_close, column, fixture, numbers};
    use crate::analysis::forest::ForestOptions;
    use proptest::prelude::*;

    #[test]
    fn bins_are_those_of_pandas() {
        let reference = fixture(include_str!("../../tests/fixtures/analysis/marginal.json"));
        for case in reference["cases"].as_array().unwrap() {
            let (values, target) = (column(&case["values"]), column(&case["target"]));
            let ours = binned(Feature::Numbers(&values), &target, case["n_bins"].as_u64().unwrap() as usize);
            let of = |pick: fn(&Bin) -> f64| ours.bins.iter().map(pick).collect::<Vec<_>>();
            assert_close(&of(|bin| bin.n as f64), &numbers(&case["n"]), 0.0);
            assert_close(&of(|bin| bin.mean), &numbers(&case["mean"]), 1e-13);
            assert_close(&of(|bin| bin.std), &numbers(&case["std"]), 1e-13);
            assert_close(&of(|bin| bin.median), &numbers(&case["median"]), 1e-13);
            assert_eq!(ours.left_out.n_nan, 1);
        }
    }

    #[test]
    fn every_kind_of_value_has_its_bin() {
        let odd = [Some(1.0), Some(f64::INFINITY), None, Some(f64::NAN), Some(f64::NEG_INFINITY), Some(1.0)];
        let target = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(Some);
        let binned = binned(Feature::Numbers(&odd), &target, 0);
        let one = Level::Number { at: 1.0, low: 1.0, high: 1.0 };
        let levels: Vec<&Level> = binned.bins.iter().map(|bin| &bin.level).collect();
        assert_eq!(levels, [&Level::NegInf, &one, &Level::PosInf, &Level::Nan, &Level::Missing]);
        assert_eq!(binned.bins[1].mean, 3.5);
        let texts = [Some("b"), None, Some("a"), Some("b"), Some(""), None];
        let binned = super::binned(Feature::Categories(&texts), &target, 3);
        let means: Vec<f64> = binned.bins.iter().map(|bin| bin.mean).collect();
        assert_eq!(means, [5.0, 3.0, 2.5, 4.0]);
    }

    #[test]
    fn the_forest_sees_what_was_put_in() {
        // y = x0^2 + 0.2 * (x1 is "b"), on a grid.
        let xs: Vec<f64> = (0..400).map(|row| f64::from(row % 20) / 10.0 - 0.95).collect();
        let kinds: Vec<Option<&str>> =
            (0..400).map(|row| Some(if row / 20 % 2 == 0 { "a" } else { "b" })).collect();
        let target: Vec<Option<f64>> = xs
            .iter()
            .zip(&kinds)
            .map(|(x, kind)| Some(x * x + if *kind == Some("b") { 0.2 } else { 0.0 }))
            .collect();
        let values: Vec<Option<f64>> = xs.iter().copied().map(Some).collect();
        let features = [Feature::Numbers(&values), Feature::Categories(&kinds)];
        let forest = Forest::fit(&features, &target, ForestOptions::default()).unwrap();
        let effects = effects(&forest);
        for effect in &effects[0] {
            let Level::Number { at, .. } = effect.level else { panic!("{:?}", effect.level) };
            assert!((effect.mean - at * at - 0.1).abs() < 0.02, "{effect:?}");
            assert_eq!(effect.n, 20);
        }
        assert!((effects[1][1].mean - effects[1][0].mean - 0.2).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn every_run_is_in_one_bin(
            rows in prop::collection::vec(
                (prop_oneof![4 => (-9i32..9).prop_map(|n| Some(f64::from(n) / 3.0)), 1 => Just(None), 1 => Just(Some(f64::NAN))],
                 prop_oneof![4 => (-1.0..1.0).prop_map(Some), 1 => Just(None)]),
                0..60,
            ),
            n_bins in 0usize..9,
        ) {
            let (values, target): (Vec<Option<f64>>, Vec<Option<f64>>) = rows.into_iter().unzip();
            let binned = binned(Feature::Numbers(&values), &target, n_bins);
            let n: usize = binned.bins.iter().map(|bin| bin.n).sum();
            prop_assert_eq!(n + binned.left_out.total(), target.len());
            prop_assert!(binned.bins.len() <= n_bins.max(1) + 2);
        }
    }
}
