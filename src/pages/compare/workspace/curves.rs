//! Metrics over the steps of the selected runs.

use super::{PanelFrame, WorkspaceContext, missing_text, runs_text};
use crate::engine::news::{CurveChart, CurveSeries, CurvesInfo};
use crate::ui::line_plot::{LinePlot, Series};
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use crate::view::{CurveX, CurvesView, Panel};
use leptos::prelude::*;

const XS: [(CurveX, &str, &str); 3] = [
    (CurveX::Step, "step", "Step"),
    (CurveX::RelativeTime, "seconds since the first point", "Relative time"),
    (CurveX::WallTime, "time", "Wall time"),
];

/// Colour and dash by the place among the selected runs.
const CLASSES: [&str; 8] =
    ["series--1", "series--2", "series--3", "series--4", "series--5", "series--6", "series--7", "series--8"];

/// The panel.
#[component]
pub(super) fn CurvesPanel(context: WorkspaceContext) -> impl IntoView {
    let info = context.curves;
    let summary = Signal::derive(move || {
        info.with(|info| match info {
            None => String::new(),
            Some(info) => {
                let pending = if info.n_pending == 0 {
                    String::new()
                } else {
                    format!("; {} of {} curves are on their way", info.n_pending, info.n_all)
                };
                let n_runs =
                    context.selected.with(Vec::len) - info.missing.len().min(context.selected.with(Vec::len));
                format!("{}{}{pending}", runs_text(n_runs), missing_text(&info.missing))
            }
        })
    });
    let content = move || {
        match info.get() {
        Some(info) if !context.selected.with(Vec::is_empty) => view! { <Charts info /> }.into_any(),
        _ => view! {
            <p class="panel__empty">
                "Select runs, with the boxes in the table or with the Space key, to see their metrics over the steps."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <PanelFrame context panel=Panel::Curves summary>
            <Settings context />
            {content}
        </PanelFrame>
    }
}

/// Which metrics, along what.
#[component]
fn Settings(context: WorkspaceContext) -> impl IntoView {
    let view = Memo::new(move |_| context.runs.view.with(|view| view.curves.clone()));
    let change = move |edit: &dyn Fn(&mut CurvesView)| {
        let mut changed = view.get_untracked();
        edit(&mut changed);
        context.edit.edit(ViewEdit::SetCurves(changed));
    };
    let metrics = Memo::new(move |_| {
        context.curves.with(|info| info.as_ref().map(|info| info.metrics.clone()).unwrap_or_default())
    });
    let shown = Memo::new(move |_| {
        context.curves.with(|info| {
            let charts =
                info.as_ref().map(|info| info.charts.iter().map(|chart| chart.metric.clone()).collect());
            charts.unwrap_or_else(Vec::<String>::new)
        })
    });
    let choice = move |metric: String| {
        let name = metric.clone();
        let metric = StoredValue::new(metric);
        let is_shown = move || shown.with(|shown| metric.with_value(|metric| shown.contains(metric)));
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=is_shown
                    on:change=move |_| {
                        let mut all = shown.get_untracked();
                        match all.iter().position(|other| metric.with_value(|metric| other == metric)) {
                            Some(place) => drop(all.remove(place)),
                            None => all.push(metric.get_value()),
                        }
                        change(&|view| view.metrics.clone_from(&all));
                    }
                />
                {name}
            </label>
        }
    };
    view! {
        <div class="toolbar">
            <Popover label="Metrics of the curves" text="Metrics…">
                <div class="workspace__choices">
                    <For each=move || metrics.get() key=|metric| metric.clone() children=choice />
                </div>
            </Popover>
            <label>
                "Along "
                <select
                    class="select"
                    on:change:target=move |event| {
                        let word = event.target().value();
                        if let Some((x, ..)) = XS.iter().find(|(.., name)| *name == word) {
                            change(&|view| view.x = *x);
                        }
                    }
                >
                    {XS.map(|(x, _, name)| view! { <option value=name selected=move || view.with(|view| view.x == x)>{name}</option> })}
                </select>
            </label>
            <label class="check">
                "Smoothing "
                <input
                    type="range"
                    min="0"
                    max="99"
                    prop:value=move || view.with(|view| view.smoothing_percent.to_string())
                    on:change:target=move |event| {
                        let percent = event.target().value().parse().unwrap_or_default();
                        change(&|view| view.smoothing_percent = percent);
                    }
                />
                <output>{move || view.with(|view| format!("{:.2}", f64::from(view.smoothing_percent) / 100.0))}</output>
            </label>
        </div>
    }
}

#[component]
fn Charts(info: CurvesInfo) -> impl IntoView {
    let x_label = XS.iter().find(|(x, ..)| *x == info.x).map_or("step", |(_, label, _)| *label);
    let chart = |chart: CurveChart| {
        let without = chart.without.len();
        let n_logged: usize = chart.series.iter().map(|series| series.n_points).sum();
        let n_drawn: usize = chart.series.iter().map(|series| series.points.len()).sum();
        let n_special: usize = chart.series.iter().map(|series| series.specials.len()).sum();
        let line = |series: &CurveSeries, points: &[(f64, Option<f64>)], is_faint: bool| Series {
            name: series.run.name.clone(),
            class: CLASSES[series.place % CLASSES.len()],
            points: points.iter().filter_map(|(x, y)| Some((*x, (*y)?))).collect(),
            has_dots: false,
            is_faint,
        };
        let faint = chart.series.iter().filter(|series| !series.raw.is_empty());
        let mut series: Vec<Series> = faint.map(|series| line(series, &series.raw, true)).collect();
        series.extend(chart.series.iter().map(|series| line(series, &series.points, false)));
        let notes = [
            (n_drawn < n_logged).then(|| {
                format!("{n_drawn} of {n_logged} points are drawn: the first, last, lowest and highest of each stretch.")
            }),
            (n_special > 0).then(|| format!("{n_special} points are no finite numbers and have no place in the chart.")),
            (without > 0).then(|| format!("{} did not log {}.", runs_text(without), chart.metric)),
        ];
        let notes = notes.into_iter().flatten().collect::<Vec<_>>().join(" ");
        view! {
            <LinePlot label=chart.metric.clone() x_label series />
            {(!notes.is_empty()).then(|| view! { <p class="secondary">{notes}</p> })}
        }
    };
    view! {
        {info.failures.into_iter().map(|failure| view! { <p class="panel__empty" role="alert">{failure}</p> }).collect_view()}
        {info.charts.into_iter().map(chart).collect_view()}
    }
}
