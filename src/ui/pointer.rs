//! What drags have in common.

use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};

/// Pointer travel, in CSS pixels, below which a press is a click.
pub const CLICK_PX: f64 = 3.0;

/// Sends the pointer's further events to the element that handles this one. Where a browser refuses, the drag ends
/// at the element's edge, which does no harm.
pub fn capture(event: &PointerEvent) {
    if let Some(target) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
        drop(target.set_pointer_capture(event.pointer_id()));
    }
}
