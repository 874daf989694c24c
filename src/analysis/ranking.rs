//! Which run is best when several things count: a weighted ranking that can be read.
//!
//! Each objective gives each run a part from 0 to 1, where 1 is best; the score is the mean of the parts by
//! weight (a weighted sum: Marler and Arora, "The weighted sum method for multi-objective optimization", 2010).
//! So a score is a sum of contributions, and the difference of two runs is, too: that is the explanation of
//! why one stands before the other.

use crate::view::{Direction, Normalisation};
use std::cmp::Ordering;

/// One thing that counts.
#[derive(Clone, Copy, Debug)]
pub struct Objective<'a> {
    /// What each run has; all objectives and constraints have one length.
    pub values: &'a [Option<f64>],
    /// [`Direction::Ascending`] where smaller is better, as in [`crate::view::better()`].
    pub direction: Direction,
    /// How much it counts; only the ratio of weights matters. An objective of weight 0 is shown but does not
    /// count.
    pub weight: f64,
}

/// What a run must keep to be ranked at all.
#[derive(Clone, Copy, Debug)]
pub struct Constraint<'a> {
    /// What each run has.
    pub values: &'a [Option<f64>],
    /// The smallest that is allowed.
    pub at_least: Option<f64>,
    /// The largest that is allowed.
    pub at_most: Option<f64>,
}

/// What becomes of a run that lacks a value, or has NaN, in an objective that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUnknown {
    /// It gets 0 there: the worst that a known run gets.
    Worst,
    /// It is not ranked.
    Unranked,
}

/// Why a run has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unranked {
    /// It breaks this constraint.
    Breaks {
        /// The place of the constraint among those given.
        constraint: usize,
    },
    /// It has no value, or NaN, where this constraint looks, so nobody knows whether it keeps it.
    Untold {
        /// The place of the constraint among those given.
        constraint: usize,
    },
    /// It has no value in this objective.
    Missing {
        /// The place of the objective among those given.
        objective: usize,
    },
    /// It has NaN in this objective.
    Nan {
        /// The place of the objective among those given.
        objective: usize,
    },
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// In the ranking.
    Ranked {
        /// 1 is best; equal scores share the place, and the next one is as far down as there are runs before.
        place: usize,
        /// From 0 to 1.
        score: f64,
    },
    /// Not in it.
    Out(Unranked),
}

/// Why nothing can be ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankingError {
    /// No objective has a weight above 0.
    NothingCounts,
    /// The weight of this objective is negative or not finite.
    BadWeight(usize),
    /// The columns have different lengths.
    Lengths,
}

/// A ranking of runs, and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The ranked runs, best first; equal ones in the order in which they came.
    pub order: Vec<usize>,
    /// Where each run stands.
    pub standings: Vec<Standing>,
    /// For each run, what each objective adds to its score; 0 where its value is unknown. Empty for a run
    /// that is not ranked.
    pub contributions: Vec<Vec<f64>>,
    /// For each objective, how many ranked runs got 0 because their value is missing or NaN.
    pub n_unknown: Vec<usize>,
}

impl Ranking {
    /// How much each objective puts run `a` ahead of run `b` (negative: what it costs `a`); the sum is the
    /// difference of their scores. None where one of them is not ranked.
    pub fn lead(&self, a: usize, b: usize) -> Option<Vec<f64>> {
        let (a, b) = (self.contributions.get(a)?, self.contributions.get(b)?);
        if a.is_empty() || b.is_empty() { None } else { Some(a.iter().zip(b).map(|(a, b)| a - b).collect()) }
    }
}

