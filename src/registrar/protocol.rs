//! The messages between page and registrar: JSON text both ways.

use super::files::{FilesAsk, FilesNews};
use super::run_changes::{RunAsk, RunNews};
use super::run_versions::RunVersions;
use crate::entities::{ExperimentId, RegisteredModel, Run, RunId};
use crate::registry::ModelState;
use crate::registry::change::{Change, Decision};
use crate::registry::comparison::{Comparison, VersionOfRun};
use crate::tracking::{ServerAddress, ServerInfo};
use serde::{Deserialize, Serialize};

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// Use this server from now on; the engine has connected to it.
    Use {
        /// Its address and sign-in.
        address: ServerAddress,
        /// What it is and can do.
        server: ServerInfo,
    },
    /// Answered by `Models`.
    ListModels,
    /// Every version of every model, for the review queue. Answered by `AllVersions`.
    ListVersions,
    /// A model with its versions and their runs. Answered by `Model`, then by `Runs` as they arrive.
    OpenModel {
        /// Its name.
        name: String,
        /// The experiments there are, in which the runs are searched.
        experiment_ids: Vec<ExperimentId>,
    },
    /// Two versions side by side. Answered by `Compared`, once with what is known and again as more arrives.
    Compare {
        /// The model's name.
        model: String,
        /// The version to be judged.
        candidate: VersionOfRun,
        /// The one in use; none to describe the candidate alone.
        holder: Option<VersionOfRun>,
    },
    /// The curves of some more metrics of the comparison. Answered by `Compared`.
    MoreCurves,
    /// Carry out a change. Answered by `Progress` until it has ended.
    Change {
        /// What.
        change: Change,
        /// Who, when and why.
        decision: Decision,
    },
    /// After a change that stopped midway: do what is left of it.
    Finish,
    /// After a change that stopped midway: take back what was done of it.
    GoBack {
        /// Who, when and why.
        decision: Decision,
    },
    /// Leave a change that stopped midway as it is.
    Leave,
    /// A run's models and files, and the registration of a model.
    Files(FilesAsk),
    /// The registered versions that come from these runs. Answered by `RunVersions`, once.
    FindVersions(Vec<RunId>),
    /// Something about runs.
    OfRuns(RunAsk),
    /// A [`WebhookAsk`](super::webhooks::WebhookAsk), as JSON. The part of the page that every visitor waits for
    /// passes it on and need not know what is in it.
    Webhooks(String),
    /// A [`TagAsk`](super::experiment_tags::TagAsk), as JSON, for the same reason.
    ExperimentTags(String),
}

/// What the registrar tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// It listens.
    Ready {
        /// Its version, which must be the page's.
        version: String,
    },
    /// Another server is in use from here on; what was told before is about the one before.
    Switched,
    /// The registered models.
    Models {
        /// Those that could be read, changed last first.
        items: Vec<RegisteredModel>,
        /// A sentence for each that could not.
        skipped: Vec<String>,
    },
    /// Every version of every model, grouped by model.
    AllVersions {
        /// The models that have versions.
        items: Vec<ModelState>,
        /// A sentence for each that could not be read.
        skipped: Vec<String>,
    },
    /// A model as the server has it now.
    Model {
        /// The model and its versions.
        state: ModelState,
        /// A sentence for each version that could not be read.
        skipped: Vec<String>,
    },
    /// Runs of the versions of the model opened last.
    Runs {
        /// Those that arrived.
        items: Vec<Run>,
        /// Runs that the server does not have, or that could not be read.
        missing: Vec<RunId>,
    },
    /// Two versions side by side, as far as known.
    Compared(Box<Comparison>),
    /// The registered versions of the runs asked about last.
    RunVersions(RunVersions),
    /// How a change stands.
    Progress(Progress),
    /// A run's models and files, and the registration of a model.
    Files(FilesNews),
    /// Something about runs.
    OfRuns(RunNews),
    /// A [`WebhookNews`](super::webhooks::WebhookNews), as JSON, for the same reason.
    Webhooks(String),
    /// A [`TagNews`](super::experiment_tags::TagNews), as JSON, likewise.
    ExperimentTags(String),
    /// Something asked for failed: one sentence of what happened, what was kept, and what to do.
    Failed {
        /// What had been asked for.
        what: FailedWhat,
        /// The sentence.
        message: String,
    },
}

/// What had been asked for when something failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailedWhat {
    /// The list of models.
    Models,
    /// A model of that name.
    Model(String),
    /// The versions of all models.
    Versions,
    /// A write to a webhook of a server that is no longer in use.
    Webhook,
    /// A change at a server that is no longer in use.
    Change,
    /// A registration at a server that is no longer in use.
    Registration,
}

/// How a change stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What it does, in one sentence.
    pub text: String,
    /// The model it is about.
    pub model: String,
    /// Its writes, in order, with how each stands.
    pub steps: Vec<StepState>,
    /// What happened beside the decision, a sentence each.
    pub notes: Vec<String>,
    /// Where it is.
    pub phase: Phase,
}

impl Progress {
    /// Whether it is under way, or has stopped midway and waits for somebody.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.phase, Phase::Checking | Phase::Writing | Phase::Verifying | Phase::Stopped(_))
    }
}

/// One write and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepState {
    /// What it does.
    pub text: String,
    /// Done, not done, or not known.
    pub done: Done,
}

/// Whether a write has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// The server has it.
    Yes,
    /// The server does not have it.
    No,
    /// It was sent, and no answer came: only the server knows.
    Unknown,
}

/// Where a change is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Reading how things stand, immediately before the first write.
    Checking,
    /// Writing.
    Writing,
    /// Reading back.
    Verifying,
    /// All of it is on the server, read back.
    Finished,
    /// Nothing was written: what the decision was about has moved. A sentence for each difference.
    Refused(Vec<String>),
    /// It stopped midway, with the sentence why.
    Stopped(String),
}
