//! The table of runs, one array a column.
//!
//! Columns grow lazily: an array ends at the last row that has a value, and all rows beyond are missing. So a
//! metric that only a few runs have costs no more than the place of its last run.

use crate::entities::{
    Attribute, ColumnKey, Dataset, LifecycleStage, LoggedModelRef, Metric, Run, RunId, RunStatus,
};
use crate::frame::format::display_number;
use crate::frame::history::{Aggregate, Histories, HistorySummary};
use crate::frame::{RowSet, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The runs loaded, as columns. Rows are numbered in the order in which runs were pushed.
#[derive(Clone, Debug, Default)]
pub struct RunFrame {
    ids: Vec<RunId>,
    rows: HashMap<RunId, u32>,
    models: Vec<Vec<LoggedModelRef>>,
    names: TextColumn,
    users: TextColumn,
    statuses: TextColumn,
    datasets: TextColumn,
    experiment_ids: TextColumn,
    lifecycle_stages: TextColumn,
    start_times: NumberColumn,
    end_times: NumberColumn,
    durations: NumberColumn,
    model_sizes: NumberColumn,
    /// Rows whose models' size is settled, known or not.
    are_sizes_settled: RowSet,
    pareto_ranks: NumberColumn,
    scores: NumberColumn,
    params: HashMap<String, TextColumn>,
    metrics: HashMap<String, NumberColumn>,
    /// The greatest step that is known of each metric that some run logged at another step than 0.
    stepped: HashMap<String, i64>,
    /// Of runs that have not ended, a number made of the steps and times of their metrics' newest values: a metric that is
    /// logged with the same value again is another then.
    stamps: HashMap<u32, u64>,
    tags: HashMap<String, TextColumn>,
    histories: Histories,
    derived: Vec<Derived>,
}

/// A column worked out from others.
#[derive(Clone, Debug)]
pub(in crate::frame) struct Derived {
    pub(in crate::frame) expression: String,
    pub(in crate::frame) numbers: NumberColumn,
    /// Why it has no numbers.
    pub(in crate::frame) problem: Option<String>,
}

/// How a row stands among others, see `analysis::pareto` and `analysis::ranking`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowStanding {
    /// Which.
    pub row: usize,
    /// 1 on the front; none without a number in an objective.
    pub pareto_rank: Option<u32>,
    /// From 0 to 1, where 1 is best; none without a number in an objective that counts.
    pub score: Option<f64>,
}

/// What a column holds, in all rows or in some.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ColumnSummary {
    /// Rows that are not missing.
    pub n_present: usize,
    /// Different values among them; numbers by value, so `0.1` and `0.10` are one, and all NaN are one.
    pub n_distinct: usize,
    /// Whether there is a finite number and every present value is a number, NaN or an infinity.
    pub is_numeric: bool,
    /// Whether the rows differ, missing counting as a value.
    pub is_varying: bool,
    /// Smallest finite number.
    pub min: Option<f64>,
    /// Largest finite number.
    pub max: Option<f64>,
}

