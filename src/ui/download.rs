//! Files that a worker fetched or wrote, saved.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// Saves each file that arrives from now on.
pub fn save_downloads(download: Signal<Option<(String, String)>>) {
    let first = StoredValue::new(download.get_untracked());
    Effect::new(move || {
        let download = download.get();
        // The download of before this page is not asked for again.
        if first.with_value(|first| *first != download)
            && let Some((file_name, url)) = download
        {
            save(&file_name, &url);
        }
    });
}

/// Saves a text as a file; whether the browser did.
pub fn save_text(file_name: &str, text: &str) -> bool {
    let parts = js_sys::Array::of1(&text.into());
    Blob::new_with_str_sequence(&parts).is_ok_and(|blob| save_blob(file_name, &blob))
}

/// Saves a file; whether the browser did.
pub fn save_blob(file_name: &str, blob: &Blob) -> bool {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return false };
    // The address is not taken back: when the browser has read it, nobody says.
    save(file_name, &url);
    true
}

/// A file's name out of a title: what some system does not take in a name becomes a hyphen.
pub fn file_name(title: &str, ending: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    format!("{}.{ending}", words.collect::<Vec<_>>().join("-").to_lowercase())
}

/// Saves what stands at a blob address under a name, as a click on a download link does.
fn save(file_name: &str, url: &str) {
    if !url.starts_with("blob:") {
        return;
    }
    let anchor =
        document().create_element("a").ok().and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(anchor) = anchor {
        anchor.set_href(url);
        anchor.set_download(file_name);
        anchor.click();
    }
}
