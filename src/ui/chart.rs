//! An ordinary chart: a name, a summary in words, a drawing that pointer and keyboard go through, and a table behind it.

use crate::chart::{ChartProblem, Handle, Library};
use crate::plot::charts::{Figure, Look, Mark, Place, Series, Step};
use crate::ui::chart_area::{AreaLayer, AreaTool, Drawn};
use crate::ui::download::{file_name, save_blob, save_text};
use crate::ui::per_frame::PerFrame;
use crate::ui::picture::png;
use crate::ui::theme::{N_RAMP, chart_theme, theme_version};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, KeyboardEvent, ResizeObserver};

/// The key of more series than this scrolls.
const MAX_KEYS: usize = 12;
/// So many rows of the table are shown at once.
const N_ROWS: usize = 1000;
/// How much of what is in view a key's zoom leaves.
const ZOOM: f64 = 0.5;

const KEYS_HELP: &str = "Left and Right go from point to point, Up and Down from series to series, Home and End to the \
    ends. Plus and Minus zoom, Escape shows everything.";
const CHOICE_HELP: &str = "Enter chooses the point.";

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// Whether a chart has been drawn: what the browser has not run yet takes it several times as long.
    static IS_WARM: Cell<bool> = const { Cell::new(false) };
    /// Whether a chart is being drawn, or was in the frame before.
    static IS_TURNING: Cell<bool> = const { Cell::new(false) };
    /// Charts that wait to be drawn.
    static TURNS: RefCell<VecDeque<Box<dyn FnOnce()>>> = const { RefCell::new(VecDeque::new()) };
}

/// Draws a chart when it is its turn, one every other frame: several large ones at once would keep the page from
/// answering, and the library draws in the frame after.
fn draw_in_turn(draw: impl FnOnce() + 'static) {
    fn next() {
        match TURNS.with_borrow_mut(VecDeque::pop_front) {
            Some(draw) => {
                draw();
                // Also where nobody waits yet: who comes in the next frame would share it with the library.
                request_animation_frame(|| request_animation_frame(next));
            }
            None => IS_TURNING.set(false),
        }
    }
    TURNS.with_borrow_mut(|turns| turns.push_back(Box::new(draw)));
    if !IS_TURNING.replace(true) {
        request_animation_frame(next);
    }
}

/// What the parts of a chart share.
#[derive(Clone, Copy)]
struct Context {
    figure: Signal<Arc<Figure>>,
    handle: StoredValue<Option<Rc<Handle>>, LocalStorage>,
    /// The point that is pointed at.
    place: StoredValue<Option<Place>>,
    /// At which y somebody looks, where several points share an x.
    near_y: StoredValue<Option<f64>>,
    /// The part of x in view, where it is not all.
    range: StoredValue<Option<(f64, f64)>>,
    /// What x measures.
    x: StoredValue<String>,
    /// Whether what it shows now was handed to the library.
    is_drawn: StoredValue<bool>,
    spoken: RwSignal<String>,
    on_hover: Option<Callback<Option<Place>>>,
    on_click: Option<Callback<Place, String>>,
    on_zoom: Option<Callback<Option<(f64, f64)>>>,
    on_painted: Option<Callback<()>>,
}

