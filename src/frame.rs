//! The columnar table of runs: columns, row sets, filter, sort.
//!
//! Missing, NaN, both infinities and empty text are five different things here, everywhere. It knows no chart
//! and no server.

mod value;

pub use value::Value;
