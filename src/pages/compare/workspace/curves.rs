//! Metrics over the steps of the selected runs.

mod timing;

use self::timing::PaintTiming;
use super::near::near_children;
use super::{Choice, MANY_CHARTS, PanelFrame, WorkspaceContext, hover, missing_text, runs_text};
use crate::engine::Command;
use crate::engine::news::{CurveChart, CurvesInfo};
use crate::engine::protocol::ColumnInfo;
use crate::entities::ColumnKey;
use crate::plot::charts::Place;
use crate::ui::chart::Chart;
use crate::ui::column_list::{ColumnList, ListKind};
use crate::ui::popover::Popover;
use crate::view::edit::ViewEdit;
use crate::view::{BandCentre, BandSpread, CurveBands, CurveX, CurvesView, Panel, Smoothing};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a zoom rests before more points are asked for.
const ZOOM_PAUSE: Duration = Duration::from_millis(200);
const XS: [(CurveX, &str); 3] =
    [(CurveX::Step, "Step"), (CurveX::RelativeTime, "Relative time"), (CurveX::WallTime, "Wall time")];
/// What the value of a choice that is a metric begins with; no other does.
const METRIC: &str = "metrics.";
const SMOOTHINGS: [(Smoothing, &str); 3] = [
    (Smoothing::Exponential, "Exponential"),
    (Smoothing::Gaussian, "Gaussian"),
    (Smoothing::RunningMean, "Running mean"),
];
const CENTRES: [(BandCentre, &str); 3] =
    [(BandCentre::Mean, "Mean"), (BandCentre::Median, "Median"), (BandCentre::Each, "Each run")];
const SPREADS: [(BandSpread, &str); 4] = [
    (BandSpread::Range, "Minimum to maximum"),
    (BandSpread::StandardDeviation, "± standard deviation"),
    (BandSpread::Quartiles, "Quartiles"),
    (BandSpread::None, "No band"),
];

/// Asks for the points of the part of x that is looked at, once the zoom, which all charts share, rests.
fn look_in_full(context: WorkspaceContext, timing: PaintTiming) -> Callback<Option<(f64, f64)>> {
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let forget = move || {
        if let Some(Some(waiting)) = waiting.try_update_value(Option::take) {
            waiting.clear();
        }
    };
    on_cleanup(move || {
        forget();
        context.runs.send.run(Command::LookAtCurves(None));
    });
    Callback::new(move |range: Option<(f64, f64)>| {
        forget();
        let tell = move || {
            timing.asked();
            context.runs.send.run(Command::LookAtCurves(range));
        };
        waiting.set_value(set_timeout_with_handle(tell, ZOOM_PAUSE).ok());
    })
}

/// The panel.
#[component]
pub(super) fn CurvesPanel(context: WorkspaceContext) -> impl IntoView {
    let timing = PaintTiming::new(context);
    let on_zoom = look_in_full(context, timing);
    let info = context.curves;
    let summary = Signal::derive(move || {
        info.with(|info| match info {
            None => String::new(),
            Some(info) => {
                let n_runs =
                    context.selected.with(Vec::len) - info.missing.len().min(context.selected.with(Vec::len));
                format!("{}{}{}", runs_text(n_runs), missing_text(&info.missing), pending_text(info))
            }
        })
    });
    let is_shown = Memo::new(move |_| info.with(Option::is_some) && !context.selected.with(Vec::is_empty));
    let failures = Memo::new(move |_| info.with(|info| info.as_ref().map(failures_text).unwrap_or_default()));
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
                <Show when=move || failures.with(|failures| !failures.is_empty())>
                    <p class="panel__empty" role="alert">{move || failures.get()}</p>
                </Show>
                <Charts context on_zoom timing />
            </Show>
        </PanelFrame>
    }
}

/// How many curves are still to come, at all or in full; empty where all are here.
fn pending_text(info: &CurvesInfo) -> String {
    match (info.n_pending, info.n_selections, info.is_stopped) {
        (0, 0, _) => String::new(),
        (0, n, true) => format!("; {n} of {} curves were not read in full", info.n_all),
        (0, n, false) => format!("; {n} of {} curves are being read in full", info.n_all),
        (n, _, true) => format!("; {n} of {} curves were not read", info.n_all),
        (n, _, false) => format!("; {n} of {} curves are on their way", info.n_all),
    }
}

