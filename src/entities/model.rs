//! Registered models, their versions, stages and aliases.

use super::{RunId, RunTag};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a model version stands, in MLflow's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
pub enum Stage {
    /// Registered, and nothing more.
    #[default]
    None,
    /// To be tested.
    Staging,
    /// In use.
    Production,
    /// No longer in use.
    Archived,
}

impl Stage {
    /// All of them, in the order in which a version usually goes through them.
    pub const ALL: [Self; 4] = [Self::None, Self::Staging, Self::Production, Self::Archived];

    /// The server's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    /// The stage of that name. Servers take any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str().eq_ignore_ascii_case(word))
    }

    /// Whether a server can archive the other versions in it with a move there: MLflow's "active" stages.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number of a model's version; servers send and take it as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionNumber(pub u64);

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A name that stands for one version of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The name.
    pub name: String,
    /// The version it stands for.
    pub version: VersionNumber,
}

/// A tag of a model or of a version.
pub type ModelTag = RunTag;

/// A registered model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct RegisteredModel {
    /// Its name, which identifies it.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub creation_millis: Option<i64>,
    /// When it or a version last changed, in milliseconds since 1970.
    pub last_update_millis: Option<i64>,
    /// What people wrote about it; Markdown, untrusted.
    pub description: String,
    /// Its tags.
    pub tags: Vec<ModelTag>,
    /// Its aliases.
    pub aliases: Vec<Alias>,
    /// The newest version in each stage, as far as the server sends them along.
    pub latest_versions: Vec<ModelVersion>,
}

/// Whether a version can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum VersionStatus {
    /// It can.
    #[default]
    Ready,
    /// It is still being registered.
    Pending,
    /// Its registration failed.
    Failed,
    /// A word this program does not know, kept as the server said it.
    Other(String),
}

/// One version of a registered model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The model's name.
    pub name: String,
    /// Which version.
    pub number: VersionNumber,
    /// When it was registered, in milliseconds since 1970.
    pub creation_millis: Option<i64>,
    /// When it last changed, in milliseconds since 1970.
    pub last_update_millis: Option<i64>,
    /// Where it stands.
    pub stage: Stage,
    /// Who registered it; empty where the server does not say.
    pub user: String,
    /// What people wrote about it; Markdown, untrusted.
    pub description: String,
    /// Where its files came from, such as `runs:/ID/model` or `models:/m-ID`; untrusted text.
    pub source: String,
    /// The run it came from, if any.
    pub run_id: Option<RunId>,
    /// The logged model it came from (MLflow 3), if any.
    pub model_id: Option<String>,
    /// Whether it can be used.
    pub status: VersionStatus,
    /// The server's words for the status.
    pub status_message: String,
    /// Its tags.
    pub tags: Vec<ModelTag>,
}

/// A dataset that a run read (MLflow 2.4 and later). Where it comes from and what is in it stays on the server: that can be
/// a megabyte a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Its name; untrusted text.
    pub name: String,
    /// What tells its contents apart; empty where not said.
    pub digest: String,
    /// What for, such as `training`; empty where not said.
    pub context: String,
}

impl fmt::Display for Dataset {
    /// `taxi 4ca7e9a6 (training)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.digest.is_empty() {
            write!(f, " {}", self.digest)?;
        }
        if self.context.is_empty() { Ok(()) } else { write!(f, " ({})", self.context) }
    }
}

/// What a model's `MLmodel` file says, as far as it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Manifest {
    /// Its flavours in the file's order, `python_function` included.
    pub flavors: Vec<String>,
    /// Bytes of its files (MLflow 2.9 and newer).
    pub size_bytes: Option<u64>,
    /// Inputs: name or position, and type.
    pub inputs: Vec<(String, String)>,
    /// Outputs: name or position, and type.
    pub outputs: Vec<(String, String)>,
    /// The MLflow that wrote it.
    pub mlflow_version: String,
    /// Where the model lies below its run's artifacts, as the file says.
    pub artifact_path: String,
    /// The Python module that loads it, such as `mlflow.sklearn`.
    pub loader_module: String,
    /// The Python class of the model, such as `xgboost.core.Booster`, where its flavour says so.
    pub model_class: String,
}
