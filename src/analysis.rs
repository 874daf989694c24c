//! The mathematics of comparing runs: the Pareto front, differences, curves, groups, correlations, rankings,
//! distributions, importance.
//!
//! Functions over plain slices: no server, no picture, no clock, and no randomness but that of a given seed,
//! so the same numbers in give the same numbers out. A column is a slice of `Option<f64>`, where `None` is
//! missing; a curve is two slices of `f64`. Missing, NaN and the infinities are different things: each
//! function says what it does with them, and [`LeftOut`] counts what a result is not made of.
//!
//! Every formula names its source. `tests/fixtures/analysis` holds what the usual libraries of Python answer
//! to the same numbers, and the scripts that asked them.

pub mod bands;
pub mod correlation;
pub mod differences;
pub mod distribution;
pub mod downsample;
pub mod forest;
pub mod importance;
pub mod marginal;
pub mod pareto;
pub mod quantile;
pub mod ranking;
pub mod smoothing;

#[cfg(test)]
mod fixture_tests;

/// The numbers that a result was not made of, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// There was none.
    pub n_missing: usize,
    /// Not a number.
    pub n_nan: usize,
    /// Positive infinity.
    pub n_pos_inf: usize,
    /// Negative infinity.
    pub n_neg_inf: usize,
}

impl LeftOut {
    /// How many there are for any reason.
    pub fn total(self) -> usize {
        self.n_missing + self.n_nan + self.n_pos_inf + self.n_neg_inf
    }

    /// Counts what is not a finite number; the number, if it is one.
    pub fn finite(&mut self, value: Option<f64>) -> Option<f64> {
        match value {
            None => self.n_missing += 1,
            Some(number) if number.is_finite() => return Some(number),
            Some(number) if number.is_nan() => self.n_nan += 1,
            Some(f64::INFINITY) => self.n_pos_inf += 1,
            Some(_) => self.n_neg_inf += 1,
        }
        None
    }
}
