//! Quantiles of sorted numbers, which several pieces share.

/// The quantile at `share`, 0 to 1 (beyond is taken as the nearer end), of numbers in ascending order without
/// NaN; none of no numbers. Between two numbers it is found on the straight line.
///
/// Source: definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996): NumPy's
/// `quantile(method="linear")`, its default.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = (place as usize).min(last);
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    let rest = place - below as f64;
    // Not `low + rest * (high - low)`, which overflows; kept between the two against rounding. An infinity
    // has no straight line to it.
    let between = low * (1.0 - rest) + high * rest;
    Some(if rest == 0.0 || low == high { low } else { between.clamp(low, high) })
}

/// Sorts numbers without NaN.
pub(in crate::analysis) fn sort(numbers: &mut [f64]) {
    numbers.sort_unstable_by(f64::total_cmp);
}
