//! What is shown when nobody chose: columns, axes, the metric that matters, and which way is better.

use super::protocol::{ColumnInfo, ColumnsInfo};
use crate::entities::{Attribute, ColumnKey};
use crate::frame::{ColumnFormat, RunFrame};
use crate::view::Direction;
use std::cmp::Reverse;

/// Axes beyond this many are left to the user to add; a plot of a dozen axes fits a laptop's screen.
const N_DEFAULT_AXES: usize = 12;
/// Columns beyond this many are left to the column chooser.
const N_DEFAULT_COLUMNS: usize = 16;
/// Text columns with more different values than this tell runs apart by name, not by kind.
const N_CATEGORIES: usize = 30;

/// Describes every column of `frame` and picks the defaults.
pub fn columns_info(frame: &RunFrame) -> ColumnsInfo {
    let columns: Vec<ColumnInfo> = frame
        .columns()
        .into_iter()
        .map(|key| {
            let summary = frame.summary(&key, None);
            let unit = match &key {
                ColumnKey::Attribute(Attribute::Duration | Attribute::ModelSize) => {
                    format_of(frame, &key).unit().to_owned()
                }
                _ => String::new(),
            };
            ColumnInfo {
                label: key.label().to_owned(),
                is_numeric: summary.is_numeric,
                unit,
                n_present: summary.n_present,
                n_distinct: summary.n_distinct,
                is_varying: summary.is_varying,
                better: better(&key),
                key,
            }
        })
        .collect();
    let metric = main_metric(&columns, frame.n_rows());
    let params = varying_params(&columns, frame.n_rows());
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
    let n_params = N_DEFAULT_AXES.saturating_sub(extras.len() + 1);
    let mut default_axes: Vec<ColumnKey> = params.iter().take(n_params).cloned().collect();
    default_axes.extend(extras.iter().cloned());
    default_axes.extend(metric.clone());
    let mut default_columns = vec![ColumnKey::Attribute(Attribute::RunName)];
    default_columns.extend(metric);
    default_columns.extend(extras);
    default_columns.extend(params);
    default_columns.truncate(N_DEFAULT_COLUMNS);
    ColumnsInfo { columns, default_columns, default_axes }
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
fn varying_params(columns: &[ColumnInfo], n_runs: usize) -> Vec<ColumnKey> {
    let mut params: Vec<&ColumnInfo> = columns
        .iter()
        .filter(|column| matches!(column.key, ColumnKey::Param(_)))
        .filter(|column| column.n_distinct > 1)
        .filter(|column| column.n_present * 5 >= n_runs)
        .filter(|column| column.is_numeric || column.n_distinct <= N_CATEGORIES)
        .collect();
    params.sort_by_key(|column| Reverse(column.n_present));
    params.into_iter().map(|column| column.key.clone()).collect()
}

/// Words that say that smaller is better, the likelier objectives of a search first.
const LOWER: [&str; 17] = [
    "loss",
    "rmse",
    "mse",
    "logloss",
    "error",
    "err",
    "mae",
    "mape",
    "rmsle",
    "msle",
    "perplexity",
    "ppl",
    "wer",
    "cer",
    "deviance",
    "latency",
    "duration",
];
/// Words that say that larger is better, in the same order.
const HIGHER: [&str; 14] = [
    "accuracy",
    "acc",
    "auc",
    "f1",
    "score",
    "r2",
    "map",
    "iou",
    "dice",
    "reward",
    "precision",
    "recall",
    "bleu",
    "rouge",
];

/// The place of a metric's name among the usual objectives; the last one for any other name.
fn objective_rank(name: &str) -> usize {
    let name = name.to_ascii_lowercase();
    let is_word = |known: &str| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == known);
    LOWER.iter().chain(&HIGHER).position(|known| is_word(known)).unwrap_or(LOWER.len() + HIGHER.len())
}

/// Whether smaller or larger is better, as far as a metric's name says. Whole words only: `r2`, not `lr2d`.
pub fn better(key: &ColumnKey) -> Option<Direction> {
    let name = match key {
        ColumnKey::Metric(name) => name.to_ascii_lowercase(),
        ColumnKey::Attribute(Attribute::Duration | Attribute::ModelSize) => {
            return Some(Direction::Ascending);
        }
        _ => return None,
    };
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    if words().any(|word| LOWER.contains(&word)) {
        Some(Direction::Ascending)
    } else if words().any(|word| HIGHER.contains(&word)) {
        Some(Direction::Descending)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_which_way_is_better() {
        let of = |name: &str| better(&ColumnKey::Metric(name.to_owned()));
        assert_eq!(of("rmse"), Some(Direction::Ascending));
        assert_eq!(of("val/loss"), Some(Direction::Ascending));
        assert_eq!(of("validation-rmse"), Some(Direction::Ascending));
        assert_eq!(of("training_r2_score"), Some(Direction::Descending));
        assert_eq!(of("lr2d"), None);
        assert_eq!(better(&ColumnKey::Param("loss".to_owned())), None);
    }
}
