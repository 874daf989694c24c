//! The engine: a pure state machine that ties servers, runs and views together.
//!
//! It does no IO and reads no clock: it is handed [`Input`]s and answers with [`Output`]s, which the worker
//! carries out. `protocol` holds the messages between the page and the engine.

pub mod protocol;

pub use protocol::{Command, Event};
