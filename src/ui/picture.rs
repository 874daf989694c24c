//! Pictures out of the page: what a canvas shows, and an SVG as PNG.

use js_sys::{Function, Promise};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

/// A PNG has so many pixels for each of the page's.
const SCALE: f64 = 2.0;

/// What the canvas shows, as the address of an image that carries itself; `size_px` is its size on the page. A worker may
/// be the one who paints it.
pub fn data_url(canvas: &HtmlCanvasElement, size_px: (f64, f64)) -> Option<String> {
    let (copy, context) = blank(size_px)?;
    context.draw_image_with_html_canvas_element_and_dw_and_dh(canvas, 0.0, 0.0, size_px.0, size_px.1).ok()?;
    copy.to_data_url().ok()
}

/// The SVG as a PNG file; none where the browser does not make one.
pub async fn png(svg: &str, size_px: (f64, f64)) -> Option<Blob> {
    let parts = js_sys::Array::of1(&svg.into());
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type("image/svg+xml");
    let blob = Blob::new_with_str_sequence_and_options(&parts, &kind).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&address);
    let is_here = JsFuture::from(image.decode()).await.is_ok();
    let drawn = is_here.then(|| blank(size_px)).flatten().filter(|(_, context)| {
        context
            .draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, size_px.0, size_px.1)
            .is_ok()
    });
    // The picture is drawn, or will never be.
    drop(Url::revoke_object_url(&address));
    let (canvas, _) = drawn?;
    let arrives = Promise::new(&mut |resolve: Function, _| {
        if canvas.to_blob(&resolve).is_err() {
            drop(resolve.call1(&JsValue::UNDEFINED, &JsValue::NULL));
        }
    });
    JsFuture::from(arrives).await.ok()?.dyn_into().ok()
}

/// An empty canvas for a picture of that size, which is drawn in the page's pixels.
fn blank((width_px, height_px): (f64, f64)) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width((width_px * SCALE) as u32);
    canvas.set_height((height_px * SCALE) as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.scale(SCALE, SCALE).ok()?;
    Some((canvas, context))
}