/// What could not be read, in one line however many there are; empty where all could.
fn failures_text(info: &CurvesInfo) -> String {
    match info.failures.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first, ..] => {
            format!(
                "{} of {} curves could not be read. The first of them: {first}",
                info.failures.len(),
                info.n_all
            )
        }
    }
}

/// Stops what is on its way, or has the rest read.
#[component]
fn Reading(context: WorkspaceContext) -> impl IntoView {
    let offered = Memo::new(move |_| {
        context.curves.with(|info| {
            let info = info.as_ref()?;
            if info.is_stopped {
                return Some(("Read the rest", Command::ResumeCurves));
            }
            let is_reading = info.n_pending > 0 || info.n_selections > 0;
            is_reading.then_some(("Stop reading curves", Command::StopCurves))
        })
    });
    move || {
        offered.get().map(|(text, command)| {
            view! {
                <button type="button" class="button" on:click=move |_| context.runs.send.run(command.clone())>{text}</button>
            }
        })
    }
}

/// A chart for each metric. Of very many only the first and those that are in view or near are drawn, or even read: others
/// keep their place.
#[component]
fn Charts(
    context: WorkspaceContext,
    on_zoom: Callback<Option<(f64, f64)>>,
    timing: PaintTiming,
) -> impl IntoView {
    let all = Memo::new(move |_| metrics_of(&context));
    let is_many = Memo::new(move |_| all.with(|all| all.len() > MANY_CHARTS));
    let search = RwSignal::new(String::new());
    let metrics = Memo::new(move |_| {
        let wanted = search.with(|search| search.to_lowercase());
        all.with(|all| {
            let found = all.iter().filter(|metric| metric.to_lowercase().contains(&wanted));
            found.enumerate().map(|(place, metric)| (place, metric.clone())).collect::<Vec<_>>()
        })
    });
    let grid = NodeRef::new();
    let near = near_children(grid, is_many);
    let is_drawn = move |place: usize| place < MANY_CHARTS || near.with(|near| near.contains(&place));
    Effect::new(move |told: Option<Vec<String>>| {
        let is_many = is_many.get();
        let drawn: Vec<String> = metrics.with(|metrics| {
            let drawn = metrics.iter().filter(|(place, _)| is_many && is_drawn(*place));
            drawn.map(|(_, metric)| metric.clone()).collect()
        });
        if told.unwrap_or_default() != drawn {
            context.runs.send.run(Command::ShowCurvesOf(drawn.clone()));
        }
        drawn
    });
    view! {
        <Show when=move || is_many.get()>
            <div class="toolbar">
                <input
                    class="input"
                    type="search"
                    aria-label="Search charts"
                    placeholder="Search charts"
                    prop:value=search
                    on:input:target=move |event| search.set(event.target().value())
                />
                <p class="secondary" role="status">
                    {move || format!("{} of {} charts; those out of view are not drawn", metrics.with(Vec::len), all.with(Vec::len))}
                </p>
            </div>
        </Show>
        <div class="workspace__charts" node_ref=grid>
            <For each=move || metrics.get() key=|(_, metric)| metric.clone() let:item>
                {
                    let (_, metric) = item;
                    let own = metric.clone();
                    // A search moves charts to other places.
                    let place = Memo::new(move |_| {
                        metrics.with(|metrics| metrics.iter().find(|(_, metric)| *metric == own).map(|(place, _)| *place))
                    });
                    let is_drawn = Memo::new(move |_| place.get().is_some_and(is_drawn));
                    let name = metric.clone();
                    view! {
                        <Show
                            when=move || is_drawn.get()
                            fallback=move || view! { <p class="panel__empty workspace__chart-to-come">{name.clone()}</p> }
                        >
                            <CurveFigure context metric=metric.clone() on_zoom timing />
                        </Show>
                    }
                }
            </For>
        </div>
    }
}

/// The newest curves of each metric: each chart watches its own.
#[derive(Clone, Copy, Default)]
pub(super) struct CurveCharts(StoredValue<BTreeMap<String, ArcRwSignal<CurveChart>>>);

impl CurveCharts {
    pub(super) fn of(self, metric: &str) -> ArcRwSignal<CurveChart> {
        let found = self.0.try_update_value(|all| all.entry(metric.to_owned()).or_default().clone());
        found.unwrap_or_default()
    }
}

