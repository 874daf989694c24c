//! Several curves as one: what is usual and how far they spread at each x.

use super::LeftOut;
use super::quantile::{quantile, sort};

/// One curve of a group; the shorter of the two counts. Where one x comes twice, the later point counts, as a
/// server that logs a step again means it.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// Where, in any order.
    pub x: &'a [f64],
    /// How much.
    pub y: &'a [f64],
}

/// The places at which curves are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grid<'a> {
    /// Every x of every curve; a curve counts where it has a point itself. For curves over the same steps.
    Points,
    /// Every x of every curve; between its points, a curve is a straight line. For steps that differ.
    Lines,
    /// This many evenly spaced places from the smallest to the largest x, over straight lines. For wall times,
    /// where no two points share an x.
    Even(usize),
    /// These places, ascending, over straight lines.
    At(&'a [f64]),
}

/// What a group of curves is at each x of a grid. All lists have the same length; at an x where no curve
/// counts (`n` is 0), all statistics are NaN, and the standard deviation also where only one does.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Band {
    /// The places, ascending.
    pub x: Vec<f64>,
    /// How many curves count there.
    pub n: Vec<u32>,
    /// Their mean.
    pub mean: Vec<f64>,
    /// Their standard deviation as of a sample (divided by n - 1).
    pub std: Vec<f64>,
    /// The smallest.
    pub min: Vec<f64>,
    /// The lower quartile.
    pub q1: Vec<f64>,
    /// The median.
    pub median: Vec<f64>,
    /// The upper quartile.
    pub q3: Vec<f64>,
    /// The largest.
    pub max: Vec<f64>,
    /// Points whose y is not finite: gaps, which no line crosses. Their x is in the grid all the same.
    pub left_out: LeftOut,
    /// Points whose x is not finite; they have no place.
    pub n_without_x: usize,
}

/// Puts the curves of a group together on a grid.
///
/// A line reaches from a curve's first point to its last and no further, and not across a gap.
///
/// Sources: lines are those of `numpy.interp(left=nan, right=nan)`; the statistics are `numpy.mean`,
/// `numpy.std(ddof=1)` and `numpy.quantile` (linear) over the curves at one x, by their definitions.
pub fn band(curves: &[Curve<'_>], grid: Grid<'_>) -> Band {
    let mut out = Band::default();
    let curves: Vec<Vec<(f64, f64)>> = curves.iter().map(|curve| points(curve, &mut out)).collect();
    out.x = match grid {
        Grid::Points | Grid::Lines => {
            let mut places: Vec<f64> = curves.iter().flatten().map(|point| point.0).collect();
            sort(&mut places);
            places.dedup();
            places
        }
        Grid::Even(n) => even(&curves, n),
        Grid::At(places) => places.to_vec(),
    };
    // Where each curve is on its way through the grid: its first point not before the place.
    let mut nexts = vec![0; curves.len()];
    let mut here: Vec<f64> = Vec::with_capacity(curves.len());
    for at in 0..out.x.len() {
        let x = out.x[at];
        here.clear();
        for (curve, next) in curves.iter().zip(&mut nexts) {
            while curve.get(*next).is_some_and(|point| point.0 < x) {
                *next += 1;
            }
            let y = match (curve.get(*next), grid) {
                (Some(&(own, y)), _) if own == x => y,
                (Some(&right), Grid::Lines | Grid::Even(_) | Grid::At(_)) if *next > 0 => {
                    line(curve[*next - 1], right, x)
                }
                _ => f64::NAN,
            };
            if y.is_finite() {
                here.push(y);
            }
        }
        out.add(&mut here);
    }
    out
}

impl Band {
    fn add(&mut self, here: &mut [f64]) {
        sort(here);
        let n = here.len();
        let at = |share: f64| quantile(here, share).unwrap_or(f64::NAN);
        let mean = here.iter().sum::<f64>() / n as f64;
        let squares: f64 = here.iter().map(|y| (y - mean) * (y - mean)).sum();
        self.n.push(n as u32);
        self.mean.push(mean);
        self.std.push(if n > 1 { (squares / (n - 1) as f64).sqrt() } else { f64::NAN });
        self.min.push(at(0.0));
        self.q1.push(at(0.25));
        self.median.push(at(0.5));
        self.q3.push(at(0.75));
        self.max.push(at(1.0));
    }
}

// The points of a curve that have a place, in order, one for each x.
fn points(curve: &Curve<'_>, out: &mut Band) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(curve.x.len());
    for (&x, &y) in curve.x.iter().zip(curve.y) {
        if x.is_finite() {
            out.left_out.finite(Some(y));
            // Adding zero makes -0 the same as 0.
            points.push((x + 0.0, y));
        } else {
            out.n_without_x += 1;
        }
    }
    // Stable, so that of one x the later point stands later.
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            *kept = *later;
        }
        is_same
    });
    points
}

fn even(curves: &[Vec<(f64, f64)>], n: usize) -> Vec<f64> {
    let ends = || curves.iter().filter_map(|curve| Some((curve.first()?.0, curve.last()?.0)));
    let Some(low) = ends().map(|end| end.0).reduce(f64::min) else {
        return Vec::new();
    };
    let high = ends().map(|end| end.1).fold(low, f64::max);
    if n < 2 || low == high {
        return vec![low; n.min(1)];
    }
    let step = 1.0 / (n - 1) as f64;
    let mut places: Vec<f64> = (0..n)
        .map(|at| {
            let share = at as f64 * step;
            (low * (1.0 - share) + high * share).clamp(low, high)
        })
        .collect();
    // The ends exactly, so that the points there count.
    places[0] = low;
    places[n - 1] = high;
    places.dedup();
    places
}