/// The chart. Its library is fetched when the first one has a size.
#[component]
pub fn Chart(
    /// Its accessible name, which also stands above it.
    #[prop(into)]
    label: Signal<String>,
    /// What it shows.
    #[prop(into)]
    figure: Signal<Arc<Figure>>,
    /// What it says in words; without, the figure's own summary.
    #[prop(optional, into)]
    summary: Option<Signal<String>>,
    /// Charts of one group share crosshair and zoom.
    #[prop(optional)]
    group: Option<&'static str>,
    /// Another point, or none, is pointed at by pointer or keyboard.
    #[prop(optional)]
    on_hover: Option<Callback<Option<Place>>>,
    /// A point is chosen by click or Enter; what comes back is announced.
    #[prop(optional)]
    on_click: Option<Callback<Place, String>>,
    /// An area can be drawn with this, instead of moving what is in view.
    #[prop(optional, into)]
    area_tool: Option<Signal<Option<AreaTool>>>,
    /// An area was drawn: its corners in x and y.
    #[prop(optional)]
    on_area: Option<Callback<Drawn>>,
    /// Another part of x is in view; none for all of it.
    #[prop(optional)]
    on_zoom: Option<Callback<Option<(f64, f64)>>>,
    /// What it does not show, in sentences; they stand below it, after the figure's own.
    #[prop(optional, into)]
    notes: Option<Signal<String>>,
    /// What it shows now has been painted.
    #[prop(optional)]
    on_painted: Option<Callback<()>>,
) -> impl IntoView {
    let context = Context {
        figure,
        handle: StoredValue::new_local(None),
        place: StoredValue::new(None),
        near_y: StoredValue::new(None),
        range: StoredValue::new(None),
        x: StoredValue::new(String::new()),
        is_drawn: StoredValue::new(false),
        spoken: RwSignal::new(String::new()),
        on_hover,
        on_click,
        on_zoom,
        on_painted,
    };
    let problem = RwSignal::new(None::<ChartProblem>);
    let is_here = RwSignal::new(false);
    let field: NodeRef<html::Div> = NodeRef::new();

    let is_fetching = StoredValue::new(false);
    let begin = move || {
        if is_fetching.get_value() || is_here.get_untracked() {
            return;
        }
        is_fetching.set_value(true);
        problem.set(None);
        spawn_local(async move {
            let library = Library::fetch().await;
            // Somebody may have gone on to another page meanwhile.
            if is_fetching.try_set_value(false).is_some() {
                return;
            }
            let Some(element) = field.get_untracked() else { return };
            match library.and_then(|library| library.chart(&element, group)) {
                Ok(handle) => {
                    context.handle.set_value(Some(Rc::new(context.listen(handle))));
                    is_here.set(true);
                }
                Err(why) => problem.set(Some(why)),
            }
        });
    };
    observe_size(field, move || match context.handle.get_value() {
        Some(handle) => handle.resize(),
        None => begin(),
    });
    on_cleanup(move || drop(context.handle.try_set_value(None)));

    let theme = theme_version();
    let is_due = StoredValue::new(false);
    Effect::new(move || {
        theme.track();
        figure.track();
        context.is_drawn.set_value(false);
        // What changes before it is drawn is drawn once.
        if is_here.get() && !is_due.get_value() {
            is_due.set_value(true);
            if !IS_WARM.replace(true) {
                // Axes alone, then a line, then the rest: three tasks in place of a long one. What refuses these tells
                // so in a moment.
                for part in [Figure::without_series, Figure::sketch] {
                    draw_in_turn(move || {
                        if let (Some(handle), Some(figure)) = (context.handle(), figure.try_get_untracked()) {
                            let figure = part(&figure);
                            drop(handle.draw(&figure.option(&chart_theme()), &figure.drawn()));
                        }
                    });
                }
            }
            draw_in_turn(move || {
                // The chart may be gone.
                let Some(figure) = figure.try_get_untracked() else { return };
                is_due.try_set_value(false);
                if let Some(handle) = context.handle() {
                    problem.try_set(context.draw(&handle, &figure).err());
                }
            });
        }
    });

    let on_drawn = Callback::new(move |(tool, corners): Drawn| {
        if let (Some(on_area), Some(handle)) = (on_area, context.handle()) {
            on_area.run((tool, corners.into_iter().filter_map(|at_px| handle.value_near(at_px)).collect()));
        }
    });
    let id = COUNT.with(|count| {
        count.set(count.get() + 1);
        format!("chart-{}", count.get())
    });
    let (summary_id, help_id) = (format!("{id}-summary"), format!("{id}-keys"));
    let words =
        move || summary.map_or_else(|| figure.with(|figure| figure.summary()), |summary| summary.get());
    let is_empty = Memo::new(move |_| figure.with(|figure| figure.step(None, Step::First).is_none()));
    let notes = Signal::derive(move || {
        let own = figure.with(|figure| figure.unplaced());
        let others = notes.map(|notes| notes.get()).filter(|notes| !notes.is_empty());
        own.into_iter().chain(others).collect::<Vec<_>>().join(". ")
    });
    let note = move || {
        let notes = notes.get();
        (!notes.is_empty()).then(|| view! { <p class="chart__note">{notes}</p> })
    };
    view! {
        <figure class="chart" aria-label=label>
            <figcaption class="chart__title">{label}</figcaption>
            <Keys figure label />
            <p class="visually-hidden" id=summary_id.clone()>{words}</p>
            <p class="visually-hidden" id=help_id.clone()>{KEYS_HELP} " " {on_click.map(|_| CHOICE_HELP)}</p>
            <Show when=move || is_empty.get()>
                <p class="panel__empty">"No values to plot"</p>
            </Show>
            <div
                class="chart__field"
                class:chart__field--empty=move || is_empty.get()
                role="application"
                aria-roledescription="chart"
                aria-label=label
                aria-describedby=format!("{summary_id} {help_id}")
                tabindex="0"
                on:keydown=move |event| context.on_key(&event)
                on:blur=move |_| context.leave()
            >
                <div class="chart__canvas" node_ref=field aria-hidden="true"></div>
                {area_tool.map(|tool| view! { <AreaLayer tool on_drawn /> })}
            </div>
            <p class="visually-hidden" aria-live="polite">{context.spoken}</p>
            {move || problem.get().map(|why| view! {
                <div class="chart__problem" role="alert">
                    <p>{why.to_string()}</p>
                    {(why == ChartProblem::NotFetched).then(|| view! {
                        <button type="button" class="button" on:click=move |_| begin()>"Try again"</button>
                    })}
                </div>
            })}
            {note}
            <SaveChart field figure label notes problem />
            <PointTable figure label />
        </figure>
    }
}

