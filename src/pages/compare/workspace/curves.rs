//! Metrics over the steps of the selected runs.

use super::{PanelFrame, WorkspaceContext, hover, missing_text, runs_text};
use crate::engine::news::{CurveChart, CurvesInfo};
use crate::plot::charts::Place;
use crate::ui::chart::Chart;
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use crate::view::{CurveX, CurvesView, Panel};
use leptos::prelude::*;

const XS: [(CurveX, &str); 3] =
    [(CurveX::Step, "Step"), (CurveX::RelativeTime, "Relative time"), (CurveX::WallTime, "Wall time")];

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
    let is_shown = Memo::new(move |_| info.with(Option::is_some) && !context.selected.with(Vec::is_empty));
    let metrics = Memo::new(move |_| metrics_of(&context));
    let failures = move || {
        let failures = info.with(|info| info.as_ref().map(|info| info.failures.clone()).unwrap_or_default());
        failures
            .into_iter()
            .map(|failure| view! { <p class="panel__empty" role="alert">{failure}</p> })
            .collect_view()
    };
    view! {
        <PanelFrame context panel=Panel::Curves summary>
            <Settings context />
            <Show
                when=move || is_shown.get()
                fallback=|| view! {
                    <p class="panel__empty">
                        "Select runs, with the boxes in the table or with the Space key, to see their metrics over the steps."
                    </p>
                }
            >
                {failures}
                <div class="workspace__charts">
                    <For each=move || metrics.get() key=|metric| metric.clone() let:metric>
                        <CurveFigure context metric />
                    </For>
                </div>
            </Show>
        </PanelFrame>
    }
}

/// The metrics that have a chart.
fn metrics_of(context: &WorkspaceContext) -> Vec<String> {
    context.curves.with(|info| {
        let charts = info.iter().flat_map(|info| &info.charts);
        charts.map(|chart| chart.metric.clone()).collect()
    })
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
    let has_log_x = move || view.with(|view| view.x != CurveX::WallTime);
    let metrics = Memo::new(move |_| {
        context.curves.with(|info| info.as_ref().map(|info| info.metrics.clone()).unwrap_or_default())
    });
    let shown = Memo::new(move |_| metrics_of(&context));
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
                        if let Some((x, _)) = XS.iter().find(|(_, name)| *name == word) {
                            change(&|view| view.x = *x);
                        }
                    }
                >
                    {XS.map(|(x, name)| view! { <option value=name selected=move || view.with(|view| view.x == x)>{name}</option> })}
                </select>
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || has_log_x() && view.with(|view| view.is_log_x)
                    aria-disabled=move || (!has_log_x()).then_some("true")
                    title=move || (!has_log_x()).then_some("Dates are not spread by magnitude")
                    on:click=move |event| if !has_log_x() {
                        event.prevent_default();
                    }
                    on:change=move |_| change(&|view| view.is_log_x = !view.is_log_x)
                />
                "Log x"
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || view.with(|view| view.is_log_y)
                    on:change=move |_| change(&|view| view.is_log_y = !view.is_log_y)
                />
                "Log y"
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

/// The chart of one metric; together with those of the others it has one crosshair and one part of x in view.
#[component]
fn CurveFigure(context: WorkspaceContext, metric: String) -> impl IntoView {
    let label = metric.clone();
    let metric = StoredValue::new(metric);
    let drawn = Memo::new(move |_| {
        let figure = |info: &CurvesInfo| {
            context.runs.view.with(|view| metric.with_value(|metric| info.figure(metric, &view.curves)))
        };
        context.curves.with(|info| info.as_ref().map(figure)).unwrap_or_default()
    });
    let figure = Signal::derive(move || drawn.with(|drawn| drawn.figure.clone()));
    let on_hover = Callback::new(move |place: Option<Place>| {
        hover(context, place.and_then(|place| drawn.with_untracked(|drawn| drawn.run(place).cloned())));
    });
    let notes = Memo::new(move |_| {
        let of = |info: &CurvesInfo| {
            metric.with_value(|metric| info.charts.iter().find(|chart| chart.metric == *metric).map(notes_of))
        };
        context.curves.with(|info| info.as_ref().and_then(of)).unwrap_or_default()
    });
    let is_pending = move || {
        drawn.with(|drawn| drawn.figure.series.is_empty())
            && context.curves.with(|info| info.as_ref().is_some_and(|info| info.n_pending > 0))
    };
    let is_pending = Memo::new(move |_| is_pending());
    view! {
        <div>
            <Show
                when=move || !is_pending.get()
                fallback=move || view! { <p class="panel__empty">{format!("{} is on its way", metric.get_value())}</p> }
            >
                <Chart label=label.clone() figure group="curves" on_hover />
            </Show>
            <Show when=move || notes.with(|notes| !notes.is_empty())>
                <p class="secondary">{move || notes.get()}</p>
            </Show>
        </div>
    }
}

/// What the chart does not show, in sentences; empty where it shows all.
fn notes_of(chart: &CurveChart) -> String {
    let n_logged: usize = chart.series.iter().map(|series| series.n_points).sum();
    let n_drawn: usize = chart.series.iter().map(|series| series.points.len()).sum();
    let n_special: usize = chart.series.iter().map(|series| series.specials.len()).sum();
    let is_cut = n_drawn < n_logged;
    let notes = [
        is_cut.then(|| {
            format!("{n_drawn} of {n_logged} points are drawn: the first, last, lowest and highest of each stretch.")
        }),
        (is_cut && n_special > 0).then(|| format!("{n_special} points are no finite numbers.")),
        (!chart.without.is_empty())
            .then(|| format!("{} did not log {}.", runs_text(chart.without.len()), chart.metric)),
    ];
    notes.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
