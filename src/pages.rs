//! The pages: thin, signals in and commands out.

pub(crate) mod author;
pub mod compare;
mod connect;
pub mod context;
mod experiments;
pub mod late;
mod model;
mod models;
mod review;
mod run;
mod webhooks;

pub use connect::ConnectPage;
pub use experiments::ExperimentsPage;
