//! Scales, axis inference, geometry and the rasteriser of the parallel coordinates; ordinary charts as values.
//!
//! Everything here is arithmetic on values it is handed: no IO, no clock, no page, and no colour of its own.

mod axis;
pub mod charts;
mod colour;
mod raster;
mod scale;

pub use axis::{Axis, AxisLayout, AxisSpec, Layout, PlotTick, infer_kind};
pub use colour::{ColourScale, Ranks};
pub use raster::{Raster, RasterTheme};
pub use scale::{LinearScale, LogScale, LogTick, PointScale, TimeTick, linear_ticks, log_ticks, time_ticks};

/// Red, green, blue, 0 to 255, as a screen takes them (sRGB).
pub type Rgb = [u8; 3];
