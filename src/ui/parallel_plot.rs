//! The parallel coordinates: the engine's canvas, and over it axes, brushes and handles as elements.
//!
//! The canvas is handed to the engine once and drawn by it alone. Everything else is made of the axes' geometry
//! that the engine sends, so nothing here grows with the number of runs.

mod axis;
mod axis_menu;
mod hover;
mod legend;

pub(crate) use self::axis_menu::AxisMenu;
pub use self::axis_menu::AxisMenuParts;
pub(crate) use self::legend::css_colour;

use self::axis::Axis;
use self::hover::HoverLine;
use self::legend::{LegendView, title_of};

use crate::engine::protocol::{AxesInfo, AxisInfo, ColumnInfo, HoverTarget, HoveredRun, Legend, PlotSize};
use crate::entities::{ColumnKey, RunId};
use crate::ui::late_piece::{ColumnListParts, LatePieces};
use crate::ui::per_frame::PerFrame;
use crate::ui::pointer::capture;
use crate::ui::popover::Popover;
use crate::view::edit::{EditRequest, PLOT_HEIGHT_PX, ViewEdit};
use crate::view::{ColourSpread, View};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent, ResizeObserver};

/// The plot's height where nobody chose, in CSS pixels, lanes included.
const HEIGHT_PX: u16 = 320;
/// By how much a key changes it, alone and with a page.
const HEIGHT_STEP_PX: (i32, i32) = (16, 96);
/// Of more axes than this, all are not offered at once: each takes memory for its lines.
const N_AXES_AT_ONCE: usize = 100;
/// Room at both sides of the canvas for what stands beside the outer axes, in CSS pixels.
const SIDE_PX: f64 = 56.0;

/// What the parts of the plot share.
#[derive(Clone, Copy)]
pub(crate) struct PlotContext {
    /// The view, for the brushes: they follow the hand before the engine has answered.
    pub view: Signal<View>,
    /// All axes' columns, left to right.
    pub order: Memo<Vec<ColumnKey>>,
    /// Where the axes stand, in the same order.
    pub places_px: Memo<Vec<f64>>,
    /// Changes the view.
    pub on_edit: Callback<EditRequest>,
}

impl PlotContext {
    /// A change that is complete.
    pub fn edit(self, edit: ViewEdit, at_millis: f64) {
        self.on_edit.run(EditRequest { edit, is_ongoing: false, at_millis });
    }
}