/// A column of the frame, as what it is stored as.
#[derive(Clone, Copy)]
pub(in crate::frame) enum Stored<'a> {
    Ids(&'a [RunId]),
    Text(&'a TextColumn),
    Numbers(&'a NumberColumn),
    Nothing,
}

impl RunFrame {
    /// Adds a run as the last row. False, and nothing changes, when a run of this id is already in.
    ///
    /// Where a run has a key twice, the later one counts.
    pub fn push(&mut self, run: Run) -> bool {
        if self.rows.contains_key(&run.info.id) {
            return false;
        }
        let row = self.ids.len();
        self.rows.insert(run.info.id.clone(), row as u32);
        self.ids.push(run.info.id.clone());
        self.models.push(Vec::new());
        self.write(row, run);
        true
    }

    /// Takes over what a run that is in has become: it may have ended, logged more, or lost tags. Whether anything is
    /// another than before.
    pub fn update(&mut self, run: Run) -> bool {
        let Some(row) = self.row_of(&run.info.id) else { return false };
        let is_same = self.is_same(row, &run);
        if !is_same {
            let is_gone = |key: &String| run.tags.iter().all(|tag| tag.key != *key);
            for (_, column) in self.tags.iter_mut().filter(|(key, _)| is_gone(key)) {
                column.clear(row);
            }
            if run.info.end_millis.is_none() {
                self.end_times.clear(row);
                self.durations.clear(row);
            }
            self.write(row, run);
        }
        !is_same
    }

    fn is_same(&self, row: usize, run: &Run) -> bool {
        let has_text = |column: Option<&TextColumn>, text: &str| {
            column.is_some_and(|column| column.text(row) == Some(text))
        };
        let bits = |number: f64| if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() };
        let has_metric = |key: &str, value: f64| {
            self.metrics.get(key).and_then(|column| column.get(row)).map(bits) == Some(bits(value))
        };
        self.stamps.get(&(row as u32)).copied() == stamp(run)
            && has_text(Some(&self.names), &run.info.name)
            && has_text(Some(&self.statuses), run.info.status.as_str())
            && has_text(Some(&self.lifecycle_stages), stage_text(run.info.lifecycle_stage))
            && self.end_times.get(row) == run.info.end_millis.map(|millis| millis as f64)
            && self.models[row] == run.models
            && self.datasets.text(row).unwrap_or_default() == datasets_text(&run.datasets)
            && run.params.iter().all(|param| has_text(self.params.get(&param.key), &param.value))
            && run.metrics.iter().all(|metric| has_metric(&metric.key, metric.value))
            && run.tags.iter().all(|tag| has_text(self.tags.get(&tag.key), &tag.value))
            && self.tags.values().filter(|column| column.code(row).is_some()).count() == run.tags.len()
    }

    fn write(&mut self, row: usize, run: Run) {
        match stamp(&run) {
            Some(stamp) => drop(self.stamps.insert(row as u32, stamp)),
            None => drop(self.stamps.remove(&(row as u32))),
        }
        let Run { info, params, metrics, tags, models, datasets } = run;
        if self.models[row] != models {
            self.are_sizes_settled.remove(row);
        }
        self.models[row] = models;
        if datasets.is_empty() {
            self.datasets.clear(row);
        } else {
            self.datasets.set(row, &datasets_text(&datasets), Reading::of_text);
        }
        self.names.set(row, &info.name, Reading::of_text);
        self.users.set(row, &info.user, Reading::of_text);
        self.statuses.set(row, info.status.as_str(), Reading::of_text);
        self.experiment_ids.set(row, &info.experiment_id.0, Reading::of_text);
        self.lifecycle_stages.set(row, stage_text(info.lifecycle_stage), Reading::of_text);
        if let Some(start) = info.start_millis {
            self.start_times.set(row, start as f64);
        }
        if let Some(end) = info.end_millis {
            self.end_times.set(row, end as f64);
        }
        if let (Some(start), Some(end)) = (info.start_millis, info.end_millis) {
            // As floats, because a server may send times whose difference no i64 holds.
            self.durations.set(row, end as f64 - start as f64);
        }
        for param in params {
            entry(&mut self.params, param.key).set(row, &param.value, Reading::of_number_or_text);
        }
        for metric in metrics {
            match self.stepped.get_mut(&metric.key) {
                Some(greatest) => *greatest = metric.step.max(*greatest),
                None if metric.step != 0 => drop(self.stepped.insert(metric.key.clone(), metric.step)),
                None => {}
            }
            entry(&mut self.metrics, metric.key).set(row, metric.value);
        }
        for tag in tags {
            entry(&mut self.tags, tag.key).set(row, &tag.value, Reading::of_text);
        }
    }

    /// The rows of active runs that have not ended, as far as is known here.
    pub fn running_rows(&self) -> Vec<usize> {
        let running = RunStatus::Running.as_str();
        let is_running = |row: &usize| {
            self.statuses.text(*row) == Some(running)
                && self.lifecycle_stages.text(*row) == Some(stage_text(LifecycleStage::Active))
        };
        (0..self.n_rows()).filter(is_running).collect()
    }

    /// Takes note of what the history of a metric comes to in a row.
    pub fn set_history(&mut self, row: usize, metric: &str, summary: HistorySummary) {
        self.histories.set(row, metric, summary);
    }

    /// What the history of a metric comes to, in all rows.
    pub(in crate::frame) fn aggregate(&self, metric: &str, aggregate: Aggregate) -> NumberColumn {
        self.histories.column(metric, aggregate, self.n_rows())
    }

    /// How many runs are in.
    pub fn n_rows(&self) -> usize {
        self.ids.len()
    }

    /// The id of the run in this row.
    pub fn run_id(&self, row: usize) -> &RunId {
        &self.ids[row]
    }

    /// The row of the run with this id.
    pub fn row_of(&self, id: &RunId) -> Option<usize> {
        self.rows.get(id).map(|&row| row as usize)
    }

    /// The name of the run in this row; empty where the server has none.
    pub fn name(&self, row: usize) -> &str {
        self.names.text(row).unwrap_or_default()
    }

    /// The models that the run in this row logged.
    pub fn models(&self, row: usize) -> &[LoggedModelRef] {
        &self.models[row]
    }

    /// Says how many bytes the models of the run in this row have; none where that cannot be found out.
    pub fn set_model_size(&mut self, row: usize, size_bytes: Option<u64>) {
        self.are_sizes_settled.insert(row);
        match size_bytes {
            Some(bytes) => self.model_sizes.set(row, bytes as f64),
            None => self.model_sizes.clear(row),
        }
    }

    /// Whether the run in this row has models whose size nobody has read yet: it is missing only so far.
    pub fn awaits_model_size(&self, row: usize) -> bool {
        !self.models[row].is_empty() && !self.are_sizes_settled.contains(row)
    }

    /// Whether some run logged this metric at another step than 0, so that there is a curve.
    pub fn has_steps(&self, metric: &str) -> bool {
        self.stepped.contains_key(metric)
    }

    /// The greatest step at which some run's newest value of this metric was logged: about as many points as a history
    /// has.
    pub fn greatest_step(&self, metric: &str) -> i64 {
        self.stepped.get(metric).copied().unwrap_or_default()
    }

    /// Says how the rows stand among each other; those that are not told of have neither rank nor score.
    pub fn set_standings(&mut self, standings: &[RowStanding]) {
        (self.pareto_ranks, self.scores) = (NumberColumn::default(), NumberColumn::default());
        for standing in standings {
            if let Some(rank) = standing.pareto_rank {
                self.pareto_ranks.set(standing.row, f64::from(rank));
            }
            if let Some(score) = standing.score {
                self.scores.set(standing.row, score);
            }
        }
    }

    /// Forgets what derived columns hold, since the runs have changed; `frame::derive` works it out anew.
    pub fn forget_derived(&mut self) {
        self.derived.clear();
    }

    /// Why a derived column is missing in every row, where its expression is wrong or names a column that no run has.
    pub fn derived_problem(&self, key: &ColumnKey) -> Option<&str> {
        self.derived_by(key)?.problem.as_deref()
    }

    fn derived_by(&self, key: &ColumnKey) -> Option<&Derived> {
        let ColumnKey::Derived(expression) = key else { return None };
        self.derived.iter().find(|derived| derived.expression == *expression)
    }

    /// The derived columns, to be given back changed.
    pub(in crate::frame) fn derived_mut(&mut self) -> &mut Vec<Derived> {
        &mut self.derived
    }

    /// Every column: all attributes, each param, metric and tag that some run has, and what was derived, sorted.
    pub fn columns(&self) -> Vec<ColumnKey> {
        let mut keys: Vec<ColumnKey> = Attribute::ALL.into_iter().map(ColumnKey::Attribute).collect();
        keys.extend(self.params.keys().cloned().map(ColumnKey::Param));
        keys.extend(self.metrics.keys().cloned().map(ColumnKey::Metric));
        keys.extend(self.tags.keys().cloned().map(ColumnKey::Tag));
        keys.extend(self.derived.iter().map(|derived| ColumnKey::Derived(derived.expression.clone())));
        keys.sort_unstable();
        keys
    }

    /// What the run in this row has in this column. A column no run has is missing everywhere.
    pub fn value(&self, key: &ColumnKey, row: usize) -> Value<'_> {
        self.stored(key).value(row)
    }

    /// What every run has in this column.
    pub fn values(&self, key: &ColumnKey) -> Vec<Value<'_>> {
        let stored = self.stored(key);
        (0..self.n_rows()).map(|row| stored.value(row)).collect()
    }

    /// The text of a cell: as logged for params, tags and texts, the shortest form for numbers; none where it
    /// is missing.
    pub fn text(&self, key: &ColumnKey, row: usize) -> Option<Cow<'_, str>> {
        match self.stored(key) {
            Stored::Ids(ids) => ids.get(row).map(|id| Cow::Borrowed(id.0.as_str())),
            Stored::Text(column) => column.text(row).map(Cow::Borrowed),
            Stored::Numbers(column) => column.get(row).map(|number| Cow::Owned(display_number(number))),
            Stored::Nothing => None,
        }
    }

    /// What a column holds, in the given rows or in all.
    pub fn summary(&self, key: &ColumnKey, rows: Option<&RowSet>) -> ColumnSummary {
        let all = RowSet::full(self.n_rows());
        let rows = rows.map_or_else(|| all.clone(), |rows| rows.and(&all));
        let n_asked = rows.len();
        let mut tally = Tally::default();
        match self.stored(key) {
            Stored::Ids(_) => {
                // Every run is in once, so ids are distinct by themselves.
                tally.n_present = n_asked;
                tally.n_texts = n_asked;
            }
            Stored::Text(column) => {
                let mut seen = vec![false; column.entries.len()];
                for row in rows.iter() {
                    if let Some(code) = column.code(row) {
                        tally.n_present += 1;
                        seen[code] = true;
                    }
                }
                for (_, entry) in seen.iter().zip(&column.entries).filter(|(is_seen, _)| **is_seen) {
                    match entry.reading {
                        Reading::Number(number) => tally.numbers.push(number),
                        // One reading of each dictionary entry, so each of these is a different text.
                        Reading::Text | Reading::Empty => tally.n_texts += 1,
                    }
                }
            }
            Stored::Numbers(column) => {
                tally.numbers.extend(rows.iter().filter_map(|row| column.get(row)));
                tally.n_present = tally.numbers.len();
            }
            Stored::Nothing => {}
        }
        tally.summary(n_asked)
    }

    /// The rows whose cell passes the test. The test sees each dictionary entry once, not each row; it gets
    /// the value and, for texts, the text as logged.
    pub(in crate::frame) fn rows_where(
        &self,
        key: &ColumnKey,
        mut test: impl FnMut(Value<'_>, Option<&str>) -> bool,
    ) -> RowSet {
        let n_rows = self.n_rows();
        let is_missing_in = test(Value::Missing, None);
        match self.stored(key) {
            Stored::Ids(ids) => RowSet::from_fn(n_rows, |row| {
                let text = ids[row].0.as_str();
                test(Reading::of_text(text).value(text), Some(text))
            }),
            Stored::Text(column) => {
                let is_in: Vec<bool> = column
                    .entries
                    .iter()
                    .map(|entry| test(entry.reading.value(&entry.text), Some(&entry.text)))
                    .collect();
                if !is_missing_in && !is_in.contains(&true) {
                    return RowSet::empty(n_rows);
                }
                RowSet::from_fn(n_rows, |row| column.code(row).map_or(is_missing_in, |code| is_in[code]))
            }
            Stored::Numbers(column) => RowSet::from_fn(n_rows, |row| match column.get(row) {
                Some(number) => test(Value::from_f64(number), None),
                None => is_missing_in,
            }),
            Stored::Nothing if is_missing_in => RowSet::full(n_rows),
            Stored::Nothing => RowSet::empty(n_rows),
        }
    }

    pub(in crate::frame) fn stored(&self, key: &ColumnKey) -> Stored<'_> {
        match key {
            ColumnKey::Attribute(attribute) => match attribute {
                Attribute::RunName => Stored::Text(&self.names),
                Attribute::RunId => Stored::Ids(&self.ids),
                Attribute::ExperimentId => Stored::Text(&self.experiment_ids),
                Attribute::Status => Stored::Text(&self.statuses),
                Attribute::User => Stored::Text(&self.users),
                Attribute::Dataset => Stored::Text(&self.datasets),
                Attribute::StartTime => Stored::Numbers(&self.start_times),
                Attribute::EndTime => Stored::Numbers(&self.end_times),
                Attribute::Duration => Stored::Numbers(&self.durations),
                Attribute::ModelSize => Stored::Numbers(&self.model_sizes),
                Attribute::LifecycleStage => Stored::Text(&self.lifecycle_stages),
                Attribute::ParetoRank => Stored::Numbers(&self.pareto_ranks),
                Attribute::Score => Stored::Numbers(&self.scores),
            },
            ColumnKey::Param(key) => self.params.get(key).map_or(Stored::Nothing, Stored::Text),
            ColumnKey::Metric(key) => self.metrics.get(key).map_or(Stored::Nothing, Stored::Numbers),
            ColumnKey::Tag(key) => self.tags.get(key).map_or(Stored::Nothing, Stored::Text),
            ColumnKey::Derived(_) => {
                self.derived_by(key).map_or(Stored::Nothing, |derived| Stored::Numbers(&derived.numbers))
            }
        }
    }

    /// Every param and tag column, in no particular order.
    pub(in crate::frame) fn param_and_tag_keys(&self) -> impl Iterator<Item = ColumnKey> + '_ {
        let params = self.params.keys().cloned().map(ColumnKey::Param);
        params.chain(self.tags.keys().cloned().map(ColumnKey::Tag))
    }
}

