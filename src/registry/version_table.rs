//! A model's versions as a table: which are shown, in which order, and what their runs say in each column.

use super::ModelState;
use super::comparison::number_text;
use super::version_filter::fits;
use crate::entities::{Attribute, ColumnKey, ModelVersion, Run, RunId, Stage, VersionNumber};
use crate::view::{Direction, VersionColumn, VersionSort, better, objective_rank};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Runs of a model's versions, as far as they have arrived.
pub type Runs = BTreeMap<RunId, Run>;

/// A value of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum CellValue {
    /// A metric, or a duration in seconds.
    Number(f64),
    /// A param, a tag or another attribute.
    Text(String),
}

impl CellValue {
    /// As it is shown.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => number_text(*number),
            Self::Text(text) => text.clone(),
        }
    }
}

/// What a column is called, with its unit.
pub fn title(column: &ColumnKey) -> String {
    match column {
        ColumnKey::Attribute(Attribute::Duration) => "duration, s".to_owned(),
        other => other.label().to_owned(),
    }
}

/// The run of a version, if it has arrived.
pub fn run_of<'a>(version: &ModelVersion, runs: &'a Runs) -> Option<&'a Run> {
    runs.get(version.run_id.as_ref()?)
}

/// What a run says in a column.
pub fn cell(run: &Run, column: &ColumnKey) -> Option<CellValue> {
    let text = |text: &str| Some(CellValue::Text(text.to_owned()));
    match column {
        ColumnKey::Metric(name) => run
            .metrics
            .iter()
            .find(|metric| metric.key == *name)
            .map(|metric| CellValue::Number(metric.value)),
        ColumnKey::Param(name) => {
            run.params.iter().find(|param| param.key == *name).and_then(|param| text(&param.value))
        }
        ColumnKey::Tag(name) => run.tags.iter().find(|tag| tag.key == *name).and_then(|tag| text(&tag.value)),
        ColumnKey::Attribute(Attribute::RunName) => text(&run.info.name),
        ColumnKey::Attribute(Attribute::Duration) => {
            Some(CellValue::Number((run.info.end_millis? - run.info.start_millis?) as f64 / 1e3))
        }
        ColumnKey::Attribute(_) | ColumnKey::Derived(_) => None,
    }
}

/// Every column that the runs have: duration, metrics, params, tags.
pub fn columns(runs: &Runs) -> Vec<ColumnKey> {
    let mut found = BTreeSet::new();
    for run in runs.values() {
        found.extend(run.metrics.iter().map(|metric| ColumnKey::Metric(metric.key.clone())));
        found.extend(run.params.iter().map(|param| ColumnKey::Param(param.key.clone())));
        found.extend(run.tags.iter().map(|tag| ColumnKey::Tag(tag.key.clone())));
    }
    let mut columns =
        vec![ColumnKey::Attribute(Attribute::RunName), ColumnKey::Attribute(Attribute::Duration)];
    columns.extend(found);
    columns
}

/// The metrics that the runs have, the likeliest objective first.
pub fn metrics(runs: &Runs) -> Vec<String> {
    let mut n_with: BTreeMap<&str, usize> = BTreeMap::new();
    for metric in runs.values().flat_map(|run| &run.metrics) {
        *n_with.entry(&metric.key).or_default() += 1;
    }
    let mut names: Vec<(&str, usize)> = n_with.into_iter().collect();
    names.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), objective_rank(name)));
    names.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// The columns shown where nobody chose: the run's name, three metrics and the duration.
pub fn default_columns(runs: &Runs) -> Vec<ColumnKey> {
    let mut columns = vec![ColumnKey::Attribute(Attribute::RunName)];
    columns.extend(metrics(runs).into_iter().take(3).map(ColumnKey::Metric));
    columns.push(ColumnKey::Attribute(Attribute::Duration));
    columns
}