impl Context {
    /// Ties what happens on the chart to this.
    fn listen(self, mut handle: Handle) -> Handle {
        handle.set_tip(Box::new(move |places| {
            let near_y = self.near_y.try_get_value().flatten();
            self.figure.try_with_untracked(|figure| figure.tip(places, near_y)).unwrap_or_default()
        }));
        let is_line_chart = move || self.figure.try_with_untracked(|figure| figure.is_lines()) == Some(true);
        // Dots tell of themselves.
        handle.on_point("mouseover", move |place| {
            if !is_line_chart() {
                self.point(Some(place));
            }
        });
        handle.on_point("mouseout", move |_| {
            if !is_line_chart() {
                self.point(None);
            }
        });
        handle.on_point("click", move |place| {
            if !is_line_chart() {
                self.choose(place);
            }
        });
        // Between the points of lines, the line that passes nearest is meant.
        let find = PerFrame::new(Callback::new(move |at_px| {
            if is_line_chart() {
                self.point(self.find(at_px));
            }
        }));
        handle.on_pointer("mousemove", move |at_px| find.push(at_px));
        handle.on_pointer("globalout", move |_| {
            find.clear();
            self.near_y.try_set_value(None);
            if is_line_chart() {
                self.point(None);
            }
        });
        handle.on_pointer("click", move |at_px| {
            if is_line_chart()
                && let Some(place) = self.find(at_px)
            {
                self.choose(place);
            }
        });
        let zoomed = PerFrame::new(Callback::new(move |()| self.zoomed()));
        handle.on_zoom(move || zoomed.push(()));
        if let Some(on_painted) = self.on_painted {
            // The first parts of a first chart are not what it shows.
            handle.on_finished(move || {
                if self.is_drawn.try_get_value() == Some(true) {
                    on_painted.run(());
                }
            });
        }
        handle
    }

    fn handle(self) -> Option<Rc<Handle>> {
        self.handle.try_get_value().flatten()
    }

