//! Non-dominated sorting: which runs cannot be bettered in one objective without a loss in another.

/// The rank of each point among points of equally many costs, where less is better: 1 for those that no other point
/// dominates (the Pareto front), 2 for those dominated by points of rank 1 only, and so on.
///
/// A point dominates another when it is no worse in every cost and better in at least one, so equal points share their
/// rank. Infinite costs are compared like any other number; a point with a NaN among its costs has no rank, since
/// nothing can be said of it, and neither has one that has no costs at all.
///
/// Efficient non-dominated sort with binary search: Zhang, Tian, Cheng, Jin, "An Efficient Approach to Nondominated
/// Sorting for Evolutionary Multiobjective Optimization", IEEE TEVC 19(2), 2015. In lexicographic order a point can be
/// dominated by earlier ones only, and where no point of a front dominates it, none of a later front does. With two
/// costs the last point of a front decides, which makes it O(n log n).
pub fn ranks<P: AsRef<[f64]>>(points: &[P]) -> Vec<Option<u32>> {
    let costs = |point: usize| points[point].as_ref();
    let mut order: Vec<usize> = (0..points.len())
        .filter(|point| !costs(*point).is_empty() && costs(*point).iter().all(|cost| !cost.is_nan()))
        .collect();
    // Adding zero makes −0 and 0 one number.
    order.sort_unstable_by(|a, b| {
        let pairs = costs(*a).iter().zip(costs(*b));
        let by_cost = pairs.map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0))).find(|order| order.is_ne());
        by_cost.unwrap_or_else(|| a.cmp(b))
    });
    let mut fronts: Vec<Vec<usize>> = Vec::new();
    let mut ranks = vec![None; points.len()];
    let mut last: Option<(usize, usize)> = None;
    for point in order {
        // Equal points follow each other and share their front; one of them stands for all.
        if let Some((twin, front)) = last
            && costs(twin) == costs(point)
        {
            ranks[point] = Some(front as u32 + 1);
            continue;
        }
        let front = fronts.partition_point(|front| {
            let is_dominated = |earlier: &usize| is_no_worse(costs(*earlier), costs(point));
            match costs(point).len() {
                // The last point of a front has its least second cost.
                1 | 2 => front.last().is_some_and(is_dominated),
                _ => front.iter().rev().any(is_dominated),
            }
        });
        if front == fronts.len() {
            fronts.push(Vec::new());
        }
        fronts[front].push(point);
        ranks[point] = Some(front as u32 + 1);
        last = Some((point, front));
    }
    ranks
}

/// Whether no cost of `a` is above that of `b`. Of two points that differ, the first then dominates the second.
fn is_no_worse(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Fixture {
        sets: Vec<Set>,
    }

    #[derive(Deserialize)]
    struct Set {
        points: Vec<Vec<f64>>,
        ranks: Vec<u32>,
    }

    #[test]
    fn a_thousand_random_sets_are_ranked_as_optuna_ranks_them() {
        let text = include_str!("../../tests/fixtures/analysis/pareto.json");
        let fixture: Fixture = serde_json::from_str(text).unwrap();
        assert_eq!(fixture.sets.len(), 1000);
        for set in fixture.sets {
            let wanted: Vec<Option<u32>> = set.ranks.iter().map(|rank| Some(rank + 1)).collect();
            assert_eq!(ranks(&set.points), wanted, "{:?}", set.points);
        }
    }

    #[test]
    fn nothing_known_means_no_rank() {
        let points = [vec![1.0, f64::NAN], vec![1.0, f64::INFINITY], vec![f64::NEG_INFINITY, 0.0], vec![]];
        assert_eq!(ranks(&points), [None, Some(2), Some(1), None]);
        assert_eq!(ranks(&[[0.0, 1.0], [-0.0, 1.0]]), [Some(1), Some(1)]);
        assert_eq!(ranks::<Vec<f64>>(&[]), []);
    }

    fn dominates(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
    }

    proptest! {
        #[test]
        fn the_front_is_what_nothing_dominates(
            points in (1_usize..7).prop_flat_map(|n| prop::collection::vec(prop::collection::vec(
                prop_oneof![(0_i32..4).prop_map(f64::from), any::<f64>().prop_filter("a number", |x| !x.is_nan())], n,
            ), 0..40)),
        ) {
            let ranks = ranks(&points);
            for (n, point) in points.iter().enumerate() {
                // A rank is one more than the worst rank of what dominates the point.
                let above = points.iter().zip(&ranks).filter(|(other, _)| dominates(other, point));
                prop_assert_eq!(ranks[n], Some(above.filter_map(|(_, rank)| *rank).max().unwrap_or(0) + 1));
            }
        }
    }
}
