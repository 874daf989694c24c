//! Smoothing of curves.
//!
//! A point whose y is NaN or infinite is a gap: it stays what it is in the result, and the points around it
//! are smoothed as if it were not there. So one bad point never spoils those that follow.

use super::LeftOut;

/// A smoothed curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    /// One number for each point of the curve; at a gap, the gap itself.
    pub y: Vec<f64>,
    /// The gaps.
    pub left_out: LeftOut,
}

/// The exponential moving average, without the pull towards 0 at the start.
///
/// `weight`, 0 to 1, is how much of the average each further point keeps: 0 is no smoothing, and 1 the mean of
/// all points so far. Values outside are taken as the nearer end, NaN as 0.
///
/// Source: TensorBoard's scalar charts, which divide the average `s = weight * s + (1 - weight) * y` by
/// `1 - weight^n`, n counting the points without gaps (Kingma and Ba, "Adam", 2015, section 3).
/// pandas says `ewm(alpha=1 - weight, adjust=True, ignore_na=True)`.
pub fn exponential(y: &[f64], weight: f64) -> Smoothed {
    let weight = unit_interval(weight);
    decayed(y, |_| Some(weight))
}

/// The exponential moving average that forgets by the distance in x, not by the number of points, so that a
/// stretch with many points weighs no more than one with few.
///
/// A point's weight falls by the factor `weight` over a distance of `unit` in x. Points whose x is not finite
/// are gaps, too, and counted as such; where x goes back or `unit` is not above 0, nothing is forgotten.
/// Lengths: the shorter of `x` and `y` counts.
///
/// Source: Weights & Biases, "Time weighted exponential moving average"; there, `unit` is a thousandth of the
/// range of x, and `weight` the square root of what the user sets. pandas says
/// `ewm(halflife=unit * log(0.5) / log(weight), times=x, adjust=True)`.
pub fn time_exponential(x: &[f64], y: &[f64], weight: f64, unit: f64) -> Smoothed {
    let weight = unit_interval(weight);
    let n = x.len().min(y.len());
    let mut previous: Option<f64> = None;
    decayed(&y[..n], |at| {
        if !x[at].is_finite() {
            return None;
        }
        let distance = previous.map_or(0.0, |previous| (x[at] - previous) / unit);
        previous = Some(x[at]);
        // A positive distance, but not NaN.
        Some(if distance > 0.0 { weight.powf(distance) } else { 1.0 })
    })
}

// Running weighted mean: all weights so far fall by `decay(at)`, then the point joins with weight 1. `decay`
// is asked at points with a finite y only; where it answers none, the point is a gap.
fn decayed(y: &[f64], mut decay: impl FnMut(usize) -> Option<f64>) -> Smoothed {
    let mut left_out = LeftOut::default();
    let (mut mean, mut sum_of_weights) = (0.0, 0.0);
    let mut smoothed = Vec::with_capacity(y.len());
    for (at, &raw) in y.iter().enumerate() {
        let Some(value) = left_out.finite(Some(raw)) else {
            smoothed.push(raw);
            continue;
        };
        let Some(decay) = decay(at) else {
            left_out.n_missing += 1;
            smoothed.push(f64::NAN);
            continue;
        };
        sum_of_weights = sum_of_weights * decay + 1.0;
        let share = 1.0 / sum_of_weights;
        // A sum of shares, so that no difference of large numbers overflows.
        mean = mean * (1.0 - share) + value * share;
        smoothed.push(mean);
    }
    Smoothed { y: smoothed, left_out }
}

/// How many standard deviations of the Gaussian are summed on each side, as in SciPy.
const TRUNCATE: f64 = 4.0;

