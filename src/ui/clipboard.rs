//! Texts into the clipboard.

use leptos::prelude::window;
use wasm_bindgen_futures::JsFuture;

/// Copies through the clipboard's own interface, which only pages of secure origins have. Whether it did.
pub async fn copied(text: &str) -> bool {
    let navigator = window().navigator();
    let has_clipboard =
        js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|found| found.is_object());
    has_clipboard && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
