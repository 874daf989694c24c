//! User Timing measures, so that anyone can watch how quick the page is. Their names are listed in the README.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

/// Records the measure `name` from `start_millis` (of the page's clock) to now, with counts as its detail.
pub fn measure(name: &str, start_millis: f64, detail: &[(&str, usize)]) {
    if let Some(performance) = window().performance() {
        measure_between(name, start_millis, performance.now(), detail);
    }
}

/// Records the measure `name` between two moments of the page's clock.
pub fn measure_between(name: &str, start_millis: f64, end_millis: f64, detail: &[(&str, usize)]) {
    let Some(performance) = window().performance() else { return };
    let set = |object: &JsValue, key: &str, value: &JsValue| {
        // Setting a property of a plain object made here cannot fail.
        let _ = js_sys::Reflect::set(object, &JsValue::from_str(key), value);
    };
    let counts: JsValue = js_sys::Object::new().into();
    for (key, value) in detail {
        set(&counts, key, &JsValue::from_f64(*value as f64));
    }
    let options: JsValue = js_sys::Object::new().into();
    set(&options, "start", &JsValue::from_f64(start_millis));
    set(&options, "end", &JsValue::from_f64(end_millis));
    set(&options, "detail", &counts);
    // `performance.measure(name, options)`: web-sys binds only the older form with mark names.
    if let Ok(function) = js_sys::Reflect::get(&performance, &JsValue::from_str("measure"))
        && let Ok(function) = function.dyn_into::<js_sys::Function>()
    {
        let _ = function.call2(&performance, &JsValue::from_str(name), &options);
    }
}
