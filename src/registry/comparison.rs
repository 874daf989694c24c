//! Two versions side by side: what whoever decides needs to see before a version takes another's place.

use crate::entities::{Attribute, ColumnKey, Dataset, Manifest, Run, RunId, VersionNumber};
use crate::view::{Direction, better};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A version to be put beside another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VersionOfRun {
    /// The version.
    pub number: VersionNumber,
    /// The run it comes from, if any.
    pub run_id: Option<RunId>,
    /// Where its files came from, as the server says.
    pub source: String,
}

/// What is known of one side.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Side {
    /// The version.
    pub number: Option<VersionNumber>,
    /// Its run, if it has arrived.
    pub run: Option<Run>,
    /// The datasets that the run read.
    pub datasets: Vec<Dataset>,
    /// Its model's description, if it has arrived.
    pub manifest: Option<Manifest>,
    /// Bytes of its model's files, added up where the description does not say.
    pub size_bytes: Option<u64>,
    /// Histories of the run's metrics: step and value.
    pub histories: BTreeMap<String, Vec<(i64, f64)>>,
}

/// A metric on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    /// Its name.
    pub name: String,
    /// The candidate's latest value, as text; none where it has none.
    pub candidate: Option<String>,
    /// The holder's.
    pub holder: Option<String>,
    /// Candidate minus holder, as text with its sign, where both are numbers.
    pub difference: Option<String>,
    /// What the difference means, where the metric's name says which way is better.
    pub verdict: Verdict,
    /// Which way is better: `Ascending` for smaller.
    pub better: Option<Direction>,
}

/// Whether the candidate is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It is.
    Better,
    /// It is not.
    Worse,
    /// Both are the same.
    Same,
    /// There is no saying.
    Unknown,
}

/// A text on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRow {
    /// What it is.
    pub name: String,
    /// The candidate's; none where it has none.
    pub candidate: Option<String>,
    /// The holder's.
    pub holder: Option<String>,
}

impl TextRow {
    /// Whether the two sides differ; having none is a value of its own.
    pub fn differs(&self) -> bool {
        self.candidate != self.holder
    }
}

/// A metric's curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// The metric.
    pub metric: String,
    /// Step and value of the candidate's, finite values only.
    pub candidate: Vec<(i64, f64)>,
    /// The holder's.
    pub holder: Vec<(i64, f64)>,
}

/// The comparison, ready to be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The model's name.
    pub model: String,
    /// The version to be judged.
    pub candidate: VersionNumber,
    /// The one in use.
    pub holder: Option<VersionNumber>,
    /// Duration, model size and the metrics.
    pub metrics: Vec<MetricRow>,
    /// Params that differ; those that do not are only counted.
    pub params: Vec<TextRow>,
    /// Params that are the same.
    pub n_same_params: usize,
    /// Run, datasets, commit, flavours, MLflow.
    pub facts: Vec<TextRow>,
    /// Inputs and outputs, with their types.
    pub schema: Vec<TextRow>,
    /// Curves of metrics with more than one value, as far as asked for.
    pub curves: Vec<Curves>,
    /// Metrics with curves that have not been asked for.
    pub n_more_curves: usize,
    /// Whether answers are still awaited.
    pub is_loading: bool,
    /// What could not be found out, a sentence each.
    pub missing: Vec<String>,
}