impl<'a> Stored<'a> {
    pub(in crate::frame) fn value(self, row: usize) -> Value<'a> {
        match self {
            Self::Ids(ids) => ids.get(row).map_or(Value::Missing, |id| Reading::of_text(&id.0).value(&id.0)),
            Self::Text(column) => column.code(row).map_or(Value::Missing, |code| column.entry_value(code)),
            Self::Numbers(column) => column.get(row).map_or(Value::Missing, Value::from_f64),
            Self::Nothing => Value::Missing,
        }
    }
}

/// `taxi 4ca7e9a6 (training), taxi 5d0c (evaluation)`, in the server's order.
fn datasets_text(datasets: &[Dataset]) -> String {
    datasets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn stage_text(stage: LifecycleStage) -> &'static str {
    match stage {
        LifecycleStage::Active => "active",
        LifecycleStage::Deleted => "deleted",
    }
}

/// Of a run that has not ended, a number made of its metrics' steps and times, whatever their order.
fn stamp(run: &Run) -> Option<u64> {
    let of = |metric: &Metric| {
        let mut hasher = DefaultHasher::new();
        (&metric.key, metric.step, metric.timestamp_millis).hash(&mut hasher);
        hasher.finish()
    };
    (run.info.status == RunStatus::Running).then(|| run.metrics.iter().map(of).fold(0, u64::wrapping_add))
}

