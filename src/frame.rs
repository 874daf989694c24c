//! The columnar table of runs.