/// Puts two sides beside each other. What is still awaited is for whoever awaits it to say.
pub fn compare(model: &str, candidate: &Side, holder: &Side) -> Comparison {
    let mut metrics = Vec::new();
    let attribute = |attribute: Attribute, name: &str, a: Option<f64>, b: Option<f64>| {
        (a.is_some() || b.is_some()).then(|| metric_row(name, ColumnKey::Attribute(attribute), a, b))
    };
    metrics.extend(attribute(Attribute::Duration, "duration, s", seconds(candidate), seconds(holder)));
    metrics.extend(attribute(
        Attribute::ModelSize,
        "model size, kB",
        kilobytes(candidate),
        kilobytes(holder),
    ));
    let (ours, theirs) = (metrics_of(candidate), metrics_of(holder));
    let names: Vec<&String> = union(ours.keys(), theirs.keys());
    for name in names {
        let (a, b) = (ours.get(name).copied(), theirs.get(name).copied());
        metrics.push(metric_row(name, ColumnKey::Metric(name.clone()), a, b));
    }
    let (ours, theirs) = (params_of(candidate), params_of(holder));
    let rows = text_rows(&ours, &theirs);
    let n_same_params = rows.iter().filter(|row| !row.differs()).count();
    let (ours, theirs) = (facts_of(candidate), facts_of(holder));
    let schema = |side: &Side| {
        let manifest = side.manifest.clone().unwrap_or_default();
        let named = |what: &str, fields: Vec<(String, String)>| {
            fields.into_iter().map(move |(name, kind)| (format!("{what} {name}"), kind)).collect::<Vec<_>>()
        };
        [named("input", manifest.inputs), named("output", manifest.outputs)].concat()
    };
    let histories = union(candidate.histories.keys(), holder.histories.keys());
    let finite = |side: &Side, name: &String| {
        let points = side.histories.get(name).map(Vec::as_slice).unwrap_or_default();
        points.iter().copied().filter(|(_, value)| value.is_finite()).collect::<Vec<_>>()
    };
    Comparison {
        model: model.to_owned(),
        candidate: candidate.number.unwrap_or(VersionNumber(0)),
        holder: holder.number,
        metrics,
        params: rows.into_iter().filter(TextRow::differs).collect(),
        n_same_params,
        facts: text_rows(&ours, &theirs),
        schema: text_rows(&schema(candidate), &schema(holder)),
        curves: histories
            .into_iter()
            .map(|name| Curves {
                metric: name.clone(),
                candidate: finite(candidate, name),
                holder: finite(holder, name),
            })
            .filter(|curves| curves.candidate.len() > 1 || curves.holder.len() > 1)
            .collect(),
        n_more_curves: 0,
        is_loading: false,
        missing: Vec::new(),
    }
}

fn union<'a>(a: impl Iterator<Item = &'a String>, b: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut names: Vec<&String> = a.chain(b).collect();
    names.sort();
    names.dedup();
    names
}

fn metrics_of(side: &Side) -> BTreeMap<String, f64> {
    let metrics = side.run.iter().flat_map(|run| &run.metrics);
    metrics.map(|metric| (metric.key.clone(), metric.value)).collect()
}

fn params_of(side: &Side) -> Vec<(String, String)> {
    let mut params: Vec<_> = side
        .run
        .iter()
        .flat_map(|run| &run.params)
        .map(|param| (param.key.clone(), param.value.clone()))
        .collect();
    params.sort();
    params
}

fn seconds(side: &Side) -> Option<f64> {
    let info = &side.run.as_ref()?.info;
    Some((info.end_millis? - info.start_millis?) as f64 / 1e3)
}

fn kilobytes(side: &Side) -> Option<f64> {
    let told = side.manifest.as_ref().and_then(|manifest| manifest.size_bytes);
    Some(told.or(side.size_bytes)? as f64 / 1e3)
}

fn facts_of(side: &Side) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, text: String| {
        if !text.is_empty() {
            facts.push((name.to_owned(), text));
        }
    };
    if let Some(run) = &side.run {
        let tag = |key: &str| {
            run.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.clone()).unwrap_or_default()
        };
        fact("run", if run.info.name.is_empty() { run.info.id.0.clone() } else { run.info.name.clone() });
        fact("user", run.info.user.clone());
        fact("commit", tag("mlflow.source.git.commit"));
        fact("branch", tag("mlflow.source.git.branch"));
        fact("source", tag("mlflow.source.name"));
    }
    for dataset in &side.datasets {
        let name = if dataset.context.is_empty() {
            "dataset".to_owned()
        } else {
            format!("dataset, {}", dataset.context)
        };
        fact(&name, format!("{} ({})", dataset.name, dataset.digest));
    }
    if let Some(manifest) = &side.manifest {
        let flavors = manifest.flavors.iter().filter(|flavor| *flavor != "python_function");
        fact("flavours", flavors.cloned().collect::<Vec<_>>().join(", "));
        fact("MLflow", manifest.mlflow_version.clone());
    }
    facts
}

/// Both lists by name, the candidate's order first.
fn text_rows(ours: &[(String, String)], theirs: &[(String, String)]) -> Vec<TextRow> {
    let find = |list: &[(String, String)], name: &str| {
        list.iter().find(|(other, _)| other == name).map(|(_, text)| text.clone())
    };
    let mut rows: Vec<TextRow> = ours
        .iter()
        .map(|(name, text)| TextRow {
            name: name.clone(),
            candidate: Some(text.clone()),
            holder: find(theirs, name),
        })
        .collect();
    rows.extend(theirs.iter().filter(|(name, _)| find(ours, name).is_none()).map(|(name, text)| TextRow {
        name: name.clone(),
        candidate: None,
        holder: Some(text.clone()),
    }));
    rows
}

