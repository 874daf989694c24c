//! MLflow, 1.30 to 3.x: requests as values, wire types, decoding in two steps, capability probe.
//!
//! Facts about the wire come from recorded answers of MLflow 1.30.1 to 3.17.2 (`tests/fixtures/mlflow`).

pub mod decode;
pub mod probe;
pub mod requests;
mod wire;
