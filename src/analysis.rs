//! The mathematics of the comparison: which runs are best by several criteria, and how runs differ.
//!
//! Every function is a formula over plain numbers; its source stands with it, and its tests compare with what a
//! reference implementation gave (`tests/fixtures/analysis`).

pub mod differences;
pub mod pareto;
