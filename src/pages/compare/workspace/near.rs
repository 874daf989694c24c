//! Which of many children of an element are in view or near.

use crate::ui::per_frame::PerFrame;
use leptos::html;
use leptos::prelude::*;
use std::ops::Range;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{AddEventListenerOptions, ResizeObserver};

/// How far beyond the window a child counts as near, in windows.
const MARGIN: f64 = 0.5;

/// The places of the children that are in view or near, kept up to date while `is_wanted` says so.
pub(super) fn near_children(parent: NodeRef<html::Div>, is_wanted: Memo<bool>) -> RwSignal<Range<usize>> {
    let near = RwSignal::new(0..0);
    let measure = PerFrame::new(Callback::new(move |()| {
        if is_wanted.try_get_untracked() != Some(true) {
            return;
        }
        let found = parent.try_get_untracked().flatten().map(|parent| children_near(&parent));
        if let Some(found) = found
            && near.try_with_untracked(|near| *near != found) == Some(true)
        {
            near.set(found);
        }
    }));
    let callback = Closure::<dyn Fn()>::new(move || measure.push(()));
    let function = callback.as_ref().unchecked_ref::<js_sys::Function>().clone();
    // Whatever scrolls, and whatever above changes its height.
    let options = AddEventListenerOptions::new();
    options.set_capture(true);
    options.set_passive(true);
    // Listening to the window cannot fail.
    let _ = window()
        .add_event_listener_with_callback_and_add_event_listener_options("scroll", &function, &options);
    let observer = ResizeObserver::new(&function).ok();
    let held = StoredValue::new_local((observer, callback));
    Effect::new(move || {
        is_wanted.track();
        if let Some(parent) = parent.get() {
            held.with_value(|(observer, _)| {
                let Some(observer) = observer else { return };
                observer.observe(&parent);
                if let Some(body) = document().body() {
                    observer.observe(&body);
                }
            });
            measure.push(());
        }
    });
    on_cleanup(move || {
        held.try_with_value(|(observer, callback)| {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            let function = callback.as_ref().unchecked_ref::<js_sys::Function>();
            let _ = window().remove_event_listener_with_callback_and_bool("scroll", function, true);
        });
    });
    near
}

fn children_near(parent: &web_sys::Element) -> Range<usize> {
    let height_px = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    let (from_px, to_px) = (-MARGIN * height_px, (1.0 + MARGIN) * height_px);
    let mut near = 0..0;
    let mut child = parent.first_element_child();
    let mut place = 0;
    while let Some(here) = child {
        let rect = here.get_bounding_client_rect();
        if rect.top() > to_px {
            break;
        }
        if rect.bottom() < from_px {
            near.start = place + 1;
        }
        place += 1;
        near.end = place;
        child = here.next_element_sibling();
    }
    near.start = near.start.min(near.end);
    near
}