fn entry<T: Default>(columns: &mut HashMap<String, T>, key: String) -> &mut T {
    columns.entry(key).or_default()
}

/// What a text reads as, found once for each different text of a column.
#[derive(Clone, Copy, Debug)]
enum Reading {
    Empty,
    Number(f64),
    Text,
}

impl Reading {
    fn of_text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text }
    }

    // The float syntax of Rust takes `1e-3`, `.5`, `nan`, `inf` and `infinity` in any case; spaces around are
    // allowed because Python's `float` allows them, too.
    fn of_number_or_text(text: &str) -> Self {
        text.trim().parse().map_or_else(|_not_a_number| Self::of_text(text), Self::Number)
    }

    fn value(self, text: &str) -> Value<'_> {
        match self {
            Self::Empty => Value::Empty,
            Self::Number(number) => Value::from_f64(number),
            Self::Text => Value::Text(text),
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    text: Arc<str>,
    reading: Reading,
}

/// Texts as codes of a dictionary.
#[derive(Clone, Debug, Default)]
pub(in crate::frame) struct TextColumn {
    codes: Vec<u32>,
    entries: Vec<Entry>,
    lookup: HashMap<Arc<str>, u32>,
}

const NO_CODE: u32 = u32::MAX;

impl TextColumn {
    fn set(&mut self, row: usize, text: &str, read: impl Fn(&str) -> Reading) {
        let code = match self.lookup.get(text) {
            Some(&code) => code,
            None => {
                let code = self.entries.len() as u32;
                let shared: Arc<str> = text.into();
                self.entries.push(Entry { text: shared.clone(), reading: read(text) });
                self.lookup.insert(shared, code);
                code
            }
        };
        if row >= self.codes.len() {
            self.codes.resize(row + 1, NO_CODE);
        }
        self.codes[row] = code;
    }

