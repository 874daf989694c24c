//! Experiments and runs.

use super::Dataset;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The tag that says which run started a run (MLflow, `mlflow.utils.mlflow_tags.MLFLOW_PARENT_RUN_ID`).
pub const PARENT_RUN_TAG: &str = "mlflow.parentRunId";

/// Identifies an experiment on its server. Always text, also where servers number them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExperimentId(pub String);

/// Identifies a run on its server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub String);

impl fmt::Display for ExperimentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a thing is in use or has been deleted (and can still be restored).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum LifecycleStage {
    /// In use.
    #[default]
    Active,
    /// Deleted, restorable.
    Deleted,
}

/// Which runs a load asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum RunView {
    /// Only runs that are not deleted.
    #[default]
    Active,
    /// Only deleted runs.
    Deleted,
    /// Both.
    All,
}

/// An experiment: a named set of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// The server's id.
    pub id: ExperimentId,
    /// The name people know it by.
    pub name: String,
    /// Active or deleted.
    pub lifecycle_stage: LifecycleStage,
    /// When it was made, in milliseconds since 1970, where the server says so.
    pub creation_millis: Option<i64>,
    /// When it last changed, in milliseconds since 1970, where the server says so.
    pub last_update_millis: Option<i64>,
    /// Those of its tags that are Runweave's own.
    pub tags: Vec<RunTag>,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStatus {
    /// Still running.
    Running,
    /// Waiting to run.
    Scheduled,
    /// Ended well.
    Finished,
    /// Ended with an error.
    Failed,
    /// Stopped from outside.
    Killed,
    /// A word this program does not know, kept as the server said it.
    Other(String),
}

impl RunStatus {
    /// The server's own word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Running => "RUNNING",
            Self::Scheduled => "SCHEDULED",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
            Self::Other(word) => word,
        }
    }

    /// The status named by the server's word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "RUNNING" => Self::Running,
            "SCHEDULED" => Self::Scheduled,
            "FINISHED" => Self::Finished,
            "FAILED" => Self::Failed,
            "KILLED" => Self::Killed,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What is known of a run besides what it logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The server's id.
    pub id: RunId,
    /// The experiment it belongs to.
    pub experiment_id: ExperimentId,
    /// Its name; empty where the server has none.
    pub name: String,
    /// Who started it; empty where unknown.
    pub user: String,
    /// How far it has come.
    pub status: RunStatus,
    /// Start, in milliseconds since 1970.
    pub start_millis: Option<i64>,
    /// End, in milliseconds since 1970; none while it runs.
    pub end_millis: Option<i64>,
    /// Where the server keeps its artifacts.
    pub artifact_uri: String,
    /// Active or deleted.
    pub lifecycle_stage: LifecycleStage,
}

/// A param: immutable text under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub key: String,
    /// Its text, as logged.
    pub value: String,
}

/// A metric's latest value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name.
    pub key: String,
    /// NaN and both infinities are possible, and mean what they say.
    #[serde(with = "super::number")]
    pub value: f64,
    /// When it was logged, in milliseconds since 1970.
    pub timestamp_millis: i64,
    /// The training step it belongs to; may be negative.
    pub step: i64,
}

/// One logged value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryPoint {
    /// The training step; may be negative.
    pub step: i64,
    /// When it was logged, in milliseconds since 1970.
    pub millis: i64,
    /// NaN and both infinities are possible, and mean what they say.
    pub value: f64,
}

/// A run's tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTag {
    /// Its name.
    pub key: String,
    /// Its text.
    pub value: String,
}

/// Where a run's logged model is to be found, so that its size can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LoggedModelRef {
    /// A logged model of MLflow 3, by its id.
    Id(String),
    /// A folder below the run's artifacts (MLflow up to 2).
    ArtifactPath(String),
}

/// A run with its params, latest metrics and tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// What is known of it besides what it logged.
    pub info: RunInfo,
    /// Its params, in the server's order.
    pub params: Vec<Param>,
    /// Its metrics' latest values, in the server's order.
    pub metrics: Vec<Metric>,
    /// Its tags, in the server's order.
    pub tags: Vec<RunTag>,
    /// The models it logged, in the server's order.
    pub models: Vec<LoggedModelRef>,
    /// The datasets that it was given, in the server's order.
    pub datasets: Vec<Dataset>,
}

/// A file or folder that a run has logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its path below the run's artifact root.
    pub path: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Its size in bytes, where the server says it.
    pub size_bytes: Option<u64>,
}
