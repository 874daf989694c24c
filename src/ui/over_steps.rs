//! What the history of a metric comes to, as entries of its menus.

use crate::entities::ColumnKey;
use crate::view::better;

/// The entries of a metric's menu, each with the column that it adds; none for anything else.
pub(crate) fn over_steps(column: &ColumnKey) -> Vec<(&'static str, ColumnKey)> {
    const ENTRIES: [(&str, &str); 5] = [
        ("Add best over steps", "best"),
        ("Add lowest over steps", "min"),
        ("Add highest over steps", "max"),
        ("Add mean over steps", "mean"),
        ("Add first of the steps", "first"),
    ];
    let ColumnKey::Metric(metric) = column else { return Vec::new() };
    // Which way is better its name has to say.
    let offered = ENTRIES.iter().filter(|(_, function)| *function != "best" || better(column).is_some());
    offered.map(|(text, function)| (*text, ColumnKey::over_steps(function, metric))).collect()
}