/// The plot with its bar of choices.
#[component]
pub fn ParallelPlot(
    /// The axes' geometry.
    #[prop(into)]
    axes: Signal<AxesInfo>,
    /// All columns.
    #[prop(into)]
    columns: Signal<Vec<ColumnInfo>>,
    /// The view in force.
    #[prop(into)]
    view: Signal<View>,
    /// The run under the pointer.
    #[prop(into)]
    hovered: Signal<Option<HoveredRun>>,
    /// Changes the view.
    on_edit: Callback<EditRequest>,
    /// The pointer moved on the plot or left it.
    on_hover: Callback<HoverTarget>,
    /// A run was selected or let go whose row in the table is this one.
    on_reveal: Callback<usize>,
    /// Opens a run's page.
    on_open: Callback<RunId>,
    /// The room for the plot became known or changed.
    on_size: Callback<PlotSize>,
    /// The canvas stands, and the engine can have it.
    on_canvas: Callback<HtmlCanvasElement>,
) -> impl IntoView {
    let order =
        Memo::new(move |_| axes.with(|axes| axes.axes.iter().map(|axis| axis.column.clone()).collect()));
    let places_px = Memo::new(move |_| axes.with(|axes| axes.axes.iter().map(|axis| axis.x_px).collect()));
    let context = PlotContext { view, order, places_px, on_edit };
    provide_context(context);

    let canvas: NodeRef<html::Canvas> = NodeRef::new();
    let is_handed_over = StoredValue::new(false);
    Effect::new(move || {
        if let Some(canvas) = canvas.get()
            && !is_handed_over.get_value()
        {
            is_handed_over.set_value(true);
            on_canvas.run(canvas);
        }
    });

    let scroller: NodeRef<html::Div> = NodeRef::new();
    // An address may say anything.
    let height_px = Memo::new(move |_| {
        let chosen = view.with(|view| view.plot_height_px).unwrap_or(HEIGHT_PX);
        chosen.clamp(PLOT_HEIGHT_PX.0, PLOT_HEIGHT_PX.1)
    });
    observe_size(scroller, height_px, on_size);

    let pointer_px = RwSignal::new(None);
    let hover = PerFrame::new(Callback::new(move |target: HoverTarget| {
        pointer_px.set(match target {
            HoverTarget::Plot { x_px, y_px } => Some((x_px, y_px)),
            HoverTarget::Run(_) | HoverTarget::None => None,
        });
        on_hover.run(target);
    }));
    // Axes have clicks of their own, and drags of theirs may end anywhere.
    let is_pressed = StoredValue::new(false);
    let on_pointerdown = move |event: PointerEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let axis = target.and_then(|target| target.closest(".axis").ok().flatten());
        is_pressed.set_value(axis.is_none());
    };
    let run_under = move || {
        let is_meant = is_pressed.get_value() && pointer_px.with_untracked(Option::is_some);
        hovered.get_untracked().filter(|_| is_meant)
    };
    let on_click = move |event: MouseEvent| {
        // The second click of two opens the run.
        if let Some(run) = run_under().filter(|_| event.detail() < 2) {
            context.edit(ViewEdit::ToggleSelected(run.run_id), event.time_stamp());
            if let Some(row) = run.row {
                on_reveal.run(row);
            }
        }
    };
    let on_double_click = move |_: MouseEvent| {
        if let Some(run) = run_under() {
            on_open.run(run.run_id);
        }
    };
    let on_pointermove = move |event: PointerEvent| {
        if let Some(canvas) = canvas.get_untracked() {
            let rect = canvas.get_bounding_client_rect();
            let (x_px, y_px) =
                (f64::from(event.client_x()) - rect.left(), f64::from(event.client_y()) - rect.top());
            hover.push(HoverTarget::Plot { x_px, y_px });
        }
    };
    let width = move || format!("{}px", axes.with(|axes| axes.width_px));
    let height = move || format!("{}px", axes.with(|axes| axes.height_px.max(f64::from(height_px.get()))));

    let legend = Signal::derive(move || axes.with(|axes| axes.legend.clone()));

    view! {
        <div class="parallel-plot">
            <div class="parallel-plot__bar">
                <ColourMenu columns legend context />
                <LegendView legend no_value=Signal::derive(move || axes.with(|axes| axes.no_value)) />
                <Popover label="Add an axis" text="+ axis">
                    {LatePieces::columns(ColumnListParts {
                        columns,
                        chosen: order.into(),
                        on_choose: Callback::new(move |column| context.edit(ViewEdit::AddAxis(column), now_millis())),
                        on_choose_all: None,
                    })}
                </Popover>
                <VaryingAxes columns context />
            </div>
            <div class="parallel-plot__scroller" node_ref=scroller>
                <div
                    class="parallel-plot__stage"
                    style:width=width
                    on:pointerdown=on_pointerdown
                    on:pointermove=on_pointermove
                    on:pointerleave=move |_| hover.push(HoverTarget::None)
                    on:click=on_click
                    on:dblclick=on_double_click
                >
                    <div class="parallel-plot__field" style:height=height>
                        // Width and height of the bitmap belong to the engine; the style belongs to the page.
                        <canvas
                            class="parallel-plot__canvas"
                            node_ref=canvas
                            aria-hidden="true"
                            style:width=width
                            style:height=height
                        ></canvas>
                        <HoverLine hovered axes pointer_px=pointer_px.into() />
                        <For each=move || order.get() key=|column| column.clone() let:column>
                            <Axis info=axis_memo(axes, column.clone()) column />
                        </For>
                    </div>
                </div>
            </div>
            <HeightHandle height_px context />
        </div>
    }
}

/// How many of the params and metrics in which the runs differ have an axis, and a way to give one to all.
#[component]
fn VaryingAxes(columns: Signal<Vec<ColumnInfo>>, context: PlotContext) -> impl IntoView {
    let varying = Memo::new(move |_| {
        columns.with(|columns| {
            let is_meant = |info: &&ColumnInfo| {
                info.is_varying && matches!(info.key, ColumnKey::Param(_) | ColumnKey::Metric(_))
            };
            columns.iter().filter(is_meant).map(|info| info.key.clone()).collect::<Vec<_>>()
        })
    });
    let n_shown = Memo::new(move |_| {
        context.order.with(|order| varying.with(|keys| keys.iter().filter(|key| order.contains(key)).count()))
    });
    let is_offered = move || {
        let n_varying = varying.with(Vec::len);
        n_shown.get() < n_varying && n_varying <= N_AXES_AT_ONCE
    };
    view! {
        <span class="legend__hint">
            {move || format!("{} of {} varying params and metrics", n_shown.get(), varying.with(Vec::len))}
        </span>
        <Show when=is_offered>
            <button
                type="button"
                class="button"
                on:click=move |event| context.edit(ViewEdit::AddAxes(varying.get_untracked()), event.time_stamp())
            >
                "All as axes"
            </button>
        </Show>
    }
}

