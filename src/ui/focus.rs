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

/// Whether the focus is on or in an element that the selector finds.
pub fn is_focus_in(selector: &str) -> bool {
    let element = document().active_element();
    element.is_some_and(|element| element.closest(selector).is_ok_and(|found| found.is_some()))
}