/// The Gaussian mean: points weigh by their distance in points; `sigma` is the standard deviation, in points.
/// Without smoothing where it is not above 0.
///
/// At the ends and beside gaps the weights of the points there are add up to one by themselves, so nothing is
/// invented beyond the curve.
///
/// Source: normalised convolution (Knutsson and Westin, CVPR 1993) with the kernel of SciPy's
/// `gaussian_filter1d(truncate=4)`; equal to that function, in any mode, further than the kernel from ends and
/// gaps, and everywhere to the quotient of the filtered curve and the filtered ones with `mode="constant"`.
pub fn gaussian(y: &[f64], sigma: f64) -> Smoothed {
    let radius = (TRUNCATE * sigma + 0.5) as usize;
    let radius = radius.min(y.len());
    if sigma.is_nan() || radius == 0 {
        return exponential(y, 0.0);
    }
    let weights: Vec<f64> =
        (0..=radius).map(|distance| (-0.5 * (distance as f64 / sigma).powi(2)).exp()).collect();
    let mut left_out = LeftOut::default();
    let mut smoothed = Vec::with_capacity(y.len());
    for (at, &raw) in y.iter().enumerate() {
        if left_out.finite(Some(raw)).is_none() {
            smoothed.push(raw);
            continue;
        }
        let first = at.saturating_sub(radius);
        let end = (at + radius + 1).min(y.len());
        let (mut sum, mut sum_of_weights) = (0.0, 0.0);
        for (other, &value) in y[first..end].iter().enumerate() {
            if value.is_finite() {
                let weight = weights[(first + other).abs_diff(at)];
                // Of the mean as it grows, for the same reason as above.
                sum_of_weights += weight;
                let share = weight / sum_of_weights;
                sum = sum * (1.0 - share) + value * share;
            }
        }
        smoothed.push(sum);
    }
    Smoothed { y: smoothed, left_out }
}

/// Keeps sums of numbers below the largest float; a power of two, so nothing is rounded.
const HEADROOM: f64 = 1.0 / (1u64 << 40) as f64;

/// The mean of a window of `window` points around each; 0 is taken as 1, which is no smoothing.
///
/// An even window reaches one point further back than ahead. At the ends it holds the points that there are.
///
/// Source: pandas' `rolling(window, center=True, min_periods=1).mean()`. The sums are those of van Herk (1992):
/// a window is the end of one block and the beginning of the next. Nothing is ever subtracted, so a large
/// number leaves nothing behind when it leaves the window.
pub fn running_mean(y: &[f64], window: usize) -> Smoothed {
    let window = window.clamp(1, 2 * y.len() + 1);
    let ahead = (window - 1) / 2;
    let behind = window - 1 - ahead;
    // Sum and count from the begin of a point's block up to it, and from it to the end of its block.
    let mut up_to: Vec<(f64, usize)> =
        y.iter().map(|y| if y.is_finite() { (y * HEADROOM, 1) } else { (0.0, 0) }).collect();
    let mut from = up_to.clone();
    for at in 1..y.len() {
        if at % window != 0 {
            up_to[at] = plus(up_to[at - 1], up_to[at]);
        }
    }
    for at in (1..y.len()).rev() {
        if at % window != 0 {
            from[at - 1] = plus(from[at - 1], from[at]);
        }
    }
    let mut left_out = LeftOut::default();
    let mut smoothed = Vec::with_capacity(y.len());
    for (at, &raw) in y.iter().enumerate() {
        let (first, last) = (at.saturating_sub(behind), (at + ahead).min(y.len() - 1));
        let (sum, n) = if first % window == 0 {
            up_to[last]
        } else if first / window == last / window {
            // Cut short by the end of the curve, where the last block ends, too.
            from[first]
        } else {
            plus(from[first], up_to[last])
        };
        smoothed.push(if left_out.finite(Some(raw)).is_some() { sum / n as f64 / HEADROOM } else { raw });
    }
    Smoothed { y: smoothed, left_out }
}

fn plus(a: (f64, usize), b: (f64, usize)) -> (f64, usize) {
    (a.0 + b.0, a.1 + b.1)
}

