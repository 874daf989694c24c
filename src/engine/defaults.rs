//! What is shown when nobody chose: columns, axes, the metric that matters, and which way is better.

use super::protocol::{ColumnInfo, ColumnsInfo};
use crate::entities::order::sort_by;
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{ColumnFormat, RunFrame};
use crate::plot::infer_kind;
use crate::view::{AxisKind, better, objective_rank};
use std::cmp::Reverse;

/// Axes beyond this many are left to the user to add; a plot of a dozen axes fits a laptop's screen.
const N_DEFAULT_AXES: usize = 12;
/// Columns beyond this many are left to the column chooser.
const N_DEFAULT_COLUMNS: usize = 16;
/// Text columns with more different values than this tell runs apart by name, not by kind.
const N_CATEGORIES: usize = 30;

/// An axis needs the size of every model, which takes a request each: of more models than this it is left to the user to
/// add. The table needs those of the rows on the screen.
const N_UNASKED_SIZES: usize = 300;

/// Describes every column of `frame` and picks the defaults.
pub fn columns_info(frame: &RunFrame) -> ColumnsInfo {
    let columns: Vec<ColumnInfo> = frame.columns().into_iter().map(|key| column_info(frame, key)).collect();
    let metric = main_metric(&columns, frame.n_rows());
    let params = varying_params(frame, &columns);
    let mut extras = Vec::new();
    for attribute in [Attribute::Duration, Attribute::ModelSize] {
        let key = ColumnKey::Attribute(attribute);
        // A model's size is not known before it has been asked for: a run with models is enough.
        let has_models =
            attribute == Attribute::ModelSize && (0..frame.n_rows()).any(|row| !frame.models(row).is_empty());
        if has_models || columns.iter().any(|column| column.key == key && column.is_varying) {
            extras.push(key);
        }
    }
    let has_many_models = n_models(frame) > N_UNASKED_SIZES;
    let is_axis = |key: &ColumnKey| !has_many_models || *key != ColumnKey::Attribute(Attribute::ModelSize);
    let of_axes: Vec<ColumnKey> = extras.iter().filter(|key| is_axis(key)).cloned().collect();
    let n_params = N_DEFAULT_AXES.saturating_sub(of_axes.len() + 1);
    let mut default_axes: Vec<ColumnKey> = params.iter().take(n_params).cloned().collect();
    default_axes.extend(of_axes);
    default_axes.extend(metric.clone());
    let mut default_columns = vec![ColumnKey::Attribute(Attribute::RunName)];
    let experiment = ColumnKey::Attribute(Attribute::ExperimentId);
    if columns.iter().any(|column| column.key == experiment && column.is_varying) {
        default_columns.push(experiment);
    }
    default_columns.extend(metric);
    default_columns.extend(extras);
    default_columns.extend(params);
    default_columns.truncate(N_DEFAULT_COLUMNS);
    ColumnsInfo { columns, default_columns, default_axes }
}

/// The logged models of all runs.
pub fn n_models(frame: &RunFrame) -> usize {
    (0..frame.n_rows()).map(|row| frame.models(row).len()).sum()
}

/// Describes one column.
pub fn column_info(frame: &RunFrame, key: ColumnKey) -> ColumnInfo {
    let summary = frame.summary(&key, None);
    let (unit, per_unit) = match &key {
        ColumnKey::Attribute(Attribute::Duration | Attribute::ModelSize) => {
            let format = format_of(frame, &key);
            (format.unit().to_owned(), format.per_unit())
        }
        _ => (String::new(), 1.0),
    };
    ColumnInfo {
        label: key.label().to_owned(),
        is_numeric: summary.is_numeric,
        unit,
        per_unit,
        n_present: summary.n_present,
        n_distinct: summary.n_distinct,
        is_varying: summary.is_varying,
        problem: frame.derived_problem(&key).map(str::to_owned),
        better: better(&key),
        key,
    }
}

/// The format of a column over all its runs.
pub fn format_of(frame: &RunFrame, key: &ColumnKey) -> ColumnFormat {
    let numbers = frame.values(key).into_iter().filter_map(|value| match value {
        crate::frame::Value::Number(number) => Some(number),
        _ => None,
    });
    ColumnFormat::new(numbers, key)
}

/// The metric that most runs have; among those a varying one, the likeliest objective, of the shortest name.
fn main_metric(columns: &[ColumnInfo], n_runs: usize) -> Option<ColumnKey> {
    columns
        .iter()
        .filter(|column| matches!(&column.key, ColumnKey::Metric(key) if !key.starts_with("system/")))
        .min_by_key(|column| {
            // Autologged scores of the training data say little about a model, however many runs have them.
            let is_training = column.label.starts_with("training_");
            (
                !column.is_varying,
                is_training,
                // Nine in ten is as good as all: runs that failed have no metric, and the objective is no other.
                Reverse((column.n_present * 10 / n_runs.max(1)).min(9)),
                objective_rank(&column.label),
                column.label.len(),
            )
        })
        .map(|column| column.key.clone())
}

/// Params in which runs differ, those of most runs first. Params of a few runs and names are left out.
fn varying_params(frame: &RunFrame, columns: &[ColumnInfo]) -> Vec<ColumnKey> {
    // Numbers with a rare text among them, such as "None".
    let has_numbers =
        |column: &ColumnInfo| infer_kind(&frame.values(&column.key), false, false) != AxisKind::Categorical;
    let mut params: Vec<&ColumnInfo> = columns
        .iter()
        .filter(|column| matches!(column.key, ColumnKey::Param(_)))
        .filter(|column| column.n_distinct > 1)
        .filter(|column| column.n_present * 5 >= frame.n_rows())
        .filter(|column| column.is_numeric || column.n_distinct <= N_CATEGORIES || has_numbers(column))
        .collect();
    sort_by(&mut params, |a, b| b.n_present.cmp(&a.n_present));
    params.into_iter().map(|column| column.key.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::test_runs;

    #[test]
    fn many_numbers_with_a_rare_text_are_an_axis_and_many_names_are_none() {
        let frame = test_runs::frame((0..60).map(|n| {
            let depth = if n == 7 { "None".to_owned() } else { n.to_string() };
            let folder = format!("out-{n}");
            test_runs::run(&format!("r{n}"), &[("depth", &depth), ("folder", &folder)], &[], &[])
        }));
        let info = columns_info(&frame);
        assert_eq!(info.default_axes, [ColumnKey::Param("depth".into())]);
    }
}