/// Ranks runs by the weighted mean of their parts.
///
/// # Errors
///
/// Weights that say nothing, or columns of different lengths.
pub fn rank(
    objectives: &[Objective<'_>],
    constraints: &[Constraint<'_>],
    normalisation: Normalisation,
    if_unknown: IfUnknown,
) -> Result<Ranking, RankingError> {
    let is_bad = |objective: &Objective<'_>| !(objective.weight >= 0.0 && objective.weight.is_finite());
    if let Some(at) = objectives.iter().position(is_bad) {
        return Err(RankingError::BadWeight(at));
    }
    // Of shares of the largest, because the sum itself may be beyond the floats.
    let largest = objectives.iter().map(|objective| objective.weight).fold(0.0, f64::max);
    if largest == 0.0 {
        return Err(RankingError::NothingCounts);
    }
    let total: f64 = objectives.iter().map(|objective| objective.weight / largest).sum();
    let weights: Vec<f64> = objectives.iter().map(|objective| objective.weight / largest / total).collect();
    let n_rows = objectives[0].values.len();
    let mut lengths =
        objectives.iter().map(|one| one.values.len()).chain(constraints.iter().map(|one| one.values.len()));
    if lengths.any(|length| length != n_rows) {
        return Err(RankingError::Lengths);
    }

    let outs: Vec<Option<Unranked>> = (0..n_rows)
        .map(|row| {
            broken(constraints, row).or_else(|| match if_unknown {
                IfUnknown::Worst => None,
                IfUnknown::Unranked => unknown(objectives, row),
            })
        })
        .collect();
    let keeps: Vec<bool> = (0..n_rows).map(|row| broken(constraints, row).is_none()).collect();
    let mut contributions: Vec<Vec<f64>> =
        outs.iter().map(|out| Vec::with_capacity(if out.is_none() { objectives.len() } else { 0 })).collect();
    let mut n_unknown = vec![0; objectives.len()];
    for (at, objective) in objectives.iter().enumerate() {
        let parts = parts(objective, &keeps, normalisation);
        for row in (0..n_rows).filter(|&row| outs[row].is_none()) {
            contributions[row].push(weights[at] * parts[row].unwrap_or(0.0));
            n_unknown[at] += usize::from(parts[row].is_none());
        }
    }
    // Rounding must not take a run that is best everywhere beyond 1.
    let scores: Vec<f64> = contributions.iter().map(|parts| parts.iter().sum::<f64>().min(1.0)).collect();
    let mut order: Vec<usize> = (0..n_rows).filter(|&row| outs[row].is_none()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut standings: Vec<Standing> = outs
        .iter()
        .zip(&scores)
        .map(|(out, &score)| out.map_or(Standing::Ranked { place: 0, score }, Standing::Out))
        .collect();
    let mut shared = 1;
    for (at, &row) in order.iter().enumerate() {
        if at > 0 && scores[row] < scores[order[at - 1]] {
            shared = at + 1;
        }
        standings[row] = Standing::Ranked { place: shared, score: scores[row] };
    }
    Ok(Ranking { order, standings, contributions, n_unknown })
}

fn broken(constraints: &[Constraint<'_>], row: usize) -> Option<Unranked> {
    constraints.iter().enumerate().find_map(|(constraint, asked)| match asked.values[row] {
        _ if asked.at_least.is_none() && asked.at_most.is_none() => None,
        None => Some(Unranked::Untold { constraint }),
        Some(value) if value.is_nan() => Some(Unranked::Untold { constraint }),
        Some(value) => {
            let is_kept = asked.at_least.is_none_or(|low| low <= value)
                && asked.at_most.is_none_or(|high| value <= high);
            (!is_kept).then_some(Unranked::Breaks { constraint })
        }
    })
}

fn unknown(objectives: &[Objective<'_>], row: usize) -> Option<Unranked> {
    let counting = objectives.iter().enumerate().filter(|(_, objective)| objective.weight > 0.0);
    counting.into_iter().find_map(|(at, objective)| match objective.values[row] {
        None => Some(Unranked::Missing { objective: at }),
        Some(value) if value.is_nan() => Some(Unranked::Nan { objective: at }),
        Some(_) => None,
    })
}

/// The part of each run that keeps the constraints and has a value.
fn parts(objective: &Objective<'_>, keeps: &[bool], normalisation: Normalisation) -> Vec<Option<f64>> {
    // Larger is better from here on.
    let goodness: Vec<Option<f64>> = objective
        .values
        .iter()
        .zip(keeps)
        .map(|(&value, &is_in)| {
            let value = value.filter(|value| is_in && !value.is_nan())?;
            // Adding zero makes -0 the same as 0.
            Some(if objective.direction == Direction::Ascending { 0.0 - value } else { value + 0.0 })
        })
        .collect();
    match normalisation {
        Normalisation::MinMax => {
            let finite = || goodness.iter().flatten().copied().filter(|value| value.is_finite());
            let (low, high) = (finite().reduce(f64::min), finite().reduce(f64::max));
            let is_all_bad = goodness.iter().flatten().all(|&value| value == f64::NEG_INFINITY);
            let part = |value: f64| match (low, high) {
                (Some(low), Some(high)) if low < high => {
                    let value = value.clamp(low, high);
                    let (above, range) = (value - low, high - low);
                    // Of halves where the range itself is beyond the floats.
                    if range.is_finite() {
                        above / range
                    } else {
                        (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
                    }
                }
                _ if value == f64::NEG_INFINITY && !is_all_bad => 0.0,
                _ => 1.0,
            };
            goodness.iter().map(|value| value.map(part)).collect()
        }
        Normalisation::Rank => {
            let mut known: Vec<(f64, usize)> =
                goodness.iter().enumerate().filter_map(|(row, value)| Some(((*value)?, row))).collect();
            known.sort_by(|a, b| b.0.total_cmp(&a.0));
            let others = known.len().saturating_sub(1).max(1) as f64;
            let mut parts = vec![None; goodness.len()];
            let mut n_better = 0;
            for (at, &(value, row)) in known.iter().enumerate() {
                if at > 0 && value.total_cmp(&known[at - 1].0) == Ordering::Less {
                    n_better = at;
                }
                parts[row] = Some(1.0 - n_better as f64 / others);
            }
            parts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture_tests::{assert_close, column, fixture, number, numbers};
    use proptest::prelude::*;

    const NORMALISATIONS: [(Normalisation, &str); 2] =
        [(Normalisation::MinMax, "min_max"), (Normalisation::Rank, "rank")];

    fn score(ranking: &Ranking, row: usize) -> f64 {
        match ranking.standings[row] {
            Standing::Ranked { score, .. } => score,
            Standing::Out(_) => f64::NAN,
        }
    }

    fn places(ranking: &Ranking) -> Vec<f64> {
        let place = |standing: &Standing| match standing {
            Standing::Ranked { place, .. } => *place as f64,
            Standing::Out(_) => 0.0,
        };
        ranking.standings.iter().map(place).collect()
    }

    #[test]
    fn scores_are_those_of_scikit_learn_and_scipy() {
        let reference = fixture(include_str!("../../tests/fixtures/analysis/ranking.json"));
        let columns: Vec<Vec<Option<f64>>> =
            reference["columns"].as_array().unwrap().iter().map(column).collect();
        let weights = numbers(&reference["weights"]);
        let directions = [Direction::Ascending, Direction::Descending, Direction::Ascending];
        let objectives: Vec<Objective<'_>> = columns
            .iter()
            .zip(weights)
            .zip(directions)
            .map(|((values, weight), direction)| Objective { values, direction, weight })
            .collect();
        let limit =
            Constraint { values: &columns[2], at_least: None, at_most: Some(number(&reference["at_most"])) };
        for (normalisation, name) in NORMALISATIONS {
            for (constraints, kind) in [(vec![], "all"), (vec![limit], "constrained")] {
                let ranking = rank(&objectives, &constraints, normalisation, IfUnknown::Worst).unwrap();
                let theirs = &reference[name][kind];
                let scores: Vec<f64> = (0..columns[0].len()).map(|row| score(&ranking, row)).collect();
                assert_close(&scores, &numbers(&theirs["scores"]), 1e-14);
                assert_close(&places(&ranking), &numbers(&theirs["places"]), 0.0);
            }
        }
    }

    fn one(values: &[Option<f64>], direction: Direction) -> [Objective<'_>; 1] {
        [Objective { values, direction, weight: 2.0 }]
    }

    #[test]
    fn what_is_not_ranked_says_why() {
        let values = [Some(1.0), None, Some(f64::NAN), Some(3.0), Some(2.0)];
        let other = [Some(1.0), Some(1.0), Some(1.0), Some(9.0), None];
        let objectives = one(&values, Direction::Ascending);
        let constraints = [Constraint { values: &other, at_least: Some(1.0), at_most: Some(8.0) }];
        let ranking = rank(&objectives, &constraints, Normalisation::MinMax, IfUnknown::Unranked).unwrap();
        assert_eq!(
            ranking.standings,
            [
                Standing::Ranked { place: 1, score: 1.0 },
                Standing::Out(Unranked::Missing { objective: 0 }),
                Standing::Out(Unranked::Nan { objective: 0 }),
                Standing::Out(Unranked::Breaks { constraint: 0 }),
                Standing::Out(Unranked::Untold { constraint: 0 }),
            ]
        );
        let ranking = rank(&objectives, &[], Normalisation::MinMax, IfUnknown::Worst).unwrap();
        assert_eq!((ranking.order, ranking.n_unknown), (vec![0, 4, 1, 2, 3], vec![2]));
    }

    #[test]
    fn infinities_are_best_or_worst_but_stretch_nothing() {
        let (inf, ninf) = (Some(f64::INFINITY), Some(f64::NEG_INFINITY));
        let check = |values: &[Option<f64>], expected: &[f64]| {
            let ranking =
                rank(&one(values, Direction::Ascending), &[], Normalisation::MinMax, IfUnknown::Worst)
                    .unwrap();
            let scores: Vec<f64> = (0..values.len()).map(|row| score(&ranking, row)).collect();
            assert_eq!(scores, expected);
        };
        check(&[inf, Some(1.0), Some(2.0), Some(3.0), ninf], &[0.0, 1.0, 0.5, 0.0, 1.0]);
        check(&[inf, Some(1.0), Some(1.0)], &[0.0, 1.0, 1.0]);
        check(&[inf, ninf], &[0.0, 1.0]);
        check(&[inf, inf], &[1.0, 1.0]);
        check(&[Some(f64::MAX), Some(f64::MIN), Some(0.0)], &[0.0, 1.0, 0.5]);
    }

    #[test]
    fn weights_that_say_nothing_are_refused() {
        let values = [Some(1.0)];
        let of = |weight: f64| {
            let objectives = [Objective { values: &values, direction: Direction::Ascending, weight }];
            rank(&objectives, &[], Normalisation::Rank, IfUnknown::Worst).map(|_| ())
        };
        assert_eq!(of(0.0), Err(RankingError::NothingCounts));
        assert_eq!(of(-1.0), Err(RankingError::BadWeight(0)));
        assert_eq!(of(f64::NAN), Err(RankingError::BadWeight(0)));
        assert_eq!(of(f64::MAX), Ok(()));
        assert_eq!(rank(&[], &[], Normalisation::Rank, IfUnknown::Worst), Err(RankingError::NothingCounts));
        let short = [Constraint { values: &[], at_least: None, at_most: None }];
        let objectives = one(&values, Direction::Ascending);
        let refused = rank(&objectives, &short, Normalisation::Rank, IfUnknown::Worst);
        assert_eq!(refused, Err(RankingError::Lengths));
    }

    proptest! {
        #[test]
        fn rankings_follow_their_laws(
            rows in prop::collection::vec(
                prop::array::uniform3(prop_oneof![
                    8 => (-20i32..20).prop_map(|n| Some(f64::from(n) / 4.0)),
                    1 => Just(None),
                    1 => Just(Some(f64::NAN)),
                    1 => Just(Some(f64::INFINITY)),
                ]),
                1..30,
            ),
            weights in prop::array::uniform3(0.01..5.0),
            is_worst: bool,
        ) {
            let columns: Vec<Vec<Option<f64>>> =
                (0..3).map(|at| rows.iter().map(|row| row[at]).collect()).collect();
            let objectives: Vec<Objective<'_>> = columns
                .iter()
                .zip(weights)
                .map(|(values, weight)| Objective { values, direction: Direction::Descending, weight })
                .collect();
            let if_unknown = if is_worst { IfUnknown::Worst } else { IfUnknown::Unranked };
            for (normalisation, _) in NORMALISATIONS {
                let ranking = rank(&objectives, &[], normalisation, if_unknown).unwrap();
                // The contributions are the score, and the leads the differences.
                for &row in &ranking.order {
                    let sum: f64 = ranking.contributions[row].iter().sum();
                    prop_assert!((sum - score(&ranking, row)).abs() < 1e-12);
                    let lead: f64 = ranking.lead(ranking.order[0], row).unwrap().iter().sum();
                    prop_assert!((lead - score(&ranking, ranking.order[0]) + score(&ranking, row)).abs() < 1e-12);
                    prop_assert!(lead >= -1e-12);
                }
                // A run that is at least as good everywhere stands no lower.
                let at_least = |a: Option<f64>, b: Option<f64>| match (a, b) {
                    (Some(a), Some(b)) if !a.is_nan() && !b.is_nan() => a >= b,
                    _ => false,
                };
                let places = places(&ranking);
                for &a in &ranking.order {
                    for &b in &ranking.order {
                        if (0..3).all(|at| at_least(rows[a][at], rows[b][at])) {
                            prop_assert!(places[a] <= places[b]);
                        }
                    }
                }
                // Only the ratio of weights matters.
                let halved: Vec<Objective<'_>> =
                    objectives.iter().map(|one| Objective { weight: one.weight / 2.0, ..*one }).collect();
                prop_assert_eq!(rank(&halved, &[], normalisation, if_unknown).unwrap(), ranking);
            }
        }
    }
}
