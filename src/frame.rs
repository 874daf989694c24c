//! The columnar table of runs: columns, row sets, filter, derived columns, sort.
//!
//! Missing, NaN, both infinities and empty text are five different things here, everywhere. It knows no chart
//! and no server.

mod brush;
mod expression;
mod families;
mod filter;
mod format;
mod history;
mod row_set;
mod run_frame;
mod sort;
mod value;

pub use brush::{IntervalIndex, brushed, brushed_all, kept};
pub use expression::{Expression, derive};
pub use families::Families;
pub use filter::{Filter, FilterError, RowFilter};
pub use format::{ColumnFormat, display_number, format_millis};
pub use history::{Aggregate, HistorySummary};
pub use row_set::RowSet;
pub use run_frame::{ColumnSummary, RowStanding, RunFrame};
pub use sort::{natural_cmp, natural_order, order};
pub use value::Value;

#[cfg(test)]
pub(crate) use run_frame::tests as test_runs;