    fn draw(self, handle: &Handle, figure: &Figure) -> Result<(), ChartProblem> {
        let mut option = figure.option(&chart_theme());
        // The part in view stays when points arrive, as long as it is the same that is measured.
        let is_same_x = self.x.with_value(|x| *x == figure.x.title);
        if !is_same_x {
            self.x.set_value(figure.x.title.clone());
            self.range.set_value(None);
        }
        if let (Some((low, high)), Some(zooms)) = (self.range.get_value(), option["dataZoom"].as_array_mut())
        {
            for zoom in zooms.iter_mut().filter(|zoom| zoom.get("xAxisIndex").is_some()) {
                zoom["startValue"] = json!(low);
                zoom["endValue"] = json!(high);
            }
        }
        self.is_drawn.set_value(true);
        handle.draw(&option, &figure.drawn())
    }

    /// The point that is meant at a place on a chart of lines.
    fn find(self, at_px: (f64, f64)) -> Option<Place> {
        let at = self.handle()?.value_at(at_px)?;
        self.near_y.try_set_value(Some(at.1));
        self.figure.try_with_untracked(|figure| figure.nearest(at.0, at.1)).flatten()
    }

    /// Another point is pointed at, or none.
    fn point(self, place: Option<Place>) {
        let is_new = self.place.try_get_value().is_some_and(|old| old != place);
        if is_new {
            self.place.set_value(place);
            if let Some(handle) = self.handle() {
                handle.emphasise(place);
            }
            if let Some(on_hover) = self.on_hover {
                on_hover.run(place);
            }
        }
    }

    fn choose(self, place: Place) {
        if let Some(on_click) = self.on_click {
            self.spoken.set(on_click.run(place));
        }
    }

    /// The part of x in view is another one.
    fn zoomed(self) {
        let Some(handle) = self.handle() else { return };
        let range = self.range_in_view(&handle);
        self.range.set_value(range);
        if let Some(on_zoom) = self.on_zoom {
            on_zoom.run(range);
        }
    }

    /// None where all of x is in view.
    fn range_in_view(self, handle: &Handle) -> Option<(f64, f64)> {
        let range = handle.shown_range()?;
        let is_all = self.figure.with_untracked(|figure| figure.is_all_of_x(range));
        (!is_all).then_some(range)
    }

    /// The focus has gone on.
    fn leave(self) {
        self.point(None);
        if let Some(handle) = self.handle() {
            handle.hide_tip();
        }
    }

