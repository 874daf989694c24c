//! Components without knowledge of runs.

pub mod theme;