fn metric_row(name: &str, key: ColumnKey, candidate: Option<f64>, holder: Option<f64>) -> MetricRow {
    let better = better(&key);
    let both = candidate.zip(holder).filter(|(a, b)| a.is_finite() && b.is_finite());
    let verdict = match (both, better) {
        (Some((a, b)), _) if a == b => Verdict::Same,
        (Some((a, b)), Some(Direction::Ascending)) => {
            if a < b {
                Verdict::Better
            } else {
                Verdict::Worse
            }
        }
        (Some((a, b)), Some(Direction::Descending)) => {
            if a > b {
                Verdict::Better
            } else {
                Verdict::Worse
            }
        }
        _ => Verdict::Unknown,
    };
    let difference = both.map(|(a, b)| {
        let change = a - b;
        let relative = if b == 0.0 || change == 0.0 {
            String::new()
        } else {
            let percent = change / b.abs() * 100.0;
            // A sign of its own, as before the change: a hyphen is no minus.
            format!(" ({}{:.1} %)", if percent < 0.0 { "−" } else { "+" }, percent.abs())
        };
        format!("{}{}{relative}", if change >= 0.0 { "+" } else { "−" }, number_text(change.abs()))
    });
    MetricRow {
        name: name.to_owned(),
        candidate: candidate.map(number_text),
        holder: holder.map(number_text),
        difference,
        verdict,
        better,
    }
}

/// A number to six significant digits, which is enough to tell two models apart; the run's page has all digits.
pub fn number_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+∞" } else { "−∞" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor();
    if !(-5.0..15.0).contains(&exponent) {
        return format!("{value:.5e}");
    }
    let n_decimals = (5.0 - exponent).max(0.0) as usize;
    let text = format!("{value:.n_decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::{ExperimentId, LifecycleStage, Metric, Param, RunInfo, RunStatus};

    fn side(number: u64, metrics: &[(&str, f64)], params: &[(&str, &str)]) -> Side {
        let run = Run {
            info: RunInfo {
                id: RunId("r".into()),
                experiment_id: ExperimentId("1".into()),
                name: "n".into(),
                user: String::new(),
                status: RunStatus::Finished,
                start_millis: Some(0),
                end_millis: Some(1_500 * number as i64),
                artifact_uri: String::new(),
                lifecycle_stage: LifecycleStage::Active,
            },
            params: params
                .iter()
                .map(|(key, value)| Param { key: (*key).into(), value: (*value).into() })
                .collect(),
            metrics: metrics
                .iter()
                .map(|(key, value)| Metric {
                    key: (*key).into(),
                    value: *value,
                    timestamp_millis: 0,
                    step: 0,
                })
                .collect(),
            tags: Vec::new(),
            models: Vec::new(),
            datasets: Vec::new(),
        };
        Side { number: Some(VersionNumber(number)), run: Some(run), ..Side::default() }
    }

    #[test]
    fn differences_have_a_direction() {
        let candidate = side(2, &[("rmse", 6.25), ("r2", 0.9), ("n", 3.0), ("x", f64::NAN)], &[]);
        let holder = side(1, &[("rmse", 6.5), ("r2", 0.9), ("n", 4.0), ("x", 1.0)], &[]);
        let rows = compare("m", &candidate, &holder).metrics;
        let told: Vec<_> =
            rows.iter().map(|row| (row.name.as_str(), row.difference.as_deref(), row.verdict)).collect();
        assert_eq!(
            told,
            [
                ("duration, s", Some("+1.5 (+100.0 %)"), Verdict::Worse),
                ("n", Some("−1 (−25.0 %)"), Verdict::Unknown),
                ("r2", Some("+0"), Verdict::Same),
                ("rmse", Some("−0.25 (−3.8 %)"), Verdict::Better),
                ("x", None, Verdict::Unknown),
            ]
        );
    }

    #[test]
    fn only_params_that_differ_are_listed() {
        let candidate = side(2, &[], &[("depth", "3"), ("seed", "1"), ("new", "")]);
        let holder = side(1, &[], &[("depth", "4"), ("seed", "1"), ("old", "x")]);
        let comparison = compare("m", &candidate, &holder);
        let names: Vec<_> = comparison.params.iter().map(|row| row.name.as_str()).collect();
        assert_eq!((names, comparison.n_same_params), (vec!["depth", "new", "old"], 1));
    }

    #[test]
    fn numbers_are_short_and_tell_apart() {
        let texts = [6.287_654_321, 0.0, 1234567.0, 1e-9, 100.0, -0.5].map(number_text);
        assert_eq!(texts, ["6.28765", "0", "1234567", "1.00000e-9", "100", "-0.5"]);
    }
}
