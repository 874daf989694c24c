//! The pages.

pub mod compare;
pub mod context;
pub mod run;