    fn clear(&mut self, row: usize) {
        if let Some(code) = self.codes.get_mut(row) {
            *code = NO_CODE;
        }
    }

    pub(in crate::frame) fn code(&self, row: usize) -> Option<usize> {
        self.codes.get(row).filter(|&&code| code != NO_CODE).map(|&code| code as usize)
    }

    fn text(&self, row: usize) -> Option<&str> {
        self.code(row).map(|code| &*self.entries[code].text)
    }

    pub(in crate::frame) fn n_entries(&self) -> usize {
        self.entries.len()
    }

    pub(in crate::frame) fn entry_value(&self, code: usize) -> Value<'_> {
        let entry = &self.entries[code];
        entry.reading.value(&entry.text)
    }
}

/// Floats with a bit a row that says whether there is one, so that missing and NaN differ.
#[derive(Clone, Debug, Default)]
pub(in crate::frame) struct NumberColumn {
    /// What it holds where nothing is present says nothing.
    pub(in crate::frame) numbers: Vec<f64>,
    pub(in crate::frame) is_present: RowSet,
}

impl NumberColumn {
    /// Nothing, in so many rows.
    pub(in crate::frame) fn empty(n_rows: usize) -> Self {
        Self { numbers: vec![0.0; n_rows], is_present: RowSet::empty(n_rows) }
    }

