//! Which params matter for an objective.

use super::LeftOut;
pub use super::forest::Feature;
use super::forest::{FitError, Forest, ForestOptions, Level, Node, Random, Split, Tree};

/// How important one param is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Importance {
    /// The share of the variance of what the forest predicts, over the whole range of all params, that this
    /// param explains alone; 0 to 1. What is missing to 1 in the sum over all params is owed to several
    /// together. (fANOVA, of first order.)
    pub share: f64,
    /// The standard deviation of the share from tree to tree.
    pub share_std: f64,
    /// By how much R² in runs not seen falls when the param's values change places between runs: alone and
    /// together with others; around 0 for one that does not matter. (Permutation importance.) None where no
    /// values changed places, or no runs stay unseen.
    pub permutation: Option<Fall>,
    /// In how many of the runs the param is there.
    pub n_present: usize,
    /// How many different levels it has, missing and NaN counting; one that has a single one has no importance.
    pub n_levels: usize,
}

/// How far R² falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fall {
    /// In the mean over the shuffles.
    pub mean: f64,
    /// The standard deviation from shuffle to shuffle.
    pub std: f64,
}

/// Why importances are to be read with care.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Warning {
    /// There are fewer runs than ten for each param that varies (a rule of thumb: Harrell, "Regression Modeling
    /// Strategies", 2015, section 4.4).
    FewRuns {
        /// So many there are.
        n: usize,
        /// So many there should be.
        wanted: usize,
    },
    /// The forest explains less than half of the variance in runs it has not seen, so it knows little of the
    /// params' part. Without a number where too few runs stay unseen to say.
    PoorFit {
        /// R² out of the bag.
        r2: Option<f64>,
    },
}

/// The importance of each param, and how far to trust it.
#[derive(Clone, Debug, PartialEq)]
pub struct Importances {
    /// One for each feature, in their order.
    pub params: Vec<Importance>,
    /// How many runs they were learned from.
    pub n_runs: usize,
    /// Runs whose objective is no finite number.
    pub left_out: LeftOut,
    /// R² in runs not seen (see [`Forest::r2`]).
    pub r2: Option<f64>,
    /// Why to read them with care; empty when nothing speaks against them.
    pub warnings: Vec<Warning>,
}

/// How many runs each varying param wants.
const RUNS_A_PARAM: usize = 10;
/// Less explained variance than this is a poor fit.
const ENOUGH_R2: f64 = 0.5;
/// How often values change places in [`importances`], as in scikit-learn.
const N_SHUFFLES: usize = 5;

