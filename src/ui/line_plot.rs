//! A small plot of lines over a common axis, with a name, a summary in words and a table behind it.

use crate::plot::line::{LineFrame, layout};
use crate::registry::comparison::number_text;
use leptos::prelude::*;

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// Its class, which gives colour and dash.
    pub class: &'static str,
    /// Points: x, y, both finite, by x.
    pub points: Vec<(f64, f64)>,
    /// Whether each point has a dot; without, there is a line alone.
    pub has_dots: bool,
    /// Whether it stands behind the others, without a place in the key.
    pub is_faint: bool,
}

/// The drawing's size in its own units; it scales to the width it is given.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 170.0;
const FRAME: LineFrame = LineFrame { x: (64.0, 628.0), y: (146.0, 10.0) };

/// The plot.
#[component]
pub fn LinePlot(
    /// Its accessible name.
    #[prop(into)]
    label: String,
    /// What the x axis counts.
    #[prop(into)]
    x_label: String,
    /// The series.
    series: Vec<Series>,
) -> impl IntoView {
    let points: Vec<Vec<(f64, f64)>> = series.iter().map(|series| series.points.clone()).collect();
    let Some(drawn) = layout(&points, FRAME, (8, 4)) else {
        return view! { <p class="panel__empty">"No values to plot"</p> }.into_any();
    };
    let summary = series.iter().filter_map(|series| {
        let (first, last) = (series.points.first()?, series.points.last()?);
        let ((x0, y0), (x1, y1)) = (first, last);
        let text = number_text;
        Some(format!(
            "{}: {} points, {} at {x_label} {}, {} at {x_label} {}",
            series.name,
            series.points.len(),
            text(*y0),
            text(*x0),
            text(*y1),
            text(*x1)
        ))
    });
    let summary = summary.collect::<Vec<_>>().join(". ");
    // Steps and versions are counted: there is nothing between two of them.
    let x_ticks = drawn.x_ticks.iter().filter(|(_, value)| value.fract() == 0.0).map(|&(x, value)| {
        view! { <text class="line-plot__tick" x=x y=HEIGHT - 6.0 text-anchor="middle">{number_text(value)}</text> }
    });
    let y_ticks = drawn.y_ticks.iter().map(|&(y, value)| {
        view! {
            <line class="line-plot__grid" x1=FRAME.x.0 x2=FRAME.x.1 y1=y y2=y></line>
            <text class="line-plot__tick" x=FRAME.x.0 - 6.0 y=y + 4.0 text-anchor="end">{number_text(value)}</text>
        }
    });
    let lines = series.iter().zip(&drawn.points).map(|(series, points)| {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dots = series.has_dots.then(|| {
            let dots = series.points.iter().zip(points).map(|((x, y), (cx, cy))| {
                let words = format!("{x_label} {}: {}", number_text(*x), number_text(*y));
                view! { <circle class="line-plot__dot" cx=*cx cy=*cy r="3"><title>{words}</title></circle> }
            });
            dots.collect_view()
        });
        view! { <g class=series.class class:line-plot__faint=series.is_faint><polyline class="line-plot__line" points=path.join(" ")></polyline>{dots}</g> }
    });
    let keys = series.iter().filter(|one| series.len() > 1 && !one.is_faint).map(|series| {
        view! { <li class=format!("line-plot__key {}", series.class)>{series.name.clone()}</li> }
    });
    let title = label.clone();
    view! {
        <figure class="line-plot" aria-label=label>
            <figcaption class="line-plot__title">{title}</figcaption>
            <ul class="line-plot__keys" aria-hidden="true">{keys.collect_view()}</ul>
            <svg role="img" aria-label=summary viewBox=format!("0 0 {WIDTH} {HEIGHT}")>
                {y_ticks.collect_view()} {x_ticks.collect_view()} {lines.collect_view()}
            </svg>
            <PointTable x_label series />
        </figure>
    }
    .into_any()
}

/// The table behind the plot, built when it is opened.
#[component]
fn PointTable(x_label: String, series: Vec<Series>) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let series = StoredValue::new(series);
    let x_label = StoredValue::new(x_label);
    let rows = move || {
        let row = |name: &str, (x, y): &(f64, f64)| {
            view! { <tr><td>{name.to_owned()}</td><td>{number_text(*x)}</td><td>{number_text(*y)}</td></tr> }
        };
        series.with_value(|series| {
            let rows =
                series.iter().flat_map(|series| series.points.iter().map(|point| row(&series.name, point)));
            rows.collect_view()
        })
    };
    view! {
        <details class="line-plot__table" on:toggle=move |_| is_open.set(true)>
            <summary>"As a table"</summary>
            <Show when=move || is_open.get()>
                <div class="table-scroll" tabindex="0" role="region" aria-label="Values, scrollable">
                    <table class="table">
                        <thead><tr><th scope="col">"Series"</th><th scope="col">{x_label.get_value()}</th><th scope="col">"Value"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </Show>
        </details>
    }
}