/// Which versions are shown, in order. Archived ones are left out unless asked for or named by the filter.
/// Without an order of its own the newest version is first; missing values are last in every order, NaN before them.
pub fn shown(
    state: &ModelState,
    runs: &Runs,
    filter: &str,
    has_archived: bool,
    sort: Option<&VersionSort>,
) -> Vec<VersionNumber> {
    let name = |version: &ModelVersion| run_of(version, runs).map_or("", |run| run.info.name.as_str());
    let has_archived = has_archived || filter.to_lowercase().contains("stage:arch");
    let mut versions: Vec<&ModelVersion> = state
        .versions
        .iter()
        .filter(|version| has_archived || version.stage != Stage::Archived)
        .filter(|version| fits(state, version, name(version), filter))
        .collect();
    if let Some(sort) = sort {
        let value = |version: &ModelVersion| sort_value(state, version, runs, &sort.column);
        versions.sort_by(|a, b| order(value(a).as_ref(), value(b).as_ref(), sort.direction));
    }
    versions.into_iter().map(|version| version.number).collect()
}

/// What a version is sorted by.
fn sort_value(
    state: &ModelState,
    version: &ModelVersion,
    runs: &Runs,
    column: &VersionColumn,
) -> Option<CellValue> {
    const STAGES: [Stage; 4] = [Stage::Production, Stage::Staging, Stage::None, Stage::Archived];
    let number = |number: f64| Some(CellValue::Number(number));
    match column {
        VersionColumn::Number => number(version.number.0 as f64),
        VersionColumn::Stage => number(STAGES.iter().position(|stage| *stage == version.stage)? as f64),
        VersionColumn::Aliases => {
            let names: Vec<&str> =
                state.aliases_of(version.number).into_iter().map(|alias| alias.name.as_str()).collect();
            (!names.is_empty()).then(|| CellValue::Text(names.join(", ")))
        }
        VersionColumn::Registered => number(version.creation_millis? as f64),
        VersionColumn::Changed => number(version.last_update_millis? as f64),
        VersionColumn::OfRun(column) => cell(run_of(version, runs)?, column),
    }
}

fn order(a: Option<&CellValue>, b: Option<&CellValue>, direction: Direction) -> Ordering {
    let rank = |value: Option<&CellValue>| match value {
        Some(CellValue::Number(number)) if number.is_nan() => 2,
        Some(CellValue::Number(_)) => 0,
        Some(CellValue::Text(_)) => 1,
        None => 3,
    };
    let by_value = match (a, b) {
        (Some(CellValue::Number(a)), Some(CellValue::Number(b))) => a.total_cmp(b),
        (Some(CellValue::Text(a)), Some(CellValue::Text(b))) => a.cmp(b),
        _ => Ordering::Equal,
    };
    let by_value = if direction == Direction::Descending { by_value.reverse() } else { by_value };
    rank(a).cmp(&rank(b)).then(by_value)
}

/// A metric over the versions: number and value, ascending, finite values only; and how many have none.
pub fn metric_over_versions(
    state: &ModelState,
    runs: &Runs,
    numbers: &[VersionNumber],
    metric: &str,
) -> (Vec<(f64, f64)>, usize) {
    let column = ColumnKey::Metric(metric.to_owned());
    let mut points: Vec<(f64, f64)> = numbers
        .iter()
        .filter_map(|number| {
            let run = run_of(state.version(*number)?, runs)?;
            match cell(run, &column)? {
                CellValue::Number(value) if value.is_finite() => Some((number.0 as f64, value)),
                _ => None,
            }
        })
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n_without = numbers.len() - points.len();
    (points, n_without)
}

