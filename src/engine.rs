//! The engine: a pure state machine that ties servers, runs and views together.
//!
//! It does no IO and reads no clock: it is handed [`Input`]s and answers with [`Output`]s, which the worker
//! carries out. `protocol` holds the messages between the page and the engine, `load` decides which pages of
//! runs to ask for, `sizes` which models' sizes, `aggregates` which histories derived columns need, `histories` how
//! these and those of curves are read, `defaults` what is shown when nobody chose, and `scene` turns runs and a view
//! into rows, axes and pixels. `workspace`, `differences`, `importance`, `history` and `scatter` work out what the
//! panels below the plot show, `curves` which histories they need, `environments` which files of models, `short_ids`
//! names runs in few characters, `groups` and `group_table` which runs belong together, and `table_text` writes the
//! table as CSV, JSON and Markdown; `analyst` is the way there,
//! since they are a late part of the program.

mod aggregates;
mod analyst;
mod cells;
mod curves;
mod defaults;
mod differences;
mod environments;
mod expressions;
mod figures;
mod group_table;
mod groups;
mod histories;
mod history;
mod importance;
mod load;
mod machine;
#[cfg(test)]
mod machine_tests;
pub mod news;
mod paper;
pub mod protocol;
mod scatter;
mod scene;
mod short_ids;
mod sizes;
mod table_text;
mod workspace;

pub use analyst::{Analyst, analyst};
pub use figures::{GROUP_CENTRES, GROUP_SPREADS, RunFigure, escaped};
pub use machine::{Engine, Input, Output};
pub use paper::{PaperCell, paper_table};
pub use protocol::{Command, Event};