    pub(in crate::frame) fn set(&mut self, row: usize, number: f64) {
        if row >= self.numbers.len() {
            self.numbers.resize(row + 1, 0.0);
        }
        self.numbers[row] = number;
        self.is_present.insert(row);
    }

    fn clear(&mut self, row: usize) {
        self.is_present.remove(row);
    }

    pub(in crate::frame) fn get(&self, row: usize) -> Option<f64> {
        if self.is_present.contains(row) { self.numbers.get(row).copied() } else { None }
    }
}

#[derive(Default)]
struct Tally {
    n_present: usize,
    n_texts: usize,
    numbers: Vec<f64>,
}

impl Tally {
    fn summary(self, n_asked: usize) -> ColumnSummary {
        let finite = || self.numbers.iter().copied().filter(|number| number.is_finite());
        let (min, max) = (finite().reduce(f64::min), finite().reduce(f64::max));
        // Adding zero makes -0 and 0 the same bits.
        let mut bits: Vec<u64> = self
            .numbers
            .iter()
            .map(|number| if number.is_nan() { f64::NAN.to_bits() } else { (number + 0.0).to_bits() })
            .collect();
        bits.sort_unstable();
        bits.dedup();
        let n_distinct = bits.len() + self.n_texts;
        let is_some_missing = self.n_present < n_asked;
        ColumnSummary {
            n_present: self.n_present,
            n_distinct,
            is_numeric: self.n_texts == 0 && min.is_some(),
            is_varying: n_distinct + usize::from(is_some_missing) > 1,
            min,
            max,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::entities::{ExperimentId, Param, RunInfo, RunStatus, RunTag};

    /// A finished run with these params, metrics and tags.
    pub(crate) fn run(
        id: &str,
        params: &[(&str, &str)],
        metrics: &[(&str, f64)],
        tags: &[(&str, &str)],
    ) -> Run {
        let owned = |pair: &(&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
        Run {
            info: RunInfo {
                id: RunId(id.into()),
                experiment_id: ExperimentId("1".into()),
                name: format!("name-{id}"),
                user: "ada".into(),
                status: RunStatus::Finished,
                start_millis: None,
                end_millis: None,
                artifact_uri: String::new(),
                lifecycle_stage: LifecycleStage::Active,
            },
            params: params.iter().map(owned).map(|(key, value)| Param { key, value }).collect(),
            metrics: metrics
                .iter()
                .map(|&(key, value)| Metric { key: key.into(), value, timestamp_millis: 0, step: 0 })
                .collect(),
            tags: tags.iter().map(owned).map(|(key, value)| RunTag { key, value }).collect(),
            models: vec![],
            datasets: vec![],
        }
    }

    pub(crate) fn frame(runs: impl IntoIterator<Item = Run>) -> RunFrame {
        let mut frame = RunFrame::default();
        for run in runs {
            assert!(frame.push(run));
        }
        frame
    }

    pub(in crate::frame) fn key(text: &str) -> ColumnKey {
        ColumnKey::parse(text).unwrap()
    }

    fn check(param: &str, expected: Value<'_>) {
        let frame = frame([run("a", &[("p", param)], &[], &[])]);
        assert_eq!(frame.value(&key("params.p"), 0), expected, "{param:?}");
        assert_eq!(frame.text(&key("params.p"), 0).as_deref(), Some(param));
    }

    #[test]
    fn params_read_as_what_they_say() {
        check("1e-3", Value::Number(0.001));
        check("-2", Value::Number(-2.0));
        check(" 7 ", Value::Number(7.0));
        check("NaN", Value::Nan);
        check("nan", Value::Nan);
        check("INF", Value::PosInf);
        check("-inf", Value::NegInf);
        check("None", Value::Text("None"));
        check("True", Value::Text("True"));
        check("", Value::Empty);
        check(" ", Value::Text(" "));
    }

    #[test]
    fn a_run_comes_in_once() {
        let mut frame = frame([run("a", &[], &[("m", 1.0)], &[])]);
        assert!(!frame.push(run("a", &[], &[("m", 2.0)], &[])));
        assert_eq!((frame.n_rows(), frame.row_of(&RunId("a".into()))), (1, Some(0)));
        assert_eq!(frame.value(&key("metrics.m"), 0), Value::Number(1.0));
        assert_eq!(frame.name(0), "name-a");
    }

    #[test]
    fn a_run_becomes_what_it_is_now() {
        let mut running = run("b", &[], &[("m", 1.0), ("n", f64::NAN)], &[("t", "x"), ("u", "y")]);
        running.info.status = RunStatus::Running;
        let mut frame = frame([run("a", &[], &[], &[]), running.clone()]);
        assert_eq!(frame.running_rows(), [1]);
        assert!(!frame.update(running.clone()), "nothing is new");
        assert!(!frame.update(run("c", &[], &[], &[])), "it is not in");
        running.metrics.reverse();
        assert!(!frame.update(running.clone()), "an order says nothing");
        running.metrics.reverse();
        running.metrics[0].step = 8;
        assert!(frame.update(running.clone()), "the same value at another step");
        running.metrics[0].timestamp_millis = 5;
        assert!(frame.update(running.clone()), "the same value at another time");
        assert_eq!((frame.has_steps("m"), frame.greatest_step("m"), frame.greatest_step("n")), (true, 8, 0));
        running.metrics[0].value = 2.0;
        running.tags.remove(1);
        running.info.start_millis = Some(1000);
        running.info.end_millis = Some(3000);
        running.info.status = RunStatus::Finished;
        assert!(frame.update(running.clone()));
        assert_eq!((frame.n_rows(), frame.running_rows()), (2, vec![]));
        assert_eq!(frame.value(&key("metrics.m"), 1), Value::Number(2.0));
        assert_eq!(frame.value(&key("tags.u"), 1), Value::Missing);
        assert_eq!(frame.value(&key("tags.t"), 1), Value::Text("x"));
        assert_eq!(frame.value(&key("attributes.duration"), 1), Value::Number(2000.0));
        running.info.end_millis = None;
        assert!(frame.update(running), "somebody has begun it again");
        assert_eq!(frame.value(&key("attributes.duration"), 1), Value::Missing);
    }

    #[test]
    fn missing_and_nan_differ_and_late_columns_are_missing_before() {
        let frame = frame([
            run("a", &[], &[], &[("t", "5")]),
            run("b", &[], &[("m", f64::NAN)], &[]),
            run("c", &[], &[], &[]),
        ]);
        assert_eq!(frame.value(&key("metrics.m"), 0), Value::Missing);
        assert!(matches!(frame.value(&key("metrics.m"), 1), Value::Nan));
        assert_eq!(frame.value(&key("metrics.m"), 2), Value::Missing);
        assert_eq!(frame.values(&key("metrics.other")), [Value::Missing; 3]);
        assert_eq!(frame.value(&key("tags.t"), 0), Value::Text("5"));
        assert_eq!(frame.columns().len(), Attribute::ALL.len() + 2);
    }

    #[test]
    fn durations_and_model_sizes_are_missing_until_known() {
        let mut ended = run("a", &[], &[], &[]);
        ended.info.start_millis = Some(1000);
        ended.info.end_millis = Some(3500);
        let mut frame = frame([ended, run("b", &[], &[], &[])]);
        assert_eq!(frame.values(&key("attributes.duration")), [Value::Number(2500.0), Value::Missing]);
        frame.set_model_size(1, Some(70));
        assert_eq!(frame.value(&key("attributes.model_size"), 1), Value::Number(70.0));
        frame.set_model_size(1, None);
        assert_eq!(frame.value(&key("attributes.model_size"), 1), Value::Missing);
    }

    #[test]
    fn a_summary_counts_values() {
        let frame = frame([
            run("a", &[("p", "0.1"), ("q", "x")], &[], &[]),
            run("b", &[("p", "0.10"), ("q", "1")], &[], &[]),
            run("c", &[("p", "nan")], &[], &[]),
            run("d", &[], &[], &[]),
        ]);
        let p = frame.summary(&key("params.p"), None);
        assert_eq!((p.n_present, p.n_distinct, p.is_numeric, p.is_varying), (3, 2, true, true));
        assert_eq!((p.min, p.max), (Some(0.1), Some(0.1)));
        assert!(!frame.summary(&key("params.q"), None).is_numeric);
        let first = RowSet::from_fn(4, |row| row < 2);
        assert!(!frame.summary(&key("params.p"), Some(&first)).is_varying);
        assert!(!frame.summary(&key("params.none"), None).is_varying);
        assert_eq!(frame.summary(&key("attributes.run_id"), None).n_distinct, 4);
    }
}