fn line(left: (f64, f64), right: (f64, f64), x: f64) -> f64 {
    // Of halves, because the distance itself may be beyond the floats. NaN and infinities stay not finite.
    let share = (x / 2.0 - left.0 / 2.0) / (right.0 / 2.0 - left.0 / 2.0);
    left.1 * (1.0 - share) + right.1 * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture_tests::{assert_close, fixture, numbers};
    use proptest::prelude::*;

    #[test]
    fn bands_are_as_numpy_has_them() {
        let reference = fixture(include_str!("../../tests/fixtures/analysis/bands.json"));
        let curves: Vec<(Vec<f64>, Vec<f64>)> = reference["curves"]
            .as_array()
            .unwrap()
            .iter()
            .map(|curve| (numbers(&curve["x"]), numbers(&curve["y"])))
            .collect();
        let curves: Vec<Curve<'_>> = curves.iter().map(|(x, y)| Curve { x, y }).collect();
        for (name, grid) in [("points", Grid::Points), ("lines", Grid::Lines), ("even", Grid::Even(33))] {
            let (ours, theirs) = (band(&curves, grid), &reference[name]);
            assert_close(&ours.x, &numbers(&theirs["x"]), 1e-14);
            let n: Vec<f64> = ours.n.iter().map(|&n| f64::from(n)).collect();
            assert_close(&n, &numbers(&theirs["n"]), 0.0);
            for (key, statistic) in [
                ("mean", &ours.mean),
                ("std", &ours.std),
                ("min", &ours.min),
                ("q1", &ours.q1),
                ("median", &ours.median),
                ("q3", &ours.q3),
                ("max", &ours.max),
            ] {
                assert_close(statistic, &numbers(&theirs[key]), 1e-12);
            }
            assert_eq!(ours.left_out.n_nan, 3);
        }
    }

    #[test]
    fn no_line_crosses_a_gap_or_leaves_its_curve() {
        let gap = Curve { x: &[0.0, 2.0, 4.0], y: &[0.0, f64::INFINITY, 4.0] };
        let short = Curve { x: &[1.0, 3.0], y: &[10.0, 30.0] };
        let band = band(&[gap, short], Grid::Lines);
        assert_eq!(band.x, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(band.n, [1, 1, 1, 1, 1]);
        assert_eq!(band.mean, [0.0, 10.0, 20.0, 30.0, 4.0]);
        assert!(band.std.iter().all(|std| std.is_nan()));
        assert_eq!((band.left_out.n_pos_inf, band.left_out.total()), (1, 1));
    }

    #[test]
    fn the_later_of_two_points_at_one_x_counts() {
        let twice = Curve { x: &[1.0, 0.0, 1.0, f64::NAN], y: &[5.0, 0.0, 7.0, 1.0] };
        let band = band(&[twice], Grid::Points);
        assert_eq!((band.x, band.mean, band.n_without_x), (vec![0.0, 1.0], vec![0.0, 7.0], 1));
    }

    #[test]
    fn nothing_gives_nothing() {
        for grid in [Grid::Points, Grid::Lines, Grid::Even(5)] {
            assert_eq!(band(&[], grid), Band::default());
            assert_eq!(band(&[Curve { x: &[], y: &[] }], grid), Band::default());
        }
        assert!(band(&[Curve { x: &[1.0], y: &[1.0] }], Grid::Even(0)).x.is_empty());
    }

    proptest! {
        #[test]
        fn statistics_stand_in_their_order(
            curves in prop::collection::vec(prop::collection::vec((-5i32..5, -9.0..9.0), 0..20), 0..6),
            n in 0usize..20,
        ) {
            let curves: Vec<(Vec<f64>, Vec<f64>)> = curves
                .into_iter()
                .map(|curve| curve.into_iter().map(|(x, y)| (f64::from(x), y)).unzip())
                .collect();
            let curves: Vec<Curve<'_>> = curves.iter().map(|(x, y)| Curve { x, y }).collect();
            for grid in [Grid::Points, Grid::Lines, Grid::Even(n)] {
                let band = band(&curves, grid);
                prop_assert!(band.x.is_sorted_by(|a, b| a < b));
                for at in 0..band.x.len() {
                    prop_assert!((band.n[at] as usize) <= curves.len());
                    if band.n[at] > 0 {
                        let order = [band.min[at], band.q1[at], band.median[at], band.q3[at], band.max[at]];
                        prop_assert!(order.is_sorted());
                        prop_assert!(band.min[at] - 1e-9 <= band.mean[at] && band.mean[at] <= band.max[at] + 1e-9);
                    }
                }
            }
        }

        #[test]
        fn a_curve_with_itself_spreads_nowhere(y in prop::collection::vec(-9.0..9.0, 1..30)) {
            let x: Vec<f64> = (0..y.len()).map(|at| at as f64).collect();
            let band = band(&[Curve { x: &x, y: &y }; 2], Grid::Points);
            prop_assert_eq!(&band.mean, &y);
            prop_assert_eq!(&band.median, &y);
            prop_assert!(band.std.iter().all(|&std| std == 0.0));
        }
    }
}