/// The metrics that have a chart.
fn metrics_of(context: &WorkspaceContext) -> Vec<String> {
    context.curves.with(|info| info.as_ref().map(|info| info.shown.clone()).unwrap_or_default())
}

/// Which metrics, along what, and how they are drawn.
#[component]
fn Settings(context: WorkspaceContext) -> impl IntoView {
    let view = Memo::new(move |_| context.runs.view.with(|view| view.curves.clone()));
    let change = Callback::new(move |edit: CurvesEdit| {
        let mut changed = view.get_untracked();
        edit(&mut changed);
        context.edit.edit(ViewEdit::SetCurves(changed));
    });
    let has_log_x = move || view.with(|view| view.x != CurveX::WallTime);
    view! {
        <div class="toolbar">
            <Reading context />
            <Metrics context change />
            <Along context view change />
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || has_log_x() && view.with(|view| view.is_log_x)
                    aria-disabled=move || (!has_log_x()).then_some("true")
                    title=move || (!has_log_x()).then_some("Dates are not spread by magnitude")
                    on:click=move |event| if !has_log_x() {
                        event.prevent_default();
                    }
                    on:change=move |_| change.run(Box::new(|view| view.is_log_x = !view.is_log_x))
                />
                "Log x"
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || view.with(|view| view.is_log_y)
                    on:change=move |_| change.run(Box::new(|view| view.is_log_y = !view.is_log_y))
                />
                "Log y"
            </label>
            <label class="check" title="The value axis shows the middle nine tenths of the values">
                <input
                    type="checkbox"
                    prop:checked=move || view.with(|view| view.is_clipped)
                    on:change=move |_| change.run(Box::new(|view| view.is_clipped = !view.is_clipped))
                />
                "Without outliers"
            </label>
            <SmoothingChoice view change />
            <Bands context view change />
        </div>
    }
}

type CurvesEdit = Box<dyn FnOnce(&mut CurvesView)>;

/// Which metrics have a chart.
#[component]
fn Metrics(context: WorkspaceContext, change: Callback<CurvesEdit>) -> impl IntoView {
    let metrics = Memo::new(move |_| {
        let of =
            |info: &CurvesInfo| info.metrics.iter().cloned().map(ColumnKey::Metric).collect::<BTreeSet<_>>();
        context.curves.with(|info| info.as_ref().map(of).unwrap_or_default())
    });
    let columns = Signal::derive(move || {
        let is_metric = |info: &&ColumnInfo| metrics.with(|metrics| metrics.contains(&info.key));
        context
            .runs
            .columns
            .with(|columns| columns.columns.iter().filter(is_metric).cloned().collect::<Vec<_>>())
    });
    let shown = Memo::new(move |_| metrics_of(&context));
    let chosen = Signal::derive(move || {
        shown.with(|shown| shown.iter().cloned().map(ColumnKey::Metric).collect::<Vec<_>>())
    });
    let choose_all = Callback::new(move |(columns, is_shown): (Vec<ColumnKey>, bool)| {
        let mut all = shown.get_untracked();
        for column in columns {
            let ColumnKey::Metric(metric) = column else { continue };
            all.retain(|other| *other != metric);
            if is_shown {
                all.push(metric);
            }
        }
        change.run(Box::new(move |view| view.metrics = all));
    });
    let on_choose = Callback::new(move |column: ColumnKey| {
        let is_shown = chosen.with_untracked(|chosen| chosen.contains(&column));
        choose_all.run((vec![column], !is_shown));
    });
    let stepless = move || {
        context.curves.with(|info| {
            let info = info.as_ref().filter(|info| !info.stepless.is_empty())?;
            Some(format!(
                "{} of {} were logged without steps: a point each",
                info.stepless.len(),
                info.metrics.len()
            ))
        })
    };
    view! {
        <Popover label="Metrics of the curves" text="Metrics…">
            <p class="secondary">{stepless}</p>
            <ColumnList columns chosen kind=ListKind::Checkboxes on_choose on_choose_all=choose_all />
        </Popover>
    }
}

