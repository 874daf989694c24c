//! MLflow, 1.30 to 3.x: requests as values, wire types, decoding in two steps, capability probe.

mod decode;
pub mod logged_model;
pub mod mlmodel;
pub mod probe;
mod registry_decode;
pub mod registry_requests;
pub mod requests;
pub mod run_requests;
mod text;
pub mod webhooks;
mod wire;

pub use decode::{
    check, decode_artifacts, decode_experiment_tags, decode_experiments, decode_run, decode_runs,
    model_size_from_mlmodel,
};
pub use probe::{Probe, ProbeRequest, ProbeStep, family};
pub use registry_decode::{
    decode_histories, decode_history, decode_model, decode_models, decode_version, decode_versions,
};

#[cfg(test)]
mod contract_tests;