fn unit_interval(weight: f64) -> f64 {
    if weight.is_nan() { 0.0 } else { weight.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixture_tests::{assert_close, fixture, numbers};
    use proptest::prelude::*;

    const REFERENCE: &str = include_str!("../../tests/fixtures/analysis/smoothing.json");

    #[test]
    fn curves_are_as_pandas_and_scipy_smooth_them() {
        let reference = fixture(REFERENCE);
        for case in reference["cases"].as_array().unwrap() {
            let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
            let each = |name: &str| case[name].as_object().unwrap().clone();
            for (weight, expected) in each("exponential") {
                let ours = exponential(&y, weight.parse().unwrap());
                assert_close(&ours.y, &numbers(&expected), 1e-12);
                assert_eq!(ours.left_out.total(), y.iter().filter(|y| y.is_nan()).count());
            }
            for (text, expected) in each("time_exponential") {
                let (weight, unit) = text.split_once(' ').unwrap();
                let ours = time_exponential(&x, &y, weight.parse().unwrap(), unit.parse().unwrap());
                // pandas rounds half-lives to nanoseconds.
                assert_close(&ours.y, &numbers(&expected), 1e-9);
            }
            for (sigma, expected) in each("gaussian") {
                assert_close(&gaussian(&y, sigma.parse().unwrap()).y, &numbers(&expected), 1e-12);
            }
            for (window, expected) in each("running_mean") {
                assert_close(&running_mean(&y, window.parse().unwrap()).y, &numbers(&expected), 1e-12);
            }
        }
        let y = numbers(&reference["cases"][0]["y"]);
        let nearest = numbers(&reference["nearest_sigma_2"]);
        assert_close(&gaussian(&y, 2.0).y[8..52], &nearest[8..52], 1e-12);
    }

    #[test]
    fn a_point_without_x_is_a_gap() {
        let smoothed = time_exponential(&[0.0, f64::NAN, 2.0], &[1.0, 9.0, 3.0], 0.5, 1.0);
        assert_close(&smoothed.y, &[1.0, f64::NAN, (0.25 + 3.0) / 1.25], 1e-15);
        assert_eq!(smoothed.left_out.n_missing, 1);
    }

    #[test]
    fn large_numbers_leave_nothing_behind() {
        let y = [f64::MAX, f64::MAX, f64::INFINITY, -1e300, 0.25, 0.5, 0.75];
        let means = running_mean(&y, 3).y;
        assert_eq!(means[0], f64::MAX);
        assert_eq!(means[5], 0.5);
        assert!(exponential(&y, 0.9).y[6].is_finite());
        assert!(gaussian(&y, 1.0).y[6].is_finite());
    }

    fn curves() -> impl Strategy<Value = Vec<f64>> {
        let point = prop_oneof![8 => -1e3..1e3, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
        prop::collection::vec(point, 0..60)
    }

    proptest! {
        #[test]
        fn gaps_stay_and_the_rest_stays_within_its_range(y in curves(), strength in 0.0..1.0, size in 1usize..20) {
            let x: Vec<f64> = (0..y.len()).map(|at| at as f64).collect();
            let finite = || y.iter().copied().filter(|y| y.is_finite());
            let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
            for smoothed in [
                exponential(&y, strength),
                time_exponential(&x, &y, strength, 2.0),
                gaussian(&y, 5.0 * strength),
                running_mean(&y, size),
            ] {
                prop_assert_eq!(smoothed.y.len(), y.len());
                prop_assert_eq!(smoothed.left_out.total(), y.len() - finite().count());
                for (&after, &before) in smoothed.y.iter().zip(&y) {
                    if before.is_finite() {
                        prop_assert!(after >= low - 1e-9 && after <= high + 1e-9);
                    } else {
                        prop_assert_eq!(after.to_bits(), before.to_bits());
                    }
                }
            }
        }

        #[test]
        fn gaps_change_nothing_around_them_in_averages_by_points(y in curves(), weight in 0.0..1.0) {
            let known = |y: &[f64]| y.iter().copied().filter(|y| y.is_finite()).collect::<Vec<_>>();
            prop_assert_eq!(known(&exponential(&y, weight).y), exponential(&known(&y), weight).y);
        }

        #[test]
        fn at_even_distances_time_and_points_are_the_same(y in curves(), weight in 0.01..1.0) {
            let y: Vec<f64> = y.into_iter().filter(|y| y.is_finite()).collect();
            let x: Vec<f64> = (0..y.len()).map(|at| 4.0 * at as f64).collect();
            let by_time = time_exponential(&x, &y, weight, 4.0).y;
            prop_assert_eq!(by_time, exponential(&y, weight).y);
        }

        #[test]
        fn without_strength_nothing_changes(y in curves()) {
            let bits = |y: &[f64]| y.iter().map(|y| (y + 0.0).to_bits()).collect::<Vec<_>>();
            for smoothed in [exponential(&y, 0.0), exponential(&y, f64::NAN), gaussian(&y, 0.0), gaussian(&y, f64::NAN)] {
                prop_assert_eq!(bits(&smoothed.y), bits(&y));
            }
        }
    }
}