/// The edge below the plot that makes it higher or lower.
#[component]
fn HeightHandle(height_px: Memo<u16>, context: PlotContext) -> impl IntoView {
    let resize = move |to_px: i32, is_ongoing: bool, at_millis: f64| {
        let to_px = to_px.clamp(PLOT_HEIGHT_PX.0.into(), PLOT_HEIGHT_PX.1.into());
        let edit = ViewEdit::ResizePlot(u16::try_from(to_px).unwrap_or(HEIGHT_PX));
        context.on_edit.run(EditRequest { edit, is_ongoing, at_millis });
    };
    // Where a drag began: the pointer, and the height.
    let drag_from = StoredValue::new(None::<(i32, i32)>);
    let dragged_px = move |event: &PointerEvent| {
        let (from_px, height_px) = drag_from.get_value()?;
        Some(height_px + event.client_y() - from_px)
    };
    let per_frame = PerFrame::new(Callback::new(move |(to_px, at_millis)| resize(to_px, true, at_millis)));
    let on_end = move |event: PointerEvent| {
        per_frame.clear();
        if let Some(to_px) = dragged_px(&event) {
            resize(to_px, false, event.time_stamp());
        }
        drag_from.set_value(None);
    };
    let on_keydown = move |event: KeyboardEvent| {
        let by_px = match event.key().as_str() {
            "ArrowDown" => HEIGHT_STEP_PX.0,
            "ArrowUp" => -HEIGHT_STEP_PX.0,
            "PageDown" => HEIGHT_STEP_PX.1,
            "PageUp" => -HEIGHT_STEP_PX.1,
            _ => return,
        };
        event.prevent_default();
        resize(i32::from(height_px.get_untracked()) + by_px, false, event.time_stamp());
    };
    view! {
        <div
            class="parallel-plot__edge"
            role="separator"
            tabindex="0"
            aria-label="Height of the plot"
            aria-orientation="horizontal"
            aria-valuemin=PLOT_HEIGHT_PX.0.to_string()
            aria-valuemax=PLOT_HEIGHT_PX.1.to_string()
            aria-valuenow=move || height_px.get().to_string()
            on:keydown=on_keydown
            on:pointerdown=move |event| {
                event.prevent_default();
                drag_from.set_value(Some((event.client_y(), height_px.get_untracked().into())));
                capture(&event);
            }
            on:pointermove=move |event| if let Some(to_px) = dragged_px(&event) {
                per_frame.push((to_px, event.time_stamp()));
            }
            on:pointerup=on_end
            on:pointercancel=on_end
        ></div>
    }
}

/// The newest geometry of one axis; the last known one while it is being taken away.
fn axis_memo(axes: Signal<AxesInfo>, column: ColumnKey) -> Memo<Option<AxisInfo>> {
    Memo::new(move |_| axes.with(|axes| axes.axes.iter().find(|axis| axis.column == column).cloned()))
}

/// The column that colours the lines, as a button that opens the choice among all columns.
#[component]
fn ColourMenu(
    columns: Signal<Vec<ColumnInfo>>,
    legend: Signal<Option<Legend>>,
    context: PlotContext,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    // The one in force, which is the last metric axis where nobody chose.
    let column =
        Memo::new(move |_| legend.with(|legend| legend.as_ref().map(|legend| legend.column().clone())));
    let text = Signal::derive(move || match column.get() {
        Some(column) => format!("Colour: {} ▾", title_of(&column, columns)),
        None => "Colour: none ▾".to_owned(),
    });
    let choose = move |column: Option<ColumnKey>| {
        is_open.set(false);
        context.edit(ViewEdit::SetColour(column), now_millis());
    };
    // How else the colours of a ramp could be spread.
    let spread = move || {
        let other = legend.with(|legend| match legend {
            Some(Legend::Ramp { median: None, .. }) => Some(ColourSpread::ByRank),
            Some(Legend::Ramp { median: Some(_), .. }) => Some(ColourSpread::ByValue),
            _ => None,
        });
        other.map(|spread| {
            let text = match spread {
                ColourSpread::ByRank => "Spread colours by rank",
                ColourSpread::ByValue => "Spread colours by value",
            };
            let choose = move |_| {
                is_open.set(false);
                context.edit(ViewEdit::SpreadColours(spread), now_millis());
            };
            view! { <button type="button" class="menu-item" on:click=choose>{text}</button> }
        })
    };
    view! {
        <Popover label="Colour by" text is_open>
            <button type="button" class="menu-item" on:click=move |_| choose(None)>
                "The last metric axis (default)"
            </button>
            {spread}
            {LatePieces::columns(ColumnListParts {
                columns,
                chosen: Signal::derive(move || column.get().into_iter().collect::<Vec<_>>()),
                on_choose: Callback::new(move |column| choose(Some(column))),
                on_choose_all: None,
            })}
        </Popover>
    }
}

/// Reports the room for the canvas, now and whenever it changes, until the component goes.
fn observe_size(scroller: NodeRef<html::Div>, height_px: Memo<u16>, on_size: Callback<PlotSize>) {
    let report = PerFrame::new(Callback::new(move |()| {
        if let Some(scroller) = scroller.get_untracked() {
            on_size.run(PlotSize {
                width_px: (f64::from(scroller.client_width()) - 2.0 * SIDE_PX).max(0.0),
                height_px: height_px.get_untracked().into(),
                device_pixel_ratio: window().device_pixel_ratio(),
            });
        }
    }));
    Effect::new(move || {
        height_px.track();
        report.push(());
    });
    let callback = Closure::<dyn Fn()>::new(move || report.push(()));
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else { return };
    let held = StoredValue::new_local((observer, callback));
    Effect::new(move || {
        if let Some(scroller) = scroller.get() {
            held.with_value(|(observer, _)| observer.observe(&scroller));
            report.push(());
        }
    });
    on_cleanup(move || {
        held.try_with_value(|(observer, _)| observer.disconnect());
    });
}

/// Milliseconds of the page's clock, as in the time stamps of input events.
pub(crate) fn now_millis() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
