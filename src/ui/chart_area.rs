//! The layer over a chart on which an area is drawn: a box from corner to corner, or a lasso around dots.

use crate::ui::pointer::{CLICK_PX, capture};
use leptos::prelude::*;
use web_sys::PointerEvent;

/// How far the pointer goes before a lasso has another corner, in pixels.
const CORNER_PX: f64 = 4.0;

/// How an area is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AreaTool {
    /// From one corner to the opposite one.
    Box,
    /// Around, freely.
    Lasso,
}

/// An area that was drawn: how, and its corners.
pub type Drawn = (AreaTool, Vec<(f64, f64)>);

/// The layer. It covers what it is put into.
#[component]
pub fn AreaLayer(
    /// How it is drawn; with none the layer is away.
    tool: Signal<Option<AreaTool>>,
    /// An area was drawn: its corners in pixels of the layer.
    on_drawn: Callback<Drawn>,
) -> impl IntoView {
    let corners = RwSignal::new(Vec::<(f64, f64)>::new());
    let at = |event: &PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let is_far = |a: (f64, f64), b: (f64, f64), px: f64| (a.0 - b.0).hypot(a.1 - b.1) >= px;
    let begin = move |event: PointerEvent| {
        if event.button() == 0 {
            event.prevent_default();
            capture(&event);
            corners.set(vec![at(&event)]);
        }
    };
    let go_on = move |event: PointerEvent| {
        let here = at(&event);
        corners.update(|corners| match (tool.get_untracked(), corners.first().copied(), corners.last()) {
            (Some(AreaTool::Box), Some(first), _) => {
                *corners = vec![first, (here.0, first.1), here, (first.0, here.1)];
            }
            (Some(AreaTool::Lasso), _, Some(last)) if is_far(*last, here, CORNER_PX) => corners.push(here),
            _ => {}
        });
    };
    let finish = move |_| {
        let drawn = corners.try_update(std::mem::take).unwrap_or_default();
        let is_meant = drawn.iter().any(|corner| is_far(*corner, drawn[0], CLICK_PX));
        if let Some(tool) = tool.get_untracked().filter(|_| is_meant && drawn.len() > 2) {
            on_drawn.run((tool, drawn));
        }
    };
    let outline = move || {
        let points = corners.get().into_iter().map(|(x, y)| format!("{x},{y}"));
        points.collect::<Vec<_>>().join(" ")
    };
    view! {
        <Show when=move || tool.with(Option::is_some)>
            <svg
                class="chart__area"
                aria-hidden="true"
                on:pointerdown=begin
                on:pointermove=move |event| if corners.with_untracked(|corners| !corners.is_empty()) {
                    go_on(event);
                }
                on:pointerup=finish
                on:pointercancel=move |_| corners.set(Vec::new())
            >
                <polygon class="chart__outline" points=outline></polygon>
            </svg>
        </Show>
    }
}