/// What the curves run along: a step, a time, or another metric.
#[component]
fn Along(context: WorkspaceContext, view: Memo<CurvesView>, change: Callback<CurvesEdit>) -> impl IntoView {
    let metrics = Memo::new(move |_| {
        let mut metrics =
            context.curves.with(|info| info.as_ref().map(|info| info.metrics.clone()).unwrap_or_default());
        // One that an address names and that these runs do not have is named all the same.
        if let Some(x) = view.with(|view| {
            view.x_metric().filter(|x| !metrics.iter().any(|metric| metric == x)).map(str::to_owned)
        }) {
            metrics.push(x);
        }
        metrics
    });
    let option = move |metric: String| {
        let value = format!("{METRIC}{metric}");
        let name = metric.clone();
        view! {
            <option value=value selected=move || view.with(|view| view.x_metric() == Some(metric.as_str()))>{name}</option>
        }
    };
    view! {
        <label>
            "Along "
            <select
                class="select"
                on:change:target=move |event| {
                    let word = event.target().value();
                    let known = XS.iter().find(|(_, name)| *name == word).map(|(x, _)| x.clone());
                    let metric = || word.strip_prefix(METRIC).map(|metric| CurveX::Metric(metric.to_owned()));
                    if let Some(x) = known.or_else(metric) {
                        change.run(Box::new(|view| view.x = x));
                    }
                }
            >
                {XS.map(|(x, name)| view! { <option value=name selected=move || view.with(|view| view.x == x)>{name}</option> })}
                <optgroup label="Metrics">
                    <For each=move || metrics.get() key=|metric| metric.clone() children=option />
                </optgroup>
            </select>
        </label>
    }
}

#[component]
fn SmoothingChoice(view: Memo<CurvesView>, change: Callback<CurvesEdit>) -> impl IntoView {
    let amount = move || {
        view.with(|view| match view.smoothing {
            Smoothing::Exponential => format!("{:.2}", f64::from(view.smoothing_amount) / 100.0),
            Smoothing::Gaussian => format!("σ {} points", view.smoothing_amount),
            Smoothing::RunningMean => format!("{} points", view.smoothing_amount),
        })
    };
    view! {
        <span class="check">
            <label>
                "Smoothing "
                <Choice
                    words=&SMOOTHINGS
                    is_chosen=move |smoothing| view.with(|view| view.smoothing == smoothing)
                    on_choose=move |smoothing| change.run(Box::new(move |view| view.smoothing = smoothing))
                />
            </label>
            <input
                type="range"
                min="0"
                max="99"
                aria-label="Smoothing amount"
                aria-valuetext=amount
                prop:value=move || view.with(|view| view.smoothing_amount.to_string())
                on:change:target=move |event| {
                    let amount = event.target().value().parse().unwrap_or_default();
                    change.run(Box::new(move |view| view.smoothing_amount = amount));
                }
            />
            <output>{amount}</output>
        </span>
    }
}

/// By what the curves are put together, and what stands for each group.
#[component]
fn Bands(context: WorkspaceContext, view: Memo<CurvesView>, change: Callback<CurvesEdit>) -> impl IntoView {
    let column = Memo::new(move |_| view.with(|view| view.bands.as_ref().map(|bands| bands.column.clone())));
    let columns = Signal::derive(move || context.runs.columns.with(|columns| columns.columns.clone()));
    let chosen = Signal::derive(move || column.get().into_iter().collect::<Vec<_>>());
    let is_open = RwSignal::new(false);
    let choose = Callback::new(move |column: ColumnKey| {
        is_open.try_set(false);
        change.run(Box::new(move |view| {
            let (centre, spread) =
                view.bands.as_ref().map(|bands| (bands.centre, bands.spread)).unwrap_or_default();
            view.bands = Some(CurveBands { column, centre, spread });
        }));
    });
    let text = Signal::derive(move || match column.get() {
        Some(column) => format!("Groups by {}", column.label()),
        None => "Groups…".to_owned(),
    });
    let with_bands = move |edit: Box<dyn FnOnce(&mut CurveBands)>| {
        change.run(Box::new(move |view| {
            if let Some(bands) = &mut view.bands {
                edit(bands);
            }
        }));
    };
    let is_centre =
        move |centre| view.with(|view| view.bands.as_ref().is_some_and(|bands| bands.centre == centre));
    let is_spread =
        move |spread| view.with(|view| view.bands.as_ref().is_some_and(|bands| bands.spread == spread));
    view! {
        <Popover label="Groups of the curves" text is_open>
            <ColumnList columns chosen kind=ListKind::Buttons on_choose=choose />
        </Popover>
        <Show when=move || column.with(Option::is_some)>
            <Choice
                label="Line of a group"
                words=&CENTRES
                is_chosen=is_centre
                on_choose=move |centre| with_bands(Box::new(move |bands| bands.centre = centre))
            />
            <Show when=move || !is_centre(BandCentre::Each)>
                <Choice
                    label="Band of a group"
                    words=&SPREADS
                    is_chosen=is_spread
                    on_choose=move |spread| with_bands(Box::new(move |bands| bands.spread = spread))
                />
            </Show>
            <button type="button" class="button" on:click=move |_| change.run(Box::new(|view| view.bands = None))>
                "No groups"
            </button>
        </Show>
    }
}