/// The importance of params for an objective.
///
/// # Errors
///
/// Where there is nothing to learn from; see [`FitError`].
pub fn importances(
    features: &[Feature<'_>],
    target: &[Option<f64>],
    options: ForestOptions,
) -> Result<Importances, FitError> {
    let forest = Forest::fit(features, target, options)?;
    Ok(of_forest(&forest, N_SHUFFLES, options.seed))
}

/// The importance of params in a forest. Each param's values change places `n_shuffles` times, by `seed`; that
/// takes by far the most time where runs are many, and 0 does without.
///
/// Sources: Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance"
/// (ICML 2014), as Optuna's `FanovaImportanceEvaluator` has it, over the range of the values seen; Breiman
/// (2001) for permutations, in the measure of scikit-learn's `permutation_importance`, but in runs out of the
/// bag.
pub fn of_forest(forest: &Forest, n_shuffles: usize, seed: u64) -> Importances {
    let r2 = forest.r2();
    let effects = Effects::of(forest);
    let mut random = Random(seed);
    let params = (0..forest.columns.len())
        .map(|feature| {
            let column = &forest.columns[feature];
            let (share, share_std) = mean_and_std(&effects.shares[feature]);
            let mut falls = Vec::new();
            for _ in 0..n_shuffles {
                let codes = forest.shuffled(feature, &mut random);
                if let (Some(before), Some(after)) = (r2, forest.r2_with(Some((feature, &codes)))) {
                    falls.push(before - after);
                }
            }
            let (mean, std) = mean_and_std(&falls);
            let permutation = (!falls.is_empty()).then_some(Fall { mean, std });
            let n_missing: usize = column
                .levels
                .iter()
                .zip(&column.n_rows)
                .filter(|(level, _)| **level == Level::Missing)
                .map(|(_, n)| n)
                .sum();
            Importance {
                share,
                share_std,
                permutation,
                n_present: forest.n_runs() - n_missing,
                n_levels: column.levels.len(),
            }
        })
        .collect();
    let mut warnings = Vec::new();
    let wanted = RUNS_A_PARAM * forest.n_varying();
    if forest.n_runs() < wanted {
        warnings.push(Warning::FewRuns { n: forest.n_runs(), wanted });
    }
    if r2.is_none_or(|r2| r2 < ENOUGH_R2) {
        warnings.push(Warning::PoorFit { r2 });
    }
    Importances { params, n_runs: forest.n_runs(), left_out: forest.left_out(), r2, warnings }
}

fn mean_and_std(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// What each param does by itself in each tree, the others taken over their whole range.
pub(in crate::analysis) struct Effects {
    /// For each feature, the share of variance in each tree that varies at all.
    shares: Vec<Vec<f64>>,
    /// For each feature and level, the mean over the trees and the standard deviation between them, in the
    /// units of the objective.
    pub(in crate::analysis) curves: Vec<Vec<(f64, f64)>>,
}

impl Effects {
    pub(in crate::analysis) fn of(forest: &Forest) -> Self {
        let columns = &forest.columns;
        let mut shares = vec![Vec::new(); columns.len()];
        // Each feature's mean of each level, tree by tree.
        let mut means: Vec<Vec<Vec<f64>>> =
            columns.iter().map(|column| vec![Vec::new(); column.levels.len()]).collect();
        for tree in &forest.trees {
            let walk = Walk::through(forest, tree);
            for (feature, column) in columns.iter().enumerate() {
                let mut variance = 0.0;
                for (level, mean) in walk.marginal(feature).into_iter().enumerate() {
                    variance += column.measures[level] * (mean - walk.mean).powi(2);
                    means[feature][level].push(mean);
                }
                if walk.variance > 0.0 {
                    shares[feature].push((variance / walk.variance).min(1.0));
                }
            }
        }
        let in_units = |means: &Vec<f64>| {
            let (mean, std) = mean_and_std(means);
            (mean * forest.scale + forest.mean, std * forest.scale)
        };
        let curves = means.iter().map(|levels| levels.iter().map(in_units).collect()).collect();
        Self { shares, curves }
    }
}

/// The levels of one feature that lead to a node.
#[derive(Clone)]
enum Cell {
    /// Those from the first to before the second, and of the levels without order those of the bits.
    Ordered(u32, u32, u8),
    /// Those of the bits.
    Set(Box<[u64]>),
}

/// A walk through all leaves of a tree, which adds up what each means for each level of each feature.
struct Walk<'a> {
    forest: &'a Forest,
    tree: &'a Tree,
    /// The cell of the node at which the walk is, and its measure, for each feature.
    cells: Vec<(Cell, f64)>,
    /// For each feature, what is added at each level: for ordered ones as differences to the level before.
    sums: Vec<Vec<f64>>,
    leaves: Vec<(f64, f64)>,
    mean: f64,
    variance: f64,
}

impl<'a> Walk<'a> {
    fn through(forest: &'a Forest, tree: &'a Tree) -> Self {
        let cells = forest
            .columns
            .iter()
            .map(|column| {
                let n_levels = column.levels.len();
                let cell = if column.is_of_sets() {
                    let bits = |word: usize| match n_levels - 64 * word {
                        n if n < 64 => (1 << n) - 1,
                        _ => u64::MAX,
                    };
                    Cell::Set((0..n_levels.div_ceil(64)).map(bits).collect())
                } else {
                    Cell::Ordered(0, column.n_ordered as u32, (1 << (n_levels - column.n_ordered)) - 1)
                };
                (cell, 1.0)
            })
            .collect();
        // One place more, where the differences of the last ordered level end.
        let sums = forest.columns.iter().map(|column| vec![0.0; column.levels.len() + 1]).collect();
        let mut walk = Self { forest, tree, cells, sums, leaves: Vec::new(), mean: 0.0, variance: 0.0 };
        walk.visit(0);
        walk.mean = walk.leaves.iter().map(|(value, weight)| value * weight).sum();
        walk.variance = walk.leaves.iter().map(|(value, weight)| weight * (value - walk.mean).powi(2)).sum();
        walk
    }

    fn visit(&mut self, node: usize) {
        let (forest, tree) = (self.forest, self.tree);
        match &tree.nodes[node] {
            Node::Leaf(value) => self.add(*value),
            Node::Fork { feature, split, left, right } => {
                let whole = self.cells[*feature].clone();
                for (child, is_left) in [(*left, true), (*right, false)] {
                    let cell = part(&whole.0, split, is_left, forest.columns[*feature].n_ordered);
                    let measure = measure(&cell, forest, *feature);
                    self.cells[*feature] = (cell, measure);
                    self.visit(child);
                }
                self.cells[*feature] = whole;
            }
        }
    }

    fn add(&mut self, value: f64) {
        let weight: f64 = self.cells.iter().map(|cell| cell.1).product();
        self.leaves.push((value, weight));
        if weight == 0.0 {
            return;
        }
        for (feature, (cell, measure)) in self.cells.iter().enumerate() {
            let term = value * (weight / measure);
            let sums = &mut self.sums[feature];
            match cell {
                Cell::Ordered(from, to, others) => {
                    let n_ordered = self.forest.columns[feature].n_ordered;
                    if from < to {
                        sums[*from as usize] += term;
                        // The end of the last ordered level is kept beyond all levels.
                        let end = if *to as usize == n_ordered { sums.len() - 1 } else { *to as usize };
                        sums[end] -= term;
                    }
                    for bit in 0..2 {
                        if others >> bit & 1 == 1 {
                            sums[n_ordered + bit] += term;
                        }
                    }
                }
                Cell::Set(bits) => {
                    for (level, sum) in sums.iter_mut().enumerate() {
                        if bits.get(level / 64).is_some_and(|word| word >> (level % 64) & 1 == 1) {
                            *sum += term;
                        }
                    }
                }
            }
        }
    }

    /// What the tree predicts at each level of a feature, in the mean over all other features.
    fn marginal(&self, feature: usize) -> Vec<f64> {
        let column = &self.forest.columns[feature];
        let mut means = self.sums[feature][..column.levels.len()].to_vec();
        let mut sum = 0.0;
        for mean in &mut means[..column.n_ordered] {
            sum += *mean;
            *mean = sum;
        }
        means
    }
}

fn part(whole: &Cell, split: &Split, is_left: bool, n_ordered: usize) -> Cell {
    match (whole, split) {
        (Cell::Ordered(from, to, others), Split::Ordered { below, others: left }) => {
            debug_assert!(*to as usize <= n_ordered);
            if is_left {
                Cell::Ordered(*from, *to.min(below), others & left)
            } else {
                Cell::Ordered(*from.max(below), *to, others & !left)
            }
        }
        (Cell::Set(bits), Split::Set(left)) => Cell::Set(
            bits.iter().zip(left).map(|(bits, left)| bits & if is_left { *left } else { !left }).collect(),
        ),
        // A feature is split in one way only.
        _ => whole.clone(),
    }
}

fn measure(cell: &Cell, forest: &Forest, feature: usize) -> f64 {
    let column = &forest.columns[feature];
    let measures = &column.measures;
    match cell {
        Cell::Ordered(from, to, others) => {
            let ordered: f64 =
                if from < to { measures[*from as usize..*to as usize].iter().sum() } else { 0.0 };
            let bit =
                |bit: usize| if others >> bit & 1 == 1 { measures[column.n_ordered + bit] } else { 0.0 };
            ordered + bit(0) + bit(1)
        }
        Cell::Set(bits) => {
            let is_in = |level: usize| bits[level / 64] >> (level % 64) & 1 == 1;
            (0..measures.len()).filter(|&level| is_in(level)).map(|level| measures[level]).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture_tests::{assert_close, fixture, numbers};
    use proptest::prelude::*;

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    fn descending(values: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        order
    }

    #[test]
    fn importances_are_those_of_optuna_and_scikit_learn() {
        let reference = fixture(include_str!("../../tests/fixtures/analysis/importance.json"));
        // How many params of each function do something that can be seen: Branin's has only two, beside two that are drawn
        // in to do nothing, so the top three are those of the other functions.
        for (name, n_top) in [("ishigami", 3), ("sobol_g", 3), ("otl_circuit", 3), ("branin", 2)] {
            let case = &reference[name];
            let columns: Vec<Vec<Option<f64>>> =
                case["x"].as_array().unwrap().iter().map(|values| some(&numbers(values))).collect();
            let features: Vec<Feature<'_>> = columns.iter().map(|values| Feature::Numbers(values)).collect();
            let ours = importances(&features, &some(&numbers(&case["y"])), ForestOptions::default()).unwrap();
            let shares: Vec<f64> = ours.params.iter().map(|param| param.share).collect();
            let permutations: Vec<f64> =
                ours.params.iter().map(|param| param.permutation.unwrap().mean).collect();
            let (theirs, theirs_permuted) = (numbers(&case["shares"]), numbers(&case["permutation"]));
            assert_eq!(descending(&shares)[..n_top], descending(&theirs)[..n_top], "{name}");
            assert_eq!(descending(&permutations)[..n_top], descending(&theirs_permuted)[..n_top], "{name}");
            for (ours, theirs) in shares.iter().zip(theirs) {
                assert!((ours - theirs).abs() < 0.02, "{name}: {ours} instead of {theirs}");
            }
            assert!(shares[n_top..].iter().chain(&permutations[n_top..]).all(|&rest| rest < 0.02));
            assert!((ours.r2.unwrap() - case["r2"].as_f64().unwrap()).abs() < 0.03, "{name}");
            assert_eq!(ours.warnings, []);
        }
    }

    /// Numbers from 0 to 1 that look random.
    fn noise(seed: u64, n: usize) -> Vec<f64> {
        let mut random = Random(seed);
        (0..n).map(|_| random.below(1 << 20) as f64 / (1 << 20) as f64).collect()
    }

    #[test]
    fn a_param_that_only_some_runs_have_counts_where_it_is() {
        let n = 200;
        let (momentum, other) = (noise(1, n), some(&noise(2, n)));
        let is_sgd = |row: usize| row.is_multiple_of(2);
        let kind: Vec<Option<&str>> =
            (0..n).map(|row| Some(if is_sgd(row) { "sgd" } else { "adam" })).collect();
        let target: Vec<Option<f64>> =
            (0..n).map(|row| Some(if is_sgd(row) { momentum[row] } else { 2.0 })).collect();
        let momentum: Vec<Option<f64>> = (0..n).map(|row| is_sgd(row).then_some(momentum[row])).collect();
        let features = [Feature::Categories(&kind), Feature::Numbers(&momentum), Feature::Numbers(&other)];
        let found = importances(&features, &target, ForestOptions::default()).unwrap();
        assert!(found.r2.unwrap() > 0.99);
        assert_eq!((found.params[1].n_present, found.params[0].n_levels), (n / 2, 2));
        // That it is missing says as much as the kind does, so the two share what they explain.
        assert!(found.params[0].share > 0.2 && found.params[1].share > 0.2);
        assert!(found.params[2].share < 0.01);
    }

    #[test]
    fn what_is_not_finite_is_a_level_of_its_own_and_no_target() {
        let n = 60;
        let odd = [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(1.0), Some(2.0)];
        let values: Vec<Option<f64>> = (0..n).map(|row| odd[row % 6]).collect();
        let mut target: Vec<Option<f64>> = (0..n).map(|row| Some((row % 6) as f64)).collect();
        (target[0], target[1], target[2]) = (None, Some(f64::NAN), Some(f64::INFINITY));
        let found = importances(&[Feature::Numbers(&values)], &target, ForestOptions::default()).unwrap();
        assert_eq!((found.params[0].n_levels, found.n_runs, found.left_out.total()), (6, n - 3, 3));
        assert!(found.params[0].share > 0.999 && found.r2.unwrap() > 0.999);
    }

    #[test]
    fn too_little_to_learn_is_said() {
        let fit = |values: &[Option<f64>], target: &[Option<f64>]| {
            importances(&[Feature::Numbers(values)], target, ForestOptions::default())
                .map(|found| found.warnings)
        };
        let (one, two, three) = (Some(1.0), Some(2.0), Some(3.0));
        assert_eq!(fit(&[one], &[one, two]), Err(FitError::Lengths));
        assert_eq!(fit(&[one, two], &[one, None]), Err(FitError::TooFew));
        assert_eq!(fit(&[one, two], &[one, one]), Err(FitError::ConstantObjective));
        assert_eq!(fit(&[one, one], &[one, two]), Err(FitError::NothingVaries));
        assert_eq!(
            importances(&[], &[one, two], ForestOptions::default()).err(),
            Some(FitError::NothingVaries)
        );
        let warnings = fit(&[one, two, three], &[two, three, one]).unwrap();
        assert_eq!(warnings[0], Warning::FewRuns { n: 3, wanted: 10 });
        assert!(matches!(warnings[1], Warning::PoorFit { .. }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn importances_follow_their_laws(
            rows in prop::collection::vec((-3i32..3, prop::option::of(0.0..1.0), 0usize..3, -1.0..1.0), 4..40),
            seed: u64,
        ) {
            let steps: Vec<Option<f64>> = rows.iter().map(|row| Some(f64::from(row.0))).collect();
            let reals: Vec<Option<f64>> = rows.iter().map(|row| row.1).collect();
            let texts: Vec<Option<&str>> = rows.iter().map(|row| ["a", "b"].get(row.2).copied()).collect();
            let fixed = vec![Some(7.0); rows.len()];
            let target: Vec<Option<f64>> = rows.iter().map(|row| Some(row.3 + f64::from(row.0))).collect();
            let features =
                [Feature::Numbers(&steps), Feature::Numbers(&reals), Feature::Categories(&texts), Feature::Numbers(&fixed)];
            let options = ForestOptions { n_trees: 8, seed, ..ForestOptions::default() };
            if let Ok(found) = importances(&features, &target, options) {
                let total: f64 = found.params.iter().map(|param| param.share).sum();
                prop_assert!(total <= 1.0 + 1e-9, "{total}");
                prop_assert!(found.params.iter().all(|param| param.share >= 0.0 && param.share_std >= 0.0));
                prop_assert_eq!(found.params[3].share, 0.0);
                prop_assert!(found.params[3].permutation.is_none_or(|fall| fall.mean == 0.0 && fall.std == 0.0));
                prop_assert!(found.r2.is_none_or(|r2| r2 <= 1.0));
                // The same again, and in other units.
                let in_eighths: Vec<Option<f64>> = target.iter().map(|value| value.map(|value| value * 8.0)).collect();
                prop_assert_eq!(&importances(&features, &in_eighths, options).unwrap(), &found);
            }
        }

        #[test]
        fn two_texts_are_two_numbers(rows in prop::collection::vec((0usize..2, -1.0..1.0), 4..40)) {
            // Alone, because rounding decides between params that part the runs alike.
            let texts: Vec<Option<&str>> = rows.iter().map(|row| Some(["a", "b"][row.0])).collect();
            let codes: Vec<Option<f64>> = rows.iter().map(|row| Some(row.0 as f64)).collect();
            let target: Vec<Option<f64>> = rows.iter().map(|row| Some(row.1 + row.0 as f64)).collect();
            let of = |feature: Feature<'_>| {
                let options = ForestOptions { n_trees: 8, ..ForestOptions::default() };
                importances(&[feature], &target, options).map(|found| {
                    let fall = found.params[0].permutation.map(|fall| fall.mean);
                    [Some(found.params[0].share), found.r2, fall].map(|value| value.unwrap_or(f64::NAN))
                })
            };
            match (of(Feature::Categories(&texts)), of(Feature::Numbers(&codes))) {
                (Ok(texts), Ok(codes)) => assert_close(&texts, &codes, 1e-9),
                (texts, codes) => prop_assert_eq!(texts.err(), codes.err()),
            }
        }
    }
}
