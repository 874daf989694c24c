//! The things a tracking server knows, as Runweave sees them: experiments, runs, params, metrics, tags.
//!
//! Nothing here knows a wire format, an address or a colour.

mod column;
pub mod instant;
mod run;

pub use column::{Attribute, ColumnKey};
pub use run::{
    Artifact, Experiment, ExperimentId, LifecycleStage, LoggedModelRef, Metric, Param, Run, RunId, RunInfo,
    RunStatus, RunTag, RunView,
};
