//! A small plot of points over two axes: some that matter, each with its name, before all others.

use crate::plot::line::{LineFrame, layout};
use crate::registry::comparison::number_text;
use leptos::prelude::*;

/// The drawing's size in its own units; it scales to the width it is given.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 260.0;
const FRAME: LineFrame = LineFrame { x: (64.0, 628.0), y: (216.0, 10.0) };

/// A point that matters.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPoint {
    /// What it is.
    pub name: String,
    /// Where it stands.
    pub place: (f64, f64),
}

/// The plot. The table of the points that matter stands beside it on the page.
#[component]
pub fn ScatterPlot(
    /// Its accessible name.
    #[prop(into)]
    label: String,
    /// The titles of the axes.
    titles: (String, String),
    /// The points that matter, in the order in which a line joins them, if one does.
    points: Vec<NamedPoint>,
    /// The others.
    others: Vec<(f64, f64)>,
    /// Whether a line of steps joins the points that matter.
    is_joined: bool,
    /// The pointer is on one of the points that matter, by its place, or on none.
    on_hover: Callback<Option<usize>>,
) -> impl IntoView {
    let places: Vec<(f64, f64)> = points.iter().map(|point| point.place).collect();
    let Some(drawn) = layout(&[places, others], FRAME, (8, 5)) else {
        return view! { <p class="panel__empty">"No points to plot"</p> }.into_any();
    };
    let (n_points, n_others) = (drawn.points[0].len(), drawn.points[1].len());
    let summary = format!("{label}: {n_points} points of {} are marked", n_points + n_others);
    let (x_title, y_title) = titles;
    let x_ticks = drawn.x_ticks.iter().map(|&(x, value)| {
        view! {
            <line class="line-plot__grid" x1=x x2=x y1=FRAME.y.0 y2=FRAME.y.1></line>
            <text class="line-plot__tick" x=x y=FRAME.y.0 + 16.0 text-anchor="middle">{number_text(value)}</text>
        }
    });
    let y_ticks = drawn.y_ticks.iter().map(|&(y, value)| {
        view! {
            <line class="line-plot__grid" x1=FRAME.x.0 x2=FRAME.x.1 y1=y y2=y></line>
            <text class="line-plot__tick" x=FRAME.x.0 - 6.0 y=y + 4.0 text-anchor="end">{number_text(value)}</text>
        }
    });
    // One path of dots, however many there are.
    let dots: String = drawn.points[1].iter().map(|(x, y)| format!("M{x:.1} {y:.1}h0")).collect();
    let steps: Vec<String> = drawn.points[0]
        .windows(2)
        .map(|pair| format!("M{:.1} {:.1}H{:.1}V{:.1}", pair[0].0, pair[0].1, pair[1].0, pair[1].1))
        .collect();
    let marks = points.iter().zip(&drawn.points[0]).enumerate().map(|(place, (point, (x, y)))| {
        let words = format!(
            "{}: {x_title} {}, {y_title} {}",
            point.name,
            number_text(point.place.0),
            number_text(point.place.1)
        );
        view! {
            <circle
                class="scatter-plot__mark"
                cx=*x
                cy=*y
                r="5"
                on:pointerenter=move |_| on_hover.run(Some(place))
                on:pointerleave=move |_| on_hover.run(None)
            >
                <title>{words}</title>
            </circle>
        }
    });
    let marks = marks.collect_view();
    view! {
        <figure class="line-plot" aria-label=label>
            <svg role="img" aria-label=summary viewBox=format!("0 0 {WIDTH} {HEIGHT}")>
                {x_ticks.collect_view()} {y_ticks.collect_view()}
                <path class="scatter-plot__others" d=dots></path>
                {is_joined.then(|| view! { <path class="scatter-plot__line" d=steps.concat()></path> })}
                {marks}
                <text class="line-plot__tick" x=FRAME.x.1 y=HEIGHT - 6.0 text-anchor="end">{x_title}</text>
            </svg>
            <figcaption class="secondary">{format!("Up: {y_title}")}</figcaption>
        </figure>
    }
    .into_any()
}
