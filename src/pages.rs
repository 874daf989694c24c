//! The pages: thin, signals in and commands out.

mod compare;
mod connect;
mod experiments;
mod run;

pub use compare::ComparePage;
pub use connect::ConnectPage;
pub use experiments::ExperimentsPage;
pub use run::RunPage;
