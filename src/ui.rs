//! Parts of pages, without knowledge of where the page stands.

pub mod chart;
pub mod chart_area;
pub mod clipboard;
pub mod column_list;
pub mod data_grid;
pub mod dialog;
pub mod download;
pub mod focus;
pub mod late_piece;
pub mod menu;
mod over_steps;
pub mod parallel_plot;
pub mod per_frame;
pub mod picture;
pub mod pointer;
pub mod popover;
pub mod row_window;
pub mod side_by_side;
pub mod stage;
pub mod theme;