    fn on_key(self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let Some(handle) = self.handle() else { return };
        let figure = self.figure.get_untracked();
        let place = self.place.get_value();
        let step = match event.key().as_str() {
            "ArrowRight" => Some(Step::Next),
            "ArrowLeft" => Some(Step::Previous),
            "ArrowDown" => Some(Step::NextSeries),
            "ArrowUp" => Some(Step::PreviousSeries),
            "Home" => Some(Step::First),
            "End" => Some(Step::Last),
            _ => None,
        };
        match (step, event.key().as_str()) {
            (Some(step), _) => {
                if let Some(place) = figure.step(place, step) {
                    self.go(&handle, &figure, place);
                }
            }
            (None, "Enter") => match place {
                Some(place) if self.on_click.is_some() => self.choose(place),
                _ => return,
            },
            (None, key @ ("+" | "=" | "-" | "−")) => {
                let Some(shown) = handle.shown_range() else { return };
                let factor = if matches!(key, "+" | "=") { ZOOM } else { 1.0 / ZOOM };
                let around = place.and_then(|place| figure.point(place)).map(|point| point.0);
                handle.show_range(figure.zoomed(shown, around, factor));
                self.tell_range(&handle, &figure);
            }
            // Inside a dialog, Escape is ours only as long as there is something to take back.
            (None, "Escape") if self.range_in_view(&handle).is_some() => {
                handle.show_all();
                self.tell_range(&handle, &figure);
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }

    fn go(self, handle: &Handle, figure: &Figure, place: Place) {
        if let (Some((x, y)), Some(shown)) = (figure.point(place), handle.shown_range()) {
            self.near_y.set_value(Some(y));
            if let Some(range) = figure.panned(shown, x) {
                handle.show_range(range);
            }
        }
        self.point(Some(place));
        // A mark at the edge is no place on the chart that could be pointed at.
        if figure.point(place).is_some_and(|(_, y)| y.is_finite()) {
            handle.show_tip(place);
        } else {
            handle.hide_tip();
        }
        self.spoken.set(figure.words(place));
    }

    fn tell_range(self, handle: &Handle, figure: &Figure) {
        if let Some(range) = handle.shown_range() {
            self.spoken.set(figure.range_words(range));
        }
    }
}

/// Calls back when the element has a size, and whenever that changes, until the component goes.
fn observe_size(field: NodeRef<html::Div>, on_size: impl Fn() + 'static) {
    let callback = Closure::<dyn Fn()>::new(move || {
        if field.get_untracked().is_some_and(|field| field.client_width() > 0 && field.client_height() > 0) {
            on_size();
        }
    });
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else { return };
    let held = StoredValue::new_local((observer, callback));
    Effect::new(move || {
        if let Some(field) = field.get() {
            held.with_value(|(observer, _)| observer.observe(&field));
        }
    });
    on_cleanup(move || {
        held.try_with_value(|(observer, _)| observer.disconnect());
    });
}

/// The chart on this element as SVG, as it is now; none where none is drawn.
pub async fn chart_svg(element: &HtmlElement) -> Option<String> {
    // Without a chart there is nothing to fetch the library for.
    element.query_selector("canvas").ok()??;
    Library::fetch().await.ok()?.svg(element, &chart_theme().surface).ok()
}

/// The chart as a file.
#[component]
fn SaveChart(
    field: NodeRef<html::Div>,
    figure: Signal<Arc<Figure>>,
    label: Signal<String>,
    /// What stands below the chart.
    notes: Signal<String>,
    problem: RwSignal<Option<ChartProblem>>,
) -> impl IntoView {
    let save = move |is_svg: bool| {
        spawn_local(async move {
            let Some(element) = field.try_get_untracked().flatten() else { return };
            let title = label.get_untracked();
            let theme = chart_theme();
            let drawing =
                match Library::fetch().await.and_then(|library| library.svg(&element, &theme.surface)) {
                    Ok(drawing) => drawing,
                    Err(why) => return drop(problem.try_set(Some(why))),
                };
            let size_px = (f64::from(element.client_width()), f64::from(element.client_height()));
            let Some(notes) = notes.try_get_untracked() else { return };
            let poster =
                figure.try_with_untracked(|figure| figure.poster(&title, &notes, &drawing, size_px, &theme));
            let Some((svg, height_px)) = poster else { return };
            let is_saved = if is_svg {
                save_text(&file_name(&title, "svg"), &svg)
            } else {
                let picture = png(&svg, (size_px.0, height_px)).await;
                picture.is_some_and(|picture| save_blob(&file_name(&title, "png"), &picture))
            };
            if !is_saved {
                let why = "this browser does not save it".to_owned();
                problem.try_set(Some(ChartProblem::Refused(why)));
            }
        });
    };
    let button = move |name: &'static str, is_svg: bool| {
        view! {
            <button
                type="button"
                class="button button--quiet"
                aria-label=move || format!("Save {} as {name}", label.get())
                on:click=move |_| save(is_svg)
            >
                {name}
            </button>
        }
    };
    view! { <div class="chart__save"><span class="secondary">"Save as"</span>{button("SVG", true)}{button("PNG", false)}</div> }
}

/// Which series is which; more of them than a few lines take are scrolled.
#[component]
fn Keys(figure: Signal<Arc<Figure>>, label: Signal<String>) -> impl IntoView {
    let keys = Memo::new(move |_| {
        figure.with(|figure| {
            // A line alone is told by its key, too, where it is a run's or a version's; the axis has named a metric.
            let is_told = |series: &Series| {
                figure.series.len() > 1
                    || figure.is_lines() && !series.name.is_empty() && series.name != figure.y.title
            };
            let told = figure.series.iter().filter(|series| is_told(series));
            told.map(|series| (series.name.clone(), series.mark, series.look)).collect::<Vec<_>>()
        })
    });
    move || {
        let keys = keys.get();
        let is_many = keys.len() > MAX_KEYS;
        (!keys.is_empty()).then(|| {
            let key = |(name, mark, look)| view! { <li class="chart__key"><Swatch mark look />{name}</li> };
            // The summary of a few series tells their names too; what scrolls is reached by keyboard.
            view! {
                <ul
                    class="chart__keys"
                    class:chart__keys--many=is_many
                    aria-hidden=(!is_many).then_some("true")
                    tabindex=is_many.then_some("0")
                    aria-label=is_many.then(|| format!("{}, key, scrollable", label.get()))
                >
                    {keys.into_iter().map(key).collect_view()}
                </ul>
            }
        })
    }
}

/// A piece of the line or one of the dots.
#[component]
pub fn Swatch(
    /// As a line or as a dot.
    mark: Mark,
    /// In which colour, dash and shape.
    look: Look,
) -> impl IntoView {
    let colour = match (look, look.on_ramp(N_RAMP)) {
        (Look { is_dimmed: true, .. }, _) => "var(--stroke-strong)".to_owned(),
        (_, Some(at)) => format!("var(--ramp-{at})"),
        (Look { colour, .. }, None) => format!("var(--series-{})", colour % 8 + 1),
    };
    let dash = look.dash_px().iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let line = mark.has_line().then(|| {
        view! { <path d="M0 6H24" stroke="currentcolor" stroke-width="2" stroke-dasharray=dash></path> }
    });
    let dot = mark.has_dot().then(|| view! { <path d=look.shape().outline() fill="currentcolor"></path> });
    view! { <svg class="chart__swatch" viewBox="0 0 24 12" aria-hidden="true" style:color=colour>{line}{dot}</svg> }
}

/// The table behind the chart, built when it is opened, so many rows at a time.
#[component]
fn PointTable(figure: Signal<Arc<Figure>>, label: Signal<String>) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let n_shown = RwSignal::new(N_ROWS);
    let n_all = Memo::new(move |_| {
        figure.with(|figure| figure.series.iter().map(|series| series.points.len()).sum::<usize>())
    });
    let heads = move || {
        let heads = figure.with(|figure| figure.heads());
        heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view()
    };
    let rows = move || {
        figure.with(|figure| {
            let places =
                figure.series.iter().enumerate().flat_map(|(series, one)| {
                    (0..one.points.len()).map(move |point| Place { series, point })
                });
            // A gap between stretches is no value.
            let is_value =
                |place: &Place| figure.point(*place).is_some_and(|(x, y)| !(x.is_nan() && y.is_nan()));
            let n_heads = figure.heads().len();
            let row = |place: Place| {
                let cells = figure.cells(place, n_heads).into_iter().map(|cell| view! { <td>{cell}</td> });
                view! { <tr>{cells.collect_view()}</tr> }
            };
            places.filter(is_value).take(n_shown.get()).map(row).collect_view()
        })
    };
    let more = move || {
        let (n_shown_now, n_all) = (n_shown.get(), n_all.get());
        (n_shown_now < n_all).then(|| {
            view! {
                <p class="chart__note">
                    {format!("The first {n_shown_now} of {n_all} points. ")}
                    <button type="button" class="button" on:click=move |_| n_shown.update(|n| *n += N_ROWS)>
                        {format!("Show {} more", N_ROWS.min(n_all - n_shown_now))}
                    </button>
                </p>
            }
        })
    };
    view! {
        <details class="chart__table" on:toggle=move |_| is_open.set(true)>
            <summary>"As a table"</summary>
            <Show when=move || is_open.get()>
                <div
                    class="table-scroll"
                    tabindex="0"
                    role="region"
                    aria-label=move || format!("{}, values, scrollable", label.get())
                >
                    <table class="table">
                        <thead><tr>{heads}</tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                {more}
            </Show>
        </details>
    }
}