/// The order that a click on a column's header asks for next: the better end first, then the other, then none.
pub fn next_sort(now: Option<&VersionSort>, column: &VersionColumn) -> Option<VersionSort> {
    let first = match column {
        VersionColumn::OfRun(column) => better(column).unwrap_or(Direction::Ascending),
        VersionColumn::Registered | VersionColumn::Changed => Direction::Descending,
        // Without an order the newest version is first already.
        VersionColumn::Number | VersionColumn::Stage | VersionColumn::Aliases => Direction::Ascending,
    };
    let other = if first == Direction::Ascending { Direction::Descending } else { Direction::Ascending };
    let direction = match now {
        Some(sort) if sort.column == *column && sort.direction == first => other,
        Some(sort) if sort.column == *column => return None,
        _ => first,
    };
    Some(VersionSort { column: column.clone(), direction })
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;
    use crate::entities::{Alias, ExperimentId, LifecycleStage, Metric, RunInfo, RunStatus};

    fn runs(values: &[(u64, f64)]) -> Runs {
        let run = |(number, value): &(u64, f64)| {
            let id = RunId(format!("{number:032x}"));
            let info = RunInfo {
                id: id.clone(),
                experiment_id: ExperimentId("1".into()),
                name: format!("run {number}"),
                user: String::new(),
                status: RunStatus::Finished,
                start_millis: Some(0),
                end_millis: Some(1000),
                artifact_uri: String::new(),
                lifecycle_stage: LifecycleStage::Active,
            };
            let metrics = vec![Metric { key: "rmse".into(), value: *value, timestamp_millis: 0, step: 0 }];
            (id, Run { info, params: vec![], metrics, tags: vec![], models: vec![], datasets: vec![] })
        };
        values.iter().map(run).collect()
    }

    #[test]
    fn archived_versions_wait_until_asked_for() {
        let state = state(&[Stage::Archived, Stage::Production, Stage::None]);
        let numbers = |filter: &str, has_archived| {
            shown(&state, &Runs::new(), filter, has_archived, None).iter().map(|n| n.0).collect::<Vec<_>>()
        };
        assert_eq!(numbers("", false), [3, 2]);
        assert_eq!(numbers("", true), [3, 2, 1]);
        assert_eq!(numbers("stage:archived", false), [1]);
    }

    #[test]
    fn columns_of_the_version_itself_are_sorted_by() {
        let mut state = state(&[Stage::Archived, Stage::Production, Stage::None, Stage::Staging]);
        state.model.aliases = vec![Alias { name: "champion".into(), version: VersionNumber(3) }];
        state.versions[0].creation_millis = Some(1);
        let numbers = |column: VersionColumn| {
            let sort = next_sort(None, &column);
            let numbers = shown(&state, &Runs::new(), "", true, sort.as_ref());
            numbers.iter().map(|number| number.0).collect::<Vec<_>>()
        };
        assert_eq!(numbers(VersionColumn::Number), [1, 2, 3, 4]);
        assert_eq!(numbers(VersionColumn::Stage), [2, 4, 3, 1]);
        assert_eq!(numbers(VersionColumn::Aliases)[0], 3, "those without are last");
    }

    #[test]
    fn missing_and_nan_are_last_both_ways() {
        let state = state(&[Stage::None; 4]);
        let runs = runs(&[(1, 2.0), (2, f64::NAN), (3, 1.0)]);
        let column = VersionColumn::OfRun(ColumnKey::Metric("rmse".into()));
        let mut sort = next_sort(None, &column);
        let numbers = |sort: &Option<VersionSort>| {
            shown(&state, &runs, "", true, sort.as_ref()).iter().map(|n| n.0).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&sort), [3, 1, 2, 4]);
        sort = next_sort(sort.as_ref(), &column);
        assert_eq!(numbers(&sort), [1, 3, 2, 4]);
        assert_eq!(next_sort(sort.as_ref(), &column), None);
        let all: Vec<VersionNumber> = (1..=4).map(VersionNumber).collect();
        assert_eq!(metric_over_versions(&state, &runs, &all, "rmse"), (vec![(1.0, 2.0), (3.0, 1.0)], 2));
    }
}
