//! The names of a run's columns: everything about a run that can be shown, sorted, filtered or drawn.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a run has besides params, metrics and tags. `Duration`, `ModelSize`, `ParetoRank` and `Score` are derived
/// by Runweave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Attribute {
    /// The run's name.
    RunName,
    /// The run's id.
    RunId,
    /// The experiment's id.
    ExperimentId,
    /// The server's word for how far it has come.
    Status,
    /// Who started it.
    User,
    /// The datasets that it was given: name, digest and context of each.
    Dataset,
    /// Start, milliseconds since 1970.
    StartTime,
    /// End, milliseconds since 1970.
    EndTime,
    /// End minus start, in milliseconds; missing while the run has no end.
    Duration,
    /// Bytes of the logged models' files; missing where no model was logged or its size is not yet known.
    ModelSize,
    /// `active` or `deleted`.
    LifecycleStage,
    /// 1 on the Pareto front of the kept runs, 2 on the front without those, and so on; missing without objectives,
    /// and where an objective has no number.
    ParetoRank,
    /// From 0 to 1, where 1 is the best of the kept runs in every objective; missing where `ParetoRank` is, and where
    /// no objective has a weight.
    Score,
}

impl Attribute {
    /// All of them, in the order in which a column chooser lists them.
    pub const ALL: [Self; 13] = [
        Self::RunName,
        Self::Duration,
        Self::ModelSize,
        Self::Status,
        Self::StartTime,
        Self::EndTime,
        Self::User,
        Self::Dataset,
        Self::RunId,
        Self::ExperimentId,
        Self::LifecycleStage,
        Self::ParetoRank,
        Self::Score,
    ];

    /// The name in addresses and filters; MLflow's own word where it has one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunName => "run_name",
            Self::RunId => "run_id",
            Self::ExperimentId => "experiment_id",
            Self::Status => "status",
            Self::User => "user_id",
            Self::Dataset => "dataset",
            Self::StartTime => "start_time",
            Self::EndTime => "end_time",
            Self::Duration => "duration",
            Self::ModelSize => "model_size",
            Self::LifecycleStage => "lifecycle_stage",
            Self::ParetoRank => "pareto_rank",
            Self::Score => "weighted_score",
        }
    }

    /// The words of a column header.
    pub fn label(self) -> &'static str {
        match self {
            Self::RunName => "name",
            Self::RunId => "run id",
            Self::ExperimentId => "experiment",
            Self::Status => "status",
            Self::User => "user",
            Self::Dataset => "dataset",
            Self::StartTime => "start time",
            Self::EndTime => "end time",
            Self::Duration => "duration",
            Self::ModelSize => "model size",
            Self::LifecycleStage => "lifecycle stage",
            Self::ParetoRank => "Pareto rank",
            Self::Score => "weighted score",
        }
    }

    /// Whether it is about the kept runs as a whole, and not a property of one run.
    pub fn is_standing(self) -> bool {
        matches!(self, Self::ParetoRank | Self::Score)
    }

    /// The attribute of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.as_str() == name)
    }
}

/// Names one column. Its text form is `metrics.KEY`, `params.KEY`, `tags.KEY` or `attributes.NAME`;
/// the key is everything after the first dot, whatever it holds. A derived column is `=EXPRESSION`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ColumnKey {
    /// An attribute of the run.
    Attribute(Attribute),
    /// A param.
    Param(String),
    /// A metric's latest value.
    Metric(String),
    /// A tag.
    Tag(String),
    /// Worked out from other columns: its expression, see `frame::expression`. It is its own definition, so whatever
    /// names it can be kept and sent without a list beside it.
    Derived(String),
}

impl ColumnKey {
    /// The column named by its text form.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(expression) = text.strip_prefix('=') {
            return Some(Self::Derived(expression.to_owned()));
        }
        let (room, key) = text.split_once('.')?;
        match room {
            "metrics" => Some(Self::Metric(key.to_owned())),
            "params" => Some(Self::Param(key.to_owned())),
            "tags" => Some(Self::Tag(key.to_owned())),
            "attributes" => Attribute::from_name(key).map(Self::Attribute),
            _ => None,
        }
    }

    /// The derived column of what a metric's history comes to, such as `min(loss)`. `function` is one of `first`, `last`,
    /// `min`, `max`, `mean` and `best`; the name is written as `frame::expression` writes it.
    pub fn over_steps(function: &str, metric: &str) -> Self {
        // What an expression would read as something else than a metric.
        const KINDS: [&str; 9] =
            ["metrics", "metric", "params", "param", "parameters", "parameter", "tags", "tag", "derived"];
        const OF_ATTRIBUTES: [&str; 4] = ["attributes", "attribute", "attr", "run"];
        const ALIASES: [&str; 4] = ["name", "user", "id", "created"];
        let lower = metric.to_ascii_lowercase();
        let is_attribute = |name: &str| Attribute::from_name(name).is_some() || ALIASES.contains(&name);
        let is_other = match lower.split_once('.') {
            None => is_attribute(&lower),
            Some((room, rest)) => {
                KINDS.contains(&room) || (OF_ATTRIBUTES.contains(&room) && is_attribute(rest))
            }
        };
        let is_plain =
            !metric.is_empty() && metric.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let name = if !is_plain {
            format!("`{}`", metric.replace('\\', "\\\\").replace('`', "\\`"))
        } else if is_other || metric.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            format!("metrics.{metric}")
        } else {
            metric.to_owned()
        };
        Self::Derived(format!("{function}({name})"))
    }

    /// The words of a column header or an axis: the key or the expression alone.
    pub fn label(&self) -> &str {
        match self {
            Self::Attribute(attribute) => attribute.label(),
            Self::Param(key) | Self::Metric(key) | Self::Tag(key) | Self::Derived(key) => key,
        }
    }
}

impl fmt::Display for ColumnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => write!(f, "attributes.{}", attribute.as_str()),
            Self::Param(key) => write!(f, "params.{key}"),
            Self::Metric(key) => write!(f, "metrics.{key}"),
            Self::Tag(key) => write!(f, "tags.{key}"),
            Self::Derived(expression) => write!(f, "={expression}"),
        }
    }
}

impl From<ColumnKey> for String {
    fn from(key: ColumnKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for ColumnKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` names no column"))
    }
}
