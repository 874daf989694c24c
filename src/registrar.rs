//! The registrar: the pure machine that reads the registry and carries out every change on the server.
//!
//! The engine reads runs and draws them; whatever writes is here. It runs in a worker of its own, which is started
//! when a page first needs it, so that comparing runs does not wait for code it does not use.

pub mod experiment_tags;
pub mod files;
pub mod machine;
pub mod note;
mod preview;
pub mod protocol;
pub mod run_changes;
pub mod run_versions;
mod runner;
pub mod webhooks;

pub use machine::{Input, Output, Registrar};
pub use protocol::{Ask, News};

#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod machine_tests;
#[cfg(test)]
mod run_changes_tests;
#[cfg(test)]
mod webhooks_tests;
