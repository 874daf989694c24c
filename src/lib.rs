//! Runweave: compares the runs of a tracking server and decides which model ships.
//!
//! The rooms and what each may use are described in ARCHITECTURE.md and held by `tests/architecture.rs`.
//! This file, the two programs and the browser tests' entries are the only places that ask for the target.

pub mod analysis;
pub mod engine;
pub mod entities;
pub mod frame;
pub mod plot;
pub mod registrar;
pub mod registry;
pub mod route;
pub mod tracking;
pub mod view;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod chart;
#[cfg(target_arch = "wasm32")]
pub mod pages;
#[cfg(target_arch = "wasm32")]
pub mod state;
#[cfg(target_arch = "wasm32")]
pub mod transport;
#[cfg(target_arch = "wasm32")]
pub mod ui;
#[cfg(target_arch = "wasm32")]
pub mod worker;
