//! The things a tracking server knows, as Runweave sees them: experiments, runs, params, metrics, tags,
//! registered models and their versions, webhooks.
//!
//! Nothing here knows a wire format, an address or a colour.

mod column;
pub mod instant;
mod model;
pub mod number;
pub mod order;
mod run;
mod webhook;

pub use column::{Attribute, ColumnKey};
pub use model::{
    Alias, Dataset, Manifest, ModelTag, ModelVersion, RegisteredModel, Stage, VersionNumber, VersionStatus,
};
pub use run::{
    Artifact, Experiment, ExperimentId, HistoryPoint, LifecycleStage, LoggedModelRef, Metric, PARENT_RUN_TAG,
    Param, Run, RunId, RunInfo, RunStatus, RunTag, RunView,
};
pub use webhook::{
    MODEL_EVENTS, NewWebhook, Webhook, WebhookEvent, WebhookId, WebhookStatus, WebhookTestResult,
    promotion_events,
};
