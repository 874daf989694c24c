//! The line of the run under the pointer, with its name there and its value at each axis.

use crate::engine::protocol::{AxesInfo, HoveredRun};
use leptos::prelude::*;

/// Draws the hovered run's line and values over the canvas.
#[component]
pub(crate) fn HoverLine(
    hovered: Signal<Option<HoveredRun>>,
    axes: Signal<AxesInfo>,
    /// Where the pointer is on the canvas, in CSS pixels; none while it is elsewhere.
    pointer_px: Signal<Option<(f64, f64)>>,
) -> impl IntoView {
    let name = move || {
        let (x_px, y_px) = pointer_px.get()?;
        let name = hovered.with(|hovered| {
            let run = hovered.as_ref()?;
            Some(if run.name.is_empty() { run.run_id.0.clone() } else { run.name.clone() })
        })?;
        Some(view! {
            <span
                class="parallel-plot__hover-value parallel-plot__hover-name"
                style:left=format!("{x_px}px")
                style:top=format!("{y_px}px")
            >
                {name}
            </span>
        })
    };
    let points = move || {
        hovered.with(|hovered| {
            let points = hovered.as_ref().map(|run| run.points.as_slice()).unwrap_or_default();
            points.iter().map(|(x_px, y_px)| format!("{x_px:.1},{y_px:.1}")).collect::<Vec<_>>().join(" ")
        })
    };
    let labels = move || {
        hovered.with(|hovered| {
            let Some(run) = hovered else { return Vec::new() };
            run.points.iter().copied().zip(run.values.iter().cloned()).collect()
        })
    };
    view! {
        <svg
            class="parallel-plot__hover"
            aria-hidden="true"
            width=move || axes.with(|axes| axes.width_px)
            height=move || axes.with(|axes| axes.height_px)
        >
            <polyline class="parallel-plot__hover-line" points=points></polyline>
        </svg>
        <div class="parallel-plot__hover-labels" aria-hidden="true">
            {move || {
                labels()
                    .into_iter()
                    .map(|((x_px, y_px), value)| {
                        view! {
                            <span
                                class="parallel-plot__hover-value"
                                style:left=format!("{x_px}px")
                                style:top=format!("{y_px}px")
                            >
                                {value}
                            </span>
                        }
                    })
                    .collect_view()
            }}
            {name}
        </div>
    }
}
