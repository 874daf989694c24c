//! Where the keyboard's focus goes when a page changes.

use leptos::prelude::document;
use wasm_bindgen::JsCast;

/// Focuses the first element that the selector finds, if any.
pub fn focus_on(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector)
        && let Ok(element) = element.dyn_into::<web_sys::HtmlElement>()
    {
        // An element that refuses the focus leaves it where it was.
        let _ = element.focus();
    }
}