/// The chart of one metric; together with those of the others it has one crosshair and one part of x in view.
#[component]
fn CurveFigure(
    context: WorkspaceContext,
    metric: String,
    on_zoom: Callback<Option<(f64, f64)>>,
    timing: PaintTiming,
) -> impl IntoView {
    let label = metric.clone();
    let metric = StoredValue::new(metric);
    let chart = metric.with_value(|metric| context.curve_charts.of(metric));
    // What the axis says; the curves that are still to come change nothing of it.
    let axis = Memo::new(move |_| {
        let of =
            |info: &CurvesInfo| CurvesInfo { x: info.x.clone(), range: info.range, ..CurvesInfo::default() };
        context.curves.with(|info| info.as_ref().map(of)).unwrap_or_default()
    });
    let view = Memo::new(move |_| context.runs.view.with(|view| view.curves.clone()));
    let own = chart.clone();
    let drawn =
        Memo::new(move |_| own.with(|chart| axis.with(|axis| view.with(|view| chart.figure(axis, view)))));
    let figure = Signal::derive(move || drawn.with(|drawn| drawn.figure.clone()));
    let on_hover = Callback::new(move |place: Option<Place>| {
        hover(context, place.and_then(|place| drawn.with_untracked(|drawn| drawn.run(place).cloned())));
    });
    let on_painted = timing.watch(metric, figure);
    let notes = Memo::new(move |_| {
        let has_steps = context.curves.with(|info| {
            info.as_ref().is_none_or(|info| metric.with_value(|metric| !info.stepless.contains(metric)))
        });
        let is_stopped = context.curves.with(|info| info.as_ref().is_some_and(|info| info.is_stopped));
        chart.with(|chart| view.with(|view| notes_of(chart, view.x_metric(), has_steps, is_stopped)))
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
                <Chart label=label.clone() figure group="curves" notes on_hover on_zoom on_painted />
            </Show>
        </div>
    }
}

/// What the chart does not show, in sentences; empty where it shows all.
fn notes_of(chart: &CurveChart, x_metric: Option<&str>, has_steps: bool, is_stopped: bool) -> String {
    let n_logged: usize = chart.series.iter().map(|series| series.n_points).sum();
    let n_drawn: usize = chart.series.iter().map(|series| series.n_drawn).sum();
    let n_special: usize = chart.series.iter().map(|series| series.n_specials).sum();
    let n_marked: usize = chart.series.iter().map(|series| series.specials.len()).sum();
    let is_cut = n_drawn < n_logged;
    let logged = match x_metric {
        Some(x) if x != chart.metric => format!("{} or {x}", chart.metric),
        _ => chart.metric.clone(),
    };
    let notes = [
        (chart.n_selections > 0).then(|| {
            format!(
                "{} of {} curves are a selection of points made by the server; {}.",
                chart.n_selections,
                chart.n_curves,
                if is_stopped { "reading all of them was stopped" } else { "all of them are being read" }
            )
        }),
        (!has_steps).then(|| format!("{} was logged without steps.", chart.metric)),
        is_cut.then(|| {
            format!(
                "{n_drawn} of {n_logged} points are drawn: the first, last, lowest and highest of each stretch. Zooming in shows more of them."
            )
        }),
        (n_marked < n_special)
            .then(|| format!("{n_marked} of {n_special} points that are no finite numbers are marked.")),
        (chart.n_beyond > 0)
            .then(|| format!("{} of {n_logged} values lie beyond the value axis.", chart.n_beyond)),
        (!chart.without.is_empty())
            .then(|| format!("{} did not log {logged}.", runs_text(chart.without.len()))),
    ];
    notes.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
