//! Scales, axis inference, geometry and the rasteriser of the parallel coordinates.
